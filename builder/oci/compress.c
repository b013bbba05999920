/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/compress.h"
#include "base/file.h"
#include <assert.h>
#include <libdeflate.h>
#include <pthread.h>
#include <zstd.h>

#define ZSTD_LEVEL_MAX 19
#define GZIP_LEVEL_MAX 12
#define ZSTD_SLOW      13           /* from this level on a piece may take seconds */
#define SLOW_STEP      (512u << 10) /* bytes between two looks at whether to stop */

/* A library's compressor: lent to one task at a time, as it is large and slow to make. */
struct engine {
    struct engine *next;
    ZSTD_CCtx *zstd;
    struct libdeflate_compressor *gzip;
};

struct piece {
    struct piece_writer *w;
    char *raw, *packed;
    size_t raw_n, packed_n;
    uint64_t at; /* where it lies in the file, when it is read back */
    bool done;
    struct err err;
};

struct written {
    size_t raw_n, packed_n;
};

/* A ring: `flying` pieces from `first` on are with the pool, the one behind them is being filled.
 * Pieces that are held stay in it. */
struct piece_writer {
    const struct session *session;
    struct compressor compressor;
    struct group *group; /* of all its pieces, which so are begun in order */
    int fd;              /* -1: none yet */
    bool holds;          /* what fits the window is held in memory, the fd is its own */
    char *name;
    struct hasher *hasher; /* of what is written, or NULL */
    struct written *written;
    size_t n_written, cap_written;
    struct piece *pieces;
    size_t window, first, flying;
    uint64_t raw, packed;
    pthread_mutex_t lock; /* guards idle, and each piece's done */
    pthread_cond_t one_done;
    struct engine *idle;
};

const char *codec_name(enum codec codec)
{
    return codec == CODEC_ZSTD ? "zstd" : "gzip";
}

const char *codec_version(enum codec codec)
{
    return codec == CODEC_ZSTD ? ZSTD_versionString() : LIBDEFLATE_VERSION_STRING;
}

bool compressor_valid(const struct compressor *c, struct err *err)
{
    int max = c->codec == CODEC_ZSTD ? ZSTD_LEVEL_MAX : GZIP_LEVEL_MAX;
    if (c->level >= 1 && c->level <= max)
        return true;
    err_set(err, "%s has no level %d", codec_name(c->codec), c->level);
    err_hint(err, "its levels are 1 to %d", max);
    return false;
}

static void engine_free(struct engine *e)
{
    ZSTD_freeCCtx(e->zstd);
    libdeflate_free_compressor(e->gzip);
    free(e);
}

static struct engine *engine_new(const struct compressor *c)
{
    struct engine *e = xcalloc(1, sizeof(*e));
    bool ok;
    if (c->codec == CODEC_ZSTD) {
        e->zstd = ZSTD_createCCtx();
        ok = e->zstd &&
             !ZSTD_isError(ZSTD_CCtx_setParameter(e->zstd, ZSTD_c_compressionLevel, c->level)) &&
             !ZSTD_isError(ZSTD_CCtx_setParameter(e->zstd, ZSTD_c_contentSizeFlag, 1)) &&
             !ZSTD_isError(ZSTD_CCtx_setParameter(e->zstd, ZSTD_c_checksumFlag, 1));
    } else {
        e->gzip = libdeflate_alloc_compressor(c->level);
        ok = e->gzip;
    }
    if (ok)
        return e;
    engine_free(e);
    return NULL;
}

static struct engine *engine_take(struct piece_writer *w)
{
    pthread_mutex_lock(&w->lock);
    struct engine *e = w->idle;
    if (e)
        w->idle = e->next;
    pthread_mutex_unlock(&w->lock);
    return e ? e : engine_new(&w->compressor);
}

static void engine_give(struct piece_writer *w, struct engine *e)
{
    pthread_mutex_lock(&w->lock);
    e->next = w->idle;
    w->idle = e;
    pthread_mutex_unlock(&w->lock);
}

static size_t piece_bound(const struct piece_writer *w)
{
    return w->compressor.codec == CODEC_ZSTD ? ZSTD_compressBound(PIECE_BYTES)
                                             : libdeflate_gzip_compress_bound(NULL, PIECE_BYTES);
}

/* ZSTD_compress2 in steps. Gives SIZE_MAX (an error code of zstd's) for a stop, too. */
static size_t compress_slowly(const struct piece *p, ZSTD_CCtx *zstd, size_t bound, struct err *err)
{
    ZSTD_outBuffer out = {p->packed, bound, 0};
    size_t r = ZSTD_CCtx_reset(zstd, ZSTD_reset_session_only);
    if (!ZSTD_isError(r))
        r = ZSTD_CCtx_setPledgedSrcSize(zstd, p->raw_n);
    for (size_t at = 0; at < p->raw_n && !ZSTD_isError(r);) {
        if (session_check(p->w->session, err) < 0)
            return SIZE_MAX;
        size_t n = p->raw_n - at < SLOW_STEP ? p->raw_n - at : SLOW_STEP;
        ZSTD_inBuffer in = {p->raw + at, n, 0};
        at += n;
        do
            r = ZSTD_compressStream2(zstd, &out, &in, at < p->raw_n ? ZSTD_e_continue : ZSTD_e_end);
        while (!ZSTD_isError(r) && (in.pos < in.size || (at == p->raw_n && r > 0)));
    }
    return ZSTD_isError(r) ? r : out.pos;
}

static int compress_piece(struct piece *p, struct err *err)
{
    struct piece_writer *w = p->w;
    if (session_check(w->session, err) < 0)
        return err_ret(err);
    size_t bound = piece_bound(w);
    if (!p->packed)
        p->packed = xmalloc(bound);
    struct engine *e = engine_take(w);
    if (!e)
        return err_set(err, "%s: can't set up %s", w->name, codec_name(w->compressor.codec));
    bool ok;
    if (e->zstd) {
        p->packed_n = w->compressor.level < ZSTD_SLOW
                          ? ZSTD_compress2(e->zstd, p->packed, bound, p->raw, p->raw_n)
                          : compress_slowly(p, e->zstd, bound, err);
        ok = !ZSTD_isError(p->packed_n);
    } else {
        p->packed_n = libdeflate_gzip_compress(e->gzip, p->raw, p->raw_n, p->packed, bound);
        ok = p->packed_n > 0;
    }
    engine_give(w, e);
    if (err->code)
        return err_ret(err);
    return ok ? 0 : err_set(err, "%s: %s failed", w->name, codec_name(w->compressor.codec));
}

/* Reads a piece back. */
static int decode_piece(struct piece *p, struct err *err)
{
    struct piece_writer *w = p->w;
    size_t n = 0;
    if (session_check(w->session, err) < 0 ||
        pread_all(w->fd, p->packed, p->packed_n, (off_t)p->at, w->name, err) < 0)
        return err_ret(err);
    if (w->compressor.codec == CODEC_ZSTD) {
        n = ZSTD_decompress(p->raw, p->raw_n, p->packed, p->packed_n);
    } else {
        struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
        if (d)
            (void)libdeflate_gzip_decompress(d, p->packed, p->packed_n, p->raw, p->raw_n, &n);
        libdeflate_free_decompressor(d);
    }
    return n == p->raw_n ? 0 : err_set(err, "%s: can't be read back", w->name);
}

/* The end of a task of the pool. Its error waits in the piece, for who takes it. */
static int end_piece(struct piece *p, int result)
{
    assert((result < 0) == (p->err.code != ERR_NONE));
    pthread_mutex_lock(&p->w->lock);
    p->done = true;
    pthread_cond_signal(&p->w->one_done);
    pthread_mutex_unlock(&p->w->lock);
    return 0;
}

static int run_compress(void *arg, struct err *err)
{
    (void)err;
    struct piece *p = arg;
    return end_piece(p, compress_piece(p, &p->err));
}

static int run_decode(void *arg, struct err *err)
{
    (void)err;
    struct piece *p = arg;
    return end_piece(p, decode_piece(p, &p->err));
}

struct piece_writer *piece_writer_new(const struct session *s, const struct compressor *c, int fd,
                                      const char *name)
{
    struct piece_writer *w = xcalloc(1, sizeof(*w));
    w->session = s;
    w->compressor = *c;
    w->fd = fd;
    w->holds = fd < 0;
    w->name = xstrdup(name);
    w->window = (size_t)pool_threads(s->pool) + 2;
    w->pieces = xcalloc(w->window, sizeof(*w->pieces));
    w->group = pool_group(s->pool);
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->one_done, NULL);
    return w;
}

void piece_hash(struct piece_writer *w, struct hasher *h)
{
    w->hasher = h;
}

/* Compresses what isn't begun yet until p is done; where all are begun, waits for who does it. */
static void wait_for(struct piece_writer *w, const struct piece *p)
{
    bool helped = true;
    pthread_mutex_lock(&w->lock);
    while (!p->done) {
        if (helped) {
            pthread_mutex_unlock(&w->lock);
            helped = group_help(w->group);
            pthread_mutex_lock(&w->lock);
        } else {
            pthread_cond_wait(&w->one_done, &w->lock);
        }
    }
    pthread_mutex_unlock(&w->lock);
}

/* Waits for the piece that was begun first, and takes it out of the ring. */
static int take_oldest(struct piece_writer *w, struct piece **ret, struct err *err)
{
    struct piece *p = &w->pieces[w->first];
    wait_for(w, p);
    w->first = (w->first + 1) % w->window;
    w->flying--;
    p->done = false;
    *ret = p;
    return p->err.code ? err_move(err, &p->err) : 0;
}

static int write_oldest(struct piece_writer *w, struct err *err)
{
    struct piece *p;
    if (take_oldest(w, &p, err) < 0)
        return err_ret(err);
    if (w->fd < 0 && (w->fd = spool_open(err)) < 0)
        return err_ret(err);
    GROW(w->written, w->n_written, w->cap_written);
    w->written[w->n_written++] = (struct written){p->raw_n, p->packed_n};
    if (write_all(w->fd, p->packed, p->packed_n, w->name, err) < 0)
        return err_ret(err);
    if (w->hasher)
        hasher_add(w->hasher, p->packed, p->packed_n);
    w->packed += p->packed_n;
    p->raw_n = 0;
    return 0;
}

static struct piece *current(struct piece_writer *w)
{
    assert(w->flying < w->window);
    return &w->pieces[(w->first + w->flying) % w->window];
}

int piece_cut(struct piece_writer *w, struct err *err)
{
    struct piece *p = current(w);
    if (p->raw_n == 0)
        return 0;
    if (session_check(w->session, err) < 0)
        return err_ret(err);
    p->w = w;
    group_add(w->group, run_compress, p);
    w->flying++;
    return w->flying == w->window ? write_oldest(w, err) : 0;
}

int piece_write(struct piece_writer *w, const void *p, size_t n, struct err *err)
{
    const char *at = p;
    while (n) {
        struct piece *piece = current(w);
        if (!piece->raw)
            piece->raw = xmalloc(PIECE_BYTES);
        size_t part = PIECE_BYTES - piece->raw_n;
        if (part > n)
            part = n;
        memcpy(piece->raw + piece->raw_n, at, part);
        piece->raw_n += part;
        w->raw += part;
        at += part;
        n -= part;
        if (piece->raw_n == PIECE_BYTES && piece_cut(w, err) < 0)
            return err_ret(err);
    }
    return 0;
}

static int hold_all(struct piece_writer *w, struct err *err)
{
    for (size_t i = 0; i < w->flying; i++) {
        wait_for(w, &w->pieces[i]);
        if (w->pieces[i].err.code)
            return err_move(err, &w->pieces[i].err);
        w->packed += w->pieces[i].packed_n;
    }
    return 0;
}

int piece_end(struct piece_writer *w, uint64_t *ret_raw, uint64_t *ret_packed, struct err *err)
{
    if (piece_cut(w, err) < 0)
        return err_ret(err);
    bool held = w->holds && w->n_written == 0;
    if (held && hold_all(w, err) < 0)
        return err_ret(err);
    while (w->flying && !held)
        if (write_oldest(w, err) < 0)
            return err_ret(err);
    if (ret_raw)
        *ret_raw = w->raw;
    if (ret_packed)
        *ret_packed = w->packed;
    return 0;
}

static void start_decode(struct piece_writer *w, const struct written *written, uint64_t at)
{
    struct piece *p = current(w);
    if (!p->raw)
        p->raw = xmalloc(PIECE_BYTES);
    if (!p->packed)
        p->packed = xmalloc(piece_bound(w));
    p->w = w;
    p->raw_n = written->raw_n;
    p->packed_n = written->packed_n;
    p->at = at;
    group_add(w->group, run_decode, p);
    w->flying++;
}

static int give(const struct piece *p, piece_fn take, void *arg, struct err *err)
{
    return take(arg, (struct slice){p->raw, p->raw_n}, (struct slice){p->packed, p->packed_n}, err);
}

int piece_replay(struct piece_writer *w, piece_fn take, void *arg, struct err *err)
{
    assert(w->holds);
    if (w->n_written == 0) {
        for (size_t i = 0; i < w->flying; i++)
            if (give(&w->pieces[i], take, arg, err) < 0)
                return err_ret(err);
        return 0;
    }
    uint64_t at = 0;
    for (size_t next = 0; next < w->n_written || w->flying;) {
        struct piece *p;
        if (next < w->n_written && w->flying < w->window) {
            start_decode(w, &w->written[next], at);
            at += w->written[next++].packed_n;
        } else if (take_oldest(w, &p, err) < 0 || give(p, take, arg, err) < 0) {
            return err_ret(err);
        }
    }
    return 0;
}

void piece_writer_free(struct piece_writer *w)
{
    if (!w)
        return;
    CLEANUP(err_release) struct err none = ERR_INIT;
    if (group_wait(w->group, &none) < 0)
        assert(false);
    for (size_t i = 0; i < w->window; i++) {
        err_release(&w->pieces[i].err);
        free(w->pieces[i].raw);
        free(w->pieces[i].packed);
    }
    while (w->idle) {
        struct engine *e = w->idle;
        w->idle = e->next;
        engine_free(e);
    }
    pthread_cond_destroy(&w->one_done);
    pthread_mutex_destroy(&w->lock);
    if (w->holds)
        close_fd(&w->fd);
    free(w->pieces);
    free(w->written);
    free(w->name);
    free(w);
}
