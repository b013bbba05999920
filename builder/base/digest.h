/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-256, by OpenSSL's EVP.
 *
 * In the field's words: `digest` is "sha256:<hex>" of a blob as stored, `diff_id` the same of the
 * uncompressed tar (OCI image spec, descriptor.md "Digests" and config.md "Layer DiffID"). Both
 * are kept as 32 bytes in memory and written out only at the edges.
 */
#ifndef MKIMAGE_BASE_DIGEST_H
#define MKIMAGE_BASE_DIGEST_H

#include "base/err.h"

#define SHA256_HEX_LEN    64
#define DIGEST_STRING_LEN (7 + SHA256_HEX_LEN)

struct sha256 {
    uint8_t bytes[32];
};

/* Hashing as bytes come. hasher_start may be called again after hasher_end. */
struct hasher {
    void *ctx; /* EVP_MD_CTX */
};
void hasher_start(struct hasher *h);
void hasher_add(struct hasher *h, const void *p, size_t n);
struct sha256 hasher_end(struct hasher *h);
void hasher_release(struct hasher *h);

struct sha256 sha256_of(const void *p, size_t n);
bool sha256_eq(const struct sha256 *a, const struct sha256 *b);
/* All bytes zero: "not known". Nothing has this digest, and no text that is read can give it
 * (sha256_parse_hex), so that nobody's zero passes for "any". */
bool sha256_is_zero(const struct sha256 *a);

/* Text forms, as values so that they can be printed in place:
 * printf("%s\n", sha256_hex(&d).s) */
struct sha256_text {
    char s[DIGEST_STRING_LEN + 1];
};
struct sha256_text sha256_hex(const struct sha256 *d);    /* 64 hex digits */
struct sha256_text sha256_digest(const struct sha256 *d); /* "sha256:" and 64 hex digits */

/* Strict: exactly 64 lower-case hex digits, not all of them zero, and for the second "sha256:"
 * before them. Returns false for all else: a digest is judged by this before it is used as a file's
 * name (CVE-2024-3727). */
bool sha256_parse_hex(struct slice text, struct sha256 *ret) MUST_USE;
bool sha256_parse_digest(struct slice text, struct sha256 *ret) MUST_USE;

/* SHA-1, for the end of Java's key stores and nothing else. */
struct sha1 {
    uint8_t bytes[20];
};
struct sha1 sha1_of(const void *p, size_t n);

/* MD5 of a file's bytes, for dpkg's md5sums and nothing else. */
struct md5_text {
    char s[33];
};
struct md5_text md5_hex(const void *p, size_t n);

#endif
