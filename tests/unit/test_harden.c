/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hardening table: what each rule does to an entry of a package, what it finds in a finished
 * image, and how an allowance changes both. Each rule meets what has the defect, what nearly has
 * it, and what is clean.
 */
#include "unit.h"

#include "harden/policy.h"

static struct recipe no_recipe;

static struct edit edit_of(const struct recipe *r, const char *path, enum entry_type type,
                           uint16_t mode)
{
    struct package_policy context = {.recipe = r};
    struct edit_policy policy = package_policy(&context, "pkg");
    CLEANUP(free_ptr) char *own = xstrdup(path);
    struct entry e = {.path = own, .type = type, .mode = mode, .mode_deb = mode};

    return policy.decide(policy.context, "pkg", &e);
}

struct edit_case {
    const char *path;
    enum entry_type type;
    uint16_t mode;
    enum edit_action action;
    uint16_t to;
    const char *rule;
};

static void test_edits(void **state)
{
    static const struct edit_case cases[] = {
        {"usr/bin/su", ENTRY_FILE, 04755, EDIT_MODE, 0755, "FS-SUID"},
        {"usr/bin/wall", ENTRY_FILE, 02755, EDIT_MODE, 0755, "FS-SUID"},
        {"usr/bin/true", ENTRY_FILE, 0755, EDIT_KEEP, 0, NULL},
        {"var/mail", ENTRY_DIRECTORY, 02775, EDIT_KEEP, 0, NULL}, /* setgid directory: low */
        {"etc/x", ENTRY_FILE, 0666, EDIT_MODE, 0664, "FS-WW"},
        {"etc/x", ENTRY_SYMLINK, 0777, EDIT_KEEP, 0, NULL}, /* links are always 0777 */
        {"var/spool/x", ENTRY_DIRECTORY, 0777, EDIT_MODE, 0775, "FS-WW"},
        {"var/spool/x", ENTRY_DIRECTORY, 01777, EDIT_KEEP, 0, NULL},
        {"tmp", ENTRY_DIRECTORY, 01777, EDIT_KEEP, 0, NULL},
        {"tmp", ENTRY_DIRECTORY, 0777, EDIT_MODE, 01777, "FS-STICKY"},
        {"var/tmp", ENTRY_DIRECTORY, 0755, EDIT_MODE, 01777, "FS-STICKY"},
        {"usr/bin/dash", ENTRY_FILE, 0755, EDIT_DROP, 0, "SW-SHELL"},
        {"usr/bin/sh", ENTRY_SYMLINK, 0777, EDIT_DROP, 0, "SW-SHELL"},
        {"usr/lib/klibc/bin/sh", ENTRY_HARDLINK, 0755, EDIT_DROP, 0, "SW-SHELL"},
        {"usr/share/bash-completion/bash", ENTRY_FILE, 0644, EDIT_KEEP, 0, NULL},
        {"usr/bin/bashful", ENTRY_FILE, 0755, EDIT_KEEP, 0, NULL},
        {"usr/sbin/nologin", ENTRY_FILE, 0755, EDIT_KEEP, 0, NULL},
        {"bin", ENTRY_DIRECTORY, 0755, EDIT_KEEP, 0, NULL},
        {"usr/bin/apt-get", ENTRY_FILE, 0755, EDIT_DROP, 0, "SW-PKG"},
        {"usr/bin/pip3.13", ENTRY_FILE, 0755, EDIT_DROP, 0, "SW-PKG"},
        {"var/lib/dpkg/status", ENTRY_FILE, 0644, EDIT_KEEP, 0, NULL},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const struct edit_case *c = &cases[i];
        struct edit e = edit_of(&no_recipe, c->path, c->type, c->mode);
        if (e.action != c->action)
            fail_msg("%s: action %d, expected %d", c->path, (int)e.action, (int)c->action);
        if (c->rule)
            assert_string_equal(e.rule, c->rule);
        if (c->action == EDIT_MODE)
            assert_int_equal(e.mode, c->to);
    }
}

static void test_allow_keeps(void **state)
{
    char rule[] = "SW-SHELL", path[] = "/usr/bin/dash";
    struct recipe_allow allow = {.rule = rule, .path = path};
    struct recipe r = {.allows = &allow, .n_allows = 1};

    (void)state;
    assert_int_equal(edit_of(&r, "usr/bin/dash", ENTRY_FILE, 0755).action, EDIT_KEEP);
    assert_int_equal(edit_of(&r, "usr/bin/bash", ENTRY_FILE, 0755).action, EDIT_DROP);
    /* an allowance for one rule is none for another */
    assert_int_equal(edit_of(&r, "usr/bin/dash", ENTRY_FILE, 04755).action, EDIT_MODE);
}

static void test_globs(void **state)
{
    char all[] = "/usr/share/doc/**", keep[] = "/usr/share/doc/*/copyright";
    struct recipe_item exclude = {.text = all}, keep_item = {.text = keep};
    struct recipe r = {.exclude = {&exclude, 1, 1}, .keep = {&keep_item, 1, 1}};

    (void)state;
    assert_string_equal(edit_of(&r, "usr/share/doc/x/README", ENTRY_FILE, 0644).rule, "exclude");
    assert_int_equal(edit_of(&r, "usr/share/doc/x/copyright", ENTRY_FILE, 0644).action, EDIT_KEEP);
    assert_int_equal(edit_of(&r, "usr/share/x", ENTRY_FILE, 0644).action, EDIT_KEEP);
}

static void test_part(void **state)
{
    CLEANUP(strv_release) struct strv only = STRV_INIT, lost = STRV_INIT;
    struct entry e = {.path = xstrdup("usr/bin/a"), .type = ENTRY_FILE, .mode = 0755};

    (void)state;
    strv_add(&only, "/usr/sbin/ldconfig");
    strv_add(&lost, "usr/bin/a");
    struct recipe_part part = {.only = only};
    struct package_policy context = {.recipe = &no_recipe, .part = &part};
    assert_string_equal(package_policy(&context, "p").decide(&context, "p", &e).rule, "only");
    context.lost = &lost;
    assert_string_equal(package_policy(&context, "p").decide(&context, "p", &e).rule, "replaced");
    free(e.path);
}

static void test_digest_follows_the_policy(void **state)
{
    char glob[] = "/x", rule[] = "SW-SHELL", path[] = "/usr/bin/dash";
    struct recipe_item exclude = {.text = glob};
    struct recipe_allow allow = {.rule = rule, .path = path};
    struct recipe with_exclude = {.exclude = {&exclude, 1, 1}};
    struct recipe with_allow = {.allows = &allow, .n_allows = 1};
    struct package_policy plain = {.recipe = &no_recipe}, other = {.recipe = &with_exclude},
                          third = {.recipe = &with_allow};
    struct sha256 a = package_policy(&plain, "p").digest, b = package_policy(&other, "p").digest,
                  c = package_policy(&third, "p").digest, d = package_policy(&plain, "q").digest,
                  same = package_policy(&plain, "p").digest;

    (void)state;
    assert_true(sha256_eq(&a, &same));
    assert_false(sha256_eq(&a, &b));
    assert_false(sha256_eq(&a, &c));
    assert_false(sha256_eq(&b, &c));
    assert_false(sha256_eq(&a, &d));
}

/* ---- the finished image --------------------------------------------------------------------- */

static size_t findings_of(const char *user, const char *port, const char *rule)
{
    struct image image = {.user = xstrdup(user)};
    struct findings found = {0};
    struct view view = {.image = &image, .tree = tree_new()};
    size_t n = 0;

    if (port)
        strv_add(&image.ports, port);
    policy_check(&no_recipe, &view, &found);
    for (size_t i = 0; i < found.n; i++)
        n += strcmp(found.v[i].rule->id, rule) == 0;
    findings_release(&found);
    tree_free(view.tree);
    image_release(&image);
    return n;
}

static void test_config(void **state)
{
    static const char *const bad[] = {"",   "root", "0",     "0:0", "00",         "+5",
                                      "-1", "app",  "5000a", "05",  "2147483648", "0x10"};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        if (findings_of(bad[i], NULL, "CFG-USER") != 1)
            fail_msg("user \"%s\" passes", bad[i]);
    assert_int_equal(findings_of("5000:5000", NULL, "CFG-USER"), 0);
    assert_int_equal(findings_of("2147483647:1", NULL, "CFG-USER"), 0);
    assert_int_equal(findings_of("5000:5000", NULL, "CFG-GID"), 0);
    assert_int_equal(findings_of("5000", NULL, "CFG-GID"), 1);
    assert_int_equal(findings_of("5000:0", NULL, "CFG-GID"), 1);
    assert_int_equal(findings_of("5000:5000", "80/tcp", "CFG-PORT"), 1);
    assert_int_equal(findings_of("5000:5000", "1023/udp", "CFG-PORT"), 1);
    assert_int_equal(findings_of("5000:5000", "1024/tcp", "CFG-PORT"), 0);
}

static void put(struct tree *t, const char *path, enum entry_type type, uint16_t mode,
                uint32_t marks)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    struct node_spec spec = {.path = path, .type = type, .mode = mode, .origin = "test:1"};

    spec.content = (struct content){.from = FROM_MEMORY, .fd = -1, .bytes = xstrdup("")};
    spec.target = type == ENTRY_SYMLINK ? "x" : NULL;
    if (marks) {
        spec.facts = xcalloc(1, sizeof(*spec.facts));
        spec.facts->marks = marks;
        spec.facts->shell = xstrdup("busybox");
    }
    if (tree_put(t, &spec, &err) < 0)
        fail_msg("%s", err.message);
}

static void test_own_paths(void **state)
{
    struct image image = {.user = xstrdup("5000:5000")};
    struct findings found = {0};
    struct view view = {.image = &image, .tree = tree_new()};
    CLEANUP(err_release) struct err err = ERR_INIT;
    static const struct {
        const char *rule, *path;
    } expected[] = {
        {"FS-SUID", "app/setuid"},  {"FS-WW", "app/open"},       {"FS-STICKY", "tmp"},
        {"SW-SHELL", "app/bin/sh"}, {"SW-SHELL", "app/renamed"}, {"SW-PKG", "usr/bin/pip3"},
        {"SW-DEV", "usr/bin/sudo"},
    };

    (void)state;
    put(view.tree, "app/setuid", ENTRY_FILE, 04755, 0);
    put(view.tree, "app/open", ENTRY_FILE, 0666, 0);
    put(view.tree, "app/fine", ENTRY_FILE, 0755, MARK_ELF);
    put(view.tree, "app/link", ENTRY_SYMLINK, 0777, 0);
    put(view.tree, "tmp", ENTRY_DIRECTORY, 0755, 0);
    put(view.tree, "var/tmp", ENTRY_DIRECTORY, 01777, 0);
    put(view.tree, "app/bin/sh", ENTRY_FILE, 0755, 0);
    put(view.tree, "app/renamed", ENTRY_FILE, 0755, MARK_ELF | MARK_SHELL);
    put(view.tree, "usr/bin/pip3", ENTRY_FILE, 0755, 0);
    put(view.tree, "usr/bin/sudo", ENTRY_FILE, 0755, 0);
    put(view.tree, "usr/bin/sudoku", ENTRY_FILE, 0755, 0);
    policy_check(&no_recipe, &view, &found);
    for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
        size_t n = 0;
        for (size_t k = 0; k < found.n; k++)
            n += strcmp(found.v[k].rule->id, expected[i].rule) == 0 &&
                 strcmp(found.v[k].path, expected[i].path) == 0;
        if (n != 1)
            fail_msg("%s on /%s: found %zu times", expected[i].rule, expected[i].path, n);
    }
    assert_int_equal(found.n, ARRAY_SIZE(expected));

    char name[] = "r.conf";
    struct recipe r = {.path = name};
    assert_int_equal(policy_verdict(&r, &found, &err), -ERR_POLICY);
    assert_non_null(strstr(err.hint, "allow { rule = "));
    findings_release(&found);
    tree_free(view.tree);
    image_release(&image);
}

static void test_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < rule_count; i++) {
        const struct rule *r = &rule_table[i];
        assert_non_null(r->title);
        assert_non_null(r->advice);
        assert_non_null(r->source);
        assert_ptr_equal(rule_find(r->id), r);
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(rule_table[k].id, r->id);
    }
    assert_null(rule_find("FS-NONE"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_edits),
        cmocka_unit_test(test_allow_keeps),
        cmocka_unit_test(test_globs),
        cmocka_unit_test(test_part),
        cmocka_unit_test(test_digest_follows_the_policy),
        cmocka_unit_test(test_config),
        cmocka_unit_test(test_own_paths),
        cmocka_unit_test(test_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
