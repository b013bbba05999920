/* SPDX-License-Identifier: Apache-2.0 */
/* Signed files come from tests/data/release/make.sh. */
#include "unit.h"

#include "base/file.h"
#include "deb/clearsign.h"
#include "deb/gpgv.h"
#include "deb/release.h"

#define NOW INT64_C(1767355200) /* 2026-01-02 12:00:00 UTC */
#define DAY 86400

static void parse_good(struct release *r)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(buf_release) struct buf bytes = BUF_INIT(65536);
    struct clearsign message;
    assert_ok(file_read("tests/data/release/good.InRelease", 65536, &bytes, &err), &err);
    assert_ok(clearsign_split(bytes.data, bytes.len, "x", &message, &err), &err);
    assert_ok(release_parse(message.text.p, message.text.n, "x", r, &err), &err);
}

static void test_parse(void **state)
{
    (void)state;
    CLEANUP(release_release) struct release r;
    parse_good(&r);
    assert_string_equal(r.origin, "Test");
    assert_string_equal(r.label, "Test archive");
    assert_string_equal(r.suite, "stable");
    assert_string_equal(r.codename, "trixie");
    assert_string_equal(r.version, "13.1");
    assert_int_equal(r.date, 1767268800);
    assert_int_equal(r.valid_until, 1767268800 + 7 * DAY);
    assert_true(r.acquire_by_hash);
    assert_int_equal(r.architectures.n, 3);
    assert_string_equal(r.architectures.v[2], "arm64");
    assert_int_equal(r.components.n, 2);
    assert_int_equal(r.n_files, 3);
    const struct release_file *f = release_find(&r, "main/binary-amd64/Packages.xz");
    assert_non_null(f);
    assert_int_equal(f->size, 3);
    assert_string_equal(sha256_hex(&f->sha256).s,
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_null(release_find(&r, "main/binary-amd64/Packages.gz"));
}

static void parse_fails(const char *text, const char *message)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(release_release) struct release r;
    assert_fails(release_parse(text, strlen(text), "x", &r, &err), &err, message);
    assert_null(r.files);
}

#define DATE  "Date: Thu, 01 Jan 2026 12:00:00 UTC\n"
#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static void test_parse_fails(void **state)
{
    (void)state;
    parse_fails("", "x: is empty");
    parse_fails("Suite: a\nSHA256:\n " EMPTY " 0 a\n", "the stanza has no \"Date\"");
    parse_fails("Date: soon\nSHA256:\n " EMPTY " 0 a\n", "x: Date: not a date");
    parse_fails(DATE "MD5Sum:\n d41d8cd98f00b204e9800998ecf8427e 0 a\n", "has no \"SHA256\"");
    parse_fails(DATE "SHA256:\n " EMPTY " 0\n", "not a line of SHA256");
    parse_fails(DATE "SHA256:\n E" EMPTY " 0 ./\n", "not a line of SHA256");
    parse_fails(DATE "SHA256:\n " EMPTY " -1 a\n", "not a line of SHA256");
    parse_fails(DATE "SHA256:\n " EMPTY " 0 ../a\n", "x: SHA256");
    parse_fails(DATE "SHA256:\n " EMPTY " 0 /a\n", "x: SHA256");
    parse_fails(DATE "SHA256:\n " EMPTY " 0 http://a/b\n", "x: SHA256");
    parse_fails(DATE "SHA256:\n " EMPTY " 0 a\n " EMPTY " 1 a\n", "names a twice");
    parse_fails(DATE "SHA256:\n " EMPTY " 0 a\n\nSuite: b\n", "x:5: a second stanza");
}

/* In whatever order they stand: each is found, and one that stands twice is so far apart, too. */
static void test_files_in_any_order(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(release_release) struct release r;
    static const char text[] = DATE "SHA256:\n " EMPTY " 3 c\n#\n " EMPTY " 1 a\n " EMPTY
                                    " 4 d\n " EMPTY " 2 b\n " EMPTY " 5 e";
    assert_ok(release_parse(text, sizeof(text) - 1, "x", &r, &err), &err);
    assert_int_equal(r.n_files, 5);
    static const char *const names[] = {"a", "b", "c", "d", "e"};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        const struct release_file *f = release_find(&r, names[i]);
        assert_non_null(f);
        assert_int_equal(f->size, i + 1);
    }
    parse_fails(DATE "SHA256:\n " EMPTY " 0 b\n " EMPTY " 0 a\n " EMPTY " 0 c\n " EMPTY " 7 b\n",
                "names b twice");
    parse_fails(DATE "SHA256:\n " EMPTY " 0 ./\n", "not a line of SHA256");
}

static void check_fails(const struct release *r, struct release_want want, const char *message,
                        const char *hint)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    if (release_check(r, &want, "x", &err) >= 0)
        fail_msg("should have failed with \"%s\"", message);
    if (!strstr(err.message, message))
        fail_msg("\"%s\" doesn't say \"%s\"", err.message, message);
    assert_non_null(err.hint);
    assert_non_null(strstr(err.hint, hint));
}

static void test_check(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(release_release) struct release r;
    parse_good(&r);
    struct release_want want = {.suite = "trixie", .now = NOW, .not_before = r.date};
    assert_ok(release_check(&r, &want, "x", &err), &err);
    want.suite = "stable";
    assert_ok(release_check(&r, &want, "x", &err), &err);
    want.max_age_days = 1;
    want.now = r.date + DAY;
    assert_ok(release_check(&r, &want, "x", &err), &err);

    check_fails(&r, (struct release_want){.suite = "trixie-security", .now = NOW},
                "is of suite \"stable\", codename \"trixie\", not of \"trixie-security\"",
                "mirror");
    want = (struct release_want){.suite = "stable", .now = r.valid_until}; /* to the last second */
    assert_ok(release_check(&r, &want, "InRelease", &err), &err);
    check_fails(&r, (struct release_want){.suite = "stable", .now = r.valid_until + 1},
                "was valid until 2026-01-08 12:00:00 UTC only", "mirror");
    want = (struct release_want){.suite = "stable", .now = r.date - DAY}; /* a clock may be wrong */
    assert_ok(release_check(&r, &want, "InRelease", &err), &err);
    check_fails(&r, (struct release_want){.suite = "stable", .now = r.date - DAY - 1},
                "which is in the future", "clock");
    check_fails(&r, (struct release_want){.suite = "stable", .now = NOW, .not_before = r.date + 1},
                "was rolled back", "mirror");
    check_fails(
        &r, (struct release_want){.suite = "stable", .now = r.date + DAY + 1, .max_age_days = 1},
        "more than 1 days ago", "max_age_days");
    r.valid_until = 0;
    want = (struct release_want){.suite = "stable", .now = NOW + 1000 * (int64_t)DAY};
    assert_ok(release_check(&r, &want, "x", &err), &err);
}

static void date_is(const char *text, int64_t when)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    int64_t got = -1;
    assert_ok(release_date(slice_of(text), &got, &err), &err);
    assert_true(got == when);
}

static void test_dates(void **state)
{
    (void)state;
    date_is("Sat, 21 Nov 2026 09:15:44 UTC", 1795252544);
    date_is("Sat, 21 Nov 2026 09:15:44 GMT", 1795252544);
    date_is("Sat, 21 Nov 2026 09:15:44 +0000", 1795252544);
    date_is("21 Nov 2026 09:15:44 UTC", 1795252544);
    date_is("Thu, 1 Jan 1970 00:00:00 UTC", 0);
    date_is("Thu, 29 Feb 2024 23:59:59 UTC", 1709251199);
    date_is("Tue, 19 Jan 2038 03:14:08 UTC", INT64_C(2147483648));
    date_is("Sat, 31 Dec 2016 23:59:60 UTC", 1483228800); /* a leap second */
    date_is("Fri, 31 Dec 9999 23:59:59 UTC", INT64_C(253402300799));
    date_is("Sat,  21\tNov 2026               09:15:44                 UTC", 1795252544);
    static const char *const bad[] = {
        "",
        "now",
        "Sat, 21 Nov 2026 09:15:44 CET",
        "Sat, 21 Nov 2026 09:15:44 +0100",
        "Sat, 21 Nov 2026 09:15:44",
        "Sat, 32 Nov 2026 09:15:44 UTC",
        "Sun, 31 Nov 2026 09:15:44 UTC",
        "Thu, 29 Feb 2026 09:15:44 UTC",
        "Sat, 21 Nvo 2026 09:15:44 UTC",
        "Xxx, 21 Nov 2026 09:15:44 UTC",
        "Sat, 21 Nov 26 09:15:44 UTC",
        "Sat, 21 Nov 2026 24:15:44 UTC",
        "Sat, 21 Nov 2026 9:15:44 UTC",
        "2026-11-21T09:15:44Z",
        "Sat, 21 Nov 2026 09:15:44 UTC and much more text behind it all",
        "Sat,  21\tNov 2026               09:15:44                  UTC", /* 61 bytes */
        "Sat; 21 Nov 2026 09:15:44 UTC",
        "Sa,x 21 Nov 2026 09:15:44 UTC",
        "Satu, 21 Nov 2026 09:15:44 UTC",
        "atS, 21 Nov 2026 09:15:44 UTC",
        "Sat, 021 Nov 2026 09:15:44 UTC",
        "Sat, 0 Nov 2026 09:15:44 UTC",
        "Sun, 32 Jan 2026 09:15:44 UTC",
        "Sun, 31 Nov 2026 23:59:60 UTC",
        "Wed, 31 Dec 1969 23:59:59 UTC",
        "Sat, 1 Jan 10000 00:00:00 UTC",
        "Sat, 21 Nov 2026 23:60:44 UTC",
        "Sat, 21 Nov 2026 23:59:61 UTC",
        "Sat, 21 Nov 2026 09-15:44 UTC",
        "Sat, 21 Nov 2026 09:15-44 UTC"};
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        CLEANUP(err_release) struct err err = ERR_INIT;
        int64_t got;
        if (release_date(slice_of(bad[i]), &got, &err) >= 0)
            fail_msg("\"%s\" is no date", bad[i]);
    }
    CLEANUP(err_release) struct err err = ERR_INIT;
    int64_t got;
    assert_fails(release_date((struct slice){"Sat, 21 Nov 2026 09:15:44 UTC\0", 30}, &got, &err),
                 &err, "not a date");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_parse_fails),
        cmocka_unit_test(test_files_in_any_order),
        cmocka_unit_test(test_check),
        cmocka_unit_test(test_dates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
