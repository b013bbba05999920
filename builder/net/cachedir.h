/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cache's place: one directory, resolved once (it may be a link, and its group may write in
 * it, as in a volume of Kubernetes), and below it what is the caller's or root's and what nobody
 * else may write. What is in the cache is believed, so who can write in it makes images:
 *
 *   - everything below is opened from the descriptor of the directory, and through no link;
 *   - a file or directory of another user, one that group or others may write, and a link are
 *     refused, with the line that mends it. That is never mended here, as nobody knows what was
 *     written; and from then on every call fails, so that callers who take an error for "not
 *     there" don't go on;
 *   - in the place of a file, a directory of ours is damage, and is removed; so is a file in the
 *     place of a directory.
 *
 * Names are relative: "facts/layer/ab/abcd…".
 */
#ifndef MKIMAGE_NET_CACHEDIR_H
#define MKIMAGE_NET_CACHEDIR_H

#include "base/err.h"
#include "base/file.h"
#include <pthread.h>
#include <sys/stat.h>

struct cachedir {
    char *path;
    int fd;
    int partial;    /* "partial", where all that is new begins */
    uid_t uid;      /* whom the files have to belong to, if not to root */
    bool read_only; /* nothing new can be made in it */
    pthread_mutex_t mutex;
    struct err refused; /* the first refusal */
};

int cachedir_open(struct cachedir *d, const char *path, struct err *err) MUST_USE;
void cachedir_release(struct cachedir *d);

/* That nothing can be written in it; or a directory above that anybody may write, which can be put
 * in the cache's place: what to say of it, or NULL. The caller frees. */
char *cachedir_doubt(const struct cachedir *d);

char *cachedir_path(const struct cachedir *d, const char *name); /* for messages */

/* Fails where nothing can be written. */
int cachedir_check_writable(struct cachedir *d, struct err *err) MUST_USE;
/* Fails after a refusal. */
int cachedir_check(struct cachedir *d, struct err *err) MUST_USE;
/* Refuses what isn't the caller's alone. */
int cachedir_trust(struct cachedir *d, const char *name, const struct stat *st,
                   struct err *err) MUST_USE;

/* A file to be read, and what fstat says; -ERR_NOT_FOUND also where something else was. */
int cachedir_get(struct cachedir *d, const char *name, struct stat *ret, struct err *err) MUST_USE;

/* Gives the file of `partial` its name; directories are made. Not `durable`: without waiting for
 * the disk. */
int cachedir_put(struct cachedir *d, struct tmpfile *t, const char *name, bool durable,
                 struct err *err) MUST_USE;

/* Removes a file, or what is in its place. */
void cachedir_drop(struct cachedir *d, const char *name);

#endif
