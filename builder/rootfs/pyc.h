/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Python's byte code in a tree of the recipe's. What pip compiles names its source's time (PEP
 * 552), and Python passes over it in silence where the source has another one: in an image, where
 * own files have the image's epoch, that is always so. Such a file costs its size and gives
 * nothing, and has other bytes after each installation.
 */
#ifndef MKIMAGE_ROOTFS_PYC_H
#define MKIMAGE_ROOTFS_PYC_H

#include "rootfs/tree.h"

/* Whether the file that will stand at this path of the image, open as fd, is byte code that goes by
 * its source's time, and the source will have another: the time of the package's file that stands
 * in the tree, else the epoch. Byte code that goes by its source's digest or by nothing stays, as
 * does what isn't looked for in a directory __pycache__. */
bool pyc_is_stale(const struct tree *t, const char *path, int fd);

/* Whether a directory is one of these caches, by its name. */
bool pyc_is_cache(struct slice dir);

#endif
