/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cache: everything that a second run need not fetch or make again, in one directory that
 * several builders may share. Three kinds of things:
 *
 *     blobs/sha256/ab/abcd…   bytes named by their SHA-256: debs, indexes, layers; mode 0400
 *     facts/KIND/ab/abcd…     small records named by a key, with their own checksum inside
 *     partial/…               downloads under way, locked by who writes them
 *
 * Everything appears by rename after it is whole, so a killed builder leaves the cache whole; two
 * builders that make the same thing make the same bytes. A blob is checked again when it is
 * opened for use with cache_open_blob (size) or read through source_verified (bytes). Facts can't
 * be checked, so what others may write is refused (cachedir.h), and after that all else.
 */
#ifndef MKIMAGE_NET_CACHE_H
#define MKIMAGE_NET_CACHE_H

#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/file.h"
#include "net/context.h"

struct cache;

/* dir: --cache, MKIMAGE_CACHE, else $XDG_CACHE_HOME/mkimage or ~/.cache/mkimage
 * (cache_default_dir). Made if it isn't there, mode 0700. */
int cache_open(const char *dir, struct cache **ret, struct err *err) MUST_USE;
void cache_free(struct cache *c);
char *cache_default_dir(void); /* the caller frees; NULL without a home */
const char *cache_dir(const struct cache *c);
char *
cache_doubt(const struct cache *c); /* a warning about a directory above, or NULL; to be freed */

/* A blob's file descriptor for reading, or -ERR_NOT_FOUND if it isn't there or isn't size bytes
 * long (then it is removed). size UINT64_MAX: any. */
int cache_open_blob(struct cache *c, const struct sha256 *sha256, uint64_t size, uint64_t *ret_size,
                    struct err *err) MUST_USE;
bool cache_has_blob(struct cache *c, const struct sha256 *sha256, uint64_t size);
/* Where it is, for messages and tests: what is used is opened by cache_open_blob. To be freed. */
char *cache_blob_path(const struct cache *c, const struct sha256 *sha256);

/* Adding a blob: write to t->fd and hash, then commit under the digest that the bytes have (the
 * caller's word is believed: it hashed them). An equal blob that is there already is kept. */
int cache_blob_begin(struct cache *c, struct tmpfile *t, struct err *err) MUST_USE;
int cache_blob_commit(struct cache *c, struct tmpfile *t, const struct sha256 *sha256,
                      struct err *err) MUST_USE;
/* The same for bytes in memory; ret_digest may be NULL. */
int cache_blob_put(struct cache *c, const void *p, size_t n, struct sha256 *ret_digest,
                   struct err *err) MUST_USE;

/* Removes a blob found to be damaged. */
void cache_blob_drop(struct cache *c, const struct sha256 *sha256);

/* Facts: kind is a short word ("layer", "memo", "date"), key a SHA-256. A record that is damaged
 * or truncated is as good as none (-ERR_NOT_FOUND). So cache_fact_put doesn't wait for the disk:
 * a record that a power cut damages is made again. cache_fact_keep does, for what can't be. Where
 * nothing can be written (cache_doubt says so) both do nothing. */
int cache_fact_get(struct cache *c, const char *kind, const struct sha256 *key, struct buf *ret,
                   struct err *err) MUST_USE;
int cache_fact_put(struct cache *c, const char *kind, const struct sha256 *key, const void *p,
                   size_t n, struct err *err) MUST_USE;
int cache_fact_keep(struct cache *c, const char *kind, const struct sha256 *key, const void *p,
                    size_t n, struct err *err) MUST_USE;

#endif
