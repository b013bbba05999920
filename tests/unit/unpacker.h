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
/* Below a directory. */
size_t count_files(const char *dir);

/* The deb itself, and nothing that was made of it. */
void expect_nothing_made(const struct unpacker *u);
/* The deb is refused with these words, and what it is called. */
void expect_refused(const char *what, const struct buf *deb, const char *says);

/* The records of dpkg in a layer of package x, and their directories. */
#define RECORDS                             \
    "f 0644 0:0 var/lib/dpkg/status\n"      \
    "f 0644 0:0 var/lib/dpkg/info/x.list\n" \
    "f 0644 0:0 var/lib/dpkg/info/x.md5sums\n"

#define RECORD_DIRECTORIES                                                        \
    "d 0755 0:0 var/\nd 0755 0:0 var/lib/\nd 0755 0:0 var/lib/dpkg/\nd 0755 0:0 " \
    "var/lib/dpkg/info/\n"

/* A deb of package x with these entries. */
struct parts {
    struct buf control, data, deb;
};
void parts_release(struct parts *p);

#define PARTS(name) CLEANUP(parts_release) struct parts name = {0}

/* The deb of them, with these fields in its control file. */
void parts_finish(struct parts *p, const char *name, const char *fields);
void expect_layer(struct unpacker *u, const struct package *p, const char *text);
void expect_file(struct unpacker *u, const struct package *p, const char *path, const char *text);
/* A few files below usr/share. */
void parts_simple(struct parts *d);
/* A package of them under this policy; *ret is freed first. */
void expect_package(struct unpacker *u, const struct parts *d, const char *policy,
                    struct package **ret);

#endif
