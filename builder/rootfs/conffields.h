/* SPDX-License-Identifier: Apache-2.0 */
/* The fields of a line of systemd's sysusers.d(5) and tmpfiles.d(5): separated by blanks, in quotes
 * of either kind, with C's escapes but for single quotes. */
#ifndef MKIMAGE_ROOTFS_CONFFIELDS_H
#define MKIMAGE_ROOTFS_CONFFIELDS_H

#include "base/buf.h"

/* The next field of a line that ends at `end`: 1, 0 at the line's end, or negative for a broken
 * one. ret is reset first. */
int conf_field(const char **p, const char *end, struct buf *ret) MUST_USE;

/* What is left of a line, as a field that may hold blanks: escapes are undone, quotes stay. */
int conf_rest(const char **p, const char *end, struct buf *ret) MUST_USE;

#endif
