/* SPDX-License-Identifier: Apache-2.0 */
#include "net/connection.h"

/* "https://host:port" of a URL. */
static size_t origin_length(const char *url)
{
    const char *host = strstr(url, "://");
    return host ? (size_t)(host + 3 - url) + strcspn(host + 3, "/?#") : strlen(url);
}

static void connection_free(struct connection *c)
{
    if (c->easy)
        curl_easy_cleanup(c->easy);
    if (c->multi)
        curl_multi_cleanup(c->multi);
    free(c->origin);
    free(c);
}

static struct connection *connection_new(void)
{
    struct connection *c = xcalloc(1, sizeof(*c));
    c->multi = curl_multi_init();
    c->easy = curl_easy_init();
    if (c->multi && c->easy)
        return c;
    connection_free(c);
    return NULL;
}

struct connection *connection_take(struct http *h, const char *url, struct err *err)
{
    size_t n = origin_length(url);
    if (http_ready(h, err) < 0)
        return NULL;
    pthread_mutex_lock(&h->lock);
    struct connection **at = &h->idle;
    while (*at && !(strlen((*at)->origin) == n && memcmp((*at)->origin, url, n) == 0))
        at = &(*at)->next;
    struct connection *c = *at;
    if (c)
        *at = c->next;
    pthread_mutex_unlock(&h->lock);
    if (c)
        return c;
    c = connection_new();
    if (c)
        c->origin = xstrndup(url, n);
    else
        err_set(err, "libcurl can't begin a transfer");
    return c;
}

void connection_give(struct http *h, struct connection *c, bool spent)
{
    if (spent) {
        connection_free(c);
        return;
    }
    curl_easy_reset(c->easy);
    pthread_mutex_lock(&h->lock);
    c->next = h->idle;
    h->idle = c;
    pthread_mutex_unlock(&h->lock);
}

void connections_free(struct http *h)
{
    while (h->idle) {
        struct connection *c = h->idle;
        h->idle = c->next;
        connection_free(c);
    }
}
