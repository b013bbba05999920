/* SPDX-License-Identifier: Apache-2.0 */
#include "lock/inreleases.h"

#include "deb/release.h"

#define INRELEASE_MAX (16u << 20)

static void inrelease_free(struct inrelease *r)
{
    free(r->url);
    buf_release(&r->text);
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

int inreleases_get(struct inreleases *i, const struct session *s, struct http *h, struct cache *c,
                   const struct strv *urls, const char *keyring, const struct inrelease **ret,
                   struct err *err)
{
    CLEANUP(buf_release) struct buf bytes = BUF_INIT(INRELEASE_MAX);
    const struct sha256 key = key_of(urls, keyring);
    const char *url = NULL;

    for (size_t k = 0; k < i->n; k++)
        if (sha256_eq(&i->v[k]->key, &key)) {
            *ret = i->v[k];
            return 0;
        }
    if (http_get_cached(h, c, urls, &bytes, &url, err) < 0)
        return -(int)err->code;
    struct inrelease *r = xcalloc(1, sizeof(*r));
    r->key = key;
    r->url = xstrdup(url);
    r->digest = sha256_of(bytes.data, bytes.len);
    if (inrelease_verify(s, bytes.data, bytes.len, keyring, url, &r->text, err) < 0) {
        inrelease_free(r);
        return -(int)err->code;
    }
    GROW(i->v, i->n, i->cap);
    i->v[i->n++] = r;
    *ret = r;
    return 0;
}
