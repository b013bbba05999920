/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about software and secrets: what has the defect, what nearly has it, what is clean. */
#include "harden.h"
#include "unit.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

struct file_case {
    const char *rule;
    size_t n;
    const char *path;
    const char *program; /* what it is by content, an ELF program */
    const char *package;
    const char *key;
    size_t size;
};

static void run(const struct file_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct file_case *c = &cases[i];
        struct subject *s = subject_new();
        struct subject_file f = {
            .path = c->path, .mode = 0755, .package = c->package, .size = c->size};
        if (c->program) {
            f.facts = good_elf();
            f.facts->program = xstrdup(c->program);
            f.facts->marks |= strcmp(c->program, "busybox") == 0 ? MARK_SHELL : 0;
        } else if (c->key) {
            f.facts = xcalloc(1, sizeof(*f.facts));
            f.facts->marks = MARK_KEY;
            f.facts->key = xstrdup(c->key);
        }
        subject_put(s, &f);
        size_t found = subject_count(s, c->rule);
        if (found != c->n)
            fail_msg("%s, case %zu, /%s: found %zu times, not %zu", c->rule, i, c->path, found,
                     c->n);
        subject_free(s);
    }
}

static void test_names_and_content(void **state)
{
    static const struct file_case cases[] = {
        {"SW-SHELL", 1, .path = "usr/bin/dash"},
        {"SW-SHELL", 1, .path = "opt/x/bin/sh"},
        {"SW-SHELL", 1, .path = "opt/x/tool", .program = "busybox"}, /* renamed */
        {"SW-SHELL", 0, .path = "opt/x/tool", .program = "curl"},
        {"SW-SHELL", 0, .path = "usr/sbin/nologin"},
        {"SW-SHELL", 0, .path = "usr/share/bash-completion/bash"},
        {"SW-SHELL", 0, .path = "usr/bin/bashful"},
        {"SW-PKG", 1, .path = "usr/bin/dpkg"},
        {"SW-PKG", 1, .path = "usr/lib/x", .program = "dpkg"},
        {"SW-PKG", 1, .path = "usr/bin/gem3.3"},
        {"SW-PKG", 1, .path = "usr/bin/cpan5.40-x86_64-linux-gnu"},
        {"SW-PKG", 0, .path = "usr/bin/gemini"},
        {"SW-PKG", 0, .path = "var/lib/dpkg/status"},
        {"SW-PKG", 0, .path = "usr/lib/python3/ensurepip/pip.whl"},
        {"SW-NET", 1, .path = "usr/bin/curl"},
        {"SW-NET", 1, .path = "usr/bin/nc.openbsd"},
        {"SW-NET", 1, .path = "usr/lib/x", .program = "curl"},
        {"SW-NET", 1, .path = "usr/bin/curl", .program = "curl"}, /* once */
        {"SW-NET", 0, .path = "usr/lib/libcurl.so.4"},
        {"SW-NET", 0, .path = "usr/bin/curling"},
        {"SW-DEV", 1, .path = "usr/bin/gcc-14"},
        {"SW-DEV", 1, .path = "usr/bin/x86_64-linux-gnu-gcc-14"},
        {"SW-DEV", 1, .path = "usr/bin/arm-linux-gnueabihf-ld.bfd"},
        {"SW-DEV", 0, .path = "usr/bin/perl5.40-x86_64-linux-gnu"},
        {"SW-DEV", 0, .path = "usr/bin/x86_64-linux-gnu-gccgo"},
        {"SW-DEV", 1, .path = "usr/bin/sudo"},
        {"SW-DEV", 1, .path = "usr/lib/x", .program = "gdb"},
        {"SW-DEV", 0, .path = "usr/bin/sudoku"},
        {"SW-DEV", 0, .path = "usr/lib/gcc/x"},
        {"SW-INTERP", 1, .path = "usr/bin/perl"},
        {"SW-INTERP", 1, .path = "usr/bin/python3.13"},
        {"SW-INTERP", 0, .path = "usr/bin/pythonic"},
        {"SW-INTERP", 0, .path = "usr/lib/perl"},
        {"SW-DB", 1, .path = "usr/local/bin/app", .program = "x"},
        {"SW-DB", 0, .path = "usr/bin/app", .program = "x", .package = "app"},
    };

    (void)state;
    run(cases, ARRAY_SIZE(cases));
    assert_true(ARRAY_SIZE(cases) > 1);
}

static void test_listed_shells(void **state)
{
    static const struct {
        const char *list;
        size_t n;
    } cases[] = {
        {"# shells\n/usr/bin/odd\n", 1},
        {"/bin/odd\n", 1}, /* over the link */
        {"/usr/bin/odder\n", 0},
        {"/usr/sbin/nologin\n/bin/false\n", 0},
        {"odd\n\n", 0},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct subject *s = subject_new();
        subject_put(s, &(struct subject_file){.path = "usr/bin/odd", .mode = 0755});
        subject_put(s, &(struct subject_file){.path = "usr/sbin/nologin", .mode = 0755});
        subject_put(s, &(struct subject_file){.path = "usr/bin/false", .mode = 0755});
        subject_put(s, &(struct subject_file){.path = "etc/shells", .text = cases[i].list});
        assert_int_equal(subject_count(s, "SW-SHELL"), cases[i].n);
        subject_free(s);
    }
}

static void test_declared_runtime(void **state)
{
    struct subject *s = subject_new();

    (void)state;
    subject_put(s, &(struct subject_file){.path = "usr/bin/python3.13", .mode = 0755});
    strv_add(&s->declared, "python3-minimal");
    assert_int_equal(subject_count(s, "SW-INTERP"), 0);
    subject_free(s);

    s = subject_new(); /* what is started, by way of a link */
    subject_put(s,
                &(struct subject_file){.path = "usr/bin/perl", .mode = 0755, .facts = good_elf()});
    subject_put(s, &(struct subject_file){.path = "usr/bin/run", .target = "perl"});
    strv_add(&s->image.entrypoint, "/usr/bin/run");
    assert_int_equal(subject_count(s, "SW-INTERP"), 0);
    subject_free(s);
}

static void test_records(void **state)
{
    CLEANUP(strv_release) struct strv faults = STRV_INIT;
    struct subject *s = subject_new();

    (void)state;
    s->view.records = RECORDS_NONE;
    assert_int_equal(subject_count(s, "SW-DB"), 1);
    assert_int_equal(subject_find(s, "SW-DB")->severity, SEVERITY_HIGH);
    subject_free(s);

    s = subject_new();
    strv_add(&faults, "x 1.0 is recorded, and none of its files is there");
    s->view.record_faults = &faults;
    assert_int_equal(subject_count(s, "SW-DB"), 1);
    subject_free(s);

    s = subject_new();
    s->view.records = RECORDS_UNKNOWN;
    assert_int_equal(subject_count(s, "SW-DB"), 0);
    subject_free(s);
}

/* ---- secrets -------------------------------------------------------------------------------- */

static void test_secrets(void **state)
{
    static const struct file_case cases[] = {
        {"SEC-KEY", 1, .path = "etc/ssl/private/x.key", .key = "PRIVATE KEY"},
        {"SEC-KEY", 1, .path = "usr/share/doc/x/key.pem", .key = "PRIVATE KEY"},
        {"SEC-KEY", 0, .path = "etc/ssl/certs/x.pem"},
        {"SEC-FILE", 1, .path = "app/.env"},
        {"SEC-FILE", 1, .path = "app/.env.production"},
        {"SEC-FILE", 0, .path = "app/.env.example"},
        {"SEC-FILE", 0, .path = "app/environment"},
        {"SEC-FILE", 1, .path = "root/.netrc"},
        {"SEC-FILE", 1, .path = "root/.ssh/id_ed25519"},
        {"SEC-FILE", 1, .path = "root/.ssh/authorized_keys"},
        {"SEC-FILE", 0, .path = "root/.ssh/known_hosts"},
        {"SEC-FILE", 0, .path = "root/.ssh/id.pub"},
        {"SEC-FILE", 1, .path = "root/.aws/credentials"},
        {"SEC-FILE", 0, .path = "app/aws/credentials"},
        {"SEC-FILE", 1, .path = "root/.docker/config.json"},
        {"SEC-FILE", 0, .path = "app/config.json"},
        {"SEC-FILE", 1, .path = "home/x/kubeconfig"},
        {"SEC-FILE", 1, .path = "usr/share/x/.npmrc", .package = "npm"},
        {"SEC-HOST", 1, .path = "etc/ssh/ssh_host_rsa_key", .size = 10},
        {"SEC-HOST", 0, .path = "etc/ssh/ssh_host_rsa_key.pub", .size = 10},
        {"SEC-HOST", 1, .path = "etc/machine-id", .size = 33},
        {"SEC-HOST", 0, .path = "etc/machine-id"},
        {"SEC-HOST", 0, .path = "etc/machine-id", .size = 14}, /* "uninitialized" */
        {"SEC-HOST", 1, .path = "var/lib/systemd/random-seed", .size = 512},
        {"SEC-CA", 1, .path = "usr/local/share/ca-certificates/x.crt"},
        {"SEC-CA", 0, .path = "usr/share/ca-certificates/x.crt", .package = "ca-certificates"},
    };

    (void)state;
    run(cases, ARRAY_SIZE(cases));
    struct subject *s = subject_new();
    subject_put(s, &(struct subject_file){.path = "app/.git", .type = ENTRY_DIRECTORY});
    subject_put(s, &(struct subject_file){.path = "app/.git/config"});
    subject_put(s, &(struct subject_file){.path = "app/.gitignore"});
    assert_int_equal(subject_count(s, "SEC-FILE"), 1);
    assert_int_equal(subject_find(s, "SEC-FILE")->action, RULE_DENY);
    subject_free(s);
}

/* What was published already is no secret; nor is it denied. */
static void test_how_bad_credentials_are(void **state)
{
    static const struct {
        const char *path;
        enum severity severity;
        enum rule_action action;
    } cases[] = {
        {"app/.npmrc", SEVERITY_CRITICAL, RULE_DENY},
        {"app/node_modules_of_mine/.npmrc", SEVERITY_CRITICAL, RULE_DENY},
        {"app/node_modules/x/.npmrc", SEVERITY_LOW, RULE_NOTE},
        {"usr/local/lib/python3.13/site-packages/x/.env", SEVERITY_LOW, RULE_NOTE},
        {"app/tests/.netrc", SEVERITY_LOW, RULE_NOTE},
        {"root/.bash_history", SEVERITY_MEDIUM, RULE_DENY},
        {"home/x/.psql_history", SEVERITY_MEDIUM, RULE_DENY},
        {"app/tests/.bash_history", SEVERITY_LOW, RULE_NOTE},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct subject *s = subject_new();
        subject_put(s, &(struct subject_file){.path = cases[i].path, .text = "x"});
        const struct finding *f = subject_find(s, "SEC-FILE");
        assert_non_null(f);
        if (f->severity != cases[i].severity || f->action != cases[i].action)
            fail_msg("/%s: %s, %s", f->path, severity_name(f->severity),
                     rule_action_name(f->action));
        subject_free(s);
    }
    struct subject *s = subject_new(); /* nothing was typed */
    subject_put(s, &(struct subject_file){.path = "root/.bash_history"});
    assert_int_equal(subject_count(s, "SEC-FILE"), 0);
    subject_free(s);
}

static void test_secrets_that_are_shown(void **state)
{
    static const struct file_case shown[] = {
        {"SEC-KEY", 1, .path = "usr/share/doc/x/key.pem", .key = "PRIVATE KEY"},
        {"SEC-KEY", 1, .path = "app/tests/data/key.pem", .key = "PRIVATE KEY"},
        {"SEC-KEY", 1, .path = "usr/lib/python3.13/test/certdata/key.pem",
         .key = "RSA PRIVATE KEY"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(shown); i++) {
        struct subject *s = subject_new();
        struct file_facts *f = xcalloc(1, sizeof(*f));
        f->marks = MARK_KEY;
        f->key = xstrdup(shown[i].key);
        subject_put(s, &(struct subject_file){.path = shown[i].path, .facts = f});
        assert_int_equal(subject_find(s, "SEC-KEY")->severity, SEVERITY_LOW);
        assert_int_equal(subject_find(s, "SEC-KEY")->action, RULE_NOTE);
        subject_free(s);
    }
}

/* ---- certificates --------------------------------------------------------------------------- */

static char *certificate(EVP_PKEY *key, const char *name, long until)
{
    X509 *x = X509_new();
    X509_NAME *subject = X509_get_subject_name(x);
    BIO *b = BIO_new(BIO_s_mem());
    const char *text;

    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(x, subject);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    ASN1_TIME_set(X509_getm_notBefore(x), 1);
    ASN1_TIME_set(X509_getm_notAfter(x), until);
    X509_set_pubkey(x, key);
    assert_true(X509_sign(x, key, EVP_sha256()) > 0);
    PEM_write_bio_X509(b, x);
    long n = BIO_get_mem_data(b, &text);
    char *ret = xstrndup(text, (size_t)n);
    BIO_free(b);
    X509_free(x);
    return ret;
}

static void test_roots(void **state)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    CLEANUP(free_ptr) char *good = certificate(key, "Good", 2000);
    CLEANUP(free_ptr) char *old = certificate(key, "Old", 900);
    CLEANUP(free_ptr) char *own = certificate(key, "Own", 2000);
    CLEANUP(free_ptr) char *bundle = xasprintf("%s%s%s", good, old, own);
    struct subject *s = subject_new();

    (void)state;
    s->view.now = 1000;
    subject_put(s, &(struct subject_file){
                       .path = "usr/share/ca-certificates/a.crt", .text = good, .package = "ca"});
    subject_put(s, &(struct subject_file){
                       .path = "usr/share/ca-certificates/b.crt", .text = old, .package = "ca"});
    subject_put(
        s, &(struct subject_file){.path = "etc/ssl/certs/ca-certificates.crt", .text = bundle});
    assert_int_equal(subject_count(s, "SEC-CA"), 2);
    assert_string_equal(s->found.v[0].text, "has 1 root that expired: CN=Old");
    assert_string_equal(s->found.v[1].text, "has 1 root that no package brings: CN=Own");
    subject_free(s);

    s = subject_new();
    subject_put(s, &(struct subject_file){.path = "etc/ssl/cert.pem", .text = "no certificate"});
    assert_int_equal(subject_count(s, "SEC-CA"), 1);
    subject_free(s);

    s = subject_new();
    s->view.roots_known = true;
    subject_put(s, &(struct subject_file){.path = "etc/ssl/cert.pem", .text = "no certificate"});
    assert_int_equal(subject_count(s, "SEC-CA"), 0);
    subject_free(s);
    EVP_PKEY_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_and_content),
        cmocka_unit_test(test_listed_shells),
        cmocka_unit_test(test_declared_runtime),
        cmocka_unit_test(test_records),
        cmocka_unit_test(test_secrets),
        cmocka_unit_test(test_how_bad_credentials_are),
        cmocka_unit_test(test_secrets_that_are_shown),
        cmocka_unit_test(test_roots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
