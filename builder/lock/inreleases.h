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
    struct err failed;    /* why it couldn't be had, until somebody was told */
};

/* One that will be wanted. */
struct inrelease_want {
    struct strv urls;
    const char *keyring; /* borrowed */
};

/* Zeroed at the start. */
struct inreleases {
    struct inrelease **v;
    size_t n, cap;
};
void inreleases_release(struct inreleases *i);

/* Asks for all of them at once. What fails is told by inreleases_get, later; negative only if the
 * user asked to stop. */
int inreleases_ahead(struct inreleases *i, const struct context *ctx,
                     const struct inrelease_want *wants, size_t n, struct err *err) MUST_USE;

/* The file at the first of these places that has it, signed by a key of the keyring; *ret lives as
 * long as i. A failure isn't kept. */
int inreleases_get(struct inreleases *i, const struct context *ctx, const struct strv *urls,
                   const char *keyring, const struct inrelease **ret, struct err *err) MUST_USE;

#endif
