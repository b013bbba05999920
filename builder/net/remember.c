/* SPDX-License-Identifier: Apache-2.0 */
#include "base/stream.h"
#include "net/transfer.h"

#define VALIDATOR_MAX 1024 /* bytes of one that is kept */

/* What the cache knows of a URL: the digest of its bytes and the server's words for their
 * version, in lines. */
struct remembered {
    struct cache *cache;
    struct sha256 body;
};

static struct sha256 url_key(const char *url)
{
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);

    buf_addf(&text, "mkimage url 1\n%s\n", url);
    return sha256_of(text.data, text.len);
}

static struct slice next_line(struct slice *rest)
{
    const char *newline = memchr(rest->p, '\n', rest->n);
    size_t n = newline ? (size_t)(newline - rest->p) : rest->n;
    struct slice line = {rest->p, n};

    n += newline != NULL;
    *rest = (struct slice){rest->p + n, rest->n - n};
    return line;
}

static void add(struct strv *headers, const char *name, struct slice value)
{
    if (value.n)
        strv_addf(headers, "%s: %.*s", name, (int)value.n, value.p);
}

static void condition(struct transfer *t, struct strv *headers)
{
    CLEANUP(err_release) struct err ignored = ERR_INIT;
    CLEANUP(buf_release) struct buf fact = BUF_INIT(4096);
    struct remembered *r = t->condition_user;
    const struct sha256 key = url_key(t->url);

    if (cache_fact_get(r->cache, "url", &key, &fact, &ignored) < 0)
        return;
    struct slice rest = {buf_str(&fact), fact.len};
    if (!sha256_parse_hex(next_line(&rest), &r->body) ||
        !cache_has_blob(r->cache, &r->body, UINT64_MAX))
        return;
    struct slice etag = next_line(&rest), modified = next_line(&rest);
    add(headers, "If-None-Match", etag);
    add(headers, "If-Modified-Since", modified);
}

static bool fits(const char *validator)
{
    return validator && *validator && strlen(validator) <= VALIDATOR_MAX &&
           !strpbrk(validator, "\r\n");
}

/* What can't be kept is asked for whole the next time. */
static void remember(struct remembered *r, const struct transfer *t, const struct buf *body)
{
    CLEANUP(err_release) struct err ignored = ERR_INIT;
    CLEANUP(buf_release) struct buf fact = BUF_INIT(0);
    const struct sha256 key = url_key(t->url);
    struct sha256 digest;

    if ((!fits(t->etag) && !fits(t->modified)) ||
        cache_blob_put(r->cache, buf_str(body), body->len, &digest, &ignored) < 0)
        return;
    buf_addf(&fact, "%s\n%s\n%s\n", sha256_hex(&digest).s, fits(t->etag) ? t->etag : "",
             fits(t->modified) ? t->modified : "");
    (void)!cache_fact_put(r->cache, "url", &key, fact.data, fact.len, &ignored);
}

/* The bytes that haven't changed; damaged ones are dropped, so that the next request is whole. */
static int recall(struct remembered *r, struct buf *ret, struct err *err)
{
    CLEANUP(source_cleanup) struct source *s = NULL;
    uint64_t size;
    CLEANUP(close_fd) int fd = cache_open_blob(r->cache, &r->body, UINT64_MAX, &size, err);

    if (fd < 0)
        return fd;
    buf_reset(ret);
    s = source_verified(source_range(fd, "remembered", 0, size), size, &r->body, "remembered");
    if (source_read_buf(s, ret, err) == 0)
        return 0;
    cache_blob_drop(r->cache, &r->body);
    return err_ret(err);
}

/* What has come, or is here already; *ret_again: what was remembered is damaged, and gone. */
static int take(struct remembered *r, const struct transfer *t, struct http_document *d,
                bool *ret_again, struct err *err)
{
    d->url = d->urls->v[t->mirror];
    if (!t->unmodified) {
        remember(r, t, d->bytes);
        return 0;
    }
    if (recall(r, d->bytes, err) == 0)
        return 0;
    *ret_again = !cache_has_blob(r->cache, &r->body, UINT64_MAX);
    return err_ret(err);
}

static void begin(struct transfer *t, struct http *h, struct remembered *r,
                  const struct http_document *d)
{
    transfer_init(t, h, &sink_memory, d->bytes, d->urls);
    t->limit = d->bytes->max ? d->bytes->max : UINT64_MAX;
    t->fresh = true;
    t->alone = true;
    t->condition = condition;
    t->condition_user = r;
}

static int get(struct http *h, struct remembered *r, struct transfer *t,
               struct http_document *documents, size_t n, bool *ret_again, struct err *err)
{
    for (size_t i = 0; i < n; i++)
        begin(&t[i], h, &r[i], &documents[i]);
    if (http_run(h, t, n, NULL, err) < 0)
        return err_ret(err);
    for (size_t i = 0; i < n; i++) {
        struct http_document *d = &documents[i];
        if (t[i].failed.code)
            (void)err_move(&d->err, &t[i].failed);
        else
            (void)!take(&r[i], &t[i], d, &ret_again[i], &d->err);
    }
    return 0;
}

static int get_once(const struct context *ctx, struct http_document *documents, size_t n,
                    bool *ret_again, struct err *err)
{
    CLEANUP(free_ptr) struct transfer *t = xcalloc(n + 1, sizeof(*t));
    CLEANUP(free_ptr) struct remembered *r = xcalloc(n + 1, sizeof(*r));

    for (size_t i = 0; i < n; i++)
        r[i].cache = ctx->cache;
    int result = get(ctx->http, r, t, documents, n, ret_again, err);
    for (size_t i = 0; i < n; i++)
        transfer_release(&t[i]);
    return result;
}

int http_get_all_cached(const struct context *ctx, struct http_document *documents, size_t n,
                        struct err *err)
{
    CLEANUP(free_ptr) bool *again = xcalloc(n + 1, sizeof(*again));
    bool ignored = false;

    if (get_once(ctx, documents, n, again, err) < 0)
        return err_ret(err);
    for (size_t i = 0; i < n; i++) {
        if (!again[i])
            continue;
        err_clear(&documents[i].err); /* once more, whole */
        if (get_once(ctx, &documents[i], 1, &ignored, err) < 0)
            return err_ret(err);
    }
    return 0;
}
