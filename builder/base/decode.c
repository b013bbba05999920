/* SPDX-License-Identifier: Apache-2.0 */
#include "base/stream.h"
#include <inttypes.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#define INPUT_CHUNK  65536
#define MEMORY_LIMIT (256u << 20) /* bytes, of a decoder: xz -9 needs 65 MiB, zstd 128 */
#define WINDOW_LOG   27           /* zstd's own default for decoding, 128 MiB */

struct decoder;

/* Turns some of the input into some output; the number of bytes written, or negative. Sets
 * `complete` where the input may end. */
typedef ssize_t (*step_fn)(struct decoder *d, void *p, size_t n, struct err *err);

struct decoder {
    struct source base;
    struct source *inner;
    char *name;
    uint64_t cap, produced;
    unsigned threads;
    enum encoding encoding;
    step_fn step;
    bool complete; /* between frames, or behind the last */
    bool input_ended;
    size_t in_pos, in_len;
    z_stream gzip;
    lzma_stream xz;
    ZSTD_DCtx *zstd;
    uint8_t in[INPUT_CHUNK];
};

static ssize_t step_copy(struct decoder *d, void *p, size_t n, struct err *err)
{
    (void)err;
    size_t have = d->in_len - d->in_pos;
    if (n > have)
        n = have;
    memcpy(p, d->in + d->in_pos, n);
    d->in_pos += n;
    d->complete = true;
    return (ssize_t)n;
}

static ssize_t step_gzip(struct decoder *d, void *p, size_t n, struct err *err)
{
    z_stream *z = &d->gzip;
    if (d->complete) {
        if (d->in_pos == d->in_len)
            return 0;
        inflateReset(z);
        d->complete = false;
    }
    uInt room = n < INPUT_CHUNK ? (uInt)n : INPUT_CHUNK;
    z->next_in = d->in + d->in_pos;
    z->avail_in = (uInt)(d->in_len - d->in_pos);
    z->next_out = p;
    z->avail_out = room;
    int code = inflate(z, Z_NO_FLUSH);
    d->in_pos = d->in_len - z->avail_in;
    if (code == Z_STREAM_END)
        d->complete = true;
    else if (code != Z_OK && code != Z_BUF_ERROR)
        return err_set(err, "%s: gzip: %s", d->name, z->msg ? z->msg : zError(code));
    return (ssize_t)(room - z->avail_out);
}

static const char *xz_reason(lzma_ret code)
{
    switch (code) {
    case LZMA_MEM_ERROR:
        return "no memory";
    case LZMA_MEMLIMIT_ERROR:
        return "would need more than 256 MiB of memory";
    case LZMA_FORMAT_ERROR:
        return "not an xz stream";
    case LZMA_OPTIONS_ERROR:
        return "uses options this liblzma doesn't know";
    case LZMA_DATA_ERROR:
        return "damaged data";
    default:
        return "failed";
    }
}

static ssize_t step_xz(struct decoder *d, void *p, size_t n, struct err *err)
{
    lzma_stream *z = &d->xz;
    if (d->complete)
        return 0;
    z->next_in = d->in + d->in_pos;
    z->avail_in = d->in_len - d->in_pos;
    z->next_out = p;
    z->avail_out = n;
    lzma_ret code = lzma_code(z, d->input_ended ? LZMA_FINISH : LZMA_RUN);
    d->in_pos = d->in_len - z->avail_in;
    if (code == LZMA_STREAM_END)
        d->complete = true;
    else if (code != LZMA_OK && code != LZMA_BUF_ERROR)
        return err_set(err, "%s: xz: %s", d->name, xz_reason(code));
    return (ssize_t)(n - z->avail_out);
}

static ssize_t step_zstd(struct decoder *d, void *p, size_t n, struct err *err)
{
    if (d->complete && d->in_pos == d->in_len)
        return 0;
    ZSTD_inBuffer in = {d->in, d->in_len, d->in_pos};
    ZSTD_outBuffer out = {p, n, 0};
    size_t left = ZSTD_decompressStream(d->zstd, &out, &in);
    d->in_pos = in.pos;
    if (ZSTD_isError(left))
        return err_set(err, "%s: zstd: %s", d->name, ZSTD_getErrorName(left));
    d->complete = left == 0;
    return (ssize_t)out.pos;
}

static lzma_ret open_xz(struct decoder *d)
{
    if (d->threads <= 1)
        return lzma_stream_decoder(&d->xz, MEMORY_LIMIT, LZMA_CONCATENATED);
    lzma_mt options = {
        .flags = LZMA_CONCATENATED,
        .threads = d->threads,
        .memlimit_threading = MEMORY_LIMIT,
        .memlimit_stop = MEMORY_LIMIT,
    };
    return lzma_stream_decoder_mt(&d->xz, &options);
}

static int decoder_open(struct decoder *d, struct err *err)
{
    bool ok = true;
    switch (d->encoding) {
    case ENCODING_NONE:
        d->step = step_copy;
        break;
    case ENCODING_GZIP:
        ok = inflateInit2(&d->gzip, 15 + 16) == Z_OK;
        d->step = step_gzip;
        break;
    case ENCODING_XZ:
        ok = open_xz(d) == LZMA_OK;
        d->step = step_xz;
        break;
    case ENCODING_ZSTD:
        d->zstd = ZSTD_createDCtx();
        ok = d->zstd &&
             !ZSTD_isError(ZSTD_DCtx_setParameter(d->zstd, ZSTD_d_windowLogMax, WINDOW_LOG));
        d->step = step_zstd;
        break;
    }
    return ok ? 0 : err_set(err, "%s: can't set up a decoder", d->name);
}

static int refill(struct decoder *d, struct err *err)
{
    ssize_t got = source_read(d->inner, d->in, sizeof(d->in), err);
    if (got < 0)
        return (int)got;
    d->in_pos = 0;
    d->in_len = (size_t)got;
    d->input_ended = got == 0;
    return 0;
}

static ssize_t decoder_read(struct source *s, void *p, size_t n, struct err *err)
{
    struct decoder *d = (struct decoder *)s;
    if (n == 0)
        return 0;
    if (!d->step && decoder_open(d, err) < 0)
        return err_ret(err);
    for (unsigned idle = 0;;) {
        if (d->in_pos == d->in_len && !d->input_ended && refill(d, err) < 0)
            return err_ret(err);
        size_t before = d->in_pos;
        ssize_t got = d->step(d, p, n, err);
        if (got < 0)
            return got;
        d->produced += (uint64_t)got;
        if (d->produced > d->cap)
            return err_set(err, "%s: gives more than %" PRIu64 " bytes", d->name, d->cap);
        if (got > 0)
            return got;
        if (d->input_ended && d->in_pos == d->in_len && d->complete)
            return 0;
        if (d->in_pos != before || (d->in_pos == d->in_len && !d->input_ended)) {
            idle = 0;
            continue;
        }
        /* liblzma says LZMA_OK once before it says that nothing moves any more. */
        if (++idle < 3)
            continue;
        return err_set(err, d->input_ended ? "%s: ends early" : "%s: decoding makes no progress",
                       d->name);
    }
}

static void decoder_free(struct source *s)
{
    struct decoder *d = (struct decoder *)s;
    source_free(d->inner);
    if (d->encoding == ENCODING_GZIP && d->step)
        inflateEnd(&d->gzip);
    lzma_end(&d->xz);
    ZSTD_freeDCtx(d->zstd);
    free(d->name);
    free(d);
}

enum encoding encoding_of(const void *head, size_t n)
{
    static const uint8_t gzip[] = {0x1f, 0x8b};
    static const uint8_t xz[] = {0xfd, '7', 'z', 'X', 'Z', 0};
    static const uint8_t zstd[] = {0x28, 0xb5, 0x2f, 0xfd};
    static const uint8_t skippable[] = {0x2a, 0x4d, 0x18}; /* behind a byte 0x50 to 0x5f */
    const uint8_t *p = head;
    if (n >= sizeof(gzip) && memcmp(p, gzip, sizeof(gzip)) == 0)
        return ENCODING_GZIP;
    if (n >= sizeof(xz) && memcmp(p, xz, sizeof(xz)) == 0)
        return ENCODING_XZ;
    if (n >= sizeof(zstd) && memcmp(p, zstd, sizeof(zstd)) == 0)
        return ENCODING_ZSTD;
    if (n >= 4 && (p[0] & 0xf0) == 0x50 && memcmp(p + 1, skippable, sizeof(skippable)) == 0)
        return ENCODING_ZSTD;
    return ENCODING_NONE;
}

struct source *source_decode(struct source *inner, enum encoding encoding, const char *name,
                             uint64_t cap, unsigned threads)
{
    struct decoder *d = xcalloc(1, sizeof(*d));
    d->base = (struct source){decoder_read, decoder_free, false};
    d->inner = inner;
    d->name = xstrdup(name);
    d->cap = cap;
    d->threads = threads;
    d->encoding = encoding;
    d->xz = (lzma_stream)LZMA_STREAM_INIT;
    return &d->base;
}
