/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Java's own form of a key store, JKS version 2, holding certificates that are trusted and nothing
 * else: what ca-certificates-java makes, and what each Java since 1.2 reads without being given a
 * password. (A PKCS #12 store with a password is read as an empty one, without a word.)
 *
 *     0xfeedfeed, version, number of entries
 *     an entry: 2, alias, milliseconds since 1970, "X.509", length, the certificate's DER
 *     SHA-1 of the password in UTF-16, "Mighty Aphrodite", and all of the above
 *
 * Numbers are big-endian, strings have two bytes of length before them. Dates are 0, so that the
 * bytes follow from the certificates alone.
 */
#ifndef MKIMAGE_EFFECTS_JKS_H
#define MKIMAGE_EFFECTS_JKS_H

#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"

struct jks_entry {
    char *alias; /* as jks_alias gives it */
    void *der;
    size_t n;
};
struct jks {
    struct jks_entry *v;
    size_t n, cap;
};

void jks_release(struct jks *j);

/* Adds the first certificate of a PEM text as debian:NAME in lower case: the store asks for
 * aliases in lower case and would lose others. A name beyond Latin letters, whose lower case isn't
 * known here, and one that is there already become debian:DIGEST.pem. What Java wouldn't read is an
 * error that says why: one such certificate, and the whole store would be refused. */
int jks_add(struct jks *j, const char *name, struct slice pem, struct err *err) MUST_USE;

/* The store, its entries sorted by alias. */
void jks_format(struct jks *j, struct buf *ret);

#endif
