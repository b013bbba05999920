/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a deb's tar archives: libarchive's tar reader over a checked source (tarcheck.h), with
 * names as raw bytes whatever the locale.
 *
 *     tar_reader_open(&r, source, "x.deb: data.tar", entries, err)
 *     while ((got = tar_reader_next(r, &item, err)) > 0)
 *         while ((n = tar_reader_data(r, &p, err)) > 0)
 *             … p[0..n] …
 *     tar_reader_free(r)
 */
#ifndef MKIMAGE_ROOTFS_TARREAD_H
#define MKIMAGE_ROOTFS_TARREAD_H

#include "base/stream.h"
#include "rootfs/package.h"

struct tar_item {
    const char *name;   /* as it stands; valid until the next item */
    const char *target; /* of links, else NULL */
    enum entry_type type;
    uint16_t mode; /* 07777 */
    uint32_t uid, gid;
    int64_t mtime;
    uint64_t size;
    bool capability; /* has file capabilities */
};

struct tar_reader;

/* Takes the source over, also on failure. name is for errors and borrowed. */
int tar_reader_open(struct source *source, const char *name, size_t entries,
                    struct tar_reader **ret, struct err *err) MUST_USE;
/* 1: an item; 0: the end, to which the source was read; negative: an error. */
int tar_reader_next(struct tar_reader *r, struct tar_item *ret, struct err *err) MUST_USE;
/* The next bytes of the item's data, valid until the next call; 0 at their end. */
ssize_t tar_reader_data(struct tar_reader *r, const void **ret, struct err *err) MUST_USE;
void tar_reader_free(struct tar_reader *r); /* NULL is fine */

#endif
