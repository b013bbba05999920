/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Debs through package_get, with a cache of the test's own.
 *
 *     CLEANUP(unpacker_end) struct unpacker u;
 *     unpacker_start(&u);
 *     assert_ok(unpacker_get(&u, &deb, "x", &package, &err), &err);
 *     unpacker_layer(&u, &package->layer, &text);     what the layer holds, a line an entry
 */
#ifndef MKIMAGE_TESTS_UNPACKER_H
#define MKIMAGE_TESTS_UNPACKER_H

#include "debmaker.h"
#include "rootfs/unpack.h"

struct unpacker {
    char *scratch;
    struct cache *cache;
    struct session session;
    atomic_int stop;
    struct edit_policy policy; /* keeps all, until the test sets it */
    struct compressor compressor;
    bool made; /* by the last get */
};

void unpacker_start(struct unpacker *u);
void unpacker_end(struct unpacker *u);

/* A policy of this text: lines of "drop PATTERN", "mode 0755 PATTERN", "refuse PATTERN". The text
 * is borrowed. */
void unpacker_policy(struct unpacker *u, const char *text);

/* Version 1.0, architecture all. */
int unpacker_get(struct unpacker *u, const struct buf *deb, const char *name, struct package **ret,
                 struct err *err);

/* By libarchive: "d 0755 0:0 usr/", "f 0644 0:0 usr/f text", "l 0777 0:0 a -> b", "h … a = b";
 * records (var/lib/dpkg) without their content. */
void unpacker_layer(struct unpacker *u, const struct layer *l, struct buf *ret);
/* The content of one file of the layer. */
void unpacker_file(struct unpacker *u, const struct layer *l, const char *path, struct buf *ret);

void package_cleanup(struct package **p);

#endif
