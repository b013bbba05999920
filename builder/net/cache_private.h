/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the cache: downloads under way. A partial download is a file named by the digest that it
 * should have, held by flock while somebody writes to it; the lock goes with its process. What a
 * killed builder leaves is resumed by the next one, or swept away after a week.
 *
 *     partial_open → partial.have bytes are there already → write → partial_commit or partial_close
 */
#ifndef MKIMAGE_NET_CACHE_PRIVATE_H
#define MKIMAGE_NET_CACHE_PRIVATE_H

#include "net/cache.h"

struct partial {
    int fd; /* for reading and writing; -1 when closed */
    char *path;
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

/* Makes a whole partial download the blob of that digest (fsync, rename); closes it. */
int partial_commit(struct cache *c, struct partial *p, const struct sha256 *sha256,
                   struct err *err) MUST_USE;

#endif
