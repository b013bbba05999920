/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One deb being unpacked: what the files of this stage hand to each other (unpack.h tells the
 * story). Private to unpack.c, control.c, data.c, fragment.c, md5sums.c, records.c, group.c.
 */
#ifndef MKIMAGE_ROOTFS_UNPACKING_H
#define MKIMAGE_ROOTFS_UNPACKING_H

#include "deb/member.h"
#include "rootfs/content.h"
#include "rootfs/decide.h"
#include "rootfs/doc.h"
#include "rootfs/unpack.h"

/* The package's files as compressed pieces, and the bytes of its dropped ones in an unlinked file.
 */
struct fragment {
    struct piece_writer *pieces;
    uint64_t raw, packed; /* once ended */
    int dropped_fd;       /* -1 until needed */
    uint64_t dropped_size;
    uint64_t *dropped_at; /* by number of entry */
    size_t n_dropped_at;
};

void fragment_start(struct fragment *f, const struct session *s,
                    const struct compressor *compressor);
void fragment_release(struct fragment *f);
/* The header of a kept entry that is no directory. */
int fragment_header(struct fragment *f, const struct entry *e, struct err *err) MUST_USE;
int fragment_data(struct fragment *f, const void *p, size_t n, struct err *err) MUST_USE;
int fragment_padding(struct fragment *f, uint64_t size, struct err *err) MUST_USE;
/* Bytes of a dropped file: where they will lie, the bytes, and a source of them later. */
int fragment_drop(struct fragment *f, size_t index, struct err *err) MUST_USE;
int fragment_drop_data(struct fragment *f, const void *p, size_t n, struct err *err) MUST_USE;
struct source *fragment_dropped(const struct fragment *f, size_t index, uint64_t size);
int fragment_end(struct fragment *f, struct err *err) MUST_USE;

struct unpacking {
    const struct context *ctx;
    const struct unpack_request *request;
    struct deb deb;
    struct package *package;
    char *md5sums; /* the deb's own; NULL if it has none and they are made */
    struct decisions decisions;
    struct fragment fragment;
    struct content_scan scan;
    struct doc doc;       /* the changelog, dropped or not */
    struct md5_text *md5; /* by number of entry, where they are made */
    size_t n_md5;
};

void unpacking_release(struct unpacking *u);

/* control.c: whether this is the deb, and of the name, that the lock says. */
bool package_is(const struct package *p, const struct lock_package *want);
/* control.c: stanza, scripts and md5sums from the control member; checked against the lock. */
int control_read(struct unpacking *u, struct err *err) MUST_USE;

/* data.c: entries, decisions and the fragment from the data member. */
int data_read(struct unpacking *u, struct err *err) MUST_USE;

/* md5sums.c: package->md5sums of what is shipped. */
void md5sums_make(struct unpacking *u);

/* A part of a layer: a package with its fragment. */
struct layer_part {
    const struct package *package;
    struct piece_writer *pieces; /* the fragment, borrowed; or NULL: */
    int fd;                      /* it lies in here, borrowed */
    uint64_t offset, packed, raw;
    uint64_t at; /* filled in: where the fragment lies in the layer's blob */
};

/* layers.c: directories of all, each once; the fragments; the records of all. */
int layer_of_parts(const struct context *ctx, const struct compressor *compressor,
                   struct layer_part *parts, size_t n, struct layer *ret, struct err *err) MUST_USE;

#endif
