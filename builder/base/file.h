/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of the host: read whole, written all or nothing.
 *
 * A struct tmpfile is a new file beside its destination (".name" TMPFILE_END); tmpfile_commit makes
 * it durable and gives it its name (fsync, rename, fsync of the directory). Released without a
 * commit it is gone. So a reader sees the old file or the new one, whole, at any instant.
 */
#ifndef MKIMAGE_BASE_FILE_H
#define MKIMAGE_BASE_FILE_H

#include "base/buf.h"
#include "base/err.h"
#include <fcntl.h>
#include <sys/types.h>

#define TMPFILE_END ".mkimage-XXXXXX" /* six letters or digits: nobody else ends a name so */

struct tmpfile {
    int fd; /* for reading and writing; -1 when released */
    char *temporary;
    char *destination;
    int dir; /* AT_FDCWD, or what the temporary file is in: then of each path the last part counts,
              */
    int to;  /* and what it will be in; both stay the caller's */
};

/* clang-format off */
#define TMPFILE_INIT {.fd = -1, .dir = AT_FDCWD, .to = AT_FDCWD}
/* clang-format on */

/* Creates the temporary file in the destination's directory, which must be there. mode is the
 * final mode (umask plays no part). */
int tmpfile_create(struct tmpfile *t, const char *destination, mode_t mode,
                   struct err *err) MUST_USE; /* sweeps what killed runs left of it */
/* The same in a directory that is open (and becomes .dir and .to); the rest of the path is for
 * messages. */
int tmpfile_create_at(struct tmpfile *t, int dir, const char *destination, mode_t mode,
                      struct err *err) MUST_USE;
int tmpfile_commit(struct tmpfile *t, struct err *err) MUST_USE;
/* The same without waiting for the disk: after a power cut the file may be damaged. */
int tmpfile_rename(struct tmpfile *t, struct err *err) MUST_USE;
void tmpfile_release(struct tmpfile *t);

/* $TMPDIR, or /tmp. */
const char *temporary_dir(void);

/* An unlinked file for spooling, in temporary_dir(); its file descriptor, or negative. */
int spool_open(struct err *err) MUST_USE;

/* Reads a file into ret (reset first); more than max bytes is an error. */
int file_read(const char *path, size_t max, struct buf *ret, struct err *err) MUST_USE;
int file_read_fd(int fd, const char *name, size_t max, struct buf *ret, struct err *err) MUST_USE;

/* Writes a file as tmpfile does. */
int file_write(const char *path, const void *p, size_t n, mode_t mode, struct err *err) MUST_USE;

int write_all(int fd, const void *p, size_t n, const char *name, struct err *err) MUST_USE;
int pread_all(int fd, void *p, size_t n, off_t offset, const char *name,
              struct err *err) MUST_USE; /* a short read is an error */

int dir_make(const char *path, mode_t mode, struct err *err) MUST_USE; /* as mkdir -p */
int dir_sync(const char *path, struct err *err) MUST_USE;
/* Removes path and all below it; what isn't there is no error. Never follows a link. */
int dir_remove(const char *path, struct err *err) MUST_USE;
/* The same of a name in a directory that is open; path is for messages. */
int dir_remove_at(int dir, const char *name, const char *path, struct err *err) MUST_USE;

/* Removes what killed runs left in a directory: what is called PREFIX and six more letters or
 * digits, belongs to this user, wasn't changed for a week, and isn't locked (flock) by who still
 * works on it. Links aren't followed; what can't be removed stays. */
void leftovers_remove(const char *dir, const char *prefix);

/* Opens a file (or directory) of the user's below root, never outside it: openat2 with
 * RESOLVE_BENEATH (CVE-2018-15664), then fstat. Returns the file descriptor, or negative.
 * Kernels and sandboxes without openat2 get the same by walking with O_NOFOLLOW. */
int open_beneath(const char *root, const char *path, int flags, struct err *err) MUST_USE;

/* Joins with one slash between; the caller frees. An absolute b is returned alone. */
char *path_join(const char *a, const char *b);

#endif
