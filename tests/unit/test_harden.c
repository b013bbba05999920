/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hardening table: what each rule does to an entry of a package, what it finds in a finished
 * image, and how an allowance changes both. Each rule meets what has the defect, what nearly has
 * it, and what is clean.
 */
#include "harden.h"
#include "unit.h"

static struct recipe no_recipe;

static struct edit edit_of(const struct recipe *r, const char *path, enum entry_type type,
                           uint16_t mode)
{
    struct package_policy context = {.fixes = policy_fixes_digest(), .recipe = r};
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
        {"usr/lib/libx.a", ENTRY_FILE, 0644, EDIT_DROP, 0, "FS-JUNK"},
        {"var/cache/x/y", ENTRY_FILE, 0644, EDIT_DROP, 0, "FS-JUNK"},
        {"var/cache/x", ENTRY_DIRECTORY, 0755, EDIT_KEEP, 0, NULL},
        {"usr/share/x/Dockerfile", ENTRY_FILE, 0644, EDIT_KEEP, 0, NULL},
        {"usr/bin/apt-get", ENTRY_FILE, 0755, EDIT_DROP, 0, "SW-PKG"},
        {"usr/bin/pip3.13", ENTRY_FILE, 0755, EDIT_DROP, 0, "SW-PKG"},
        {"var/lib/dpkg/status", ENTRY_FILE, 0644, EDIT_DROP, 0, "SRC-RECORD"},
        {"var/lib/dpkg/info", ENTRY_DIRECTORY, 0755, EDIT_KEEP, 0, NULL},
        {"etc/shadow", ENTRY_SYMLINK, 0777, EDIT_DROP, 0, "SRC-RECORD"},
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
    struct package_policy context = {
        .fixes = policy_fixes_digest(), .recipe = &no_recipe, .part = &part};
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
    struct package_policy plain = {.fixes = policy_fixes_digest(), .recipe = &no_recipe},
                          other = {.fixes = policy_fixes_digest(), .recipe = &with_exclude},
                          third = {.fixes = policy_fixes_digest(), .recipe = &with_allow};
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

/* A finding's text goes into documents and onto terminals, also when it was made of several. */
static void test_text_is_escaped(void **state)
{
    CLEANUP(findings_release) struct findings f = {0};
    const struct rule *r = rule_groups[0];

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        CLEANUP(free_ptr) char *value = xasprintf("\x1b]0;x%zu\x07", i);
        CLEANUP(free_ptr) char *path = xasprintf("usr/lib/x%zu", i);
        finding_varies(finding_add(&f, r, path, "p", "has %s", value), "have %s", "%s", value);
        assert_null(strchr(f.v[i].text, '\x1b'));
    }
    findings_merge(&f, 0);
    assert_int_equal(f.n, 1);
    assert_string_equal(f.v[0].text, "have \\x1b]0;x0\\x07, \\x1b]0;x1\\x07");
}

/* ---- the finished image --------------------------------------------------------------------- */

static void test_own_paths(void **state)
{
    static const struct {
        const char *rule;
        struct subject_file file;
    } expected[] = {
        {"FS-SUID", {"app/setuid", .mode = 04755}}, {"FS-WW", {"app/open", .mode = 0666}},
        {"SW-SHELL", {"app/bin/sh", .mode = 0755}}, {"SW-SHELL", {"app/renamed", .mode = 0755}},
        {"SW-PKG", {"usr/bin/pip3", .mode = 0755}}, {"SW-DEV", {"usr/bin/sudo", .mode = 0755}},
    };
    static const struct subject_file fine[] = {{"app/fine", .mode = 0755},
                                               {"usr/bin/sudoku", .mode = 0755},
                                               {"app/link", .target = "fine"}};
    struct subject *s = subject_new();

    (void)state;
    s->view.records = RECORDS_UNKNOWN;
    for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
        struct subject_file f = expected[i].file;
        if (strcmp(f.path, "app/renamed") == 0) {
            f.facts = good_elf();
            f.facts->marks |= MARK_SHELL;
            f.facts->program = xstrdup("busybox");
        }
        subject_put(s, &f);
    }
    for (size_t i = 0; i < ARRAY_SIZE(fine); i++)
        subject_put(s, &fine[i]);
    for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
        size_t n = 0;
        (void)subject_find(s, expected[i].rule);
        for (size_t k = 0; k < s->found.n; k++)
            n += strcmp(s->found.v[k].rule->id, expected[i].rule) == 0 &&
                 strcmp(s->found.v[k].path, expected[i].file.path) == 0;
        if (n != 1)
            fail_msg("%s on /%s: found %zu times", expected[i].rule, expected[i].file.path, n);
    }
    assert_int_equal(s->found.n, ARRAY_SIZE(expected));
    subject_free(s);
}

/* ---- findings ------------------------------------------------------------------------------- */

static void test_verdict(void **state)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    char name[] = "r.conf";
    struct subject *s = subject_new();

    (void)state;
    s->recipe.path = name;
    assert_int_equal(subject_count(s, "FS-WW"), 0);
    assert_ok(policy_verdict(&s->recipe, &s->found, &err), &err);
    subject_free(s);

    s = subject_new();
    s->recipe.path = name;
    subject_put(s, &(struct subject_file){.path = "usr/bin/curl [x]", .mode = 0666});
    subject_put(s, &(struct subject_file){.path = "usr/bin/sudo", .mode = 0755, .package = "sudo"});
    assert_int_equal(subject_count(s, "FS-WW"), 1);
    assert_int_equal(policy_verdict(&s->recipe, &s->found, &err), -ERR_POLICY);
    assert_string_equal(err.message, "r.conf: refused by policy: FS-WW: /usr/bin/curl [x]: is "
                                     "writable by everybody (mode 0666), and 1 more findings");
    assert_non_null(strstr(err.hint, "allow { rule = \"FS-WW\" path = \"/usr/bin/curl \\\\[x]\" "
                                     "reason = \"…\" }"));
    assert_non_null(strstr(err.hint, "also SW-DEV: /usr/bin/sudo (package sudo): is a tool"));
    subject_free(s);
}

static void test_merging(void **state)
{
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    struct subject *s = subject_new();
    char rule[] = "FS-APPWR", path[] = "/opt/a/lib/z";
    struct recipe_allow allow = {.rule = rule, .path = path};

    (void)state;
    s->recipe.allows = &allow;
    s->recipe.n_allows = 1;
    for (int i = 0; i < 12; i++) {
        CLEANUP(free_ptr) char *own = xasprintf("app/%d", i);
        subject_put(s, &(struct subject_file){.path = own, .uid = 5000});
    }
    subject_put(s, &(struct subject_file){.path = "opt/a/lib/x", .uid = 5000, .package = "a"});
    subject_put(s, &(struct subject_file){.path = "opt/a/libs/y", .uid = 5000, .package = "a"});
    subject_put(s, &(struct subject_file){.path = "opt/a/lib/z", .uid = 5000, .package = "a"});
    subject_put(s, &(struct subject_file){.path = "opt/b", .uid = 5000, .package = "b"});
    assert_int_equal(subject_count(s, "FS-APPWR"), 16);
    /* the image's own, those of a, the allowed one of a, the one of b */
    assert_int_equal(s->found.n, 4);
    assert_string_equal(s->found.v[0].path, "app/0");
    assert_int_equal(s->found.v[0].more.n, 11);
    assert_string_equal(s->found.v[1].path, "opt/a/lib/x");
    assert_string_equal(s->found.v[1].more.v[0], "opt/a/libs/y");
    assert_ptr_equal(s->found.v[2].allow, &allow);
    assert_string_equal(s->found.v[3].package, "b");
    policy_allow_text(&s->found.v[1], &text);
    assert_string_equal(buf_str(&text),
                        "allow { rule = \"FS-APPWR\" path = \"/opt/a/**\" reason = \"…\" }");
    subject_free(s);
}

/* What no package brings becomes one from ten on, so that nine are still told one by one. */
static void test_merging_starts_at_ten(void **state)
{
    (void)state;
    for (int n = 9; n <= 10; n++) {
        struct subject *s = subject_new();
        for (int i = 0; i < n; i++) {
            CLEANUP(free_ptr) char *own = xasprintf("app/%d", i);
            subject_put(s, &(struct subject_file){.path = own, .uid = 5000});
        }
        assert_int_equal(subject_count(s, "FS-APPWR"), n);
        assert_int_equal(s->found.n, n == 9 ? 9 : 1);
        assert_int_equal(s->found.v[0].more.n, n == 9 ? 0 : 9);
        subject_free(s);
    }
}

static const struct finding *finding_of(const struct subject *s, const char *rule, const char *path)
{
    for (size_t i = 0; i < s->found.n; i++)
        if (strcmp(s->found.v[i].rule->id, rule) == 0 && strcmp(s->found.v[i].path, path) == 0)
            return &s->found.v[i];
    return NULL;
}

/* No path stands under words that aren't true of it. */
static void test_merging_keeps_words_true(void **state)
{
    static const char *const credentials[] = {
        ".netrc",    ".npmrc",       ".pypirc", ".pgpass", ".git-credentials", ".dockercfg",
        ".htpasswd", ".vault-token", ".s3cfg",  ".boto",   "kubeconfig"};
    struct subject *s = subject_new();

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(credentials); i++) {
        CLEANUP(free_ptr) char *path = xasprintf("app/%s", credentials[i]);
        subject_put(s, &(struct subject_file){.path = path});
    }
    for (unsigned i = 0; i < 12; i++) {
        CLEANUP(free_ptr) char *many = xasprintf("data/%x", i), *few = xasprintf("etc/%x", i);
        CLEANUP(free_ptr) char *token = xasprintf("srv/%x/.npmrc", i);
        subject_put(s, &(struct subject_file){.path = many, .uid = 7000 + (i * 5) % 12});
        subject_put(s, &(struct subject_file){.path = few, .gid = 9 + i % 2});
        subject_put(s, &(struct subject_file){.path = token});
    }
    assert_int_equal(subject_count(s, "SEC-FILE"), 23);
    for (size_t i = 0; i < ARRAY_SIZE(credentials); i++) {
        CLEANUP(free_ptr) char *path = xasprintf("app/%s", credentials[i]);
        const struct finding *f = finding_of(s, "SEC-FILE", path);
        assert_non_null(f);
        assert_int_equal(f->more.n, strcmp(credentials[i], ".npmrc") == 0 ? 12 : 0);
    }
    assert_int_equal(subject_count(s, "FS-OWNER"), 24);
    const struct finding *f = finding_of(s, "FS-OWNER", "data/0");
    assert_int_equal(f->more.n, 11);
    assert_string_equal(f->text, "their owners (7000 to 7011) stand in no line of /etc/passwd");
    f = finding_of(s, "FS-OWNER", "etc/0");
    assert_int_equal(f->more.n, 11);
    assert_string_equal(f->text, "their groups (9, 10) stand in no line of /etc/group");
    subject_free(s);
}

static void test_expiry(void **state)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(strv_release) struct strv warnings = STRV_INIT;
    char rule[] = "SW-SHELL", path[] = "/x", reason[] = "ticket 1", day[] = "2026-11-24", f[] = "r";
    struct recipe_allow allow = {.rule = rule, .path = path, .reason = reason, .expires = day};
    struct recipe r = {.allows = &allow, .n_allows = 1};
    const int64_t last = 1795564799; /* 2026-11-24T23:59:59Z */

    (void)state;
    allow.at = (struct origin){f, 3};
    assert_ok(policy_expired(&r, last, false, &warnings, &err), &err);
    assert_int_equal(warnings.n, 0);
    assert_ok(policy_expired(&r, last + 1, true, &warnings, &err), &err);
    assert_int_equal(warnings.n, 1);
    assert_int_equal(policy_expired(&r, last + 1, false, &warnings, &err), -ERR_POLICY);
    assert_string_equal(err.message, "r:3: allow SW-SHELL /x: expired on 2026-11-24");
}

static void test_table(void **state)
{
    (void)state;
    size_t n = 0;
    rule_each (r) {
        n++;
        assert_non_null(r->title);
        assert_non_null(r->advice);
        assert_non_null(r->source);
        assert_non_null(r->why);
        assert_true(strlen(r->why) > 80);
        assert_ptr_equal(rule_find(r->id), r); /* no id stands twice */
        assert_true(r->path || r->image);
    }
    assert_true(n > 25);
    assert_null(rule_find("FS-NONE"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_is_escaped),
        cmocka_unit_test(test_edits),
        cmocka_unit_test(test_allow_keeps),
        cmocka_unit_test(test_globs),
        cmocka_unit_test(test_part),
        cmocka_unit_test(test_digest_follows_the_policy),
        cmocka_unit_test(test_own_paths),
        cmocka_unit_test(test_verdict),
        cmocka_unit_test(test_merging),
        cmocka_unit_test(test_merging_starts_at_ten),
        cmocka_unit_test(test_merging_keeps_words_true),
        cmocka_unit_test(test_expiry),
        cmocka_unit_test(test_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
