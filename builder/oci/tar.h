/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tar entries as they stand in a layer: ustar, and a pax header where ustar can't say it. These
 * bytes are the product: they are a function of the entry alone, on every machine, for ever
 * (layer format version in rootfs/package.h).
 *
 * Sources: POSIX.1-2017 pax "ustar Interchange Format" and "pax Header Block"; OCI image spec
 * layer.md. Names and link targets are raw bytes. uname and gname are empty, device numbers zero.
 * A directory's name ends in a slash. A pax header is written only for a path or target that
 * doesn't fit ustar (path: 100, or 155 + 100 split at a slash; target: 100), for a size over
 * 8 GiB, for ids over 2097151; in it just the records that are needed, in the order path,
 * linkpath, size, uid, gid; its own name is "PaxHeaders/" with the last 80 bytes of the entry's
 * base name, mode 0644, ids and time 0. What a record says, the header itself says cut off at 100
 * bytes (text) or as 0 (numbers). A time that doesn't fit (the year 2242) is written as the last
 * one that does.
 */
#ifndef MKIMAGE_OCI_TAR_H
#define MKIMAGE_OCI_TAR_H

#include "base/buf.h"

#define TAR_BLOCK 512

enum tar_type {
    TAR_FILE = '0',
    TAR_HARDLINK = '1',
    TAR_SYMLINK = '2',
    TAR_DIRECTORY = '5',
};

struct tar_entry {
    const char *path; /* an image path, no leading slash; "" is not written */
    enum tar_type type;
    uint32_t mode; /* 07777 */
    uint32_t uid, gid;
    int64_t mtime;      /* seconds; below 0 is written as 0 */
    uint64_t size;      /* of TAR_FILE; 0 for the others */
    const char *target; /* of links; a hard link's is an image path */
};

/* Adds the header block (with a pax header and its block before it where needed). */
void tar_header(struct buf *out, const struct tar_entry *e);
/* Adds the zeros that fill up the last block of a file of size bytes. */
void tar_padding(struct buf *out, uint64_t size);
/* Adds the end of the archive: two blocks of zeros. */
void tar_end(struct buf *out);

#endif
