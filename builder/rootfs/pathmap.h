/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sorted map from image paths to things, by the C library's search tree. Things are the
 * caller's; each begins with its path (char *path as first member), which must not change while
 * it is in the map.
 *
 * (Apart from the tree, because <search.h> has a struct entry of its own.)
 */
#ifndef MKIMAGE_ROOTFS_PATHMAP_H
#define MKIMAGE_ROOTFS_PATHMAP_H

#include "base/mem.h"

struct pathmap {
    void *root;
    size_t n;
};

void *pathmap_find(const struct pathmap *m, const char *path); /* or NULL */

/* Adds a thing, or gives the one that has this path already. */
void *pathmap_add(struct pathmap *m, void *thing);

/* Takes a thing out that is in it. */
void pathmap_remove(struct pathmap *m, const void *thing);

/* All things in order, and NULL behind them; the caller frees the list. */
void **pathmap_list(const struct pathmap *m);

/* Empties the map; release (may be NULL) is called with each thing. */
void pathmap_release(struct pathmap *m, void (*release)(void *thing));

#endif
