/* SPDX-License-Identifier: Apache-2.0 */
/* The files that say who is who, by their image paths; the one list of them. */
#ifndef MKIMAGE_ROOTFS_ACCOUNT_FILES_H
#define MKIMAGE_ROOTFS_ACCOUNT_FILES_H

#include "base/mem.h"

struct account_file {
    const char *path;
    const char *copy; /* what is left when an entry was changed: as it was before */
    uint16_t mode;    /* that both may have at most */
    bool made;        /* by each build, from recipe and packages */
};

const struct account_file *account_files(size_t *ret_n);

/* Both NULL for other paths. */
const struct account_file *account_file_at(const char *path);
const struct account_file *account_copy_at(const char *path);

#endif
