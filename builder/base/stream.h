/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Streams: one tiny interface for reading and one for writing, so that verifying, decoding,
 * hashing and compressing compose.
 *
 *     struct source *s = source_file(fd, "x.deb", size);
 *     s = source_verified(s, size, &sha256, "x.deb");
 *     s = source_decode(s, "Packages.xz", cap);
 *     … source_read(s, p, n, err) until 0 …
 *     source_free(s);
 *
 * A source that wraps another owns it. An error sticks: after a read that failed every read
 * fails. source_read returns the number of bytes (short reads are allowed), 0 at the end, or a
 * negative number; the checks of source_verified and of decoders happen before the 0 is returned,
 * so who reads to the end has read what was promised.
 */
#ifndef MKIMAGE_BASE_STREAM_H
#define MKIMAGE_BASE_STREAM_H

#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/session.h"
#include <sys/types.h>

struct source {
    ssize_t (*read)(struct source *s, void *p, size_t n, struct err *err);
    void (*free)(struct source *s);
    bool failed;
};

ssize_t source_read(struct source *s, void *p, size_t n, struct err *err) MUST_USE;
void source_free(struct source *s); /* NULL is fine */
void source_cleanup(struct source **s);

/* Reads exactly n bytes, or fails. */
int source_read_all(struct source *s, void *p, size_t n, struct err *err) MUST_USE;
/* Reads to the end into ret (its maximum counts), or copies to a file descriptor. */
int source_read_buf(struct source *s, struct buf *ret, struct err *err) MUST_USE;
int source_copy_fd(struct source *s, int fd, const char *name, struct err *err) MUST_USE;
/* Reads to the end for its digest. session: asked whether to go on, or NULL. */
int source_hash(struct source *s, const struct session *session, struct sha256 *ret,
                struct err *err) MUST_USE;

/* Bytes [offset, offset+length) of an open file, by pread: several may share one fd, which stays
 * the caller's. */
struct source *source_range(int fd, const char *name, uint64_t offset, uint64_t length);
/* An open file from its position to its end; the fd stays the caller's. */
struct source *source_fd(int fd, const char *name);
/* Memory that outlives the source. */
struct source *source_mem(const void *p, size_t n);

/* Passes on exactly size bytes whose SHA-256 is sha256; short, long or other bytes are errors
 * that name it. */
struct source *source_verified(struct source *inner, uint64_t size, const struct sha256 *sha256,
                               const char *name);

enum encoding { ENCODING_NONE, ENCODING_GZIP, ENCODING_XZ, ENCODING_ZSTD };

/* By the first bytes, not by the name. */
enum encoding encoding_of(const void *head, size_t n);

/* Decodes gzip (all members), xz (threads > 1: blocks in parallel, liblzma) or zstd (all frames).
 * A stream that ends inside a frame, bytes that aren't a further frame, and more than cap bytes
 * of output are errors. threads is 1 for plain decoding. */
struct source *source_decode(struct source *inner, enum encoding encoding, const char *name,
                             uint64_t cap, unsigned threads);

#endif
