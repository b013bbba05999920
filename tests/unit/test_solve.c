/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "base/file.h"
#include "base/text.h"
#include "lock/check.h"
#include "lock/memo.h"
#include "resolvecase.h"
#include <glob.h>

static const struct session session;

/* What solving gave, as a case writes it: "a=1 b=2 / omitted". */
static char *outcome(const struct lock_arch *a)
{
    CLEANUP(strv_release) struct strv words = STRV_INIT;

    for (size_t i = 0; i < a->n_packages; i++)
        strv_addf(&words, "%s=%s", a->packages[i].name, a->packages[i].version);
    strv_add(&words, "/");
    strv_copy(&words, &a->omitted);
    return strv_join(&words, " ");
}

static char *expected(const struct resolvecase *c)
{
    CLEANUP(strv_release) struct strv words = STRV_INIT;

    strv_copy(&words, &c->result);
    strv_add(&words, "/");
    strv_copy(&words, &c->omitted);
    return strv_join(&words, " ");
}

static void check_errors(const char *path, const struct resolvecase *c, const struct err *err)
{
    CLEANUP(free_ptr) char *said = xasprintf("%s\n%s", err->message, err->hint ? err->hint : "");

    if (c->errors.n == 0)
        fail_msg("%s: %s", path, said);
    strv_each (part, &c->errors)
        if (!strstr(said, *part))
            fail_msg("%s: doesn't say \"%s\":\n%s", path, *part, said);
}

static void check_case(const char *path)
{
    CLEANUP(resolvecase_release) struct resolvecase c;
    CLEANUP(lock_arch_release) struct lock_arch got = {0};
    CLEANUP(err_release) struct err err = ERR_INIT;

    assert_ok(resolvecase_read(path, &c, &err), &err);
    if (solve(&session, c.universe, &c.request, RECIPE_LAYERS, &got, &err) < 0) {
        check_errors(path, &c, &err);
        return;
    }
    CLEANUP(free_ptr) char *is = outcome(&got);
    CLEANUP(free_ptr) char *should = expected(&c);
    if (c.errors.n > 0)
        fail_msg("%s: should have failed, gave %s", path, is);
    if (strcmp(is, should) != 0)
        fail_msg("%s: gave %s, not %s", path, is, should);
    assert_string_equal(got.arch, c.arch);
}

static void test_cases(void **state)
{
    (void)state;
    glob_t found;

    assert_int_equal(glob("tests/resolve/*.case", 0, NULL, &found), 0);
    assert_true(found.gl_pathc > 10);
    for (size_t i = 0; i < found.gl_pathc; i++)
        check_case(found.gl_pathv[i]);
    globfree(&found);
}

/* Each case, dumped and read again, comes out the same. */
static void test_dump(void **state)
{
    (void)state;
    glob_t found;

    assert_int_equal(glob("tests/resolve/*.case", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        CLEANUP(resolvecase_release) struct resolvecase c, again;
        CLEANUP(lock_arch_release) struct lock_arch a = {0}, b = {0};
        CLEANUP(err_release) struct err err = ERR_INIT, err2 = ERR_INIT;
        CLEANUP(buf_release) struct buf text = BUF_INIT(0);

        assert_ok(resolvecase_read(found.gl_pathv[i], &c, &err), &err);
        assert_ok(solve_dump(c.universe, &c.request, &text, &err), &err);
        assert_ok(resolvecase_parse(buf_str(&text), text.len, "dump", &again, &err), &err);
        int r = solve(&session, c.universe, &c.request, RECIPE_LAYERS, &a, &err);
        if (solve(&session, again.universe, &again.request, RECIPE_LAYERS, &b, &err2) != r)
            fail_msg("%s: %s", found.gl_pathv[i], r < 0 ? err.message : err2.message);
        if (r == 0) {
            CLEANUP(free_ptr) char *one = outcome(&a);
            CLEANUP(free_ptr) char *two = outcome(&b);
            assert_string_equal(one, two);
        }
    }
    globfree(&found);
}

/* "DIGEST OF THE CASE, DIGEST OF THE SOLUTION", or NULL where there is none. */
static char *decided(const char *path)
{
    CLEANUP(buf_release) struct buf text = BUF_INIT(0), solution = BUF_INIT(0);
    CLEANUP(resolvecase_release) struct resolvecase c;
    CLEANUP(lock_arch_release) struct lock_arch got = {0};
    CLEANUP(err_release) struct err err = ERR_INIT;
    char name[] = "x";
    const struct lock lock = {
        .compressor = name, .compressor_version = name, .arches = &got, .n_arches = 1};

    assert_ok(file_read(path, 1 << 20, &text, &err), &err);
    assert_ok(resolvecase_read(path, &c, &err), &err);
    if (solve(&session, c.universe, &c.request, RECIPE_LAYERS, &got, &err) < 0)
        return NULL;
    lock_format(&lock, &solution);
    struct sha256 asked = sha256_of(text.data, text.len);
    struct sha256 is = sha256_of(solution.data, solution.len);
    return xasprintf("%.16s %.16s", sha256_hex(&asked).s, sha256_hex(&is).s);
}

#define DECIDED "tests/resolve/decided"

/* What the solver decides is code, which no digest sees: solutions are kept under MEMO_FORMAT. A
 * case that was asked before is to have the solution that it had when this was raised last. */
static void test_cases_are_decided_as_before(void **state)
{
    CLEANUP(buf_release) struct buf before = BUF_INIT(1 << 20), now = BUF_INIT(0);
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(free_ptr) char *format = xasprintf("format %d\n", MEMO_FORMAT);
    glob_t found;

    (void)state;
    assert_ok(file_read(DECIDED, 1 << 20, &before, &err), &err);
    bool same_format = starts_with(buf_str(&before), format);
    buf_addstr(&now, format);
    assert_int_equal(glob("tests/resolve/*.case", 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        CLEANUP(free_ptr) char *one = decided(found.gl_pathv[i]);
        if (!one)
            continue;
        CLEANUP(free_ptr) char *asked = xasprintf("\n%.17s", one);
        const char *was = strstr(buf_str(&before), asked);
        if (same_format && was && strncmp(was + 1, one, strlen(one)) != 0)
            fail_msg("%s is decided otherwise than before: if that is meant, raise MEMO_FORMAT",
                     found.gl_pathv[i]);
        buf_addf(&now, "%s %s\n", one, strrchr(found.gl_pathv[i], '/') + 1);
    }
    globfree(&found);
    if (getenv("RESOLVE_DECIDED") && strcmp(getenv("RESOLVE_DECIDED"), "write") == 0)
        assert_ok(file_write(DECIDED, now.data, now.len, 0644, &err), &err);
    else if (strcmp(buf_str(&before), buf_str(&now)) != 0)
        fail_msg("%s lacks a case, or has one too many: write it (RESOLVE_DECIDED=write)", DECIDED);
}

#define SHA_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define SHA_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static void solve_text(const char *text, struct lock_arch *ret, struct err *err)
{
    CLEANUP(resolvecase_release) struct resolvecase c;

    if (resolvecase_parse(text, strlen(text), "text", &c, err) == 0)
        (void)!solve(&session, c.universe, &c.request, RECIPE_LAYERS, ret, err);
}

static void test_fields(void **state)
{
    (void)state;
    CLEANUP(lock_arch_release) struct lock_arch got = {0};
    CLEANUP(err_release) struct err err = ERR_INIT;

    solve_text("Want: bash, dash\n\n"
               "Package: bash\nVersion: 5.2-2+b10\nArchitecture: amd64\nSource: bash (5.2-2)\n"
               "Filename: pool/main/b/bash/bash_5.2-2+b10_amd64.deb\nSize: 1500\nSHA256: " SHA_A
               "\n\nPackage: dash\nVersion: 1:0.5-1\nArchitecture: all\nSource: dash-src\n"
               "Filename: pool/d.deb\nSize: 7\nSHA256: " SHA_B "\n",
               &got, &err);
    if (err.code)
        fail_msg("%s", err.message);
    assert_int_equal(got.n_packages, 2);
    const struct lock_package *p = &got.packages[0];
    assert_string_equal(p->name, "bash");
    assert_string_equal(p->version, "5.2-2+b10");
    assert_string_equal(p->arch, "amd64");
    assert_string_equal(p->source, "bash");
    assert_string_equal(p->source_version, "5.2-2");
    assert_string_equal(p->origin, "debian");
    assert_string_equal(p->path, "pool/main/b/bash/bash_5.2-2+b10_amd64.deb");
    assert_string_equal(sha256_hex(&p->sha256).s, SHA_A);
    assert_int_equal(p->size, 1500);
    assert_string_equal(p[1].arch, "all");
    assert_string_equal(p[1].source, "dash-src");
    assert_string_equal(p[1].source_version, "1:0.5-1");
}

static void test_equal_versions_come_from_the_first_source(void **state)
{
    (void)state;
    CLEANUP(lock_arch_release) struct lock_arch got = {0};
    CLEANUP(err_release) struct err err = ERR_INIT;

    solve_text("Want: aa\n\nPackage: aa\nOrigin: one\nSHA256: " SHA_A
               "\n\nPackage: aa\nOrigin: two\nSHA256: " SHA_B "\n",
               &got, &err);
    assert_int_equal(err.code, 0);
    assert_int_equal(got.n_packages, 1);
    assert_string_equal(got.packages[0].origin, "one");
    assert_string_equal(sha256_hex(&got.packages[0].sha256).s, SHA_A);
}

static void test_bad_fields(void **state)
{
    (void)state;
    static const struct {
        const char *field, *says;
    } bad[] = {
        {"Filename: ../x.deb", "the path isn't relative and clean"},
        {"Filename: /x.deb", "the path isn't relative and clean"},
        {"Filename: //host/x.deb", "the path isn't relative and clean"},
        {"Filename: pool/x/..", "the path isn't relative and clean"},
        {"Filename: http://host/x.deb", "the path has a scheme"},
        {"Filename: pool/x y.deb", "character"},
        {"Size: -1", "Size isn't a number"},
        {"Size: 99999999999999999999", "Size isn't a number"},
        {"Size: 0", "not a deb's size"},
        {"SHA256: abc", "SHA256 isn't"},
        {"Source: a/b", "not a source package's name"},
        {"Source: aa (1 2)", "not a source version"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        CLEANUP(lock_arch_release) struct lock_arch got = {0};
        CLEANUP(err_release) struct err err = ERR_INIT;
        CLEANUP(free_ptr) char *text = xasprintf("Want: aa\n\nPackage: aa\n%s\n", bad[i].field);

        solve_text(text, &got, &err);
        assert_int_equal(err.code, ERR_FAIL);
        if (!strstr(err.message, bad[i].says) || !strstr(err.message, "Packages:1: package aa"))
            fail_msg("%s: %s", bad[i].field, err.message);
        assert_int_equal(got.n_packages, 0);
    }
}

static void test_a_source_delivers_only_its_packages(void **state)
{
    (void)state;
    static const char vendor[] = "Package: libc6\nVersion: 9\nArchitecture: amd64\n\n"
                                 "Package: tool\nVersion: 3\nArchitecture: amd64\n"
                                 "Filename: t.deb\nSize: 1\nSHA256: " SHA_A "\n";
    struct recipe_source source = {.name = (char[]){"vendor"}};
    CLEANUP(resolvecase_release) struct resolvecase c;
    CLEANUP(lock_arch_release) struct lock_arch got = {0};
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(close_fd) int fd = spool_open(&err);
    const char *text = "Want: tool, libc6\n\nPackage: libc6\nVersion: 2\n";

    strv_add(&source.packages, "tool");
    assert_ok(write_all(fd, vendor, strlen(vendor), "vendor", &err), &err);
    assert_ok(resolvecase_parse(text, strlen(text), "text", &c, &err), &err);
    assert_ok(universe_add(c.universe, fd, strlen(vendor), "V", &source, &err), &err);
    assert_ok(solve(&session, c.universe, &c.request, RECIPE_LAYERS, &got, &err), &err);
    CLEANUP(free_ptr) char *is = outcome(&got);
    assert_string_equal(is, "libc6=2 tool=3 /");
    assert_string_equal(got.packages[1].origin, "vendor");
    strv_release(&source.packages);
}

static void test_ranks_order_layers(void **state)
{
    (void)state;
    CLEANUP(resolvecase_release) struct resolvecase c;
    CLEANUP(lock_arch_release) struct lock_arch got = {0};
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(buf_release) struct buf order = BUF_INIT(0);
    const char *text = "Want: app, zlib\n\nPackage: app\nDepends: libc, libapp\n\n"
                       "Package: libapp\n\nPackage: libc\n\nPackage: zlib\nDepends: libc\n";

    assert_ok(resolvecase_parse(text, strlen(text), "text", &c, &err), &err);
    c.packages[0].rank = 7; /* app: the user's own recipe */
    c.packages[1].rank = 2; /* zlib: an included one */
    assert_ok(solve(&session, c.universe, &c.request, RECIPE_LAYERS, &got, &err), &err);
    for (size_t i = 0; i < got.n_layers; i++)
        buf_addf(&order, "%s ", got.packages[got.layers[i].packages[0]].name);
    assert_string_equal(buf_str(&order), "libc zlib app libapp ");
}

static void test_malformed_index(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "Want: aa\n\nVersion: 1\nArchitecture: all\n",
        "Want: aa\n\nPackage: aa\nPackage: bb\n",
        "Want: aa\n\nPackage: aa\nno colon\n",
    };

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        CLEANUP(resolvecase_release) struct resolvecase c;
        CLEANUP(err_release) struct err err = ERR_INIT;

        assert_true(resolvecase_parse(bad[i], strlen(bad[i]), "text", &c, &err) < 0);
        assert_non_null(err.message);
    }
}

/* A line of blanks ends a stanza, which libsolv by itself doesn't know; fields go on over lines. */
static const struct recipe_source debian = {.name = (char[]){"debian"}, .all_packages = true};

static void test_stanzas_as_debian_writes_them(void **state)
{
    (void)state;
    CLEANUP(lock_arch_release) struct lock_arch got = {0};
    CLEANUP(resolvecase_release) struct resolvecase c;
    CLEANUP(err_release) struct err err = ERR_INIT;
    static const char index[] = "\n\n# a comment\npackage: aa\nVERSION: 1\nArchitecture: all\n"
                                "Depends: bb,\n cc\n | dd,\n\tee (>=\n 2)\n"
                                "Filename: f\nSize: 1\nSHA256: " SHA_A "\n \t\n"
                                "Package: bb\nVersion: 1\nArchitecture: all\n"
                                "Filename: f\nSize: 1\nSHA256: " SHA_A "\n\n\n\n"
                                "Package: dd\nVersion: 1\nArchitecture: all\nProvides: ee (= 2)\n"
                                "Filename: f\nSize: 1\nSHA256: " SHA_A; /* no newline */
    CLEANUP(close_fd) int fd = spool_open(&err);

    assert_ok(write_all(fd, index, strlen(index), "index", &err), &err);
    assert_ok(resolvecase_parse("Want: aa\n", 9, "text", &c, &err), &err);
    assert_ok(universe_add(c.universe, fd, strlen(index), "P", &debian, &err), &err);
    assert_ok(solve(&session, c.universe, &c.request, RECIPE_LAYERS, &got, &err), &err);
    CLEANUP(free_ptr) char *is = outcome(&got);
    assert_string_equal(is, "aa=1 bb=1 dd=1 /");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_cases_are_decided_as_before),
        cmocka_unit_test(test_dump),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_equal_versions_come_from_the_first_source),
        cmocka_unit_test(test_bad_fields),
        cmocka_unit_test(test_a_source_delivers_only_its_packages),
        cmocka_unit_test(test_ranks_order_layers),
        cmocka_unit_test(test_malformed_index),
        cmocka_unit_test(test_stanzas_as_debian_writes_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
