/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files of a tar archive, found by name and read by range. Private to oci.
 *
 * The archive ("-": stdin, spooled to an unlinked file) may be plain, gzip, xz or zstd (decoded to
 * an unlinked file first). Refused: names that aren't clean, a name twice, sparse files, more than
 * MEMBERS_MAX members, more bytes when decoded than stands below. Links lead to members of the same
 * archive.
 */
#ifndef MKIMAGE_OCI_MEMBERS_H
#define MKIMAGE_OCI_MEMBERS_H

#include "base/session.h"
#include "base/stream.h"

#define MEMBERS_MAX       100000
#define ARCHIVE_BYTES_MAX (UINT64_C(64) << 30)
#define ARCHIVE_FREE      (UINT64_C(1) << 30) /* above: at most ARCHIVE_RATIO times its size */
#define ARCHIVE_RATIO     100u

struct members;

int members_open(const struct session *s, const char *path, struct members **ret,
                 struct err *err) MUST_USE;
void members_free(struct members *m); /* NULL is fine */

/* Where a regular file's bytes are: [offset, offset + size) of *ret_fd, which stays borrowed.
 * -ERR_NOT_FOUND if there is none of this name. */
int members_find(const struct members *m, const char *name, int *ret_fd, uint64_t *ret_offset,
                 uint64_t *ret_size, struct err *err) MUST_USE;

#endif
