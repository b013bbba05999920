/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"
#include "net/cache_private.h"
#include "net/http.h"
#include "net/transfer.h"
#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

#define HASH_CHUNK (1 << 20)

/* A sink that writes to a partial download and makes it a blob. */
struct download {
    struct fetch *f;
    struct cache *cache;
    struct progress *progress;
    int (*report)(struct fetch *f, struct err *err);
    uint64_t *bytes; /* fetched by all */
    struct partial partial;
    struct hasher hasher; /* over the first `done` bytes */
    uint64_t done;
    uint64_t resumed;     /* bytes that an earlier run had left */
    bool restarted;       /* began from zero after a mismatch, so won't again */
    uint64_t others_have; /* how far the builder is that we wait for */
    time_t others_since;
};

static void download_release(struct download *d)
{
    partial_close(&d->partial);
    hasher_release(&d->hasher);
}

static time_t seconds(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec;
}

/* The bytes that are there already go through the hasher. */
static int hash_partial(struct transfer *t, struct download *d, struct err *err)
{
    CLEANUP(free_ptr) char *chunk = xmalloc(HASH_CHUNK);
    hasher_start(&d->hasher);
    d->done = 0;
    if (d->partial.have > t->limit)
        d->partial.have = 0;
    while (d->done < d->partial.have) {
        uint64_t left = d->partial.have - d->done;
        size_t n = left < HASH_CHUNK ? (size_t)left : HASH_CHUNK;
        if (session_check(t->http->session, err) < 0 ||
            pread_all(d->partial.fd, chunk, n, (off_t)d->done, d->partial.path, err) < 0)
            return err_ret(err);
        hasher_add(&d->hasher, chunk, n);
        d->done += n;
    }
    d->resumed = d->done;
    progress_add(d->progress, d->done);
    return 0;
}

static int open_partial(struct transfer *t, struct download *d, struct err *err)
{
    uint64_t have = 0;
    int r = partial_open(d->cache, &d->f->sha256, &d->partial, &have, err);
    if (r < 0)
        return r;
    if (r == 0) {
        if (d->others_since == 0 || have != d->others_have) {
            d->others_have = have;
            d->others_since = seconds();
        }
        if (seconds() - d->others_since < t->http->patience)
            return SINK_WAIT;
        if (partial_open_own(d->cache, &d->f->sha256, &d->partial, err) < 0)
            return err_ret(err);
    }
    if (cache_has_blob(d->cache, &d->f->sha256, d->f->size)) {
        partial_drop(&d->partial);
        return SINK_DONE;
    }
    return hash_partial(t, d, err) < 0 ? -err->code : SINK_GO;
}

static int restart(struct transfer *t, struct err *err)
{
    struct download *d = t->user;
    d->done = d->resumed = 0;
    t->offset = 0;
    hasher_start(&d->hasher);
    if (ftruncate(d->partial.fd, 0) < 0)
        return err_errno(err, errno, "%s", d->partial.path);
    return 0;
}

static int finish(struct transfer *t, struct err *err)
{
    struct download *d = t->user;
    if (t->exact && d->done != d->f->size) {
        transfer_reason(t, "ends after %" PRIu64 " of %" PRIu64 " bytes", d->done, d->f->size);
        return restart(t, err) < 0 ? -err->code : SINK_REFUSE;
    }
    struct sha256 got = hasher_end(&d->hasher);
    if (sha256_eq(&got, &d->f->sha256))
        return partial_commit(d->cache, &d->partial, &d->f->sha256, err) < 0 ? -err->code : SINK_GO;
    bool again = d->resumed > 0 && !d->restarted;
    d->restarted = true;
    transfer_reason(t, "has SHA-256 %s, not %s", sha256_hex(&got).s, sha256_hex(&d->f->sha256).s);
    if (restart(t, err) < 0)
        return err_ret(err);
    return again ? SINK_AGAIN : SINK_REFUSE;
}

static int start(struct transfer *t, struct err *err)
{
    struct download *d = t->user;
    if (cache_has_blob(d->cache, &d->f->sha256, d->f->size))
        return SINK_DONE;
    if (d->partial.fd < 0) {
        int r = open_partial(t, d, err);
        if (r != SINK_GO)
            return r;
    }
    if (d->done == d->f->size) {
        int r = finish(t, err);
        if (r < 0 || r == SINK_GO)
            return r < 0 ? r : SINK_DONE;
    }
    t->offset = d->done;
    if (lseek(d->partial.fd, (off_t)d->done, SEEK_SET) < 0)
        return err_errno(err, errno, "%s", d->partial.path);
    return SINK_GO;
}

static int restart_at_zero(struct transfer *t, struct err *err)
{
    struct download *d = t->user;
    if (restart(t, err) < 0)
        return err_ret(err);
    if (lseek(d->partial.fd, 0, SEEK_SET) < 0)
        return err_errno(err, errno, "%s", d->partial.path);
    return SINK_GO;
}

static int body(struct transfer *t, const void *p, size_t n, struct err *err)
{
    struct download *d = t->user;
    if (write_all(d->partial.fd, p, n, d->partial.path, err) < 0)
        return err_ret(err);
    hasher_add(&d->hasher, p, n);
    d->done += n;
    *d->bytes += n;
    progress_add(d->progress, n);
    return SINK_GO;
}

static const struct sink to_cache = {start, restart_at_zero, body, finish};

/* All downloads of one http_fetch. */
struct batch {
    struct download *d;
    struct transfer *t;
    size_t n;
    struct progress *progress;
};

static void batch_release(struct batch *b)
{
    for (size_t i = 0; i < b->n; i++) {
        transfer_release(&b->t[i]);
        download_release(&b->d[i]);
    }
    free(b->t);
    free(b->d);
    progress_end(b->progress);
}

static int one_done(struct transfer *t, struct err *err)
{
    struct download *d = t->user;
    return d->report ? d->report(d->f, err) : 0;
}

int http_fetch(const struct context *ctx, struct fetch *files, size_t n,
               int (*done)(struct fetch *f, struct err *err), uint64_t *ret_bytes, struct err *err)
{
    uint64_t bytes = 0, total = 0;
    CLEANUP(batch_release)
    struct batch b = {.d = xcalloc(n + 1, sizeof(*b.d)), .t = xcalloc(n + 1, sizeof(*b.t))};

    for (size_t i = 0; i < n; i++) {
        struct fetch *f = &files[i];
        if (cache_has_blob(ctx->cache, &f->sha256, f->size)) {
            if (done && done(f, err) < 0)
                return err_ret(err);
            continue;
        }
        struct transfer *t = &b.t[b.n];
        struct download *d = &b.d[b.n++];
        *d = (struct download){
            .f = f, .cache = ctx->cache, .report = done, .bytes = &bytes, .partial = PARTIAL_INIT};
        transfer_init(t, ctx->http, &to_cache, d, &f->urls);
        t->name = f->name;
        t->exact = f->size != UINT64_MAX;
        t->limit = t->exact ? f->size : FETCH_UNKNOWN_MAX;
        total += t->exact ? f->size : 0;
    }
    if (b.n > 0) {
        b.progress = progress_start(ctx->http->session->log, "fetching", total, true);
        for (size_t i = 0; i < b.n; i++)
            b.d[i].progress = b.progress;
    }
    int r = http_run(ctx->http, b.t, b.n, one_done, err);
    if (ret_bytes)
        *ret_bytes = bytes;
    return r;
}
