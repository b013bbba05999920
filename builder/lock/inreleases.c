/* SPDX-License-Identifier: Apache-2.0 */
#include "lock/inreleases.h"

#include "deb/release.h"

#define INRELEASE_MAX (16u << 20)

static void inrelease_free(struct inrelease *r)
{
    free(r->url);
    buf_release(&r->text);
    err_release(&r->failed);
    free(r);
}

void inreleases_release(struct inreleases *i)
{
    for (size_t k = 0; k < i->n; k++)
        inrelease_free(i->v[k]);
    free(i->v);
    *i = (struct inreleases){0};
}

/* Neither a URL nor a list of them has a zero byte. */
static struct sha256 key_of(const struct strv *urls, const char *keyring)
{
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);

    buf_add(&b, keyring, strlen(keyring) + 1);
    strv_each (url, urls)
        buf_add(&b, *url, strlen(*url) + 1);
    return sha256_of(b.data, b.len);
}

static struct inrelease **find(const struct inreleases *i, const struct sha256 *key)
{
    for (size_t k = 0; k < i->n; k++)
        if (sha256_eq(&i->v[k]->key, key))
            return &i->v[k];
    return NULL;
}

/* One that is being asked for. */
struct asked {
    const struct session *session;
    const char *keyring;
    struct buf bytes;
    const struct http_document *document;
    struct inrelease *inrelease;
};

static int verify_task(void *arg, struct err *err)
{
    struct asked *a = arg;
    struct inrelease *r = a->inrelease;

    (void)err;
    r->url = xstrdup(a->document->url);
    r->digest = sha256_of(a->bytes.data, a->bytes.len);
    (void)!inrelease_verify(a->session, a->bytes.data, a->bytes.len, a->keyring, r->url, &r->text,
                            &r->failed);
    return 0;
}

static int verify_all(const struct session *s, struct asked *asked, struct http_document *documents,
                      size_t n, struct err *err)
{
    struct group *g = pool_group(s->pool);

    for (size_t k = 0; k < n; k++) {
        if (documents[k].err.code)
            (void)err_move(&asked[k].inrelease->failed, &documents[k].err);
        else
            group_add(g, verify_task, &asked[k]);
    }
    return group_wait(g, err);
}

static struct inrelease *add(struct inreleases *i, const struct sha256 *key)
{
    struct inrelease *r = xcalloc(1, sizeof(*r));

    r->key = *key;
    GROW(i->v, i->n, i->cap);
    i->v[i->n++] = r;
    return r;
}

/* Those that nobody asked for yet; each once. */
static size_t new_ones(struct inreleases *i, const struct session *s,
                       const struct inrelease_want *wants, size_t n, struct asked *asked,
                       struct http_document *documents)
{
    size_t m = 0;

    for (size_t k = 0; k < n; k++) {
        const struct sha256 key = key_of(&wants[k].urls, wants[k].keyring);
        if (find(i, &key))
            continue;
        asked[m] = (struct asked){s, wants[k].keyring, BUF_INIT(INRELEASE_MAX), &documents[m],
                                  add(i, &key)};
        documents[m] = (struct http_document){.urls = &wants[k].urls, .bytes = &asked[m].bytes};
        m++;
    }
    return m;
}

int inreleases_ahead(struct inreleases *i, const struct context *ctx,
                     const struct inrelease_want *wants, size_t n, struct err *err)
{
    CLEANUP(free_ptr) struct http_document *documents = xcalloc(n + 1, sizeof(*documents));
    CLEANUP(free_ptr) struct asked *asked = xcalloc(n + 1, sizeof(*asked));
    size_t before = i->n, m = new_ones(i, ctx->session, wants, n, asked, documents);

    int result = http_get_all_cached(ctx, documents, m, err);
    if (result == 0)
        result = verify_all(ctx->session, asked, documents, m, err);
    while (result < 0 && i->n > before)
        inrelease_free(i->v[--i->n]);
    for (size_t k = 0; k < m; k++) {
        err_release(&documents[k].err);
        buf_release(&asked[k].bytes);
    }
    return result;
}

int inreleases_get(struct inreleases *i, const struct context *ctx, const struct strv *urls,
                   const char *keyring, const struct inrelease **ret, struct err *err)
{
    const struct inrelease_want want = {*urls, keyring};
    const struct sha256 key = key_of(urls, keyring);

    if (!find(i, &key) && inreleases_ahead(i, ctx, &want, 1, err) < 0)
        return err_ret(err);
    struct inrelease **at = find(i, &key), *r = *at;
    if (!r->failed.code) {
        *ret = r;
        return 0;
    }
    *at = i->v[--i->n]; /* who wants it next asks again */
    int result = err_move(err, &r->failed);
    inrelease_free(r);
    return result;
}
