/* SPDX-License-Identifier: Apache-2.0 */
/* Java's key store: its bytes, what an independent reader finds in it, aliases, and certificates
 * that Java wouldn't read. */
#include "base/file.h"
#include "effects/jks.h"
#include "scratch.h"
#include "unit.h"
#include <unistd.h>

#define CERTS "tests/archive/certs/Test_CA_"

struct fixture {
    struct jks store;
    struct err err;
    struct buf one, two, three;
    char *scratch;
    char *top;
};

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof(*f));
    assert_ok(file_read(CERTS "one.crt", 1 << 16, &f->one, &f->err), &f->err);
    assert_ok(file_read(CERTS "two.crt", 1 << 16, &f->two, &f->err), &f->err);
    assert_ok(file_read(CERTS "three.crt", 1 << 16, &f->three, &f->err), &f->err);
    f->scratch = scratch_new();
    f->top = getcwd(NULL, 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    jks_release(&f->store);
    err_release(&f->err);
    buf_release(&f->one);
    buf_release(&f->two);
    buf_release(&f->three);
    scratch_remove(f->scratch);
    free(f->top);
    free(f);
    return 0;
}

static void add(struct fixture *f, const char *name, const struct buf *pem)
{
    assert_ok(jks_add(&f->store, name, slice_of(buf_str(pem)), &f->err), &f->err);
}

/* What tests/jks.py says of the store. */
static char *read_back(struct fixture *f)
{
    CLEANUP(buf_release) struct buf bytes = BUF_INIT(0);
    struct buf said = BUF_INIT(0);
    jks_format(&f->store, &bytes);
    scratch_write(f->scratch, "store", bytes.data, bytes.len);
    if (scratch_run(f->scratch, &said, "python3 '%s/tests/jks.py' store 2>&1", f->top) != 0)
        fail_msg("%s", buf_str(&said));
    return buf_detach(&said);
}

static void test_bytes(void **state)
{
    struct fixture *f = *state;
    CLEANUP(buf_release) struct buf bytes = BUF_INIT(0);
    static const char head[] = "\xfe\xed\xfe\xed\0\0\0\2\0\0\0\2"
                               "\0\0\0\2\0\x0c"
                               "debian:a.pem"
                               "\0\0\0\0\0\0\0\0\0\5X.509\0\0\1";
    add(f, "Two.pem", &f->two);
    add(f, "A.pem", &f->one);
    jks_format(&f->store, &bytes);
    assert_memory_equal(bytes.data, head, sizeof(head) - 1);
    struct sha256 digest = sha256_of(bytes.data, bytes.len);
    assert_string_equal(sha256_hex(&digest).s,
                        "fdf2c6adc05e03cb01124467582171d41b7717c26d9a94028f05fb02cb40a5c9");
}

static void test_an_independent_reader(void **state)
{
    struct fixture *f = *state;
    add(f, "Two.pem", &f->two);
    add(f, "three.pem", &f->three); /* expired: Debian's store has those too */
    add(f, "One CA.pem", &f->one);
    CLEANUP(free_ptr) char *said = read_back(f);
    assert_string_equal(
        said,
        "debian:one ca.pem 0 953d8617220d829c0d082969ca8200cfecd5829b7e30d0755e0eeee594af6ab9\n"
        "debian:three.pem 0 df2d2464167aca7cac7b18f78ecbf8615e96d8fa7e5e1178d62ea17bce68ff3b\n"
        "debian:two.pem 0 b3f2f243c3e26d3b1dc77c8336cfbcefa2329c7d38a93f251a124ececacc34cc\n");
}

static void test_an_empty_store(void **state)
{
    CLEANUP(free_ptr) char *said = read_back(*state);
    assert_string_equal(said, "");
}

/* Java looks for aliases in lower case, by Unicode's rules. */
static void test_letters_below_u0180_become_small(void **state)
{
    struct fixture *f = *state;
    CLEANUP(buf_release) struct buf name = BUF_INIT(0);
    CLEANUP(buf_release) struct buf want = BUF_INIT(0);
    assert_int_equal(scratch_run(f->scratch, &want,
                                 "LC_ALL=C.UTF-8 python3 -c 'print(\"\".join(chr(c) for c in "
                                 "range(33, 0x180) if c != 0x130).lower(), end=\"\")'"),
                     0);
    for (unsigned c = 33; c < 0x180; c++) {
        if (c >= 0x80 && c != 0x130)
            buf_addch(&name, (char)(0xc0 | c >> 6));
        if (c != 0x130)
            buf_addch(&name, (char)(c < 0x80 ? c : 0x80 | (c & 0x3f)));
    }
    add(f, buf_str(&name), &f->one);
    assert_string_equal(f->store.v[0].alias + strlen("debian:"), buf_str(&want));
}

static void test_names_of_other_scripts_become_digests(void **state)
{
    struct fixture *f = *state;
    static const char *const names[] = {"\xce\x91.pem", "\xc4\xb0.pem", "\xf0\x9f\x94\x92.pem",
                                        "\xff.pem"};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        add(f, names[i], &f->one);
        assert_int_equal(f->store.n, 1);
        assert_string_equal(f->store.v[0].alias, "debian:953d8617220d829c0d082969ca8200cf.pem");
    }
    /* Two names that differ in case alone: both certificates stay. */
    add(f, "A.pem", &f->two);
    add(f, "a.pem", &f->three);
    assert_int_equal(f->store.n, 3);
    assert_string_equal(f->store.v[1].alias, "debian:a.pem");
    add(f, "a.pem", &f->three);
    assert_int_equal(f->store.n, 3);
}

static void test_the_first_certificate_of_a_text_counts(void **state)
{
    struct fixture *f = *state;
    CLEANUP(buf_release) struct buf both = BUF_INIT(0);
    buf_addf(&both, "a comment\n%s%s", buf_str(&f->two), buf_str(&f->one));
    add(f, "both.pem", &both);
    add(f, "two.pem", &f->two);
    assert_int_equal(f->store.v[0].n, f->store.v[1].n);
    assert_memory_equal(f->store.v[0].der, f->store.v[1].der, f->store.v[1].n);
}

static void assert_refused(struct fixture *f, const char *pem, const char *why)
{
    assert_fails(jks_add(&f->store, "x.pem", slice_of(pem), &f->err), &f->err, why);
    assert_int_equal(f->store.n, 0);
}

static void test_what_is_no_certificate(void **state)
{
    struct fixture *f = *state;
    assert_refused(f, "", "holds no certificate");
    assert_refused(f, "hello\n", "holds no certificate");
    assert_refused(f, "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
                   "holds no certificate");
    CLEANUP(free_ptr) char *cut = xstrndup(f->one.data, f->one.len / 2);
    assert_refused(f, cut, "holds no certificate");
}

/* A certificate that openssl makes by these words, for what tells the key. */
static char *make(struct fixture *f, const char *key, const char *request)
{
    struct buf pem = BUF_INIT(0);
    if (scratch_run(f->scratch, NULL,
                    "(%s -out k && openssl req -x509 -key k -days 9 %s -out c) 2>&1", key,
                    request) != 0)
        fail_msg("openssl: %s", request);
    scratch_read(f->scratch, "c", &pem);
    return buf_detach(&pem);
}

/* One of these, and Java refuses the whole store (tried with 21 and 25). */
static void test_what_java_would_not_read(void **state)
{
    struct fixture *f = *state;
    static const char prime[] = "openssl ecparam -name prime256v1 -genkey";
    static const char numbers[] = "openssl ecparam -name prime256v1 -genkey -param_enc explicit";
    static const char t1[] = "openssl ecparam -name brainpoolP256t1 -genkey";
    static const char r1[] = "openssl ecparam -name brainpoolP256r1 -genkey";
    static const char ed448[] = "openssl genpkey -algorithm ed448";
    CLEANUP(free_ptr) char *nobody = make(f, prime, "-subj /");
    CLEANUP(free_ptr) char *explicit = make(f, numbers, "-subj /CN=x");
    CLEANUP(free_ptr) char *twisted = make(f, t1, "-subj /CN=x");
    CLEANUP(free_ptr)
    char *extension = make(f, prime, "-subj /CN=x -addext subjectAltName=critical,DER:04:01:01");
    assert_refused(f, nobody, "without an issuer");
    assert_refused(f, explicit, "given by its numbers");
    assert_refused(f, twisted, "doesn't know its elliptic curve");
    assert_refused(f, extension, "an extension of it can't be read");
    CLEANUP(free_ptr) char *brainpool = make(f, r1, "-subj /CN=x");
    CLEANUP(free_ptr) char *edwards = make(f, ed448, "-subj /CN=x");
    assert_ok(jks_add(&f->store, "x.pem", slice_of(brainpool), &f->err), &f->err);
    assert_ok(jks_add(&f->store, "x.pem", slice_of(edwards), &f->err), &f->err);
    assert_int_equal(f->store.n, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_bytes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_an_independent_reader, setup, teardown),
        cmocka_unit_test_setup_teardown(test_an_empty_store, setup, teardown),
        cmocka_unit_test_setup_teardown(test_letters_below_u0180_become_small, setup, teardown),
        cmocka_unit_test_setup_teardown(test_names_of_other_scripts_become_digests, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_the_first_certificate_of_a_text_counts, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_what_is_no_certificate, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_java_would_not_read, setup, teardown),
    };
    return cmocka_run_group_tests_name("jks", tests, NULL, NULL);
}
