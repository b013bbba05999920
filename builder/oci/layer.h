/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A layer being made: tar bytes and ready-made fragments in, a blob in the cache out, with its
 * digest, diff_id and sizes.
 *
 *     layer_start(ctx, &compressor, &b)
 *     layer_tar(&b, …)                     directories
 *     layer_pieces(&b, writer, …)          files of a package: compressed pieces, taken as they are
 *     layer_fragment(&b, fd, off, len, …)  the same, out of a blob
 *     layer_tar(&b, …)                     records
 *     layer_finish(&b, &layer, err)        end of archive, fsync, rename into the cache
 *
 * Each run of layer_tar calls begins a piece of its own, so a fragment lies in the blob as it was
 * given. The diff_id is computed while writing: over tar bytes as they come, over fragments by
 * decoding them.
 */
#ifndef MKIMAGE_OCI_LAYER_H
#define MKIMAGE_OCI_LAYER_H

#include "net/cache.h"
#include "oci/compress.h"
#include "oci/tar.h"

/* A finished layer: an OCI descriptor's facts (descriptor.md) and the diff_id (config.md). */
struct layer {
    struct sha256 digest;
    struct sha256 diff_id;
    uint64_t size;     /* of the blob, bytes */
    uint64_t tar_size; /* decoded */
    enum codec codec;
};

const char *layer_media_type(enum codec codec);

struct layer_builder;

int layer_start(const struct context *ctx, const struct compressor *compressor,
                struct layer_builder **ret, struct err *err) MUST_USE;
int layer_tar(struct layer_builder *b, const void *p, size_t n, struct err *err) MUST_USE;
/* What a writer of the same compressor holds; it has ended. *ret_offset (may be NULL) is where the
 * pieces lie in the blob. */
int layer_pieces(struct layer_builder *b, struct piece_writer *w, uint64_t *ret_offset,
                 struct err *err) MUST_USE;
/* length compressed bytes at offset of fd, whole pieces of raw bytes when decoded. *ret_offset
 * as above. */
int layer_fragment(struct layer_builder *b, int fd, uint64_t offset, uint64_t length, uint64_t raw,
                   const char *name, uint64_t *ret_offset, struct err *err) MUST_USE;
int layer_finish(struct layer_builder *b, struct layer *ret, struct err *err) MUST_USE;
void layer_builder_free(struct layer_builder *b); /* NULL is fine */

#endif
