/* SPDX-License-Identifier: Apache-2.0 */
/* The two ways of open_beneath (file.h), apart so that tests reach both; and one without links. */
#ifndef MKIMAGE_BASE_BENEATH_H
#define MKIMAGE_BASE_BENEATH_H

/* Both return a file descriptor, or -1 with errno: EXDEV when path leads out of root, ELOOP for
 * too many links. beneath_openat2 gives ENOSYS where the kernel or a sandbox doesn't have it. */
int beneath_openat2(int root, const char *path, int flags);

/* A part at a time, O_NOFOLLOW, links read and followed by hand: the directories above stay open,
 * so ".." goes back to what was walked through, and never above root. */
int beneath_walk(int root, const char *path, int flags);

/* Opens what is ours alone below root (the cache): no link anywhere in path (ELOOP), no "..". By
 * openat2, and by the second function, which tests reach so, where there is none. */
int beneath_strict(int root, const char *path, int flags);
int beneath_strict_walk(int root, const char *path, int flags);

#endif
