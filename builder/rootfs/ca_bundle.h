/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates as update-ca-certificates (ca-certificates 20250419) and `openssl rehash` (3.5)
 * leave them: PEM text in, names and subject hashes out.
 */
#ifndef MKIMAGE_ROOTFS_CA_BUNDLE_H
#define MKIMAGE_ROOTFS_CA_BUNDLE_H

#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "rootfs/tree.h"
#include <jansson.h>

#define CA_FILE_MAX         (1u << 20) /* bytes of a file of certificates */
#define CA_CERTIFICATES_MAX 1000u      /* in one file */

struct certificate {
    char *pem;             /* encoded anew: the certificate alone, a newline at its end */
    struct sha256 sha256;  /* of the DER */
    uint32_t subject_hash; /* X509_NAME_hash: of the canonical subject */
    bool is_ca;
    int64_t not_after; /* seconds */
    char *subject;     /* one line, for notes */
};
struct certificates {
    struct certificate *v;
    size_t n, cap;
};

/* Reads all certificates of a PEM text. A private key, another kind of block, a damaged one, and a
 * text without any certificate are errors that name the file. */
int certificates_read(struct certificates *c, const char *text, size_t n, const char *name,
                      struct err *err) MUST_USE;
void certificates_release(struct certificates *c);

/* "/usr/share/…/NetLock_(Class Gold).crt" gives "NetLock_=Class_Gold=.pem"; the caller frees. */
char *ca_link_name(const char *path);

/* Raised when a file of certificates gives other facts than before, which no digest sees;
 * test_ca_bundle has some. OpenSSL's version is in the key, too. */
#define CA_FORMAT 1

/* What is known of the files of certificates that packages bring, in their order: for each a list
 * of [subject hash, SHA-256, not after, subject], or a text that says why it can't be read. Parsing
 * 150 certificates takes OpenSSL longer than all else of a build that changed nothing, so this is
 * kept in the cache (NULL: no cache) under a key of the files' digests. */
json_t *ca_facts(const struct context *ctx, struct node *const *files, size_t n);

#endif
