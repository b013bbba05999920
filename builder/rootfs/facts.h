/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How facts look as bytes: numbers little-endian, strings and lists with a count of 32 bits before
 * them, no padding, so that equal facts are equal bytes. Private to encode.c, decode.c, layers.c,
 * group.c, tree_layer.c.
 */
#ifndef MKIMAGE_ROOTFS_FACTS_H
#define MKIMAGE_ROOTFS_FACTS_H

#include "rootfs/package.h"

#define FACTS_MAGIC     "mkimage package facts\n"
#define FACTS_NO_STRING UINT32_MAX /* the count of a NULL */

enum facts_entry_flag {
    FACTS_DROPPED = 1 << 0,
    FACTS_HAS_FACTS = 1 << 1,
    FACTS_HAS_DIGEST = 1 << 2,
};

/* The facts of a layer of several packages, or of the image's own. */
void layer_encode(const struct layer *l, struct buf *ret);
int layer_decode(const void *p, size_t n, struct layer *ret, struct err *err) MUST_USE;
/* The same in the cache, with the layer itself; false if one of them isn't there. */
bool layer_known(struct cache *c, const char *kind, const struct sha256 *key, struct layer *ret);
int layer_keep(struct cache *c, const char *kind, const struct sha256 *key, const struct layer *l,
               struct err *err) MUST_USE;

#endif
