/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/transfer.h"
#include <unistd.h>

int in_parallel(task_fn fn, void *items, size_t n, size_t size, struct err *err)
{
    if (n == 0)
        return 0;
    struct pool *pool = pool_new(n < PARALLEL ? (unsigned)n - 1 : PARALLEL - 1);
    struct group *g = pool_group(pool);
    for (size_t i = 0; i < n; i++)
        group_add(g, fn, (char *)items + i * size);
    int r = group_wait(g, err);
    pool_end(pool);
    return r;
}

int blob_fetch(const struct session *s, struct cache *c, struct reader *from,
               const struct graph_blob *blob, struct err *err)
{
    CLEANUP(tmpfile_release) struct tmpfile t = TMPFILE_INIT;
    if (cache_has_blob(c, &blob->digest, blob->size))
        return 0;
    if (session_check(s, err) < 0 || cache_blob_begin(c, &t, err) < 0)
        return -(int)err->code;
    CLEANUP(free_ptr)
    char *what = xasprintf("fetching %.19s", sha256_digest(&blob->digest).s);
    struct progress *progress = progress_start(s->log, what, blob->size, true);
    int r = reader_save(from, &blob->digest, blob->size, t.fd, progress, err);
    progress_end(progress);
    return r < 0 ? r : cache_blob_commit(c, &t, &blob->digest, err);
}

int blob_open(const struct session *s, struct cache *c, struct reader *from,
              const struct graph_blob *blob, int *ret_fd, uint64_t *ret_offset, struct err *err)
{
    CLEANUP(err_release) struct err ignored = ERR_INIT;
    *ret_offset = 0;
    *ret_fd = cache_open_blob(c, &blob->digest, blob->size, NULL, &ignored);
    if (*ret_fd >= 0)
        return 0;
    int r = reader_file_range(from, &blob->digest, blob->size, ret_fd, ret_offset, err);
    if (r != -ERR_NOT_FOUND)
        return r;
    err_clear(err);
    if (blob_fetch(s, c, from, blob, err) < 0)
        return -(int)err->code;
    *ret_fd = cache_open_blob(c, &blob->digest, blob->size, NULL, err);
    return *ret_fd < 0 ? *ret_fd : 0;
}
