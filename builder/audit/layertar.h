/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading the tar of anybody's layer: as lenient as engines are, where rootfs/tarread.h is strict.
 * What engines may disagree about is told as a fault and read as Docker reads it: pax and GNU
 * headers in any order, global headers, sparse files, bytes behind the end.
 *
 *     layer_tar_open(&r, source, "layer sha256:…", &faults, err)
 *     while ((got = layer_tar_next(r, &item, err)) > 0)
 *         while ((n = layer_tar_data(r, &p, err)) > 0)
 *             … p[0..n] …
 *     layer_tar_free(r)
 */
#ifndef MKIMAGE_AUDIT_LAYERTAR_H
#define MKIMAGE_AUDIT_LAYERTAR_H

#include "base/stream.h"
#include "rootfs/package.h"

#define LAYER_ENTRIES_MAX 1000000u
#define LAYER_XATTRS_MAX  64                  /* of one entry */
#define LAYER_XATTR_BYTES 4096                /* of a value; what is longer is cut off */
#define LAYER_FAULTS_MAX  100                 /* that are told of a layer */
#define LAYER_HOLES_MAX   (UINT64_C(4) << 30) /* bytes of a sparse file's holes that are read */

struct layer_item {
    const char *name;   /* as it stands; valid until the next item */
    const char *target; /* of links, else NULL */
    enum entry_type type;
    uint16_t mode; /* 07777 */
    uint32_t uid, gid;
    int64_t mtime;
    uint64_t size;        /* of files */
    uint64_t device;      /* of devices: major * 2^32 + minor */
    struct xattr *xattrs; /* valid until the next item */
    size_t n_xattrs;
};

struct layer_tar;

/* Adds a fault, up to LAYER_FAULTS_MAX of them. */
void layer_fault(struct strv *faults, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Takes the source over, also on failure. name is for errors, faults gets what is odd about the
 * form; both are borrowed. */
int layer_tar_open(struct source *source, const char *name, struct strv *faults,
                   struct layer_tar **ret, struct err *err) MUST_USE;
/* 1: an item; 0: the end, to which the source was read; negative: an error. */
int layer_tar_next(struct layer_tar *r, struct layer_item *ret, struct err *err) MUST_USE;
/* The next bytes of the item's data, holes as zeros, valid until the next call; 0 at their end.
 * As many as the item's size, or an error. */
ssize_t layer_tar_data(struct layer_tar *r, const void **ret, struct err *err) MUST_USE;
uint64_t layer_tar_bytes(const struct layer_tar *r); /* decoded, so far */
void layer_tar_free(struct layer_tar *r);            /* NULL is fine */

#endif
