/* SPDX-License-Identifier: Apache-2.0 */
#include "deb/gpgv.h"
#include <openssl/evp.h>

#define TAG_PUBLIC_KEY    6
#define TAG_PUBLIC_SUBKEY 14
#define RSA_BITS_MIN      2048

enum { ALGORITHM_RSA = 1, ALGORITHM_RSA_ENCRYPT = 2, ALGORITHM_RSA_SIGN = 3 };
enum { ALGORITHM_ELGAMAL = 16, ALGORITHM_DSA = 17 };

struct packet {
    unsigned tag;
    const uint8_t *body;
    size_t n;
};

/* Big endian, n bytes at *p, which moves on; false beyond the end. */
static bool take_number(const uint8_t **p, const uint8_t *end, unsigned n, size_t *ret)
{
    if ((size_t)(end - *p) < n)
        return false;
    *ret = 0;
    while (n-- > 0)
        *ret = *ret << 8 | *(*p)++;
    return true;
}

static bool new_length(const uint8_t **p, const uint8_t *end, size_t *ret)
{
    size_t second;
    if (!take_number(p, end, 1, ret))
        return false;
    if (*ret < 192)
        return true;
    if (*ret == 255)
        return take_number(p, end, 4, ret);
    if (*ret >= 224 || !take_number(p, end, 1, &second))
        return false; /* a partial body: not for keys */
    *ret = ((*ret - 192) << 8) + second + 192;
    return true;
}

static bool next_packet(const uint8_t **p, const uint8_t *end, struct packet *ret)
{
    if (*p == end || !(**p & 0x80))
        return false;
    uint8_t first = *(*p)++;
    bool known;
    if (first & 0x40) {
        ret->tag = first & 0x3f;
        known = new_length(p, end, &ret->n);
    } else {
        ret->tag = first >> 2 & 0x0f;
        unsigned kind = first & 3;
        known = kind < 3 && take_number(p, end, 1u << kind, &ret->n);
    }
    if (!known || ret->n > (size_t)(end - *p))
        return false;
    ret->body = *p;
    *p += ret->n;
    return true;
}

static bool has_fingerprint(const struct packet *key, struct slice fingerprint)
{
    uint8_t head[3] = {0x99, (uint8_t)(key->n >> 8), (uint8_t)key->n}, sha1[20];
    if (key->n > UINT16_MAX || fingerprint.n != 2 * sizeof(sha1))
        return false;
    CLEANUP(buf_release) struct buf all = BUF_INIT(0);
    buf_add(&all, head, sizeof(head));
    buf_add(&all, key->body, key->n);
    if (!EVP_Digest(all.data, all.len, sha1, NULL, EVP_sha1(), NULL))
        return false;
    char hex[2 * sizeof(sha1) + 1];
    for (size_t i = 0; i < sizeof(sha1); i++)
        snprintf(hex + 2 * i, 3, "%02X", sha1[i]);
    return strncasecmp(hex, fingerprint.p, fingerprint.n) == 0;
}

/* Version 4: version, time (4), algorithm, then the numbers, each with its length in bits. */
static bool is_weak(const struct packet *key)
{
    const uint8_t *p = key->body + 6;
    size_t bits;
    switch (key->body[5]) {
    case ALGORITHM_RSA:
    case ALGORITHM_RSA_ENCRYPT:
    case ALGORITHM_RSA_SIGN:
        return !take_number(&p, key->body + key->n, 2, &bits) || bits < RSA_BITS_MIN;
    case ALGORITHM_ELGAMAL:
    case ALGORITHM_DSA:
        return true;
    default:
        return false;
    }
}

bool pgp_key_weak(struct slice keys, struct slice fingerprint)
{
    const uint8_t *p = (const uint8_t *)keys.p, *end = p + keys.n;
    struct packet packet;
    while (next_packet(&p, end, &packet)) {
        bool is_key = packet.tag == TAG_PUBLIC_KEY || packet.tag == TAG_PUBLIC_SUBKEY;
        if (is_key && packet.n > 6 && packet.body[0] == 4 && has_fingerprint(&packet, fingerprint))
            return is_weak(&packet);
    }
    return true;
}
