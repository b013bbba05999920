/* SPDX-License-Identifier: Apache-2.0 */
/* What programs need and where a loader finds it: rule ELF-NEED over small worlds. */
#include "harden.h"
#include "rootfs/ld_cache.h"
#include "unit.h"

#include <elf.h>

#define LD   "/lib64/ld-linux-x86-64.so.2"
#define MUSL "/lib/ld-musl-x86_64.so.1"
#define DEB  "usr/lib/x86_64-linux-gnu/"

/* A path of a world: an ELF program (with a loader), a library (without one), a link, a text. */
struct part {
    const char *path, *interp, *soname, *needed[3], *rpath, *runpath, *target, *text, *package;
    uint16_t machine;
    bool narrow, nodeflib;
};

struct world {
    const char *name;
    const char *found; /* in the texts of findings, a line each: "PATH: TEXT"; "" for none */
    struct part parts[7];
    const char *env, *arch;
    const char *cache[3]; /* NAME=PATH, with a "+" in front for some CPUs only */
};

static void check_put(struct subject *s, const struct part *p)
{
    struct subject_file f = {
        .path = p->path, .mode = 0755, .target = p->target, .text = p->text, .package = p->package};

    if (!p->target && !p->text) {
        f.facts = good_elf();
        struct elf_facts *e = f.facts->elf;
        e->flags &= ~(uint32_t)((p->interp ? 0 : ELF_IS_PIE) | (p->narrow ? ELF_IS_64 : 0));
        e->flags |= p->nodeflib ? ELF_NODEFLIB : 0;
        e->machine = p->machine ? p->machine : EM_X86_64;
        e->interp = p->interp ? xstrdup(p->interp) : NULL;
        e->soname = p->soname ? xstrdup(p->soname) : NULL;
        e->rpath = p->rpath ? xstrdup(p->rpath) : NULL;
        e->runpath = p->runpath ? xstrdup(p->runpath) : NULL;
        for (size_t i = 0; i < ARRAY_SIZE(p->needed) && p->needed[i]; i++)
            strv_add(&e->needed, p->needed[i]);
    }
    subject_put(s, &f);
}

static void check_put_cache(struct subject *s, const char *const *lines, size_t n)
{
    struct ld_entry entries[3] = {{0}};
    CLEANUP(buf_release) struct buf bytes = BUF_INIT(0);
    CLEANUP(err_release) struct err err = ERR_INIT;

    for (size_t i = 0; i < n; i++) {
        bool some = lines[i][0] == '+';
        const char *equals = strchr(lines[i], '=');
        entries[i] = (struct ld_entry){
            .soname = xstrndup(lines[i] + some, (size_t)(equals - lines[i]) - some),
            .path = xstrdup(equals + 1),
            .hwcaps = some ? xstrdup("x86-64-v3") : NULL,
            .flags = 0x303,
        };
    }
    ld_cache_format(entries, n, false, &bytes);
    struct node_spec spec = {
        .path = "etc/ld.so.cache",
        .mode = 0644,
        .size = bytes.len,
        .content = {.from = FROM_MEMORY, .bytes = xmemdup(bytes.data, bytes.len), .fd = -1},
        .origin = "test",
    };
    assert_ok(tree_put(s->tree, &spec, &err), &err);
    for (size_t i = 0; i < n; i++) {
        free(entries[i].soname);
        free(entries[i].path);
        free(entries[i].hwcaps);
    }
}

static char *check_found(struct subject *s)
{
    struct buf out = BUF_INIT(0);

    (void)subject_count(s, "ELF-NEED");
    for (size_t i = 0; i < s->found.n; i++)
        if (strcmp(s->found.v[i].rule->id, "ELF-NEED") == 0)
            buf_addf(&out, "%s: %s\n", s->found.v[i].path, s->found.v[i].text);
    return out.data ? buf_detach(&out) : xstrdup("");
}

static void run(const struct world *worlds, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct world *w = &worlds[i];
        struct subject *s = subject_new();
        size_t cached = 0;
        s->view.arch = w->arch ? w->arch : "amd64";
        subject_put(s, &(struct subject_file){.path = "lib64", .target = "usr/lib64"});
        if (w->env)
            strv_add(&s->image.env, w->env);
        while (cached < ARRAY_SIZE(w->cache) && w->cache[cached])
            cached++;
        if (cached)
            check_put_cache(s, w->cache, cached);
        for (size_t k = 0; k < ARRAY_SIZE(w->parts) && w->parts[k].path; k++)
            check_put(s, &w->parts[k]);
        CLEANUP(free_ptr) char *found = check_found(s);
        if (strcmp(found, w->found) != 0)
            fail_msg("%s: found\n%snot\n%s", w->name, found, w->found);
        subject_free(s);
    }
}

#define LOADER                                   \
    {                                            \
        .path = "usr/lib64/ld-linux-x86-64.so.2" \
    }
#define PROGRAM(...)                                                   \
    {                                                                  \
        .path = "usr/bin/app", .interp = LD, .needed = { __VA_ARGS__ } \
    }

static void test_default_places(void **state)
{
    static const struct world worlds[] = {
        {"nothing needed", "", .parts = {LOADER, PROGRAM(NULL)}},
        {"Debian's directory", "",
         .parts = {LOADER, PROGRAM("liba.so.1"), {.path = DEB "liba.so.1"}}},
        {"over a link", "",
         .parts = {LOADER,
                   PROGRAM("liba.so.1"),
                   {.path = DEB "liba.so.1.2"},
                   {.path = DEB "liba.so.1", .target = "liba.so.1.2"}}},
        {"/lib64 elsewhere", "",
         .parts = {LOADER, PROGRAM("liba.so.1"), {.path = "usr/lib64/liba.so.1"}}},
        {"/lib64 isn't Debian's",
         "usr/bin/app: needs liba.so.1, which the loader doesn't look for in "
         "/usr/lib64/liba.so.1\n",
         .parts = {LOADER,
                   PROGRAM("liba.so.1"),
                   {.path = "usr/lib64/liba.so.1"},
                   {.path = DEB "libb.so"}}},
        {"missing", "usr/bin/app: needs liba.so.1, which isn't there\n",
         .parts = {LOADER, PROGRAM("liba.so.1")}},
        {"another machine's", "usr/bin/app: needs liba.so.1, which isn't there\n",
         .parts = {LOADER, PROGRAM("liba.so.1"), {.path = DEB "liba.so.1", .machine = EM_AARCH64}}},
        {"a narrow one", "usr/bin/app: needs liba.so.1, which isn't there\n",
         .parts = {LOADER,
                   PROGRAM("liba.so.1"),
                   {.path = "usr/lib/liba.so.1", .machine = EM_386, .narrow = true}}},
        {"a text", "usr/bin/app: needs liba.so.1, which isn't there\n",
         .parts = {LOADER, PROGRAM("liba.so.1"), {.path = DEB "liba.so.1", .text = "INPUT(x)"}}},
        {"further down", DEB "liba.so.1: needs libb.so.1, which isn't there\n",
         .parts = {LOADER,
                   PROGRAM("liba.so.1"),
                   {.path = DEB "liba.so.1", .needed = {"libb.so.1"}},
                   {.path = "usr/bin/other", .interp = LD, .needed = {"liba.so.1"}}}},
        {"in a circle", "",
         .parts = {LOADER,
                   PROGRAM("liba.so.1"),
                   {.path = DEB "liba.so.1", .needed = {"libb.so.1"}},
                   {.path = DEB "libb.so.1", .needed = {"liba.so.1", "libb.so.1"}}}},
        {"no loader", "usr/bin/app: is started by the loader " LD ", which isn't there\n",
         .parts = {PROGRAM("liba.so.1")}},
        {"another's loader",
         "usr/bin/app: is started by the loader " LD ", which is none for its machine\n",
         .parts = {{.path = "usr/lib64/ld-linux-x86-64.so.2", .machine = EM_AARCH64},
                   PROGRAM(NULL)}},
        {"NODEFLIB",
         "usr/bin/app: needs liba.so.1, which the loader doesn't look for in /" DEB "liba.so.1\n",
         .parts = {LOADER,
                   {.path = "usr/bin/app", .interp = LD, .needed = {"liba.so.1"}, .nodeflib = true},
                   {.path = DEB "liba.so.1"}}},
    };

    (void)state;
    run(worlds, ARRAY_SIZE(worlds));
    assert_true(ARRAY_SIZE(worlds) > 1);
}

static void test_search_paths(void **state)
{
    static const struct world worlds[] = {
        {"RUNPATH", "",
         .parts = {LOADER,
                   {.path = "opt/x/app",
                    .interp = LD,
                    .needed = {"liba.so.1"},
                    .runpath = "/nowhere:$ORIGIN/lib"},
                   {.path = "opt/x/lib/liba.so.1"}}},
        {"RUNPATH isn't handed on",
         "opt/x/lib/liba.so.1: needs libb.so.1, which the loader doesn't look for in "
         "/opt/x/lib/libb.so.1\n",
         .parts = {LOADER,
                   {.path = "opt/x/app",
                    .interp = LD,
                    .needed = {"liba.so.1"},
                    .runpath = "${ORIGIN}/lib"},
                   {.path = "opt/x/lib/liba.so.1", .needed = {"libb.so.1"}},
                   {.path = "opt/x/lib/libb.so.1"}}},
        {"RPATH is", "",
         .parts =
             {LOADER,
              {.path = "opt/x/app", .interp = LD, .needed = {"liba.so.1"}, .rpath = "$ORIGIN/lib"},
              {.path = "opt/x/lib/liba.so.1", .needed = {"libb.so.1"}},
              {.path = "opt/x/lib/libb.so.1"}}},
        {"but not to one with RUNPATH",
         "opt/x/lib/liba.so.1: needs libb.so.1, which the loader doesn't look for in "
         "/opt/x/lib/libb.so.1\n",
         .parts =
             {LOADER,
              {.path = "opt/x/app", .interp = LD, .needed = {"liba.so.1"}, .rpath = "$ORIGIN/lib"},
              {.path = "opt/x/lib/liba.so.1", .needed = {"libb.so.1"}, .runpath = "/nowhere"},
              {.path = "opt/x/lib/libb.so.1"}}},
        {"$LIB and $PLATFORM", "",
         .parts = {LOADER,
                   {.path = "usr/bin/app",
                    .interp = LD,
                    .needed = {"liba.so.1"},
                    .runpath = "/opt/$LIB/$PLATFORM"},
                   {.path = "opt/lib/x86_64-linux-gnu/x86_64/liba.so.1"},
                   {.path = DEB "libb.so"}}},
        {"$ORIGIN of where it was found", "",
         .parts = {LOADER,
                   {.path = "opt/app", .interp = LD, .needed = {"liba.so.1"}, .runpath = "$ORIGIN"},
                   {.path = "opt/liba.so.1", .target = "real/liba.so.1"},
                   {.path = "opt/real/liba.so.1",
                    .needed = {"libb.so.1"},
                    .runpath = "$ORIGIN/more"},
                   {.path = "opt/more/libb.so.1"}}},
        {"LD_LIBRARY_PATH", "",
         .parts = {LOADER, PROGRAM("liba.so.1"), {.path = "opt/lib/liba.so.1"}},
         .env = "LD_LIBRARY_PATH=/none:/opt/lib"},
        {"loaded before, by its soname", "",
         .parts = {LOADER,
                   {.path = "opt/app",
                    .interp = LD,
                    .needed = {"libx.so", "libb.so.1"},
                    .runpath = "$ORIGIN"},
                   {.path = "opt/libx.so", .soname = "liba.so.1"},
                   {.path = "opt/libb.so.1", .needed = {"liba.so.1"}}}},
        {"a path", "", .parts = {LOADER, PROGRAM("/opt/liba.so"), {.path = "opt/liba.so"}}},
        {"a path from where it is", "",
         .parts = {LOADER,
                   {.path = "opt/bin/app", .interp = LD, .needed = {"$ORIGIN/../lib/liba.so"}},
                   {.path = "opt/lib/liba.so"}}},
        {"a path from where it is started", "usr/bin/app: needs lib/liba.so, which isn't there\n",
         .parts = {LOADER, PROGRAM("lib/liba.so"), {.path = "usr/lib/liba.so"}}},
        {"a path that isn't there", "usr/bin/app: needs /opt/liba.so, which isn't there\n",
         .parts = {LOADER, PROGRAM("/opt/liba.so")}},
    };

    (void)state;
    run(worlds, ARRAY_SIZE(worlds));
    assert_true(ARRAY_SIZE(worlds) > 1);
}

static void test_cache(void **state)
{
    static const struct world worlds[] = {
        {"in the cache", "", .parts = {LOADER, PROGRAM("liba.so.1"), {.path = "opt/liba.so.1"}},
         .cache = {"liba.so.1=/opt/liba.so.1", "libb.so.1=/opt/libb.so.1"}},
        {"in the cache alone", "usr/bin/app: needs liba.so.1, which isn't there\n",
         .parts = {LOADER, PROGRAM("liba.so.1")}, .cache = {"liba.so.1=/opt/liba.so.1"}},
        {"gone, but in a default place", "",
         .parts = {LOADER, PROGRAM("liba.so.1"), {.path = "usr/lib/liba.so.1"}},
         .cache = {"liba.so.1=/opt/liba.so.1"}},
        {"of two the one that fits", "",
         .parts = {LOADER, PROGRAM("liba.so.1"), {.path = "opt/liba.so.1"}},
         .cache = {"liba.so.1=/none/liba.so.1", "liba.so.1=/opt/liba.so.1"}},
        {"for some CPUs only",
         "usr/bin/app: needs liba.so.1, which the loader doesn't look for in "
         "/opt/glibc-hwcaps/x86-64-v3/liba.so.1\n",
         .parts = {LOADER, PROGRAM("liba.so.1"), {.path = "opt/glibc-hwcaps/x86-64-v3/liba.so.1"}},
         .cache = {"+liba.so.1=/opt/glibc-hwcaps/x86-64-v3/liba.so.1"}},
    };

    (void)state;
    run(worlds, ARRAY_SIZE(worlds));
    assert_true(ARRAY_SIZE(worlds) > 1);
}

static void test_musl(void **state)
{
    static const char conf[] = "/opt/lib\n/lib";
    static const struct world worlds[] = {
        {"libc and its parts", "",
         .parts = {{.path = "usr/lib/ld-musl-x86_64.so.1"},
                   {.path = "usr/bin/app",
                    .interp = MUSL,
                    .needed = {"libc.musl-x86_64.so.1", "libpthread.so.0"}}}},
        {"a default place", "",
         .parts = {{.path = "usr/lib/ld-musl-x86_64.so.1"},
                   {.path = "usr/bin/app", .interp = MUSL, .needed = {"liba.so"}},
                   {.path = "usr/local/lib/liba.so"}}},
        {"not glibc's",
         "usr/bin/app: needs liba.so, which the loader doesn't look for in /" DEB "liba.so\n",
         .parts = {{.path = "usr/lib/ld-musl-x86_64.so.1"},
                   {.path = "usr/bin/app", .interp = MUSL, .needed = {"liba.so"}},
                   {.path = DEB "liba.so"}}},
        {"its own list", "",
         .parts = {{.path = "usr/lib/ld-musl-x86_64.so.1"},
                   {.path = "usr/bin/app", .interp = MUSL, .needed = {"liba.so"}},
                   {.path = "opt/lib/liba.so"},
                   {.path = "etc/ld-musl-x86_64.path", .text = conf}}},
        {"RUNPATH is handed on", "",
         .parts = {{.path = "usr/lib/ld-musl-x86_64.so.1"},
                   {.path = "opt/app", .interp = MUSL, .needed = {"liba.so"}, .runpath = "$ORIGIN"},
                   {.path = "opt/liba.so", .needed = {"libb.so"}},
                   {.path = "opt/libb.so"}}},
    };

    (void)state;
    run(worlds, ARRAY_SIZE(worlds));
    assert_true(ARRAY_SIZE(worlds) > 1);
}

/* Plugins: what no program needs by name. */
static void test_plugins(void **state)
{
    static const struct world worlds[] = {
        {"loaded already", "",
         .parts = {{.path = "opt/plugin.so", .needed = {"libhost.so"}},
                   {.path = "opt/host/libhost.so"}}},
        {"by another name", "",
         .parts = {{.path = "opt/plugin.so", .needed = {"libhost.so.1"}},
                   {.path = "opt/host/host", .soname = "libhost.so.1"}}},
        {"nowhere", "opt/plugin.so: needs libx.so, which isn't there, when it is loaded\n",
         .parts = {{.path = "opt/plugin.so", .needed = {"libx.so"}}}},
    };

    (void)state;
    run(worlds, ARRAY_SIZE(worlds));
    for (int packaged = 0; packaged < 2; packaged++) {
        struct subject *s = subject_new();
        check_put(s, &(struct part){.path = "opt/plugin.so",
                                    .needed = {"libx.so"},
                                    .package = packaged ? "plugins" : NULL});
        assert_int_equal(subject_find(s, "ELF-NEED")->severity, SEVERITY_MEDIUM);
        assert_int_equal(subject_find(s, "ELF-NEED")->action, packaged ? RULE_NOTE : RULE_DENY);
        subject_free(s);
    }
}

static void test_other_machines(void **state)
{
    static const struct world worlds[] = {
        {"arm64", "",
         .parts = {{.path = "usr/lib/ld-linux-aarch64.so.1", .machine = EM_AARCH64},
                   {.path = "usr/bin/app",
                    .interp = "/lib/ld-linux-aarch64.so.1",
                    .machine = EM_AARCH64,
                    .needed = {"liba.so.1"}},
                   {.path = "usr/lib/aarch64-linux-gnu/liba.so.1", .machine = EM_AARCH64}},
         .arch = "arm64"},
        {"arm64, and amd64's library", "usr/bin/app: needs liba.so.1, which isn't there\n",
         .parts = {{.path = "usr/lib/ld-linux-aarch64.so.1", .machine = EM_AARCH64},
                   {.path = "usr/bin/app",
                    .interp = "/lib/ld-linux-aarch64.so.1",
                    .machine = EM_AARCH64,
                    .needed = {"liba.so.1"}},
                   {.path = DEB "liba.so.1"}},
         .arch = "arm64"},
        {"firmware", "",
         .parts =
             {{.path = "usr/share/fw", .interp = "/none", .machine = EM_MIPS, .needed = {"x"}}}},
        {"any", "usr/share/fw: is started by the loader /none, which isn't there\n",
         .parts =
             {{.path = "usr/share/fw", .interp = "/none", .machine = EM_MIPS, .needed = {"x"}}},
         .arch = ""},
    };

    (void)state;
    run(worlds, ARRAY_SIZE(worlds));
    struct subject *s = subject_new(); /* 32 bits on amd64 need a world of their own */
    check_put(s, &(struct part){
                     .path = "opt/old", .interp = "/lib/ld.so", .machine = EM_386, .narrow = true});
    assert_int_equal(subject_find(s, "ELF-NEED")->severity, SEVERITY_MEDIUM);
    subject_free(s);
}

static void test_preload(void **state)
{
    static const struct {
        const char *text;
        size_t n;
    } cases[] = {{"/opt/evil.so\n", 1}, {"\n \n", 0}, {"", 0}};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct subject *s = subject_new();
        subject_put(s, &(struct subject_file){.path = "etc/ld.so.preload", .text = cases[i].text});
        assert_int_equal(subject_count(s, "ELF-NEED"), cases[i].n);
        subject_free(s);
    }
}

/* The same library that several files of a package lack is one finding, another one another. */
static void test_merged_by_library(void **state)
{
    struct subject *s = subject_new();
    static const struct part parts[] = {
        LOADER,
        {.path = "opt/a", .interp = LD, .needed = {"libx.so", "liby.so"}, .package = "p"},
        {.path = "opt/b", .interp = LD, .needed = {"libx.so"}, .package = "p"},
    };

    (void)state;
    subject_put(s, &(struct subject_file){.path = "lib64", .target = "usr/lib64"});
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
        check_put(s, &parts[i]);
    CLEANUP(free_ptr) char *found = check_found(s);
    assert_string_equal(found, "opt/a: needs libx.so, which isn't there\n"
                               "opt/a: needs liby.so, which isn't there\n");
    subject_free(s);
}

/* Files that ask for more than there is time for: it ends, and says so. */
static void test_too_much_to_look_up(void **state)
{
    struct subject *s = subject_new();
    CLEANUP(buf_release) struct buf path = BUF_INIT(0);

    (void)state;
    for (int i = 0; i < 1300; i++) {
        CLEANUP(free_ptr) char *dir = xasprintf("%x", i);
        buf_addf(&path, ":/%s", dir);
        subject_put(s, &(struct subject_file){.path = dir, .type = ENTRY_DIRECTORY});
    }
    for (int k = 0; k < 20; k++) {
        struct file_facts *f = good_elf();
        CLEANUP(free_ptr) char *name = xasprintf("opt/%d", k);
        f->elf->flags &= ~(uint32_t)ELF_IS_PIE;
        f->elf->rpath = xstrdup(buf_str(&path));
        for (int i = 0; i < 4096; i++)
            strv_addf(&f->elf->needed, "lib%d.so", i);
        subject_put(s, &(struct subject_file){.path = name, .facts = f});
    }
    (void)subject_count(s, "ELF-NEED");
    const struct finding *last = NULL;
    for (size_t i = 0; i < s->found.n; i++)
        last = strcmp(s->found.v[i].rule->id, "ELF-NEED") == 0 ? &s->found.v[i] : last;
    assert_non_null(last);
    assert_non_null(strstr(last->text, "not all needs were followed"));
    assert_int_equal(last->action, RULE_NOTE);
    subject_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_default_places),
        cmocka_unit_test(test_search_paths),
        cmocka_unit_test(test_cache),
        cmocka_unit_test(test_musl),
        cmocka_unit_test(test_plugins),
        cmocka_unit_test(test_other_machines),
        cmocka_unit_test(test_preload),
        cmocka_unit_test(test_merged_by_library),
        cmocka_unit_test(test_too_much_to_look_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
