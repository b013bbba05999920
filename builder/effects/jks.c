/* SPDX-License-Identifier: Apache-2.0 */
#include "effects/jks.h"
#include "base/text.h"
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#define MAGIC       0xfeedfeedu
#define VERSION     2
#define TRUSTED     2 /* the kind of an entry */
#define TYPE        "X.509"
#define PASSWORD    "changeit" /* ca-certificates-java's, and every Java's */
#define WHITENER    "Mighty Aphrodite"
#define PREFIX      "debian:"
#define SUFFIX      ".pem"
#define DIGEST_PART 32 /* hex digits of an alias made of a digest */

void jks_release(struct jks *j)
{
    for (size_t i = 0; i < j->n; i++) {
        free(j->v[i].alias);
        free(j->v[i].der);
    }
    free(j->v);
    *j = (struct jks){0};
}

/* ---- what Java reads ---- */

/* Java knows no other curves (sun.security.util.CurveDB of 21 and 25), by OpenSSL's names. */
static bool is_javas_curve(const ASN1_OBJECT *o)
{
    static const char *const families[] = {"prime", "secp", "sect", "c2tnb"};
    const char *name = OBJ_nid2sn(OBJ_obj2nid(o));
    for (size_t i = 0; name && i < ARRAY_SIZE(families); i++)
        if (starts_with(name, families[i]))
            return true;
    return starts_with(name, "brainpool") && ends_with(name, "r1");
}

static const char *key_fault(X509 *x)
{
    ASN1_OBJECT *algorithm = NULL;
    X509_ALGOR *parameters = NULL;
    const void *value = NULL;
    int kind = 0;
    if (X509_PUBKEY_get0_param(&algorithm, NULL, NULL, &parameters, X509_get_X509_PUBKEY(x)) != 1)
        return "its key can't be read";
    if (OBJ_obj2nid(algorithm) != NID_X9_62_id_ecPublicKey)
        return NULL;
    X509_ALGOR_get0(NULL, &kind, &value, parameters);
    if (kind != V_ASN1_OBJECT)
        return "Java takes no elliptic curve that is given by its numbers";
    return is_javas_curve(value) ? NULL : "Java doesn't know its elliptic curve";
}

/* Why Java's parser would refuse it, or NULL. */
static const char *fault_of(X509 *x)
{
    if (X509_NAME_entry_count(X509_get_issuer_name(x)) == 0)
        return "Java takes no certificate without an issuer";
    if (X509_get_extension_flags(x) & EXFLAG_INVALID)
        return "an extension of it can't be read";
    return key_fault(x);
}

static void bio_cleanup(BIO **b)
{
    BIO_free(*b);
}

static void x509_cleanup(X509 **x)
{
    X509_free(*x);
}

/* The DER of the first certificate. */
static int read_first(struct slice pem, struct jks_entry *ret, struct err *err)
{
    unsigned char *der = NULL;
    CLEANUP(bio_cleanup) BIO *in = pem.n > INT32_MAX ? NULL : BIO_new_mem_buf(pem.p, (int)pem.n);
    CLEANUP(x509_cleanup) X509 *x = in ? PEM_read_bio_X509(in, NULL, NULL, NULL) : NULL;
    int n = x ? i2d_X509(x, &der) : -1;
    ERR_clear_error();
    if (n <= 0)
        return err_set(err, "it holds no certificate that can be read");
    ret->der = xmemdup(der, (size_t)n);
    ret->n = (size_t)n;
    OPENSSL_free(der);
    const char *fault = fault_of(x);
    ERR_clear_error();
    return fault ? err_set(err, "%s", fault) : 0;
}

/* ---- aliases ---- */

/* The lower case of a Latin letter of two bytes in UTF-8, as Unicode has it; 0 for what isn't known
 * here. */
static unsigned lower_latin(unsigned c)
{
    if (c >= 0xc0 && c <= 0xde && c != 0xd7)
        return c + 0x20;
    if (c < 0x100)
        return c;
    if (c > 0x17f || c == 0x130) /* İ becomes two letters */
        return 0;
    if (c == 0x178)
        return 0xff;
    /* Capital and small letter stand side by side, the capital first; where a letter without a
     * capital stands between them, the order changes. */
    if (c == 0x138 || c == 0x149 || c == 0x17f)
        return c;
    bool odd_capitals = (c > 0x138 && c < 0x149) || (c > 0x178 && c < 0x17f);
    return (c & 1) == odd_capitals ? c + 1 : c;
}

/* Below U+0180, and without NUL, Java's modified UTF-8 is UTF-8. */
static char *lower(const char *name)
{
    CLEANUP(buf_release) struct buf out = BUF_INIT(UINT16_MAX);
    if (text_utf8(name, strlen(name)) != strlen(name))
        return NULL;
    for (const unsigned char *s = (const unsigned char *)name; *s; s++) {
        if (*s < 0x80) {
            buf_addch(&out, *s >= 'A' && *s <= 'Z' ? (char)(*s + 0x20) : (char)*s);
            continue;
        }
        unsigned c = *s < 0xe0 ? lower_latin((*s & 0x1fu) << 6 | (s[1] & 0x3fu)) : 0;
        if (!c)
            return NULL;
        buf_addch(&out, (char)(0xc0 | c >> 6));
        buf_addch(&out, (char)(0x80 | (c & 0x3f)));
        s++;
    }
    return out.overflow ? NULL : buf_detach(&out);
}

static bool has_alias(const struct jks *j, const char *alias)
{
    for (size_t i = 0; i < j->n; i++)
        if (strcmp(j->v[i].alias, alias) == 0)
            return true;
    return false;
}

static char *alias_of(const struct jks *j, const char *name, const struct jks_entry *e)
{
    CLEANUP(free_ptr) char *whole = xasprintf(PREFIX "%s", name);
    char *alias = lower(whole);
    if (alias && !has_alias(j, alias))
        return alias;
    free(alias);
    struct sha256 digest = sha256_of(e->der, e->n);
    return xasprintf(PREFIX "%.*s" SUFFIX, DIGEST_PART, sha256_hex(&digest).s);
}

int jks_add(struct jks *j, const char *name, struct slice pem, struct err *err)
{
    struct jks_entry e = {0};
    int r = read_first(pem, &e, err);
    if (r == 0)
        e.alias = alias_of(j, name, &e);
    if (r < 0 || has_alias(j, e.alias)) { /* the same certificate once more */
        free(e.alias);
        free(e.der);
        return r;
    }
    GROW(j->v, j->n, j->cap);
    j->v[j->n++] = e;
    return 0;
}

/* ---- writing ---- */

static void add_number(struct buf *b, uint64_t value, unsigned bytes)
{
    while (bytes-- > 0)
        buf_addch(b, (char)(value >> (8 * bytes)));
}

static void add_string(struct buf *b, const char *s)
{
    add_number(b, strlen(s), 2);
    buf_addstr(b, s);
}

static struct sha1 seal(const struct buf *store)
{
    CLEANUP(buf_release) struct buf all = BUF_INIT(0);
    for (const char *s = PASSWORD; *s; s++)
        add_number(&all, (unsigned char)*s, 2);
    buf_addstr(&all, WHITENER);
    buf_add(&all, store->data, store->len);
    return sha1_of(all.data, all.len);
}

static int by_alias(const void *a, const void *b)
{
    return strcmp(((const struct jks_entry *)a)->alias, ((const struct jks_entry *)b)->alias);
}

void jks_format(struct jks *j, struct buf *ret)
{
    if (j->n)
        qsort(j->v, j->n, sizeof(*j->v), by_alias);
    add_number(ret, MAGIC, 4);
    add_number(ret, VERSION, 4);
    add_number(ret, j->n, 4);
    for (size_t i = 0; i < j->n; i++) {
        add_number(ret, TRUSTED, 4);
        add_string(ret, j->v[i].alias);
        add_number(ret, 0, 8);
        add_string(ret, TYPE);
        add_number(ret, j->v[i].n, 4);
        buf_add(ret, j->v[i].der, j->v[i].n);
    }
    struct sha1 sha1 = seal(ret);
    buf_add(ret, sha1.bytes, sizeof(sha1.bytes));
}
