/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digest.h"
#include <openssl/evp.h>
#include <stdio.h>

/* EVP fails here only when memory is out or OpenSSL's own setup is broken; there is no sensible
 * way on from either. */
static void must(int ok)
{
    if (ok == 1)
        return;
    fputs("mkimage: OpenSSL can't compute digests\n", stderr);
    abort();
}

void hasher_start(struct hasher *h)
{
    const EVP_MD *type = h->ctx ? NULL : EVP_sha256(); /* looked up just once */
    if (!h->ctx)
        h->ctx = EVP_MD_CTX_new();
    must(h->ctx != NULL);
    must(EVP_DigestInit_ex(h->ctx, type, NULL));
}

void hasher_add(struct hasher *h, const void *p, size_t n)
{
    must(EVP_DigestUpdate(h->ctx, p, n));
}

struct sha256 hasher_end(struct hasher *h)
{
    struct sha256 d;
    must(EVP_DigestFinal_ex(h->ctx, d.bytes, NULL));
    return d;
}

void hasher_release(struct hasher *h)
{
    EVP_MD_CTX_free(h->ctx);
    h->ctx = NULL;
}

struct sha256 sha256_of(const void *p, size_t n)
{
    struct sha256 d;
    must(EVP_Digest(p, n, d.bytes, NULL, EVP_sha256(), NULL));
    return d;
}

bool sha256_eq(const struct sha256 *a, const struct sha256 *b)
{
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

bool sha256_is_zero(const struct sha256 *a)
{
    static const struct sha256 zero;
    return sha256_eq(a, &zero);
}

static void put_hex(char *out, const uint8_t *bytes, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        *out++ = digits[bytes[i] >> 4];
        *out++ = digits[bytes[i] & 15];
    }
    *out = '\0';
}

struct sha256_text sha256_hex(const struct sha256 *d)
{
    struct sha256_text t = {""};
    put_hex(t.s, d->bytes, sizeof(d->bytes));
    return t;
}

struct sha256_text sha256_digest(const struct sha256 *d)
{
    struct sha256_text t = {"sha256:"};
    put_hex(t.s + 7, d->bytes, sizeof(d->bytes));
    return t;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

bool sha256_parse_hex(struct slice text, struct sha256 *ret)
{
    if (text.n != SHA256_HEX_LEN)
        return false;
    struct sha256 d;
    for (size_t i = 0; i < sizeof(d.bytes); i++) {
        int high = hex_value(text.p[2 * i]);
        int low = hex_value(text.p[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        d.bytes[i] = (uint8_t)(high << 4 | low);
    }
    if (sha256_is_zero(&d))
        return false;
    *ret = d;
    return true;
}

bool sha256_parse_digest(struct slice text, struct sha256 *ret)
{
    if (text.n != DIGEST_STRING_LEN || memcmp(text.p, "sha256:", 7) != 0)
        return false;
    return sha256_parse_hex((struct slice){text.p + 7, text.n - 7}, ret);
}

struct sha1 sha1_of(const void *p, size_t n)
{
    struct sha1 ret;
    must(EVP_Digest(p, n, ret.bytes, NULL, EVP_sha1(), NULL));
    return ret;
}

struct md5_text md5_hex(const void *p, size_t n)
{
    uint8_t bytes[16];
    struct md5_text t = {""};
    must(EVP_Digest(p, n, bytes, NULL, EVP_md5(), NULL));
    put_hex(t.s, bytes, sizeof(bytes));
    return t;
}
