/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Skeleton trees: NAME.mtree says what there is (mtree(5), read by libarchive), and the directory
 * NAME beside it holds the files' content, each under the path that it has in the image.
 *
 *     #mtree
 *     /set type=dir uid=0 gid=0 mode=0755
 *     ./tmp mode=1777
 *     ./etc/nsswitch.conf type=file mode=0644
 *     ./var/run type=link link=/run
 *
 * Directories, files and links only; owners by number. Times, sizes and digests play no part. A
 * `contents` keyword is refused, since libarchive doesn't hand it on.
 *
 * A name is looked up in ../rootfs-templates beside the recipe's directory, then in the data
 * directory. What packages bring stays as it is.
 */
#ifndef MKIMAGE_ROOTFS_TEMPLATE_H
#define MKIMAGE_ROOTFS_TEMPLATE_H

#include "rootfs/tree.h"

#define TEMPLATE_BYTES_MAX   (1u << 20)
#define TEMPLATE_ENTRIES_MAX 100000u
#define TEMPLATE_FILE_MAX    (4u << 20)

struct template_entry {
    char *path; /* an image path */
    enum entry_type type;
    uint16_t mode;
    uint32_t uid, gid;
    char *target; /* of links */
};
struct template
{
    struct template_entry *entries;
    size_t n, cap;
};

/* Reads an mtree text; name is for errors. */
int template_parse(const char *text, size_t n, const char *name, struct template *ret,
                   struct err *err) MUST_USE;
void template_release(struct template *t);

#endif
