/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The directories that a merged /usr has as links, and those that moved to /run: /bin /sbin /lib*
 * lead to /usr/…, /var/run and /var/lock to /run and /run/lock. The one list of them.
 */
#ifndef MKIMAGE_ROOTFS_USRMERGE_H
#define MKIMAGE_ROOTFS_USRMERGE_H

#include "base/mem.h"

struct merged_dir {
    const char *path;       /* "bin", where a link stands */
    const char *leads_to;   /* "usr/bin" */
    const char *targets[3]; /* what a link of this name may say; the first one is what we write */
    bool of_usr;            /* leads to /usr, not to /run */
    bool everywhere;        /* there in each system; the others come with what lies in them */
};

const struct merged_dir *merged_dirs(size_t *ret_n);

/* The one that a path is, or lies below; NULL. */
const struct merged_dir *merged_above(const char *path);

#endif
