/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compression in pieces: bytes are cut into pieces of PIECE_BYTES, each becomes an independent zstd
 * frame or gzip member, compressed on the pool and written in order. So the bytes don't depend on
 * the number of threads, memory is bounded (a few pieces), and compressed pieces can be put
 * together into a layer without being compressed again.
 *
 * zstd by libzstd (one thread a piece, no dictionary, content size and checksum in each frame),
 * gzip by libdeflate (the same bytes on every CPU; header without name and time, OS 255). RFC 8878,
 * RFC 1952.
 */
#ifndef MKIMAGE_OCI_COMPRESS_H
#define MKIMAGE_OCI_COMPRESS_H

#include "base/session.h"
#include "base/stream.h"

#define PIECE_BYTES (4u << 20)

enum codec { CODEC_ZSTD, CODEC_GZIP };

struct compressor {
    enum codec codec;
    int level; /* zstd 1..19, gzip 1..12 */
};

const char *codec_name(enum codec codec); /* "zstd", "gzip" */
const char *
codec_version(enum codec codec); /* of the library, "1.5.4" (libdeflate: its header's) */
bool compressor_valid(const struct compressor *c, struct err *err) MUST_USE;

struct piece_writer;

/* Writes at the current position of fd, which stays the caller's. name is for errors. fd -1: what
 * comes is held for piece_replay, a few pieces in memory, more in an unlinked file. */
struct piece_writer *piece_writer_new(const struct session *s, const struct compressor *c, int fd,
                                      const char *name);
/* From now on all that is written to fd is also added to h, in order. */
void piece_hash(struct piece_writer *w, struct hasher *h);
int piece_write(struct piece_writer *w, const void *p, size_t n, struct err *err) MUST_USE;
/* Ends the current piece, so that the next byte begins a new one. */
int piece_cut(struct piece_writer *w, struct err *err) MUST_USE;
/* Ends the last piece and waits for all, so that all is written; ret_raw and ret_packed (may be
 * NULL) get the bytes in and out since piece_writer_new. More may be written after it. */
int piece_end(struct piece_writer *w, uint64_t *ret_raw, uint64_t *ret_packed,
              struct err *err) MUST_USE;

/* All pieces of a writer that holds them, once it ended, in order: raw and compressed. What lies in
 * the file is decoded on the pool. take fails as all do. */
typedef int (*piece_fn)(void *arg, struct slice raw, struct slice packed, struct err *err);
int piece_replay(struct piece_writer *w, piece_fn take, void *arg, struct err *err) MUST_USE;

void piece_writer_free(struct piece_writer *w); /* NULL is fine */

#endif
