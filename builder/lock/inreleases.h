/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The InRelease files that a run has read: each is asked for and verified once, whichever recipes
 * and architectures it is read for. Private to lock.
 */
#ifndef MKIMAGE_LOCK_INRELEASES_H
#define MKIMAGE_LOCK_INRELEASES_H

#include "base/session.h"
#include "base/strv.h"
#include "net/cache.h"
#include "net/http.h"

struct inrelease {
    struct sha256 key;
    char *url;            /* where it came from */
    struct sha256 digest; /* of all its bytes */
    struct buf text;      /* what is signed */
};

/* Zeroed at the start. */
struct inreleases {
    struct inrelease **v;
    size_t n, cap;
};
void inreleases_release(struct inreleases *i);

/* The file at the first of these places that has it, signed by a key of the keyring; *ret lives as
 * long as i. A failure isn't kept. */
int inreleases_get(struct inreleases *i, const struct session *s, struct http *h, struct cache *c,
                   const struct strv *urls, const char *keyring, const struct inrelease **ret,
                   struct err *err) MUST_USE;

#endif
