/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"
#include "base/text.h"
#include "rootfs/ca_bundle.h"
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

void certificates_release(struct certificates *c)
{
    for (size_t i = 0; i < c->n; i++) {
        free(c->v[i].pem);
        free(c->v[i].subject);
    }
    free(c->v);
    *c = (struct certificates){0};
}

char *ca_link_name(const char *path)
{
    const char *base = path_base(path);
    size_t n = strlen(base);
    if (n > 4 && ends_with(base, ".crt"))
        n -= 4;
    char *name = xasprintf("%.*s.pem", (int)n, base);
    for (char *s = name; *s; s++)
        *s = *s == ' ' || *s == ',' ? '_' : *s == '(' || *s == ')' ? '=' : *s;
    return name;
}

static void bio_cleanup(BIO **b)
{
    BIO_free(*b);
}

static void x509_cleanup(X509 **x)
{
    X509_free(*x);
}

static void openssl_cleanup(void *p)
{
    OPENSSL_free(*(void **)p);
}

/* What a memory BIO holds, as a string of our own. */
static char *bio_text(BIO *b)
{
    const char *p = NULL;
    long n = BIO_get_mem_data(b, &p);
    return xstrndup(p ? p : "", n > 0 ? (size_t)n : 0);
}

static bool describe(X509 *x, const unsigned char *der, size_t n, struct certificate *ret)
{
    CLEANUP(bio_cleanup) BIO *pem = BIO_new(BIO_s_mem());
    CLEANUP(bio_cleanup) BIO *subject = BIO_new(BIO_s_mem());
    struct tm until;
    int ok = 0;
    if (!pem || !subject || PEM_write_bio_X509(pem, x) != 1 ||
        X509_NAME_print_ex(subject, X509_get_subject_name(x), 0,
                           XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) < 0)
        return false;
    ret->subject_hash = (uint32_t)X509_NAME_hash_ex(X509_get_subject_name(x), NULL, NULL, &ok);
    if (!ok || ASN1_TIME_to_tm(X509_get0_notAfter(x), &until) != 1)
        return false;
    CLEANUP(free_ptr) char *line = bio_text(subject);
    ret->pem = bio_text(pem);
    ret->subject = text_escape(line, strlen(line));
    ret->sha256 = sha256_of(der, n);
    ret->is_ca = X509_check_ca(x) > 0;
    ret->not_after = timegm(&until);
    return true;
}

static int add_block(struct certificates *c, const char *kind, const unsigned char *der, long n,
                     const char *name, struct err *err)
{
    if (strstr(kind, "PRIVATE KEY"))
        return err_set(err, "%s holds a private key", name);
    if (strcmp(kind, PEM_STRING_X509) != 0 && strcmp(kind, PEM_STRING_X509_OLD) != 0) {
        return err_set(err, "%s holds a \"%s\", not just certificates", name, kind);
    }
    const unsigned char *p = der;
    CLEANUP(x509_cleanup) X509 *x = d2i_X509(NULL, &p, n);
    struct certificate one = {0};
    if (!x || p != der + n || !describe(x, der, (size_t)n, &one))
        return err_set(err, "%s holds a damaged certificate", name);
    GROW(c->v, c->n, c->cap);
    c->v[c->n++] = one;
    return 0;
}

static int read_blocks(struct certificates *c, BIO *in, const char *name, struct err *err)
{
    for (;;) {
        CLEANUP(openssl_cleanup) char *kind = NULL;
        CLEANUP(openssl_cleanup) char *header = NULL;
        CLEANUP(openssl_cleanup) unsigned char *der = NULL;
        long n = 0;
        if (PEM_read_bio(in, &kind, &header, &der, &n) != 1)
            return ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE
                       ? 0
                       : err_set(err, "%s holds a damaged PEM block", name);
        if (c->n == CA_CERTIFICATES_MAX)
            return err_set(err, "%s holds more than %u certificates", name, CA_CERTIFICATES_MAX);
        if (add_block(c, kind, der, n, name, err) < 0)
            return err_ret(err);
    }
}

int certificates_read(struct certificates *c, const char *text, size_t n, const char *name,
                      struct err *err)
{
    size_t before = c->n;
    if (n > CA_FILE_MAX)
        return err_set(err, "%s has more than %u bytes", name, CA_FILE_MAX);
    CLEANUP(bio_cleanup) BIO *in = BIO_new_mem_buf(text, (int)n);
    if (!in)
        return err_set(err, "%s can't be read", name);
    ERR_clear_error();
    int r = read_blocks(c, in, name, err);
    ERR_clear_error();
    if (r == 0 && c->n == before) {
        (void)err_set(err, "%s holds no certificate in PEM", name);
        return err_hint(err, "one in DER is converted by: openssl x509 -inform DER -in FILE");
    }
    return r;
}
