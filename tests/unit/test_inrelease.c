/* SPDX-License-Identifier: Apache-2.0 */
/* Signed messages: whose signature counts, and what was signed. */
#include "unit.h"

#include "base/file.h"
#include "deb/clearsign.h"
#include "deb/gpgv.h"
#include "deb/release.h"

#define DATA "tests/data/release/"

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
        cmocka_unit_test(test_same_text),
        cmocka_unit_test(test_armor_headers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
