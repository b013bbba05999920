/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys in texts, whole and cut into runs at each place. */
#include "rootfs/keys.h"
#include "unit.h"

#include <openssl/evp.h>

/* Keys that are none but look like it: made here, so that no key is stored anywhere. */
static char *base64_of(const void *bytes, size_t n)
{
    char *text = xmalloc(4 * (n / 3 + 1) + 1);

    EVP_EncodeBlock((unsigned char *)text, bytes, (int)n);
    return text;
}

static char *pem(const char *label, const void *bytes, size_t n, const char *newline)
{
    CLEANUP(free_ptr) char *base64 = base64_of(bytes, n);
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);

    buf_addf(&b, "-----BEGIN %s-----%s", label, newline);
    for (size_t at = 0; at < strlen(base64); at += 64)
        buf_addf(&b, "%.64s%s", base64 + at, newline);
    buf_addf(&b, "-----END %s-----%s", label, newline);
    return buf_detach(&b);
}

/* A SEQUENCE of n zero bytes, n below 128. */
static char *der_pem(const char *label, size_t n, const char *newline)
{
    unsigned char der[130] = {0x30, (unsigned char)n};
    return pem(label, der, n + 2, newline);
}

static char *scan(const char *text, size_t n, size_t run)
{
    CLEANUP(key_scan_release) struct key_scan k = {0};
    char *kind;

    key_scan_start(&k);
    for (size_t at = 0; at < n; at += run)
        key_scan_add(&k, text + at, n - at < run ? n - at : run);
    kind = k.kind;
    k.kind = NULL;
    return kind;
}

static void expect(const char *what, const char *text, const char *kind)
{
    size_t n = strlen(text);

    for (size_t run = 1; run <= n + 1; run = run < 100 ? run + 1 : 2 * run) {
        CLEANUP(free_ptr) char *got = scan(text, n, run);
        if ((got == NULL) != (kind == NULL) || (got && strcmp(got, kind) != 0))
            fail_msg("%s, in runs of %zu: %s", what, run, got ? got : "nothing");
    }
}

static void test_keys(void **state)
{
    static const char *const labels[] = {"PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY",
                                         "ENCRYPTED PRIVATE KEY"};
    unsigned char pgp[64] = {0x95}, openssh[64] = "openssh-key-v1";

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(labels); i++) {
        CLEANUP(free_ptr) char *key = der_pem(labels[i], 100, "\n");
        CLEANUP(free_ptr) char *inside = xasprintf("a certificate,\nthen %skey\n", key);
        expect(labels[i], key, labels[i]);
        expect("text around it", inside, labels[i]);
    }
    CLEANUP(free_ptr) char *crlf = der_pem("PRIVATE KEY", 100, "\r\n");
    expect("CRLF", crlf, "PRIVATE KEY");
    CLEANUP(free_ptr) char *json = der_pem("PRIVATE KEY", 100, "\\n");
    CLEANUP(free_ptr) char *account = xasprintf("{\"private_key\": \"%s\"}", json);
    expect("JSON", account, "PRIVATE KEY");
    CLEANUP(free_ptr) char *yaml = der_pem("PRIVATE KEY", 100, "\n    ");
    expect("YAML", yaml, "PRIVATE KEY");
    CLEANUP(free_ptr) char *ssh = pem("OPENSSH PRIVATE KEY", openssh, sizeof(openssh), "\n");
    expect("openssh", ssh, "OPENSSH PRIVATE KEY");
    CLEANUP(free_ptr) char *block = pem("PGP PRIVATE KEY BLOCK", pgp, 63, "\n");
    expect("OpenPGP", block, "PGP PRIVATE KEY BLOCK");
}

static void test_encrypted(void **state)
{
    unsigned char bytes[64] = {7, 7, 7};
    CLEANUP(free_ptr) char *base64 = base64_of(bytes, sizeof(bytes));
    CLEANUP(free_ptr)
    char *key = xasprintf("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
                          "DEK-Info: AES-128-CBC,00\n\n%s\n-----END RSA PRIVATE KEY-----\n",
                          base64);
    CLEANUP(free_ptr)
    char *plain = xasprintf("-----BEGIN RSA PRIVATE KEY-----\n%s\n-----END RSA PRIVATE KEY-----\n",
                            base64);

    (void)state;
    expect("encrypted", key, "RSA PRIVATE KEY");
    expect("the same bytes, not said to be encrypted", plain, NULL);
}

static void test_no_keys(void **state)
{
    CLEANUP(free_ptr) char *public = der_pem("PUBLIC KEY", 100, "\n");
    CLEANUP(free_ptr) char *certificate = der_pem("CERTIFICATE", 100, "\n");
    CLEANUP(free_ptr) char *key = der_pem("PRIVATE KEY", 100, "\n");
    unsigned char der[80] = {0x30, 100}; /* longer than it is */
    CLEANUP(free_ptr) char *wrong = pem("PRIVATE KEY", der, sizeof(der), "\n");
    CLEANUP(free_ptr) char *openssh = der_pem("OPENSSH PRIVATE KEY", 100, "\n");
    CLEANUP(free_ptr) char *no_end = xstrdup(key);
    static const char *const texts[] = {
        "",
        "PRIVATE KEY",
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n",
        "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----\n",
        "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n",
        "-----BEGIN %s PRIVATE KEY-----",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        expect(texts[i], texts[i], NULL);
    expect("public", public, NULL);
    expect("certificate", certificate, NULL);
    expect("wrong length", wrong, NULL);
    expect("not openssh's", openssh, NULL);
    *strstr(no_end, "-----END") = '\0';
    expect("no end", no_end, NULL);
}

static void test_several(void **state)
{
    CLEANUP(free_ptr) char *key = der_pem("EC PRIVATE KEY", 100, "\n");
    CLEANUP(free_ptr)
    char *after_example = xasprintf("-----BEGIN RSA PRIVATE KEY-----\n...\n%s", key);
    CLEANUP(free_ptr)
    char *after_broken = xasprintf(
        "-----BEGIN RSA PRIVATE KEY-----\n...\n-----END RSA PRIVATE KEY-----\n%s", key);
    CLEANUP(buf_release) struct buf far = BUF_INIT(0);

    (void)state;
    expect("behind an example without an end", after_example, "EC PRIVATE KEY");
    expect("behind a broken one", after_broken, "EC PRIVATE KEY");
    buf_addstr(&far, "-----BEGIN RSA PRIVATE KEY-----\n");
    for (size_t i = 0; i < 3 * KEY_BYTES_MAX; i++)
        buf_addch(&far, 'A');
    buf_addf(&far, "\n%s", key);
    for (size_t run = 1000; run < 300000; run *= 3) {
        CLEANUP(free_ptr) char *got = scan(far.data, far.len, run);
        assert_string_equal(got, "EC PRIVATE KEY");
    }
}

/* Work stays linear: a header in each line and never an end. */
static void test_many_headers(void **state)
{
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);

    (void)state;
    while (b.len < 8u << 20)
        buf_addstr(&b, "-----BEGIN PRIVATE KEY-----\n");
    CLEANUP(free_ptr) char *got = scan(b.data, b.len, 128u << 10);
    assert_null(got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys),         cmocka_unit_test(test_encrypted),
        cmocka_unit_test(test_no_keys),      cmocka_unit_test(test_several),
        cmocka_unit_test(test_many_headers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
