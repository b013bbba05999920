/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of packaged files that have to stand in the image's own layer, since their attributes
 * changed or they have copies there: read again from the fragments in the packages' layers, and
 * spooled.
 */
#ifndef MKIMAGE_ROOTFS_TREE_REREAD_H
#define MKIMAGE_ROOTFS_TREE_REREAD_H

#include "rootfs/tree_private.h"

/* A file of a package. */
struct wanted {
    char *path; /* borrowed from the tree */
    const struct package *package;
    uint64_t offset; /* in the spool */
    uint64_t size;
    bool found;
};

struct reread {
    int spool;             /* -1 if nothing was wanted */
    struct pathmap *files; /* of each package: struct wanted by path */
    const struct package **packages;
    size_t n, cap;
};

#define REREAD_INIT \
    {               \
        .spool = -1 \
    }

/* Fills item.data of each packaged file (and hard link) and each copy of one among the nodes that
 * goes into the own layer; what it points to is the struct's. A file that its package's layer
 * doesn't hold any more as it was is an error. */
int reread_files(struct reread *r, const struct context *ctx, struct node *const *nodes, size_t n,
                 struct err *err) MUST_USE;
void reread_release(struct reread *r);

#endif
