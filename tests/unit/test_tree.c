/* SPDX-License-Identifier: Apache-2.0 */
#include "fake.h"
#include "rootfs/tree.h"
#include "unit.h"

static void package_cleanup(struct package **p)
{
    package_free(*p);
}

static void tree_cleanup(struct tree **t)
{
    tree_free(*t);
}

#define TREE(t)       CLEANUP(tree_cleanup) struct tree *t = tree_new()
#define ERR(e)        CLEANUP(err_release) struct err e = ERR_INIT
#define PACKAGE(p, n) CLEANUP(package_cleanup) struct package *p = fake_package(n, "1.0-1")

static void test_order_puts_what_lies_in_a_directory_behind_it(void **state)
{
    (void)state;
    static const char *const want[] = {"a",   "a/b",   "a/b/c", "a/bc",     "a b",
                                       "a-b", "a-b/c", "a.d",   "a0\xff/x", "z"};
    PACKAGE(p, "x");
    TREE(t);
    ERR(err);
    for (size_t i = ARRAY_SIZE(want); i-- > 0;)
        if (strcmp(want[i], "a/b/c") == 0 || strcmp(want[i], "a-b/c") == 0)
            fake_file(p, want[i], "");
        else if (!strchr(want[i], '\xff'))
            fake_dir(p, want[i], 0755);
    assert_ok(tree_add_package(t, p, &err), &err);
    assert_ok(tree_put_text(t, "a0\xff/x", 0644, "x", 1, "test", &err), &err);
    size_t n, at = 0;
    struct node *const *nodes = tree_nodes(t, &n);
    assert_int_equal(n, ARRAY_SIZE(want) + 1);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(nodes[i]->path, "a0\xff") == 0)
            continue;
        assert_string_equal(nodes[i]->path, want[at]);
        at++;
    }
}

static void test_resolve_follows_links(void **state)
{
    (void)state;
    PACKAGE(p, "x");
    TREE(t);
    ERR(err);
    fake_link(p, "bin", "usr/bin");
    fake_file(p, "usr/bin/python3.13", "elf");
    fake_link(p, "usr/bin/python3", "python3.13");
    fake_link(p, "usr/bin/python", "/bin/python3");
    fake_link(p, "usr/bin/up", "../../../../bin/./python");
    fake_link(p, "loop", "usr/../loop");
    fake_link(p, "nowhere", "etc/nothing");
    fake_link(p, "through", "usr/bin/python3.13/x");
    assert_ok(tree_add_package(t, p, &err), &err);
    const struct node *n = tree_resolve(t, "usr/bin/up");
    assert_non_null(n);
    assert_string_equal(n->path, "usr/bin/python3.13");
    assert_null(tree_resolve(t, "loop"));
    assert_null(tree_resolve(t, "nowhere"));
    assert_null(tree_resolve(t, "through"));
    assert_string_equal(tree_find(t, "usr/bin/up")->target, "../../../../bin/./python");
    assert_null(tree_find(t, "bin/python3"));
    assert_string_equal(tree_resolve(t, "")->path, "");
}

static void test_first_owner_of_a_directory_wins(void **state)
{
    (void)state;
    PACKAGE(a, "a");
    PACKAGE(b, "b");
    PACKAGE(c, "c");
    TREE(t);
    ERR(err);
    fake_dir(a, "srv", 0755);
    fake_file(a, "opt/needed", "x");
    fake_dir(a, "same", 0750);
    fake_dir(b, "srv", 0700);
    fake_dir(b, "opt", 0711);
    fake_dir(b, "same", 0750);
    fake_dir(c, "srv", 0755); /* agrees with the first again, and yet b's layer may lie on top */
    fake_dir(b, "hidden", 0700);
    fake_file(c, "hidden/x", "needs it 0755");
    assert_ok(tree_add_package(t, a, &err), &err);
    assert_ok(tree_add_package(t, b, &err), &err);
    assert_ok(tree_add_package(t, c, &err), &err);
    assert_int_equal(tree_find(t, "srv")->mode, 0755);
    assert_true(tree_find(t, "srv")->own_layer);
    assert_ptr_equal(tree_find(t, "srv")->package, a);
    assert_int_equal(tree_find(t, "opt")->mode, 0711);
    assert_true(tree_find(t, "opt")->own_layer);
    assert_ptr_equal(tree_find(t, "opt")->package, b);
    assert_false(tree_find(t, "same")->own_layer);
    assert_int_equal(tree_find(t, "hidden")->mode, 0700);
    assert_true(tree_find(t, "hidden")->own_layer);
}

static void test_two_packages_with_one_path(void **state)
{
    (void)state;
    PACKAGE(a, "a");
    PACKAGE(b, "b");
    PACKAGE(c, "c");
    TREE(t);
    ERR(err);
    fake_link(a, "usr/share/doc/b", "a");
    fake_file(a, "usr/bin/x", "1");
    fake_link(b, "usr/share/doc/b", "a");
    fake_file(b, "usr/bin/x", "1");
    fake_file(c, "usr/share/doc/b/copyright", "");
    assert_ok(tree_add_package(t, a, &err), &err);
    assert_fails(tree_add_package(t, b, &err), &err, "package b: /usr/bin/x");
    assert_fails(tree_add_package(t, c, &err), &err, "/usr/share/doc/b is a link in the way");
}

static void test_own_paths_replace_only_when_they_say_so(void **state)
{
    (void)state;
    PACKAGE(p, "libx");
    TREE(t);
    ERR(err);
    fake_file(p, "etc/x.conf", "theirs");
    fake_dir(p, "var/lib/x", 0755);
    assert_ok(tree_add_package(t, p, &err), &err);
    assert_fails(tree_put_text(t, "etc/x.conf", 0600, "mine", 4, "a.conf:3", &err), &err,
                 "a.conf:3: /etc/x.conf is there already (package libx)");
    struct node_spec spec = {
        .path = "etc/x.conf",
        .type = ENTRY_FILE,
        .mode = 0600,
        .size = 4,
        .content = {.from = FROM_MEMORY, .bytes = xstrdup("mine"), .fd = -1},
        .replace = true,
        .origin = "a.conf:3",
    };
    assert_ok(tree_put(t, &spec, &err), &err);
    const struct node *n = tree_find(t, "etc/x.conf");
    assert_true(n->replaced);
    assert_true(n->own_layer);
    assert_null(n->package);
    assert_int_equal(n->mode, 0600);
    assert_fails(tree_put_text(t, "etc/x.conf", 0600, "", 0, "b.conf:9", &err), &err,
                 "b.conf:9: /etc/x.conf is given a second time (a.conf:3)");
    assert_fails(tree_put_text(t, "var/lib/x", 0600, "", 0, "b.conf:9", &err), &err,
                 "is a directory already");
    assert_fails(tree_put_text(t, "etc/x.conf/y", 0600, "", 0, "b.conf:9", &err), &err,
                 "is a file in the way");
    assert_fails(tree_put_directory(t, "etc/x.conf", 0755, 0, 0, "b.conf:9", &err), &err,
                 "is no directory");
}

static void test_weak_keeps_what_is_there(void **state)
{
    (void)state;
    PACKAGE(p, "base-files");
    TREE(t);
    ERR(err);
    fake_dir(p, "tmp", 01777);
    fake_file(p, "srv/x", "");
    assert_ok(tree_add_package(t, p, &err), &err);
    struct node_spec spec = {
        .type = ENTRY_DIRECTORY, .mode = 0700, .content.fd = -1, .weak = true, .origin = "t"};
    static const char *const paths[] = {"tmp", "srv", "new"};
    for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
        spec.path = paths[i];
        assert_ok(tree_put(t, &spec, &err), &err);
    }
    assert_int_equal(tree_find(t, "tmp")->mode, 01777);
    assert_false(tree_find(t, "tmp")->own_layer);
    assert_int_equal(tree_find(t, "srv")->mode, 0700); /* nobody had given it */
    assert_int_equal(tree_find(t, "new")->mode, 0700);
    spec.path = "etc/weak";
    spec.type = ENTRY_FILE;
    spec.content = (struct content){.from = FROM_MEMORY, .bytes = xstrdup("w"), .fd = -1};
    spec.size = 1;
    assert_ok(tree_put(t, &spec, &err), &err);
    assert_ok(tree_put_text(t, "etc/weak", 0644, "strong", 6, "r.conf:1", &err), &err);
    struct slice text;
    assert_true(tree_text(tree_find(t, "etc/weak"), &text));
    assert_true(slice_eq(text, "strong"));
    assert_false(tree_find(t, "etc/weak")->replaced);
}

static void test_only_known_links_are_crossed(void **state)
{
    (void)state;
    PACKAGE(p, "base-files");
    TREE(t);
    ERR(err);
    fake_link(p, "bin", "usr/bin");
    fake_link(p, "var/run", "/run");
    fake_link(p, "opt", "srv");
    assert_ok(tree_add_package(t, p, &err), &err);
    assert_ok(tree_put_text(t, "bin/app", 0755, "x", 1, "r:1", &err), &err);
    assert_non_null(tree_find(t, "usr/bin/app"));
    assert_null(tree_find(t, "bin/app"));
    assert_ok(tree_put_directory(t, "var/run/app", 0700, 5, 6, "r:2", &err), &err);
    assert_int_equal(tree_find(t, "run/app")->gid, 6);
    assert_ok(tree_put_directory(t, "var/run", 0711, 0, 0, "r:3", &err), &err);
    assert_int_equal(tree_find(t, "run")->mode, 0711);
    assert_int_equal(tree_find(t, "var/run")->type, ENTRY_SYMLINK);
    assert_fails(tree_put_text(t, "opt/x", 0644, "", 0, "r:4", &err), &err,
                 "/opt is a link in the way");
}

static const struct delivery debians[] = {{"debian", NULL}, {"debian-security", NULL}};

/* The hint's path is a recipe's: quoted, and a glob. */
static void test_conflict_of_an_odd_path(void **state)
{
    (void)state;
    PACKAGE(a, "libold1");
    PACKAGE(b, "libnew1");
    ERR(err);
    fake_file(a, "usr/share/[x] \"\\\033", "1");
    fake_file(b, "usr/share/[x] \"\\\033", "2");
    struct package *packages[] = {a, b};
    struct strv lost[2] = {STRV_INIT, STRV_INIT};
    assert_true(tree_conflicts(packages, debians, 2, lost, &err) < 0);
    assert_non_null(strstr(err.message, "/usr/share/[x] \"\\\\x1b is brought by"));
    assert_non_null(strstr(err.hint, "package \"libnew1\" { exclude = "
                                     "{\"/usr/share/\\\\[x] \\\"\\\\\\\\?\"} }"));
}

static void test_conflicts_are_settled_by_replaces(void **state)
{
    (void)state;
    PACKAGE(a, "libold1");
    PACKAGE(b, "libnew1");
    ERR(err);
    fake_file(a, "usr/share/x/moved", "1");
    fake_file(a, "usr/share/x/stays", "1");
    fake_dir(a, "usr/share/x", 0755);
    fake_file(b, "usr/share/x/moved", "2");
    fake_dir(b, "usr/share/x", 0700);
    struct package *packages[] = {b, a};
    struct strv lost[2] = {STRV_INIT, STRV_INIT};
    assert_fails(tree_conflicts(packages, debians, 2, lost, &err), &err,
                 "/usr/share/x/moved is brought by the packages libnew1 (a file) and libold1");
    strv_add(&b->replaces, "libold1 (<< 1.0-1)");
    assert_fails(tree_conflicts(packages, debians, 2, lost, &err), &err, "libold1");
    strv_add(&b->replaces, "libold1 (<= 1.0-1)");
    assert_ok(tree_conflicts(packages, debians, 2, lost, &err), &err);
    assert_int_equal(lost[0].n, 0);
    assert_int_equal(lost[1].n, 1);
    assert_string_equal(lost[1].v[0], "usr/share/x/moved");
    strv_release(&lost[1]);
    struct package *other[] = {a, b};
    assert_ok(tree_conflicts(other, debians, 2, lost, &err), &err);
    assert_int_equal(lost[0].n, 1);
    assert_int_equal(lost[1].n, 0);
    strv_release(&lost[0]);
}

/* Whoever says Replaces and whichever lies below: across origins the recipe's word is needed, and
 * it is for one package, of the source that says Replaces. */
static void test_replaces_stays_within_an_origin(void **state)
{
    (void)state;
    struct strv libc = STRV_INIT, other = STRV_INIT, evil = STRV_INIT;
    strv_add(&libc, "libc6");
    strv_add(&other, "libc-bin");
    strv_add(&evil, "evil");
    const struct {
        bool evil_says, libc_says;
        struct delivery of_evil, of_libc;
        bool fine;
        const char *says;
    } cases[] = {
        {true,
         false,
         {"vendor", NULL},
         {"debian", NULL},
         false,
         "replaces = {\"libc6\"} in source \"vendor\""},
        {true,
         false,
         {"vendor", &other},
         {"debian", NULL},
         false,
         "replaces = {\"libc6\"} in source \"vendor\""},
        {true, false, {"vendor", &libc}, {"debian", NULL}, true, NULL},
        {false, false, {"vendor", &libc}, {"debian", NULL}, false, "neither of them says"},
        {false,
         true,
         {"vendor", &libc},
         {"debian", NULL},
         false,
         "libc6 says that it Replaces evil"},
        {false,
         true,
         {"vendor", NULL},
         {"debian", NULL},
         false,
         "libc6 says that it Replaces evil"},
        {true,
         false,
         {"vendor", NULL},
         {"other", NULL},
         false,
         "replaces = {\"libc6\"} in source \"vendor\""},
        {true,
         false,
         {"vendor", NULL},
         {"other", &evil},
         false,
         "replaces = {\"libc6\"} in source \"vendor\""},
        {true, false, {"vendor", NULL}, {"vendor", NULL}, true, NULL},
        {true, false, {"debian-security", NULL}, {"debian", NULL}, true, NULL},
    };
    for (size_t i = 0; i < 2 * ARRAY_SIZE(cases); i++) {
        PACKAGE(a, "evil");
        PACKAGE(b, "libc6");
        ERR(err);
        bool turned = i % 2;
        struct package *packages[] = {turned ? b : a, turned ? a : b};
        const struct delivery *of_evil = &cases[i / 2].of_evil, *of_libc = &cases[i / 2].of_libc;
        const struct delivery from[] = {turned ? *of_libc : *of_evil, turned ? *of_evil : *of_libc};
        struct strv lost[2] = {STRV_INIT, STRV_INIT};
        fake_file(a, "usr/lib/libc.so.6", "1");
        fake_file(b, "usr/lib/libc.so.6", "2");
        if (cases[i / 2].evil_says)
            strv_add(&a->replaces, "libc6");
        if (cases[i / 2].libc_says)
            strv_add(&b->replaces, "evil");
        if (!cases[i / 2].fine) {
            assert_true(tree_conflicts(packages, from, 2, lost, &err) < 0);
            CLEANUP(free_ptr) char *said = xasprintf("%s\n%s", err.message, err.hint);
            if (!strstr(said, cases[i / 2].says))
                fail_msg("case %zu: %s", i, said);
            continue;
        }
        assert_ok(tree_conflicts(packages, from, 2, lost, &err), &err);
        assert_int_equal(lost[turned ? 0 : 1].n, 1);
        assert_int_equal(lost[turned ? 1 : 0].n, 0);
        strv_release(&lost[turned ? 0 : 1]);
    }
    strv_release(&libc);
    strv_release(&other);
    strv_release(&evil);
}

static void test_conflicts_of_directory_and_link_are_refused(void **state)
{
    (void)state;
    PACKAGE(a, "a");
    PACKAGE(b, "b");
    ERR(err);
    fake_dir(a, "usr/share/doc/b", 0755);
    fake_link(b, "usr/share/doc/b", "a");
    strv_add(&b->replaces, "a");
    struct package *packages[] = {a, b};
    struct strv lost[2] = {STRV_INIT, STRV_INIT};
    assert_fails(tree_conflicts(packages, debians, 2, lost, &err), &err,
                 "a (a directory) and b (a link)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_puts_what_lies_in_a_directory_behind_it),
        cmocka_unit_test(test_resolve_follows_links),
        cmocka_unit_test(test_first_owner_of_a_directory_wins),
        cmocka_unit_test(test_two_packages_with_one_path),
        cmocka_unit_test(test_own_paths_replace_only_when_they_say_so),
        cmocka_unit_test(test_weak_keeps_what_is_there),
        cmocka_unit_test(test_only_known_links_are_crossed),
        cmocka_unit_test(test_conflict_of_an_odd_path),
        cmocka_unit_test(test_conflicts_are_settled_by_replaces),
        cmocka_unit_test(test_replaces_stays_within_an_origin),
        cmocka_unit_test(test_conflicts_of_directory_and_link_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
