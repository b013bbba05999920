/* SPDX-License-Identifier: Apache-2.0 */
/* Rule ELF-NEED: what plugins need, and versions of symbols. */
#include "elfworld.h"
#include "unit.h"

#include <elf.h>

#define ELSEWHERE \
    "opt/p/plugin.so: needs liba.so, which the loader doesn't look for in /opt/a/liba.so\n"

/* Plugins: what no program needs by name. */
static void test_plugins(void **state)
{
    static const struct world worlds[] = {
        {"nowhere", "opt/plugin.so: needs libx.so, which isn't there, when it is loaded\n",
         .parts = {{.path = "opt/plugin.so", .needed = {"libx.so"}}}},
        {"found by itself", "",
         .parts = {{.path = "opt/p/plugin.so", .needed = {"liba.so"}, .runpath = "$ORIGIN/../a"},
                   {.path = "opt/a/liba.so", .origin = "b:1"}}},
        {"loaded by a program", "",
         .parts =
             {LOADER,
              {.path = "opt/p/plugin.so", .needed = {"liba.so"}, .package = "p"},
              {.path = "opt/a/liba.so", .package = "a"},
              {.path = "usr/bin/app", .interp = LD, .needed = {"liba.so"}, .rpath = "/opt/a"}}},
        {"by a program, another one of the name", "",
         .parts =
             {LOADER,
              {.path = "opt/a/liba.so", .package = "b"},
              {.path = "opt/p/plugin.so", .needed = {"liba.so"}, .package = "p"},
              {.path = "opt/z/liba.so", .package = "a"},
              {.path = "usr/bin/app", .interp = LD, .needed = {"liba.so"}, .rpath = "/opt/z"}}},
        {"a section's", "",
         .parts = {{.path = "opt/p/plugin.so", .needed = {"liba.so"}}, {.path = "opt/a/liba.so"}}},
        {"by its soname", "",
         .parts = {{.path = "opt/p/plugin.so", .needed = {"liba.so"}},
                   {.path = "opt/a/app", .soname = "liba.so"}}},
        {"another section's", ELSEWHERE,
         .parts = {{.path = "opt/p/plugin.so", .needed = {"liba.so"}},
                   {.path = "opt/a/liba.so", .origin = "b:1"}}},
        {"another section's, of two the third", "",
         .parts = {{.path = "opt/a/liba.so", .origin = "b:1"},
                   {.path = "opt/b/liba.so", .origin = "b:2"},
                   {.path = "opt/c/liba.so", .origin = "b:3"},
                   {.path = "opt/p/plugin.so", .needed = {"liba.so"}, .origin = "b:3"}}},
        {"an audit's, beside it", "",
         .parts = {{.path = "opt/p/plugin.so", .needed = {"liba.so"}, .origin = ""},
                   {.path = "opt/p/lib/liba.so", .origin = ""}}},
        {"an audit's, above it", "",
         .parts = {{.path = "opt/p/x/plugin.so", .needed = {"liba.so"}, .origin = ""},
                   {.path = "opt/p/liba.so", .origin = ""}}},
        {"an audit's, elsewhere", ELSEWHERE,
         .parts = {{.path = "opt/p/plugin.so", .needed = {"liba.so"}, .origin = ""},
                   {.path = "opt/a/liba.so", .origin = ""}}},
        {"an audit's, below the loader's place",
         DEB "plugin.so: needs liba.so, which the loader doesn't look for in /" DEB "a/liba.so\n",
         .parts = {{.path = DEB "plugin.so", .needed = {"liba.so"}, .origin = ""},
                   {.path = DEB "a/liba.so", .origin = ""}}},
        {"an own file's and a package's", ELSEWHERE,
         .parts = {{.path = "opt/p/plugin.so", .needed = {"liba.so"}},
                   {.path = "opt/a/liba.so", .package = "a"}}},
        {"another machine's, beside it",
         "opt/p/plugin.so: needs liba.so, which isn't there, when it is loaded\n",
         .parts = {{.path = "opt/p/plugin.so", .needed = {"liba.so"}},
                   {.path = "opt/a/liba.so", .machine = EM_AARCH64}},
         .arch = ""},
    };

    (void)state;
    elfworld_check(worlds, ARRAY_SIZE(worlds));
    for (int packaged = 0; packaged < 2; packaged++) {
        struct subject *s = subject_new();
        elfworld_put(s, &(struct part){.path = "opt/plugin.so",
                                       .needed = {"libx.so"},
                                       .package = packaged ? "plugins" : NULL});
        assert_int_equal(subject_find(s, "ELF-NEED")->severity, SEVERITY_MEDIUM);
        assert_int_equal(subject_find(s, "ELF-NEED")->action, packaged ? RULE_NOTE : RULE_DENY);
        subject_free(s);
    }
}

/* How bad it is that a library is where the loader doesn't look: by who brings the two. */
static void test_library_elsewhere(void **state)
{
    static const struct {
        const char *control, *of, *by, *source, *provides;
        int action; /* -1: nothing is found */
    } cases[] = {
        {"Package: p\nDepends: libc6, a (>= 1) | b\n", "p", "a", "a", "", RULE_DENY},
        {"Package: p\nDepends: b | a\n", "p", "a", "a", "", RULE_DENY},
        {"Package: p\nPre-Depends: a:any\n", "p", "a", "a", "", RULE_DENY},
        {"Package: p\nDepends: x,\n liba.so (= 3)\n", "p", "a", "a", "liba.so, y", RULE_DENY},
        {"Package: p\nDepends: aa, b\nRecommends: a\n", "p", "a", "a", "aaa", RULE_NOTE},
        {"Package: p\nDepends: a\n", "p", "a", "p", "", -1}, /* of one source */
        {"", "p", "a", "a", "", RULE_NOTE},
        {"Package: p\n", NULL, "a", "a", "", RULE_NOTE},
        {"Package: p\n", "p", NULL, "a", "", RULE_NOTE},
        {"Package: p\n", NULL, NULL, "a", "", RULE_DENY},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct subject *s = subject_new();
        struct package *p = subject_package(s, "p"), *a = subject_package(s, "a");
        p->control = xstrdup(cases[i].control);
        a->control = xasprintf("Package: a\nProvides: %s\n", cases[i].provides);
        free(a->source);
        a->source = xstrdup(cases[i].source);
        elfworld_put(s, &(struct part){.path = "opt/p/plugin.so",
                                       .needed = {"liba.so"},
                                       .package = cases[i].of});
        elfworld_put(
            s, &(struct part){.path = "opt/a/liba.so", .package = cases[i].by, .origin = "b:1"});
        const struct finding *f = subject_find(s, "ELF-NEED");
        assert_int_equal(f ? (int)f->action : -1, cases[i].action);
        if (f) {
            assert_int_equal(f->severity, SEVERITY_MEDIUM);
            assert_non_null(strstr(f->advice, "content = \"/opt/a\\n\""));
            assert_non_null(strstr(f->advice, "target = \"/opt/a/liba.so\""));
        }
        subject_free(s);
    }
}

#define LIBC(...)                                                                      \
    {                                                                                  \
        .path = DEB "libc.so.6", .has = {"libc.so.6", __VA_ARGS__}, .package = "libc6" \
    }

static void test_versions(void **state)
{
    static const struct world worlds[] = {
        {"there", "",
         .parts =
             {LOADER,
              LIBC("GLIBC_2.34", "GLIBC_2.36"),
              {.path = "opt/x", .interp = LD, .needed = {"libc.so.6"}, .asks = {"GLIBC_2.34"}}}},
        {"too old",
         "opt/x: needs GLIBC_2.38 of libc.so.6, but /" DEB
         "libc.so.6 (libc6 1.0) has no version later than GLIBC_2.36\n",
         .parts = {LOADER,
                   LIBC("GLIBC_2.36", "GLIBC_2.4"),
                   {.path = "opt/x",
                    .interp = LD,
                    .needed = {"libc.so.6"},
                    .asks = {"GLIBC_2.38", "GLIBC_2.37"}}}},
        {"dropped since",
         "opt/x: needs A_1 of liba.so, but /" DEB "liba.so doesn't have that version\n",
         .parts = {LOADER,
                   {.path = DEB "liba.so", .has = {"liba.so", "A_2"}},
                   {.path = "opt/x", .interp = LD, .needed = {"liba.so"}, .asks = {"A_1"}}}},
        {"a name, no number",
         "opt/x: needs PRIVATE of liba.so, but /" DEB "liba.so doesn't have that version\n",
         .parts = {LOADER,
                   {.path = DEB "liba.so", .has = {"liba.so", "A_2"}},
                   {.path = "opt/x", .interp = LD, .needed = {"liba.so"}, .asks = {"PRIVATE"}}}},
        {"a library without versions", "",
         .parts = {LOADER,
                   {.path = DEB "liba.so"},
                   {.path = "opt/x", .interp = LD, .needed = {"liba.so"}, .asks = {"A_1"}}}},
        {"of two the one that it loads", "",
         .parts = {LOADER,
                   {.path = DEB "liba.so", .has = {"liba.so", "A_1"}},
                   {.path = "opt/liba.so", .has = {"liba.so", "A_1", "A_2"}},
                   {.path = "opt/x",
                    .interp = LD,
                    .needed = {"liba.so"},
                    .runpath = "$ORIGIN",
                    .asks = {"A_2"}}}},
        {"of what comes along, by what the program loaded",
         "opt/libb.so: needs A_2 of liba.so, but /opt/liba.so has no version later than A_1\n",
         .parts = {LOADER,
                   {.path = DEB "liba.so", .has = {"liba.so", "A_1", "A_2"}},
                   {.path = "opt/liba.so", .has = {"liba.so", "A_1"}},
                   {.path = "opt/libb.so", .needed = {"liba.so"}, .asks = {"A_2"}},
                   {.path = "opt/x",
                    .interp = LD,
                    .needed = {"liba.so", "libb.so"},
                    .runpath = "$ORIGIN"},
                   {.path = "opt/y", /* loads what is right */
                    .interp = LD,
                    .needed = {"/opt/libb.so"}}}},
        {"a plugin's",
         "opt/p.so: needs GLIBC_2.38 of libc.so.6, but /" DEB
         "libc.so.6 (libc6 1.0) has no version later than GLIBC_2.36\n",
         .parts = {LIBC("GLIBC_2.36"),
                   {.path = "opt/p.so", .needed = {"libc.so.6"}, .asks = {"GLIBC_2.38"}}}},
        {"a plugin's, whose program may have another", "",
         .parts = {{.path = DEB "liba.so", .has = {"liba.so", "A_1"}},
                   {.path = "opt/f/liba.so", .has = {"liba.so", "A_1", "A_2"}},
                   {.path = "opt/f/p.so", .needed = {"liba.so"}, .asks = {"A_2"}}}},
        {"musl", "",
         .parts = {{.path = "usr/lib/ld-musl-x86_64.so.1"},
                   {.path = "usr/lib/liba.so", .has = {"liba.so", "A_1"}},
                   {.path = "opt/x", .interp = MUSL, .needed = {"liba.so"}, .asks = {"A_2"}}}},
    };

    (void)state;
    elfworld_check(worlds, ARRAY_SIZE(worlds));
    assert_true(ARRAY_SIZE(worlds) > 1);
}

static void test_suites(void **state)
{
    static const struct {
        const char *asked, *suite;
    } cases[] = {{"GLIBC_2.38", "trixie"},
                 {"GLIBC_2.36", "bookworm"},
                 {"GLIBC_2.42", NULL},
                 {"GLIBCXX_3.4.32", "trixie"},
                 {"OPENSSL_3.2.0", "trixie"},
                 {"GLIBC_PRIVATE", NULL},
                 {"OTHER_1", NULL}};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct subject *s = subject_new();
        elfworld_put(s, &(struct part)LOADER);
        elfworld_put(s, &(struct part){.path = DEB "liba.so", .has = {"liba.so", "GLIBC_2.31"}});
        elfworld_put(
            s, &(struct part){
                   .path = "opt/x", .interp = LD, .needed = {"liba.so"}, .asks = {cases[i].asked}});
        subject_put(s, &(struct subject_file){.path = "lib64", .target = "usr/lib64"});
        const struct finding *f = subject_find(s, "ELF-NEED");
        assert_non_null(f);
        assert_int_equal(f->severity, SEVERITY_HIGH);
        assert_int_equal(f->action, RULE_DENY);
        CLEANUP(free_ptr)
        char *wanted = xasprintf("suite = \"%s\"", cases[i].suite ? cases[i].suite : "");
        assert_int_equal(strstr(f->advice, wanted) != NULL, cases[i].suite != NULL);
        subject_free(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plugins),
        cmocka_unit_test(test_library_elsewhere),
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_suites),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
