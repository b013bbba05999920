/* SPDX-License-Identifier: Apache-2.0 */
/* What packages divert from each other, and where it comes to lie. */
#include "base/path.h"
#include "effects/diversions.h"
#include "fake.h"
#include "unit.h"

struct fixture {
    struct recipe recipe;
    struct assembly assembly;
    struct package *packages[2]; /* "x" brings things, "y" diverts them */
    struct delivery from[2];
    struct strv lost[2];
    struct diversions all;
    struct tree *tree;
    struct err err;
};

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof(*f));
    f->assembly = (struct assembly){.recipe = &f->recipe, .diversions = &f->all};
    f->packages[0] = fake_package("x", "1");
    f->packages[1] = fake_package("y", "1");
    f->from[0].source = f->from[1].source = "debian";
    f->tree = tree_new();
    fake_file(f->packages[0], "usr/bin/tool", "x's");
    fake_file(f->packages[0], "usr/bin/other", "other");
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    strv_release(&f->assembly.notes);
    diversions_release(&f->all);
    tree_free(f->tree);
    for (size_t i = 0; i < 2; i++) {
        strv_release(&f->lost[i]);
        package_free(f->packages[i]);
    }
    err_release(&f->err);
    free(f);
    return 0;
}

#define DIVERT "dpkg-divert --package y --add --rename --divert "

/* preinst of y; what is lost is dropped from x, as a package that is made again has it. */
static int run(struct fixture *f, const char *preinst)
{
    fake_script(f->packages[1], "preinst", preinst);
    if (diversions_find(f->packages, 2, &f->all, &f->err) < 0 ||
        diversions_apply(&f->all, f->packages, f->from, 2, f->lost, &f->err) < 0 ||
        tree_conflicts(f->packages, f->from, 2, f->lost, &f->err) < 0)
        return err_ret(&f->err);
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; i < f->packages[k]->n_entries; i++)
            if (strv_has(&f->lost[k], f->packages[k]->entries[i].path))
                f->packages[k]->entries[i].dropped = true;
    for (size_t k = 0; k < 2; k++)
        if (tree_add_package(f->tree, f->packages[k], &f->err) < 0)
            return err_ret(&f->err);
    return assemble_diversions(&f->assembly, f->tree, &f->err);
}

static void test_a_file_moves(void **state)
{
    struct fixture *f = *state;
    fake_file(f->packages[1], "usr/bin/tool", "y's");
    assert_ok(run(f, "#!/bin/sh\nif [ \"$1\" = install ]; then\n" DIVERT
                     "/usr/bin/tool.x /bin/tool\nfi\n"),
              &f->err);
    assert_int_equal(f->lost[0].n, 1);
    assert_int_equal(f->lost[1].n, 0);
    assert_ptr_equal(tree_find(f->tree, "usr/bin/tool")->package, f->packages[1]);
    const struct node *moved = tree_find(f->tree, "usr/bin/tool.x");
    assert_non_null(moved);
    assert_true(moved->own_layer);
    assert_int_equal(moved->content.from, FROM_COPY);
    assert_ptr_equal(moved->content.package, f->packages[0]);
    assert_string_equal(moved->content.bytes, "usr/bin/tool");
    assert_true(sha256_eq(&moved->sha256, &f->packages[0]->entries[0].sha256));
    assert_string_equal(moved->origin, "package y: preinst:3");
    assert_int_equal(f->assembly.notes.n, 1);
    assert_string_equal(f->assembly.notes.v[0], "package y: preinst:3: /usr/bin/tool of package x "
                                                "lies at /usr/bin/tool.x");
}

static void test_a_link_moves_and_nobody_takes_its_place(void **state)
{
    struct fixture *f = *state;
    fake_link(f->packages[0], "usr/bin/link", "tool");
    assert_ok(run(f, "dpkg-divert --rename /usr/bin/link\n"), &f->err);
    assert_null(tree_find(f->tree, "usr/bin/link"));
    assert_string_equal(tree_find(f->tree, "usr/bin/link.distrib")->target, "tool");
}

/* Nothing moves: whose, and why. */
static void test_harmless_ones(void **state)
{
    (void)state;
    static const char *const scripts[] = {
        DIVERT "/usr/bin/tool.x /usr/bin/tool\n"
               "dpkg-divert --package y --remove --rename /usr/bin/tool\n",
        DIVERT "/usr/bin/none.x /usr/bin/none\n",
        "dpkg-divert --package y --remove --rename --divert /usr/bin/tool.x /usr/bin/tool\n",
        "if [ \"$1\" = upgrade ]; then\n" DIVERT "/usr/bin/tool.x /usr/bin/tool\nfi\n",
        "true\n",
    };
    for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
        void *own = NULL;
        setup(&own);
        struct fixture *f = own;
        assert_ok(run(f, scripts[i]), &f->err);
        if (f->lost[0].n || f->all.n_moved)
            fail_msg("%s", scripts[i]);
        teardown(&own);
    }
}

static void test_its_own_file_stays(void **state)
{
    struct fixture *f = *state;
    fake_file(f->packages[1], "usr/bin/own", "y's");
    assert_ok(run(f, DIVERT "/usr/bin/own.x /usr/bin/own\n"), &f->err);
    assert_int_equal(f->lost[1].n, 0);
    assert_null(tree_find(f->tree, "usr/bin/own.x"));
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *script, *message;
    } cases[] = {
        {DIVERT "/usr/bin/x usr/bin/tool\n", "package y: preinst:1: dpkg-divert: a path is not"},
        {DIVERT "/usr/bin/../x /usr/bin/tool\n", "dpkg-divert: a path is not absolute and clean"},
        {DIVERT "/bin/tool /usr/bin/tool\n", "/usr/bin/tool is diverted to itself"},
        {DIVERT "/usr/bin/a /usr/bin/tool\n" DIVERT "/usr/bin/b /usr/bin/tool\n",
         "package y: preinst:2: /usr/bin/tool is diverted already (package y: preinst:1)"},
        {DIVERT "/usr/bin/other /usr/bin/tool\n",
         "/usr/bin/tool of package x can't move to /usr/bin/other: package x has it"},
        {DIVERT "/usr/x /usr/bin\n", "/usr/bin is a directory of package x"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        void *own = NULL;
        setup(&own);
        struct fixture *f = own;
        fake_dir(f->packages[0], "usr/bin", 0755);
        assert_fails(run(f, cases[i].script), &f->err, cases[i].message);
        teardown(&own);
    }
}

static void test_a_third_party_needs_leave(void **state)
{
    struct fixture *f = *state;
    f->from[1].source = "vendor";
    assert_true(run(f, DIVERT "/usr/bin/tool.x /usr/bin/tool\n") < 0);
    assert_string_equal(f->err.message, "package y: preinst:1: it diverts /usr/bin/tool of package "
                                        "x, which comes from source debian");
    assert_string_equal(f->err.hint, "where it may: replaces = {\"x\"} in source \"vendor\"");
    err_clear(&f->err);
    diversions_release(&f->all);
    CLEANUP(strv_release) struct strv may = STRV_INIT;
    strv_add(&may, "x");
    f->from[1].replaces = &may;
    assert_ok(run(f, "true\n"), &f->err);
    assert_non_null(tree_find(f->tree, "usr/bin/tool.x"));
}

static void test_taken(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *words;
        bool taken;
    } calls[] = {
        {"dpkg-divert --rename /usr/bin/x", true},
        {"dpkg-divert --quiet --package=y --divert=/b --add --rename /usr/bin/x", true},
        {"dpkg-divert --remove --no-rename /usr/bin/x", true},
        {"dpkg-divert --add /usr/bin/x", false}, /* what is there already would stay */
        {"dpkg-divert --no-rename --add /usr/bin/x", false},
        {"dpkg-divert --local --rename /usr/bin/x", false},
        {"dpkg-divert --package z --rename /usr/bin/x", false},
        {"dpkg-divert --list", false},
        {"dpkg-divert --truename /usr/bin/x", false},
        {"dpkg-divert --rename", false},
        {"dpkg-divert --rename /usr/bin/x /usr/bin/y", false},
        {"dpkg-divert --rename /usr/bin/x --divert", false},
        {"dpkg-divert", false},
    };
    CLEANUP(calls_release) struct script_calls list = {0};
    for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
        struct script_call *c = calls_add(&list, f->packages[1], "preinst", 1);
        strv_split(&c->words, slice_of(calls[i].words), " ");
        if (diversions_takes(c) != calls[i].taken)
            fail_msg("%s", calls[i].words);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_file_moves, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_link_moves_and_nobody_takes_its_place, setup,
                                        teardown),
        cmocka_unit_test(test_harmless_ones),
        cmocka_unit_test_setup_teardown(test_its_own_file_stays, setup, teardown),
        cmocka_unit_test(test_refused),
        cmocka_unit_test_setup_teardown(test_a_third_party_needs_leave, setup, teardown),
        cmocka_unit_test_setup_teardown(test_taken, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
