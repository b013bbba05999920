/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the cache: its parts (cachedir.h the place, cache.c blobs, facts.c, partial.c), and
 * downloads under way. A partial download is a file named by the digest that it
 * should have, held by flock while somebody writes to it; the lock goes with its process. What a
 * killed builder leaves is resumed by the next one, or swept away after a week.
 *
 *     partial_open → partial.have bytes are there already → write → partial_commit or partial_close
 */
#ifndef MKIMAGE_NET_CACHE_PRIVATE_H
#define MKIMAGE_NET_CACHE_PRIVATE_H

#include "net/cache.h"
#include "net/cachedir.h"

#define BLOB_MODE 0400

struct cache {
    struct cachedir place;
};

struct blob_name {
    char s[sizeof("blobs/sha256/ab/") + 2 * sizeof(struct sha256)];
};
struct blob_name blob_name(const struct sha256 *sha256);

/* A new file in partial/, for cachedir_put; what: a word for its name. */
int cache_begin(struct cache *c, struct tmpfile *t, const char *what, mode_t mode,
                struct err *err) MUST_USE;

struct partial {
    int fd; /* for reading and writing; -1 when closed */
    char *path;
    int dir;       /* which the path's last part is in */
    uint64_t have; /* bytes */
};

#define PARTIAL_INIT \
    {                \
        .fd = -1     \
    }

/* Opens and locks the partial download of a blob. Returns 1, or 0 if another holds it (then
 * *ret_have is how far that one is; may be NULL), or negative. */
int partial_open(struct cache *c, const struct sha256 *sha256, struct partial *ret,
                 uint64_t *ret_have, struct err *err) MUST_USE;
/* One that nobody else sees, for who won't wait any longer; closing removes it. */
int partial_open_own(struct cache *c, const struct sha256 *sha256, struct partial *ret,
                     struct err *err) MUST_USE;
/* Closes; the file stays for the next one to go on. */
void partial_close(struct partial *p);
/* Removes the name, before the close: the blob is there already. */
void partial_drop(struct partial *p);

/* Makes a whole partial download the blob of that digest (fsync, rename); closes it. */
int partial_commit(struct cache *c, struct partial *p, const struct sha256 *sha256,
                   struct err *err) MUST_USE;

#endif
