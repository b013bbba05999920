/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"
#include "base/json.h"
#include "fake.h"
#include "rootfs/assembly.h"
#include "rootfs/ca_bundle.h"
#include "unit.h"
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#define EPOCH 1700000000

struct fixture {
    struct recipe recipe;
    struct context ctx;
    struct assembly assembly;
    struct session session;
    struct package *p;
    struct tree *tree;
    struct err err;
    char *dir;
    char *file; /* the recipe's */
    EVP_PKEY *key;
};

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof(*f));
    const char *tmp = getenv("TMPDIR");
    f->dir = xasprintf("%s/ca.XXXXXX", tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(f->dir));
    f->file = path_join(f->dir, "r.conf");
    f->session.pool = pool_new(1);
    f->ctx = (struct context){.session = &f->session};
    f->assembly.ctx = &f->ctx;
    f->assembly.recipe = &f->recipe;
    f->assembly.arch = "amd64";
    f->assembly.epoch = EPOCH;
    f->p = fake_package("ca-certificates", "1");
    f->tree = tree_new();
    f->key = EVP_EC_gen("P-256");
    assert_non_null(f->key);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    (void)!dir_remove(f->dir, &f->err);
    free(f->recipe.ca_certificates.v);
    strv_release(&f->assembly.notes);
    pool_end(f->session.pool);
    tree_free(f->tree);
    package_free(f->p);
    err_release(&f->err);
    EVP_PKEY_free(f->key);
    free(f->dir);
    free(f->file);
    free(f);
    return 0;
}

/* A CA's certificate for this common name, as PEM without a newline at its end. */
static char *certificate(struct fixture *f, const char *name, long serial, time_t until,
                         uint32_t *ret_hash)
{
    X509 *x = X509_new();
    X509_NAME *subject = X509_get_subject_name(x);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(x, subject);
    X509_set_version(x, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x), serial);
    ASN1_TIME_set(X509_getm_notBefore(x), EPOCH - 1000);
    ASN1_TIME_set(X509_getm_notAfter(x), until);
    X509_set_pubkey(x, f->key);
    X509_EXTENSION *ca = X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints, "critical,CA:TRUE");
    X509_add_ext(x, ca, -1);
    X509_EXTENSION_free(ca);
    assert_true(X509_sign(x, f->key, EVP_sha256()) > 0);
    if (ret_hash)
        *ret_hash = (uint32_t)X509_subject_name_hash(x);
    BIO *b = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(b, x);
    char *bytes;
    long n = BIO_get_mem_data(b, &bytes);
    char *pem = xstrndup(bytes, (size_t)n - 1);
    BIO_free(b);
    X509_free(x);
    return pem;
}

static void add_local(struct fixture *f, const char *name, const char *text)
{
    CLEANUP(free_ptr) char *path = path_join(f->dir, name);
    struct recipe_list *l = &f->recipe.ca_certificates;
    assert_ok(file_write(path, text, strlen(text), 0644, &f->err), &f->err);
    GROW(l->v, l->n, l->cap);
    l->v[l->n++] = (struct recipe_item){(char *)(uintptr_t)name, {f->file, 7}};
}

static void run(struct fixture *f)
{

    assert_ok(tree_add_package(f->tree, f->p, &f->err), &f->err);
    assert_ok(assemble_ca_bundle(&f->assembly, f->tree, &f->err), &f->err);
}

static void assert_link(struct fixture *f, const char *path, const char *target)
{
    const struct node *n = tree_find(f->tree, path);
    if (!n)
        fail_msg("/%s isn't there", path);
    assert_int_equal(n->type, ENTRY_SYMLINK);
    assert_string_equal(n->target, target);
}

static void test_bundle_and_links(void **state)
{
    struct fixture *f = *state;
    uint32_t a_hash, b_hash;
    CLEANUP(free_ptr) char *a = certificate(f, "A", 1, EPOCH + 1000, &a_hash);
    CLEANUP(free_ptr) char *b = certificate(f, "B", 2, EPOCH - 10, &b_hash);
    CLEANUP(free_ptr) char *a2 = certificate(f, "A", 3, EPOCH + 1000, NULL);
    CLEANUP(free_ptr) char *b_line = xasprintf("%s\n", b);
    fake_file(f->p, "usr/share/ca-certificates/mozilla/Z_(A, one).crt", a);
    fake_file(f->p, "usr/share/ca-certificates/mozilla/B.crt", b_line);
    fake_file(f->p, "usr/share/ca-certificates/mozilla/A_two.crt", a2);
    fake_file(f->p, "usr/share/ca-certificates/mozilla/again.crt", a);
    fake_file(f->p, "usr/share/ca-certificates/mozilla/readme.txt", "no");
    run(f);
    struct slice text;
    assert_true(tree_text(tree_find(f->tree, "etc/ssl/certs/ca-certificates.crt"), &text));
    CLEANUP(free_ptr) char *got = xstrndup(text.p, text.n);
    CLEANUP(free_ptr) char *want = xasprintf("%s\n%s%s\n%s\n", a2, b_line, a, a);
    assert_string_equal(got, want);
    assert_link(f, "etc/ssl/certs/Z_=A__one=.pem",
                "/usr/share/ca-certificates/mozilla/Z_(A, one).crt");
    char name[64];
    snprintf(name, sizeof(name), "etc/ssl/certs/%08x.0", a_hash);
    assert_link(f, name, "A_two.pem");
    snprintf(name, sizeof(name), "etc/ssl/certs/%08x.1", a_hash);
    assert_link(f, name, "Z_=A__one=.pem");
    snprintf(name, sizeof(name), "etc/ssl/certs/%08x.2", a_hash);
    assert_null(tree_find(f->tree, name)); /* "again" is the same certificate */
    snprintf(name, sizeof(name), "etc/ssl/certs/%08x.0", b_hash);
    assert_link(f, name, "B.pem");
    assert_link(f, "usr/lib/ssl/certs", "/etc/ssl/certs");
    assert_link(f, "usr/lib/ssl/cert.pem", "/etc/ssl/certs/ca-certificates.crt");
    assert_null(tree_find(f->tree, "usr/lib/ssl/openssl.cnf"));
    assert_int_equal(f->assembly.notes.n, 1);
    assert_string_equal(
        f->assembly.notes.v[0],
        "/usr/share/ca-certificates/mozilla/B.crt: the certificate has expired: CN=B");
}

static void test_facts_are_kept_in_the_cache(void **state)
{
    struct fixture *f = *state;
    uint32_t hash;
    CLEANUP(free_ptr) char *dir = path_join(f->dir, "cache");
    CLEANUP(free_ptr) char *a = certificate(f, "A", 1, EPOCH - 1, &hash);
    char name[64];
    snprintf(name, sizeof(name), "etc/ssl/certs/%08x.0", hash);
    fake_file(f->p, "usr/share/ca-certificates/a.crt", a);
    fake_file(f->p, "usr/share/ca-certificates/b.crt", "nothing");
    for (unsigned i = 0; i < 3; i++) {
        assert_ok(cache_open(dir, &f->ctx.cache, &f->err), &f->err);
        run(f);
        cache_free(f->ctx.cache);
        f->ctx.cache = NULL;
        assert_link(f, name, "a.pem");
        assert_null(tree_find(f->tree, "etc/ssl/certs/b.pem"));
        assert_int_equal(f->assembly.notes.n, 2);
        assert_string_equal(f->assembly.notes.v[0],
                            "/usr/share/ca-certificates/a.crt: the certificate has expired: CN=A");
        assert_string_equal(f->assembly.notes.v[1],
                            "/usr/share/ca-certificates/b.crt holds no certificate in PEM: not in "
                            "the CA bundle");
        strv_release(&f->assembly.notes);
        tree_free(f->tree);
        f->tree = tree_new();
    }
}

static void test_the_recipes_own(void **state)
{
    struct fixture *f = *state;
    uint32_t hash;
    CLEANUP(free_ptr) char *a = certificate(f, "Company", 1, EPOCH + 1000, &hash);
    CLEANUP(free_ptr) char *b = certificate(f, "Other", 2, EPOCH + 1000, NULL);
    CLEANUP(free_ptr) char *two = xasprintf("# ours\n%s\ncomment\n%s", a, b);
    CLEANUP(free_ptr) char *c = certificate(f, "Later", 3, EPOCH + 1000, NULL);
    add_local(f, "later.crt", c);
    add_local(f, "My CA.pem", two);
    add_local(f, "same.crt", b);
    run(f);
    struct slice all;
    assert_true(tree_text(tree_find(f->tree, "etc/ssl/certs/ca-certificates.crt"), &all));
    CLEANUP(free_ptr) char *want = xasprintf("%s\n%s\n%s\n", a, b, c); /* by name */
    CLEANUP(free_ptr) char *got = xstrndup(all.p, all.n);
    assert_string_equal(got, want);
    assert_link(f, "etc/ssl/certs/My_CA-1.pem", "/usr/local/share/ca-certificates/My_CA-1.crt");
    char name[64];
    snprintf(name, sizeof(name), "etc/ssl/certs/%08x.0", hash);
    assert_link(f, name, "My_CA-1.pem");
    struct slice text;
    assert_true(
        tree_text(tree_find(f->tree, "usr/local/share/ca-certificates/My_CA-2.crt"), &text));
    assert_int_equal(text.n, strlen(b) + 1);
    assert_memory_equal(text.p, b, strlen(b));
    assert_null(tree_find(f->tree, "usr/local/share/ca-certificates/same.crt"));
    assert_int_equal(f->assembly.notes.n, 1);
    assert_non_null(strstr(f->assembly.notes.v[0], "is in the CA bundle already: CN=Other"));
}

static void test_what_is_no_certificate_is_refused(void **state)
{
    struct fixture *f = *state;
    BIO *b = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(b, f->key, NULL, NULL, 0, NULL, NULL);
    char *bytes;
    long n = BIO_get_mem_data(b, &bytes);
    CLEANUP(free_ptr) char *key = xstrndup(bytes, (size_t)n);
    BIO_free(b);
    CLEANUP(free_ptr) char *good = certificate(f, "A", 1, EPOCH + 1, NULL);
    CLEANUP(free_ptr) char *with_key = xasprintf("%s\n%s", good, key);
    CLEANUP(free_ptr) char *damaged = xstrdup(good);
    memcpy(strchr(damaged, 'M'), "AAAA", 4);
    const struct {
        const char *text, *says;
    } cases[] = {
        {with_key, "holds a private key"},
        {"\x30\x82 binary", "holds no certificate in PEM"},
        {"", "holds no certificate"},
        {damaged, "damaged"},
        {"-----BEGIN CERTIFICATE-----\nAAAA", "damaged"},
        {"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n", "X509 CRL"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        f->recipe.ca_certificates.n = 0;
        add_local(f, "x.crt", cases[i].text);
        assert_fails(assemble_ca_bundle(&f->assembly, f->tree, &f->err), &f->err, cases[i].says);
    }
    f->recipe.ca_certificates.v[0].text = (char[]){"missing.crt"};
    assert_fails(assemble_ca_bundle(&f->assembly, f->tree, &f->err), &f->err, "missing.crt");
    assert_null(tree_find(f->tree, "etc/ssl/certs"));
}

static void test_no_certificates_no_bundle(void **state)
{
    struct fixture *f = *state;
    run(f);
    assert_null(tree_find(f->tree, "etc/ssl"));
    assert_null(tree_find(f->tree, "usr/lib/ssl"));
}

/* The facts are kept in the cache under CA_FORMAT. Here is what they were when it was raised last:
 * if this fails and the change is meant, raise it, and write the new digest here. */
static void test_facts_are_what_they_were(void **state)
{
    static const char *const meant = "1 666f65615a109d93";
    static const char *const files[] = {"Test_CA_one.crt", "Test_CA_two.crt", "Test_CA_three.crt"};
    struct fixture *f = *state;
    struct node *nodes[ARRAY_SIZE(files) + 1];
    CLEANUP(buf_release) struct buf both = BUF_INIT(0), text = BUF_INIT(0);

    for (size_t i = 0; i <= ARRAY_SIZE(files); i++) {
        CLEANUP(free_ptr) char *path = xasprintf("usr/share/ca-certificates/%zu.crt", i);
        CLEANUP(buf_release) struct buf pem = BUF_INIT(0);
        CLEANUP(free_ptr)
        char *from = path_join("tests/archive/certs", files[i % ARRAY_SIZE(files)]);
        assert_ok(file_read(from, 1 << 20, &pem, &f->err), &f->err);
        buf_add(&both, pem.data, pem.len);
        fake_file(f->p, path, i < ARRAY_SIZE(files) ? buf_str(&pem) : buf_str(&both));
    }
    assert_ok(tree_add_package(f->tree, f->p, &f->err), &f->err);
    for (size_t i = 0; i <= ARRAY_SIZE(files); i++) {
        CLEANUP(free_ptr) char *path = xasprintf("usr/share/ca-certificates/%zu.crt", i);
        nodes[i] = tree_find(f->tree, path);
        assert_non_null(nodes[i]);
    }
    json_t *facts = ca_facts(&f->ctx, nodes, ARRAY_SIZE(nodes));
    json_bytes(facts, &text);
    json_decref(facts);
    const struct sha256 digest = sha256_of(text.data, text.len);
    CLEANUP(free_ptr) char *now = xasprintf("%d %.16s", CA_FORMAT, sha256_hex(&digest).s);
    assert_string_equal(now, meant);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_bundle_and_links, setup, teardown),
        cmocka_unit_test_setup_teardown(test_facts_are_kept_in_the_cache, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_recipes_own, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_no_certificate_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_certificates_no_bundle, setup, teardown),
        cmocka_unit_test_setup_teardown(test_facts_are_what_they_were, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
