/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this machine knows of a published image, in the cache: so that a night with nothing new
 * asks a registry for its tags alone. It may be lost, and is never believed over the tags.
 */
#ifndef MKIMAGE_FLEET_KNOWN_H
#define MKIMAGE_FLEET_KNOWN_H

#include "base/strv.h"
#include "fleet/attach.h"
#include "net/cache.h"

struct known {
    struct sha256 input;       /* the input key that it was made from */
    struct sha256 image;       /* what the tags named */
    struct sha256 lock;        /* of the lock's file */
    struct strv tags;          /* that named it, in the order of the recipe */
    struct record_blob record; /* beside it; size 0 where it isn't known */
};

/* name: "host/repository". False if nothing is known. */
bool known_get(struct cache *c, const char *name, struct known *ret);
void known_put(struct cache *c, const char *name, const struct known *k);
bool known_same(const struct known *a, const struct known *b);
void known_release(struct known *k);

#endif
