/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/carry.h"
#include <stdatomic.h>
#include <unistd.h>

struct item {
    task_fn fn;
    void *arg;
    atomic_bool *failed;
};

static int run_item(void *arg, struct err *err)
{
    const struct item *i = arg;
    if (atomic_load(i->failed))
        return 0;
    int r = i->fn(i->arg, err);
    if (r < 0)
        atomic_store(i->failed, true);
    return r;
}

int in_parallel(task_fn fn, void *items, size_t n, size_t size, struct err *err)
{
    if (n == 0)
        return 0;
    atomic_bool failed = false;
    CLEANUP(free_ptr) struct item *wrapped = xcalloc(n, sizeof(*wrapped));
    struct pool *pool = pool_new(n < PARALLEL ? (unsigned)n - 1 : PARALLEL - 1);
    struct group *g = pool_group(pool);
    for (size_t i = 0; i < n; i++) {
        wrapped[i] = (struct item){fn, (char *)items + i * size, &failed};
        group_add(g, run_item, &wrapped[i]);
    }
    int r = group_wait(g, err);
    pool_end(pool);
    return r;
}

int blob_fetch(const struct context *ctx, struct reader *from, const struct graph_blob *blob,
               struct err *err)
{
    CLEANUP(tmpfile_release) struct tmpfile t = TMPFILE_INIT;
    if (cache_has_blob(ctx->cache, &blob->digest, blob->size))
        return 0;
    if (session_check(ctx->session, err) < 0 || cache_blob_begin(ctx->cache, &t, err) < 0)
        return err_ret(err);
    CLEANUP(free_ptr)
    char *what = xasprintf("fetching %.19s", sha256_digest(&blob->digest).s);
    struct progress *progress = progress_start(ctx->session->log, what, blob->size, true);
    int r = reader_save(from, &blob->digest, blob->size, t.fd, progress, err);
    progress_end(progress);
    return r < 0 ? r : cache_blob_commit(ctx->cache, &t, &blob->digest, err);
}

int blob_open(const struct context *ctx, struct reader *from, const struct graph_blob *blob,
              int *ret_fd, uint64_t *ret_offset, struct err *err)
{
    CLEANUP(err_release) struct err ignored = ERR_INIT;
    *ret_offset = 0;
    *ret_fd = cache_open_blob(ctx->cache, &blob->digest, blob->size, NULL, &ignored);
    if (*ret_fd >= 0)
        return 0;
    int r = reader_file_range(from, &blob->digest, blob->size, ret_fd, ret_offset, err);
    if (r != -ERR_NOT_FOUND)
        return r;
    err_clear(err);
    if (blob_fetch(ctx, from, blob, err) < 0)
        return err_ret(err);
    *ret_fd = cache_open_blob(ctx->cache, &blob->digest, blob->size, NULL, err);
    return *ret_fd < 0 ? *ret_fd : 0;
}
