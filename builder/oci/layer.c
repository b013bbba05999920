/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/layer.h"
#include "base/stream.h"
#include <inttypes.h>

#define COPY_CHUNK 65536

struct layer_builder {
    struct context ctx;
    enum codec codec;
    struct tmpfile blob;
    struct piece_writer *pieces;
    struct hasher digest, diff_id;
    uint64_t tar_size;
    uint64_t copied; /* bytes of fragments in the blob; all others are the piece writer's */
};

const char *layer_media_type(enum codec codec)
{
    return codec == CODEC_ZSTD ? "application/vnd.oci.image.layer.v1.tar+zstd"
                               : "application/vnd.oci.image.layer.v1.tar+gzip";
}

int layer_start(const struct context *ctx, const struct compressor *compressor,
                struct layer_builder **ret, struct err *err)
{
    if (!compressor_valid(compressor, err))
        return err_ret(err);
    struct layer_builder *b = xcalloc(1, sizeof(*b));
    b->ctx = *ctx;
    b->codec = compressor->codec;
    b->blob = (struct tmpfile)TMPFILE_INIT;
    if (cache_blob_begin(ctx->cache, &b->blob, err) < 0) {
        layer_builder_free(b);
        return err_ret(err);
    }
    hasher_start(&b->digest);
    hasher_start(&b->diff_id);
    b->pieces = piece_writer_new(ctx->session, compressor, b->blob.fd, "layer");
    piece_hash(b->pieces, &b->digest);
    *ret = b;
    return 0;
}

int layer_tar(struct layer_builder *b, const void *p, size_t n, struct err *err)
{
    hasher_add(&b->diff_id, p, n);
    b->tar_size += n;
    return piece_write(b->pieces, p, n, err);
}

static int begin_fragment(struct layer_builder *b, uint64_t *ret_offset, struct err *err)
{
    uint64_t packed;
    if (piece_end(b->pieces, NULL, &packed, err) < 0)
        return err_ret(err);
    if (ret_offset)
        *ret_offset = packed + b->copied;
    return 0;
}

static int add_packed(struct layer_builder *b, const void *p, size_t n, struct err *err)
{
    hasher_add(&b->digest, p, n);
    b->copied += n;
    return write_all(b->blob.fd, p, n, "layer", err);
}

static int add_piece(void *arg, struct slice raw, struct slice packed, struct err *err)
{
    struct layer_builder *b = arg;
    if (session_check(b->ctx.session, err) < 0)
        return err_ret(err);
    hasher_add(&b->diff_id, raw.p, raw.n);
    b->tar_size += raw.n;
    return add_packed(b, packed.p, packed.n, err);
}

int layer_pieces(struct layer_builder *b, struct piece_writer *w, uint64_t *ret_offset,
                 struct err *err)
{
    if (begin_fragment(b, ret_offset, err) < 0)
        return err_ret(err);
    return piece_replay(w, add_piece, b, err);
}

/* Passes on the bytes of a fragment, and copies them into the blob on the way. */
struct copying_source {
    struct source base;
    struct source *inner;
    struct layer_builder *builder;
};

static ssize_t copying_read(struct source *s, void *p, size_t n, struct err *err)
{
    struct copying_source *c = (struct copying_source *)s;
    struct layer_builder *b = c->builder;
    if (session_check(b->ctx.session, err) < 0)
        return err_ret(err);
    ssize_t got = source_read(c->inner, p, n, err);
    if (got <= 0)
        return got;
    return add_packed(b, p, (size_t)got, err) < 0 ? -(ssize_t)err->code : got;
}

static void copying_free(struct source *s)
{
    struct copying_source *c = (struct copying_source *)s;
    source_free(c->inner);
    free(c);
}

static struct source *copying_source(struct layer_builder *b, struct source *inner)
{
    struct copying_source *c = xcalloc(1, sizeof(*c));
    c->base = (struct source){copying_read, copying_free, false};
    c->inner = inner;
    c->builder = b;
    return &c->base;
}

int layer_fragment(struct layer_builder *b, int fd, uint64_t offset, uint64_t length, uint64_t raw,
                   const char *name, uint64_t *ret_offset, struct err *err)
{
    if (begin_fragment(b, ret_offset, err) < 0)
        return err_ret(err);
    uint64_t decoded = 0;
    if (length > 0) {
        CLEANUP(free_ptr) char *chunk = xmalloc(COPY_CHUNK);
        CLEANUP(source_cleanup)
        struct source *s = copying_source(b, source_range(fd, name, offset, length));
        s = source_decode(s, b->codec == CODEC_ZSTD ? ENCODING_ZSTD : ENCODING_GZIP, name, raw, 1);
        for (;;) {
            ssize_t got = source_read(s, chunk, COPY_CHUNK, err);
            if (got < 0)
                return (int)got;
            if (got == 0)
                break;
            hasher_add(&b->diff_id, chunk, (size_t)got);
            decoded += (uint64_t)got;
        }
    }
    b->tar_size += decoded;
    if (decoded != raw)
        return err_set(err, "%s: decodes to %" PRIu64 " bytes, but should give %" PRIu64, name,
                       decoded, raw);
    return 0;
}

int layer_finish(struct layer_builder *b, struct layer *ret, struct err *err)
{
    CLEANUP(buf_release) struct buf end = BUF_INIT(0);
    tar_end(&end);
    uint64_t packed;
    if (layer_tar(b, end.data, end.len, err) < 0 || piece_end(b->pieces, NULL, &packed, err) < 0 ||
        session_check(b->ctx.session, err) < 0)
        return err_ret(err);
    struct layer layer = {
        .digest = hasher_end(&b->digest),
        .diff_id = hasher_end(&b->diff_id),
        .size = packed + b->copied,
        .tar_size = b->tar_size,
        .codec = b->codec,
    };
    if (cache_blob_commit(b->ctx.cache, &b->blob, &layer.digest, err) < 0)
        return err_ret(err);
    *ret = layer;
    return 0;
}

void layer_builder_free(struct layer_builder *b)
{
    if (!b)
        return;
    piece_writer_free(b->pieces);
    tmpfile_release(&b->blob);
    hasher_release(&b->digest);
    hasher_release(&b->diff_id);
    free(b);
}
