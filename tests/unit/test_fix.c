/* SPDX-License-Identifier: Apache-2.0 */
/* What the build mends, as data: what a row's words mean, and that a cache key knows of each. */
#include "harden/rule.h"
#include "unit.h"

#define LIST FIX_LIST

static struct sha256 digest_of(const struct fix *rows)
{
    const struct rule group[] = {{.id = "X-ONE", .fix = rows}, {.id = "X-NONE"}, {0}};
    const struct rule *const groups[] = {group, NULL};
    CLEANUP(hasher_release) struct hasher h = {0};

    hasher_start(&h);
    fix_hash(groups, &h);
    return hasher_end(&h);
}

static const struct fix base_row = {
    .types = FIX_FILES,
    .what = "said",
    .programs = LIST("sh", "apt-*"),
    .inside = LIST("tmp", "run"),
    .ends = LIST(".a"),
    .below = LIST("usr/lib"),
    .globs = LIST("**/x/*"),
    .not_of = LIST("base-files"),
    .clear = 0002,
    .becomes = 01777,
    .only = LIST("var/tmp"),
    .but = LIST("var/x"),
    .but_sticky = true,
};

/* Each change of a row that can decide otherwise gives another digest, and no two the same. */
static void test_each_word_is_in_the_key(void **state)
{
    struct fix v[26];
    size_t n = 0;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(v); i++)
        v[i] = base_row;
    n++; /* as it is */
    v[n++].types |= FIX_TYPE(ENTRY_SYMLINK);
    v[n++].programs = LIST("sh", "apt-");
    v[n++].programs = NULL;
    v[n++].inside = LIST("tmp", "run", "var/cache"); /* a directory more */
    v[n++].inside = LIST("run", "tmp");
    v[n++].inside = LIST("tmprun");
    v[n++].inside = (const char *const[]){NULL};
    v[n++].ends = LIST(".a", "usr/lib"); /* from one list into the next */
    v[n++].below = LIST(".a", "usr/lib");
    v[n++].below = LIST("usr/lib", "usr/local/lib");
    v[n++].globs = LIST("**/x/**");
    v[n++].globs = LIST("**/x/*", "base-files");
    v[n++].globs = NULL;
    v[n++].not_of = LIST("base-passwd");
    v[n++].not_of = NULL;
    v[n++].always = true;
    v[n++].clear = 0022;
    v[n++].becomes = 0777;
    v[n++].only = LIST("tmp");
    v[n++].only = NULL;
    v[n++].but = NULL;
    v[n++].but_sticky = false;
    struct sha256 digests[ARRAY_SIZE(v)];
    for (size_t i = 0; i < n; i++) {
        const struct fix rows[] = {v[i], {0}};
        digests[i] = digest_of(rows);
        for (size_t k = 0; k < i; k++)
            if (sha256_eq(&digests[k], &digests[i]))
                fail_msg("changes %zu and %zu give one digest", k, i);
    }

    const struct fix twice[] = {base_row, base_row, {0}}, none[] = {{0}};
    struct sha256 two = digest_of(twice), empty = digest_of(none), null = digest_of(NULL);
    assert_false(sha256_eq(&two, &digests[0]));
    assert_false(sha256_eq(&empty, &digests[0]));
    assert_false(sha256_eq(&null, &digests[0]));

    struct fix said = base_row; /* words for findings decide nothing */
    said.what = "said otherwise";
    const struct fix other[] = {said, {0}};
    struct sha256 same = digest_of(other);
    assert_true(sha256_eq(&same, &digests[0]));
}

static void test_the_rule_is_in_the_key(void **state)
{
    const struct fix rows[] = {base_row, {0}};
    const struct rule a[] = {{.id = "X-ONE", .fix = rows}, {.id = "X-TWO", .fix = rows}, {0}};
    const struct rule b[] = {{.id = "X-TWO", .fix = rows}, {.id = "X-ONE", .fix = rows}, {0}};
    const struct rule *const tables[2][2] = {{a, NULL}, {b, NULL}};
    struct sha256 digests[2];

    (void)state;
    for (size_t i = 0; i < 2; i++) { /* the first rule that holds decides: order counts */
        CLEANUP(hasher_release) struct hasher h = {0};
        hasher_start(&h);
        fix_hash(tables[i], &h);
        digests[i] = hasher_end(&h);
    }
    assert_false(sha256_eq(&digests[0], &digests[1]));
}

/* Each rule that mends has rows, but for those that unpacking itself does; no other one has. */
static void test_rules_that_mend_have_rows(void **state)
{
    (void)state;
    rule_each (r) {
        bool itself = strcmp(r->id, "FS-CAP") == 0 || strcmp(r->id, "FS-TIME") == 0;
        if ((r->action == RULE_FIX && !itself) != (r->fix != NULL))
            fail_msg("%s: action %s, rows: %d", r->id, rule_action_name(r->action), r->fix != NULL);
        for (const struct fix *f = r->fix; f && f->types; f++) {
            assert_true(f->programs || f->inside || f->ends || f->globs || f->clear || f->becomes);
            assert_true(!f->ends == !f->below);
        }
    }
}

static const struct fix words[][2] = {
    {{.types = FIX_FILES, .programs = LIST("sh", "apt-*")}},
    {{.types = FIX_ALL_BUT(ENTRY_DIRECTORY), .inside = LIST("tmp", "run")}},
    {{.types = FIX_PROGRAMS, .ends = LIST(".a"), .below = LIST("usr/lib")}},
    {{.types = FIX_FILES | FIX_TYPE(ENTRY_DIRECTORY),
      .clear = 06002,
      .but = LIST("var/x"),
      .but_sticky = true}},
    {{.types = FIX_ALL_BUT(ENTRY_DIRECTORY),
      .globs = LIST("**/lib/x.a", "usr/lib/*/**"),
      .not_of = LIST("b"),
      .always = true}},
    {{.types = FIX_TYPE(ENTRY_DIRECTORY), .becomes = 01777, .only = LIST("tmp", "var/tmp")}},
};

/* What the words mean is code, which no digest sees. Here is what they did when FIX_FORMAT was
 * raised last: if this fails and the change is meant, raise it, and write the new digest here. */
static void test_words_mean_what_they_did(void **state)
{
    static const char *const meant = "2 dd2d8d29b8e2d75c";
    static const char *const paths[] = {
        "sh",      "bin/sh",        "usr/bin/apt-x", "usr/bin/apt", "x/sbin/sh",  "bin/shx",
        "tmp",     "tmp/x",         "tmpx",          "run/a/b",     "usr/lib/.a", "usr/lib/x.a",
        "usr/lib", "usr/lib/d/x.a", "lib/x.a",       "var/tmp",     "var/x",      "var/y",
    };
    static const uint16_t modes[] = {0, 0644, 0666, 0755, 0777, 01777, 02755, 04755, 06777, 07777};
    CLEANUP(hasher_release) struct hasher h = {0};

    (void)state;
    hasher_start(&h);
    for (size_t r = 0; r < ARRAY_SIZE(words); r++) {
        const struct rule rule = {.id = "X-ONE", .fix = words[r]};
        size_t cases = ARRAY_SIZE(paths) * ARRAY_SIZE(modes) * (ENTRY_FIFO + 1);
        for (size_t i = 0; i < 3 * cases; i++) {
            static const char *const packages[] = {NULL, "a", "b"};
            const char *package = packages[i / cases];
            CLEANUP(free_ptr) char *path = xstrdup(paths[i % ARRAY_SIZE(paths)]);
            struct entry e = {
                .path = path,
                .mode = modes[i / ARRAY_SIZE(paths) % ARRAY_SIZE(modes)],
                .type = (enum entry_type)(i % cases / ARRAY_SIZE(paths) / ARRAY_SIZE(modes)),
            };
            struct edit edit = fix_edit(&rule, package, &e);
            char said[4] = {(char)edit.action, (char)(edit.mode >> 8), (char)edit.mode,
                            (char)edit.always};
            hasher_add(&h, said, sizeof(said));
            assert_int_equal(edit.action != EDIT_KEEP, fix_for(&rule, package, &e) != NULL);
        }
    }
    struct sha256 digest = hasher_end(&h);
    CLEANUP(free_ptr) char *now = xasprintf("%d %.16s", FIX_FORMAT, sha256_hex(&digest).s);
    assert_string_equal(now, meant);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_word_is_in_the_key),
        cmocka_unit_test(test_the_rule_is_in_the_key),
        cmocka_unit_test(test_rules_that_mend_have_rows),
        cmocka_unit_test(test_words_mean_what_they_did),
    };
    return cmocka_run_group_tests_name("fix", tests, NULL, NULL);
}
