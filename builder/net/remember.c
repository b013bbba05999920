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

static struct curl_slist *add(struct curl_slist *list, const char *name, struct slice value)
{
    CLEANUP(free_ptr) char *line = xasprintf("%s: %.*s", name, (int)value.n, value.p);

    return value.n ? curl_slist_append(list, line) : list;
}

static struct curl_slist *condition(struct transfer *t)
{
    CLEANUP(err_release) struct err ignored = ERR_INIT;
    CLEANUP(buf_release) struct buf fact = BUF_INIT(4096);
    struct remembered *r = t->condition_user;
    const struct sha256 key = url_key(t->url);

    if (cache_fact_get(r->cache, "url", &key, &fact, &ignored) < 0)
        return NULL;
    struct slice rest = {buf_str(&fact), fact.len};
    if (!sha256_parse_hex(next_line(&rest), &r->body) ||
        !cache_has_blob(r->cache, &r->body, UINT64_MAX))
        return NULL;
    struct slice etag = next_line(&rest), modified = next_line(&rest);
    struct curl_slist *list = curl_slist_append(NULL, "Cache-Control: max-age=0");
    list = add(list, "If-None-Match", etag);
    return add(list, "If-Modified-Since", modified);
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
    return -(int)err->code;
}

static int get(struct http *h, struct remembered *r, const struct strv *urls, struct buf *ret,
               const char **ret_url, struct err *err)
{
    CLEANUP(transfer_release) struct transfer t;

    transfer_init(&t, h, &sink_memory, ret, urls);
    t.limit = ret->max ? ret->max : UINT64_MAX;
    t.fresh = true;
    t.condition = condition;
    t.condition_user = r;
    if (http_run(h, &t, 1, NULL, err) < 0)
        return -(int)err->code;
    if (ret_url)
        *ret_url = urls->v[t.mirror];
    if (t.unmodified)
        return recall(r, ret, err);
    remember(r, &t, ret);
    return 0;
}

int http_get_cached(struct http *h, struct cache *c, const struct strv *urls, struct buf *ret,
                    const char **ret_url, struct err *err)
{
    struct remembered r = {.cache = c};

    if (get(h, &r, urls, ret, ret_url, err) == 0)
        return 0;
    if (sha256_is_zero(&r.body) || cache_has_blob(c, &r.body, UINT64_MAX))
        return -(int)err->code;
    err_clear(err); /* what was remembered is damaged and gone: once more, whole */
    r.body = (struct sha256){0};
    return get(h, &r, urls, ret, ret_url, err);
}
