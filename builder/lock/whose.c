/* SPDX-License-Identifier: Apache-2.0 */
#include "lock/whose.h"

#include "base/arch.h"
#include "base/path.h"
#include "base/stream.h"
#include "deb/contents.h"
#include "lock/indexes.h"

#define CONTENTS_RAW_MAX (UINT64_C(4) << 30)
#define FACT             "contents"

struct asking {
    const struct context *ctx;
    const char *triplet;
    const struct strv *wants;
    char **ret;
    size_t found;
};

static int scan(struct asking *a, const struct archive_index *index, int blob,
                struct contents_scan *c, struct err *err)
{
    CLEANUP(source_cleanup) struct source *s = NULL;
    char head[6], bytes[65536];
    size_t n = index->packed_size < sizeof(head) ? (size_t)index->packed_size : sizeof(head);
    ssize_t got;

    if (pread_all(blob, head, n, 0, index->name, err) < 0)
        return err_ret(err);
    s = source_range(blob, index->name, 0, index->packed_size);
    s = source_verified(s, index->packed_size, &index->packed, index->name);
    s = source_decode(s, encoding_of(head, n), index->name, CONTENTS_RAW_MAX, 1);
    while ((got = source_read(s, bytes, sizeof(bytes), err)) > 0) {
        contents_add(c, bytes, (size_t)got);
        if (session_check(a->ctx->session, err) < 0)
            return err_ret(err);
    }
    contents_end(c);
    return (int)got;
}

/* Fetches an index, and keeps what counts of it; the index itself isn't worth its room. */
static int make_small(struct asking *a, const struct archive_index *index, struct buf *ret,
                      struct err *err)
{
    struct fetch file = {.urls = index->urls, /* borrowed */
                         .sha256 = index->packed,
                         .size = index->packed_size,
                         .name = index->name};
    struct cache *cache = a->ctx->cache;

    log_info(a->ctx->session->log, "%s: looking up which package has what is missing", index->name);
    if (http_fetch(a->ctx, &file, 1, NULL, NULL, err) < 0)
        return err_ret(err);
    CLEANUP(close_fd)
    int blob = cache_open_blob(cache, &index->packed, index->packed_size, NULL, err);
    if (blob < 0)
        return err_ret(err);
    struct contents_scan c;
    contents_start(&c, a->triplet);
    int r = scan(a, index, blob, &c, err);
    cache_blob_drop(cache, &index->packed);
    if (r == 0) {
        buf_addslice(ret, (struct slice){buf_str(&c.kept), c.kept.len});
        r = cache_fact_put(cache, FACT, &index->packed, buf_str(&c.kept), c.kept.len, err);
    }
    contents_release(&c);
    return r;
}

static int ask(struct asking *a, const struct archive_index *index, struct err *err)
{
    CLEANUP(err_release) struct err ignored = ERR_INIT;
    CLEANUP(buf_release) struct buf kept = BUF_INIT(CONTENTS_KEPT_MAX + 1);

    if (cache_fact_get(a->ctx->cache, FACT, &index->packed, &kept, &ignored) < 0) {
        buf_reset(&kept);
        if (make_small(a, index, &kept, err) < 0)
            return err_ret(err);
    }
    for (size_t i = 0; i < a->wants->n; i++) {
        if (a->ret[i])
            continue;
        struct slice package = contents_package((struct slice){buf_str(&kept), kept.len},
                                                path_base(a->wants->v[i]));
        if (!package.n)
            continue;
        a->ret[i] = xstrndup(package.p, package.n);
        a->found++;
    }
    return 0;
}

/* The architecture's own indexes first: programs and libraries are in them, and they are small. One
 * that can't be had doesn't keep the others from being asked. */
static void ask_all(struct asking *a, const struct archive *archive)
{
    for (unsigned all = 0; all < 2; all++)
        for (size_t i = 0; i < archive->n; i++) {
            const struct archive_suite *suite = &archive->suites[i];
            for (size_t k = 0; k < suite->n_contents && a->found < a->wants->n; k++) {
                CLEANUP(err_release) struct err err = ERR_INIT;
                if ((strcmp(suite->contents[k].arch, "all") == 0) != all)
                    continue;
                if (ask(a, &suite->contents[k], &err) < 0)
                    log_debug(a->ctx->session->log, "which package has what is missing: %s",
                              err.message);
                if (err.code == ERR_STOPPED)
                    return;
            }
        }
}

char **whose(const struct context *ctx, const struct recipe *recipe, const char *arch,
             const struct archive_options *options, const struct strv *wants)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(inreleases_release) struct inreleases inreleases = {0};
    CLEANUP(archive_release) struct archive archive = {0};
    CLEANUP(strv_release) struct strv arches = STRV_INIT;
    const struct arch *known = arch_find(arch);
    struct asking a = {.ctx = ctx,
                       .triplet = known ? known->triplet : "",
                       .wants = wants,
                       .ret = xcalloc(wants->n + 1, sizeof(char *))};

    strv_add(&arches, arch);
    if (archive_read(ctx, recipe, &arches, options, &inreleases, &archive, &err) == 0)
        ask_all(&a, &archive);
    else
        log_debug(ctx->session->log, "which package has what is missing: %s", err.message);
    return a.ret;
}
