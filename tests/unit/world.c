/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

void world_make(struct world *w, struct route *routes, size_t n)
{
    *w = (struct world){.err = ERR_INIT, .big = xmalloc(BIG)};
    for (uint32_t i = 0, x = 1; i < BIG; i++, x = x * 1664525u + 1013904223u)
        w->big[i] = (char)(x >> 24);
    w->big_digest = sha256_of(w->big, BIG);
    for (size_t i = 0; i < n; i++)
        if (!routes[i].body && !routes[i].status) {
            routes[i].body = w->big;
            routes[i].n = BIG;
        }
    w->session.stop = &w->stop;
    w->dir = xstrdup("/tmp/mkimage-test.XXXXXX");
    assert_non_null(mkdtemp(w->dir));
    server_start(&w->server, routes, n);
    assert_ok(http_new(&w->session, 4, &w->http, &w->err), &w->err);
    w->http->backoff_ms = 20;
    assert_ok(cache_open(w->dir, &w->cache, &w->err), &w->err);
}

void world_end(struct world *w)
{
    http_free(w->http);
    cache_free(w->cache);
    server_stop(&w->server);
    err_clear(&w->err);
    assert_ok(dir_remove(w->dir, &w->err), &w->err);
    free(w->dir);
    free(w->big);
}

int get_document(struct http *h, const struct strv *urls, struct buf *ret, const char **ret_url,
                 struct err *err)
{
    CLEANUP(transfer_release) struct transfer t;
    transfer_init(&t, h, &sink_memory, ret, urls);
    t.limit = ret->max ? ret->max : UINT64_MAX;
    t.fresh = true;
    if (http_run(h, &t, 1, NULL, err) < 0)
        return -err->code;
    if (ret_url)
        *ret_url = urls->v[t.mirror];
    return 0;
}
