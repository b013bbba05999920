/* SPDX-License-Identifier: Apache-2.0 */
/* What programs need and where a loader finds it: rule ELF-NEED over small worlds. */
#include "elfworld.h"
#include "unit.h"

#include <elf.h>

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
    elfworld_check(worlds, ARRAY_SIZE(worlds));
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
    elfworld_check(worlds, ARRAY_SIZE(worlds));
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
    elfworld_check(worlds, ARRAY_SIZE(worlds));
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
    elfworld_check(worlds, ARRAY_SIZE(worlds));
    assert_true(ARRAY_SIZE(worlds) > 1);
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
    elfworld_check(worlds, ARRAY_SIZE(worlds));
    struct subject *s = subject_new(); /* 32 bits on amd64 need a world of their own */
    elfworld_put(s,
                 &(struct part){
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
        elfworld_put(s, &parts[i]);
    CLEANUP(free_ptr) char *found = elfworld_found(s);
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
        cmocka_unit_test(test_other_machines),
        cmocka_unit_test(test_preload),
        cmocka_unit_test(test_merged_by_library),
        cmocka_unit_test(test_too_much_to_look_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
