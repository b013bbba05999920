/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/reference.h"
#include "unit.h"

#define DIGEST "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define A63    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct {
    const char *text, *host, *repository, *tag;
    bool digest;
} good[] = {
    {"harbor.example/base/python3", "harbor.example", "base/python3", NULL, false},
    {"docker://harbor.example/base/python3:3.13", "harbor.example", "base/python3", "3.13", false},
    {"localhost/x", "localhost", "x", NULL, false},
    {"host:5000/x", "host:5000", "x", NULL, false},
    {"127.0.0.1:5000/a/b/c:t", "127.0.0.1:5000", "a/b/c", "t", false},
    {"[::1]:5000/a/b:t", "[::1]:5000", "a/b", "t", false},
    {"[fe80::1]/a", "[fe80::1]", "a", NULL, false},
    {"H.Example/a", "H.Example", "a", NULL, false},
    {"h.example/a@" DIGEST, "h.example", "a", NULL, true},
    {"h.example/a:1@" DIGEST, "h.example", "a", "1", true},
    {"h.example/a_b/c__d/e-f/g---h/i.j", "h.example", "a_b/c__d/e-f/g---h/i.j", NULL, false},
    {"h.example/a:_x.Y-z", "h.example", "a", "_x.Y-z", false},
    {"xn--bcher-kva.example:65535/a", "xn--bcher-kva.example:65535", "a", NULL, false},
};

/* docker.io/x is short for docker.io/library/x, and no other host's is. */
static void test_official(void **state)
{
    (void)state;
    static const char *const names[][2] = {
        {"docker.io/debian", "docker.io/library/debian"},
        {"docker://docker.io/debian:trixie@" DIGEST, "docker.io/library/debian:trixie@" DIGEST},
        {"docker.io/library/debian:1", "docker.io/library/debian:1"},
        {"docker.io/me/debian", "docker.io/me/debian"},
        {"quay.io/debian", "quay.io/debian"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        CLEANUP(err_release) struct err err = ERR_INIT;
        CLEANUP(reference_release) struct reference r;
        assert_ok(reference_parse(names[i][0], &r, &err), &err);
        CLEANUP(free_ptr) char *text = reference_text(&r);
        assert_string_equal(text, names[i][1]);
    }
}

static void test_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        CLEANUP(err_release) struct err err = ERR_INIT;
        CLEANUP(reference_release) struct reference r;
        assert_ok(reference_parse(good[i].text, &r, &err), &err);
        assert_string_equal(r.host, good[i].host);
        assert_string_equal(r.repository, good[i].repository);
        assert_string_equal(r.tag ? r.tag : "-", good[i].tag ? good[i].tag : "-");
        assert_int_equal(r.has_digest, good[i].digest);
        CLEANUP(free_ptr) char *text = reference_text(&r);
        const char *want = good[i].text;
        assert_string_equal(text, strncmp(want, "docker://", 9) == 0 ? want + 9 : want);
        CLEANUP(reference_release) struct reference copy;
        reference_copy(&copy, &r);
        CLEANUP(free_ptr) char *again = reference_text(&copy);
        assert_string_equal(again, text);
    }
}

static const struct {
    const char *text, *why;
} bad[] = {
    {"", "host is missing"},
    {"python3", "host is missing"},
    {"python3:3.13", "host is missing"},
    {"library/python3", "host is missing"},
    {"/x", "host is missing"},
    {"h.example", "host is missing"},
    {"h.example/", "path"},
    {"h.example//a", "path"},
    {"h.example/a/", "path"},
    {"h.example/a//b", "path"},
    {"h.example/A", "path"},
    {"h.example/../a", "path"},
    {"h.example/a..b", "path"},
    {"h.example/a___b", "path"},
    {"h.example/-a", "path"},
    {"h.example/a-", "path"},
    {"h.example/a_.b", "path"},
    {"h.example/a b", "path"},
    {"h.example/a%2fb", "path"},
    {"h.example/a?b", "path"},
    {"h.example/a:", "tag"},
    {"h.example/a:.x", "tag"},
    {"h.example/a:-x", "tag"},
    {"h.example/a:x/y", "tag"},
    {"h.example/a:b:c/d", "tag"},
    {"h.example/a:1+2", "tag"},
    {"h.example/a:~", "tag"},
    {"h..example/a", "host isn't"},
    {".h.example/a", "host isn't"},
    {"-h.example/a", "host isn't"},
    {"h_x.example/a", "host isn't"},
    {"user@h.example/a", "SHA-256 digest"},
    {"h.example:/a", "host isn't"},
    {"h.example:0/a", "host isn't"},
    {"h.example:65536/a", "host isn't"},
    {"h.example:99999999999999999999/a", "host isn't"},
    {"h.example:80x/a", "host isn't"},
    {"[::1/a.b", "host isn't"},
    {"[::g]:1/a", "host isn't"},
    {"https://h.example/a", "host isn't"},
    {"h.example/a@sha256:../../x", "SHA-256 digest"},
    {"h.example/a@sha512:0123", "SHA-256 digest"},
    {"h.example/a@" DIGEST "0", "SHA-256 digest"},
    {"h.example/a@", "SHA-256 digest"},
    {"h.example/" A63 "/" A63 "/" A63 "/" A63, NULL},
    {"h.example/" A63 "/" A63 "/" A63 "/" A63 "/a", "path"},
};

static void test_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        CLEANUP(err_release) struct err err = ERR_INIT;
        CLEANUP(reference_release) struct reference r;
        if (!bad[i].why) {
            assert_ok(reference_parse(bad[i].text, &r, &err), &err);
            continue;
        }
        if (reference_parse(bad[i].text, &r, &err) >= 0)
            fail_msg("%s: is taken", bad[i].text);
        assert_int_equal(err.code, ERR_USAGE);
        assert_fails(-1, &err, bad[i].why);
    }
}

static void test_escape(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(reference_release) struct reference r;
    assert_fails(reference_parse("h.example/\033[31m", &r, &err), &err, "\\x1b[31m");
}

static void test_tags(void **state)
{
    (void)state;
    char longest[130];
    memset(longest, 'x', sizeof(longest));
    assert_true(tag_valid((struct slice){longest, 128}));
    assert_false(tag_valid((struct slice){longest, 129}));
    assert_false(tag_valid(slice_of("")));
    assert_true(tag_valid(slice_of("3.13.5-1_b1")));
    assert_false(tag_valid((struct slice){"a\0b", 3}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),   cmocka_unit_test(test_official), cmocka_unit_test(test_bad),
        cmocka_unit_test(test_escape), cmocka_unit_test(test_tags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
