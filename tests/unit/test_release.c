/* SPDX-License-Identifier: Apache-2.0 */
/* Signed files come from tests/data/release/make.sh. */
#include "unit.h"

#include "base/file.h"
#include "deb/clearsign.h"
#include "deb/gpgv.h"
#include "deb/release.h"

#define DATA "tests/data/release/"
#define NOW  INT64_C(1767355200) /* 2026-01-02 12:00:00 UTC */
#define DAY  86400

static const struct session quiet;

static void load(const char *file, struct buf *ret)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(free_ptr) char *path = path_join(DATA, file);
    assert_ok(file_read(path, 65536, ret, &err), &err);
}

static int verify(const char *file, const char *keyring, struct buf *ret, struct err *err)
{
    CLEANUP(buf_release) struct buf bytes = BUF_INIT(65536);
    CLEANUP(free_ptr) char *keys = path_join(DATA, keyring);
    load(file, &bytes);
    return inrelease_verify(&quiet, bytes.data, bytes.len, keys, file, ret, err);
}

static void check_verifies(const char *file, const char *keyring)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    assert_ok(verify(file, keyring, &text, &err), &err);
    assert_memory_equal(buf_str(&text), "Origin: Test\nLabel: ", 20);
    assert_null(strstr(buf_str(&text), "PGP"));
    assert_non_null(strstr(buf_str(&text), "contrib/binary-arm64/Packages.xz"));
}

static void check_refused(const char *file, const char *keyring, const char *message,
                          const char *hint)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    if (verify(file, keyring, &text, &err) >= 0)
        fail_msg("%s with %s should be refused", file, keyring);
    if (!strstr(err.message, message))
        fail_msg("%s: \"%s\" doesn't say \"%s\"", file, err.message, message);
    if (hint && (!err.hint || !strstr(err.hint, hint)))
        fail_msg("%s: hint \"%s\" doesn't say \"%s\"", file, err.hint ? err.hint : "", hint);
    assert_int_equal(err.code, ERR_FAIL);
}

static void test_good_signatures(void **state)
{
    (void)state;
    check_verifies("good.InRelease", "good.gpg");
    check_verifies("good.InRelease", "good.asc");
    check_verifies("rsa.InRelease", "rsa.gpg");
    check_verifies("sha512.InRelease", "good.gpg");
    check_verifies("both.InRelease", "good.gpg");
    check_verifies("both.InRelease", "other.gpg");
}

static void test_refused_signatures(void **state)
{
    (void)state;
    check_refused("other.InRelease", "good.gpg", "which isn't in the keyring",
                  "debian-archive-keyring");
    check_refused("other.InRelease", "good.gpg", "signed by key 23FE357C6C092A7A",
                  "source section");
    check_refused("sha1.InRelease", "rsa.gpg", "uses a weak hash", "SHA-256");
    check_refused("small.InRelease", "small.gpg", "which is weak", "stronger");
    check_refused("dsa.InRelease", "dsa.gpg", "which is weak", "stronger");
    check_refused("expired.InRelease", "expired.gpg", "which has expired", "newer keyring");
    check_refused("old.InRelease", "good.gpg", "the signature of key 66B3B8AD04DB6BAA has expired",
                  "mirror");
    check_refused("good.InRelease", "none.gpg",
                  "keyring: tests/data/release/none.gpg: No such file",
                  "apt-get install debian-archive-keyring");
}

static void check_changed(const char *what, const char *by, const char *message)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(buf_release) struct buf bytes = BUF_INIT(65536);
    CLEANUP(buf_release) struct buf changed = BUF_INIT(0);
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    load("good.InRelease", &bytes);
    const char *at = strstr(buf_str(&bytes), what);
    assert_non_null(at);
    buf_add(&changed, bytes.data, (size_t)(at - bytes.data));
    buf_addstr(&changed, by);
    buf_addstr(&changed, at + strlen(what));
    assert_fails(
        inrelease_verify(&quiet, changed.data, changed.len, DATA "good.gpg", "x", &text, &err),
        &err, message);
}

static void test_changed_messages(void **state)
{
    (void)state;
    check_changed("Suite: stable", "Suite: stabl3", "bad signature by key 66B3B8AD04DB6BAA");
    check_changed("Origin", "Extra: x\nOrigin", "bad signature");
    check_changed("-----BEGIN PGP SIGNED", "Extra: x\n-----BEGIN PGP SIGNED",
                  "is not a signed message");
    check_changed("-----BEGIN PGP SIGNED", "\n-----BEGIN PGP SIGNED", "is not a signed message");
    check_changed("Hash: SHA256\n", "Hash: SHA256\nX: y\n", "x:3: an unknown header");
    check_changed("-----BEGIN PGP SIGNATURE",
                  "-----BEGIN PGP SIGNED MESSAGE-----\n-----BEGIN PGP SIG",
                  "x:21: a line of the signed text begins with \"-\"");
    check_changed("-----END PGP SIGNATURE-----\n", "-----END PGP SIGNATURE-----\nSuite: evil\n",
                  "text behind the signature");
    check_changed("-----END PGP SIGNATURE-----\n", "", "ends inside the signature");
    check_changed("Suite: stable", "-\nSuite: stable", "a line of the signed text begins with");
    check_changed("Suite: stable", "-x\nSuite: stable", "a line of the signed text begins with");
    check_changed("-----END PGP SIGNATURE-----", "-\n-----END PGP SIGNATURE-----",
                  "not a line of a signature");
    char line[8192 + 1]; /* with its newline, the longest that is taken */
    memset(line, 'x', sizeof(line) - 1);
    line[sizeof(line) - 1] = '\0';
    memcpy(line, "X: ", 3);
    line[8191] = '\n';
    check_changed("Origin", line, "bad signature");
    line[8191] = 'x';
    CLEANUP(free_ptr) char *longer = xasprintf("%s\nOrigin", line);
    check_changed("Origin", longer, "a line of more than 8192 bytes");
}

static void test_message_without_signature(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    const char *plain = "Origin: Debian\n";
    assert_fails(inrelease_verify(&quiet, plain, strlen(plain), DATA "good.gpg", "x", &text, &err),
                 &err, "x: is not a signed message");
    const char *unsigned_text =
        "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nOrigin: Debian\n";
    assert_fails(inrelease_verify(&quiet, unsigned_text, strlen(unsigned_text), DATA "good.gpg",
                                  "x", &text, &err),
                 &err, "x: the message has no signature");
}

static void test_stop(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(buf_release) struct buf bytes = BUF_INIT(65536);
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    atomic_int stop = SIGINT;
    struct session s = {.stop = &stop};
    load("good.InRelease", &bytes);
    assert_int_equal(inrelease_verify(&s, bytes.data, bytes.len, DATA "good.gpg", "x", &text, &err),
                     -ERR_STOPPED);
}

static void judge(const char *status, const char *message)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(buf_release) struct buf keys = BUF_INIT(65536);
    load("good.gpg", &keys);
    struct gpgv_job job = {.keys = {keys.data, keys.len}, .name = "x", .keyring = "k"};
    assert_fails(gpgv_judge(&job, slice_of(status), &err), &err, message);
}

#define GOOD                                                                                       \
    "[GNUPG:] NEWSIG\n[GNUPG:] GOODSIG 66B3B8AD04DB6BAA good\n"                                    \
    "[GNUPG:] VALIDSIG 0981820F25E1FCB931A8EEE366B3B8AD04DB6BAA 2026-01-01 1767225600 0 4 0 22 8 " \
    "01 0981820F25E1FCB931A8EEE366B3B8AD04DB6BAA\n"

static void test_judgement(void **state)
{
    (void)state;
    judge("", "has no signature that can be verified");
    judge("[GNUPG:] NODATA 1\n", "has no signature that can be verified");
    judge(GOOD "[GNUPG:] NEWSIG\n[GNUPG:] BADSIG 1234567890ABCDEF x\n",
          "bad signature by key 1234");
    judge("[GNUPG:] REVKEYSIG 66B3B8AD04DB6BAA x\n" /* VALIDSIG follows here, too */
          "[GNUPG:] VALIDSIG 0981820F25E1FCB931A8EEE366B3B8AD04DB6BAA a 1 0 4 0 22 8 01 0\n",
          "which is revoked");
    judge("[GNUPG:] GOODSIG A x\n[GNUPG:] VALIDSIG 0981820F25E1FCB931A8EEE366B3B8AD04DB6BAA a 1 0 "
          "4 0 "
          "22 11 01 0\n",
          "weak hash");
    judge("[GNUPG:] GOODSIG A x\n[GNUPG:] VALIDSIG 0981820F25E1FCB931A8EEE366B3B8AD04DB6BAB a 1 0 "
          "4 0 "
          "22 8 01 0\n",
          "which is weak");
    judge("[GNUPG:] NO_PUBKEY \x1b[31m\n", "signed by key ??31?,");
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(buf_release) struct buf keys = BUF_INIT(65536);
    load("good.gpg", &keys);
    struct gpgv_job job = {.keys = {keys.data, keys.len}, .name = "x", .keyring = "k"};
    assert_ok(gpgv_judge(&job, slice_of(GOOD), &err), &err);
}

static void test_armor(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(buf_release) struct buf armored = BUF_INIT(65536);
    CLEANUP(buf_release) struct buf binary = BUF_INIT(65536);
    CLEANUP(buf_release) struct buf got = BUF_INIT(0);
    load("good.asc", &armored);
    load("good.gpg", &binary);
    assert_ok(armor_decode(armored.data, armored.len, "k", &got, &err), &err);
    assert_int_equal(got.len, binary.len);
    assert_memory_equal(got.data, binary.data, binary.len);
    buf_add(&armored, armored.data, armored.len);
    assert_ok(armor_decode(armored.data, armored.len, "k", &got, &err), &err);
    assert_int_equal(got.len, 2 * binary.len);
    assert_ok(armor_decode(binary.data, binary.len, "k", &got, &err), &err);
    assert_int_equal(got.len, binary.len);
    const char *cut = "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDME\n";
    assert_fails(armor_decode(cut, strlen(cut), "k", &got, &err), &err,
                 "k:3: the armor is damaged");
    const char *odd =
        "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmD?E\n-----END PGP PUBLIC KEY BLOCK-----\n";
    assert_fails(armor_decode(odd, strlen(odd), "k", &got, &err), &err, "the armor is damaged");
}

/* What gpgv gives out has to be what the message holds, but for what isn't signed. */
static void test_same_text(void **state)
{
    (void)state;
    static const struct {
        const char *message, *verified;
        bool same;
    } rows[] = {
        {"", "", true},
        {"A: 1\nB: 2\n", "A: 1\nB: 2\n", true},
        {"A: 1\nB: 2\n", "A: 1\nB: 2", true},
        {"A: 1 \t\r\nB: 2\n", "A: 1\nB: 2\n", true},
        {"- -A: 1\nB: 2\n", "-A: 1\nB: 2\n", true},
        {"- A: 1\n", "A: 1\n", true},
        {"A: 1\n", "- A: 1\n", false}, /* only the message is escaped */
        {"- - A\n", "A\n", false},
        {"A: 1\nB: 2\n", "A: 1\nB: 3\n", false},
        {"A: 1\nB: 2\n", "A: 1\nB: 23\n", false},
        {"A: 1\nB: 2\n", "A: 1\n", false},
        {"A: 1\n", "A: 1\nB: 2\n", false},
        {"A: 1\nB: 2\n", "A: 1\n\nB: 2\n", false},
        {"A: 1\nB: 2\n", "B: 2\nA: 1\n", false},
        {"A: 1\n", "", false},
        {"", "A: 1\n", false},
        {" A: 1\n", "A: 1\n", false},
        {"A: 1\n", "a: 1\n", false},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct clearsign message = {.text = slice_of(rows[i].message)};
        if (clearsign_same(&message, slice_of(rows[i].verified)) != rows[i].same)
            fail_msg("row %zu should%s be the same", i, rows[i].same ? "" : "n't");
    }
}

#define ARMOR     "-----BEGIN PGP PUBLIC KEY BLOCK-----\n"
#define ARMOR_END "-----END PGP PUBLIC KEY BLOCK-----\n"

/* Headers up to an empty line, which may be missing; a CRC or none. */
static void test_armor_headers(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want; /* NULL: damaged */
    } rows[] = {
        {ARMOR "\nZm9v\n" ARMOR_END, "foo"},
        {ARMOR "Zm9v\n" ARMOR_END, "foo"},
        {ARMOR "Version: 1\nComment: a b\n\nZm9v\n=abcd\n" ARMOR_END, "foo"},
        {ARMOR "\nZm9v\nYmFy\n" ARMOR_END "x\n" ARMOR "\nZm9v\n" ARMOR_END, "foobarfoo"},
        {ARMOR "\nZm9v\nVersion: 1\n" ARMOR_END, NULL},
        {ARMOR "Version: 1\n\nA: 1\nZm9v\n" ARMOR_END, NULL},
        {ARMOR "\nZm9vYg==\n" ARMOR_END, "foob"},
        {ARMOR "\n" ARMOR_END, NULL},
        {ARMOR "\nZm9\n" ARMOR_END, NULL},
        {ARMOR "\nZm9v\n", NULL},
        {"", ""},
        {"Zm9v\n", "Zm9v\n"}, /* without armor it is taken as it is */
        {"\x99" ARMOR "\nZm9v\n" ARMOR_END, "\x99" ARMOR "\nZm9v\n" ARMOR_END},
        {"\x99\n" ARMOR "\nZm9v\n" ARMOR_END, "\x99\n" ARMOR "\nZm9v\n" ARMOR_END},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        CLEANUP(err_release) struct err err = ERR_INIT;
        CLEANUP(buf_release) struct buf got = BUF_INIT(0);
        int r = armor_decode(rows[i].text, strlen(rows[i].text), "k", &got, &err);
        if ((r == 0) != (rows[i].want != NULL) ||
            (rows[i].want && strcmp(buf_str(&got), rows[i].want) != 0))
            fail_msg("row %zu: %d, \"%s\"", i, r, buf_str(&got));
    }
}

static void parse_good(struct release *r)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(buf_release) struct buf bytes = BUF_INIT(65536);
    struct clearsign message;
    load("good.InRelease", &bytes);
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
        cmocka_unit_test(test_good_signatures),
        cmocka_unit_test(test_refused_signatures),
        cmocka_unit_test(test_changed_messages),
        cmocka_unit_test(test_message_without_signature),
        cmocka_unit_test(test_stop),
        cmocka_unit_test(test_judgement),
        cmocka_unit_test(test_armor),
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_parse_fails),
        cmocka_unit_test(test_same_text),
        cmocka_unit_test(test_armor_headers),
        cmocka_unit_test(test_files_in_any_order),
        cmocka_unit_test(test_check),
        cmocka_unit_test(test_dates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
