/* SPDX-License-Identifier: Apache-2.0 */
#include "net/connection.h"
#include <arpa/inet.h>
#include <netinet/in.h>

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

struct connection *connection_take(struct http *h, const char *url)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    size_t n = origin_length(url);
    if (http_ready(h, &err) < 0)
        return NULL;
    pthread_mutex_lock(&h->lock);
    struct connection **at = &h->idle;
    while (*at && !(strlen((*at)->origin) == n && memcmp((*at)->origin, url, n) == 0))
        at = &(*at)->next;
    struct connection *c = *at;
    if (c)
        *at = c->next;
    pthread_mutex_unlock(&h->lock);
    if (c || !(c = connection_new()))
        return c;
    c->origin = xstrndup(url, n);
    return c;
}

void connection_give(struct http *h, struct connection *c)
{
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

static bool inner_ipv4(const uint8_t *a)
{
    static const uint8_t alibaba[4] = {100, 100, 100, 200};
    return (a[0] == 169 && a[1] == 254) || memcmp(a, alibaba, 4) == 0;
}

static bool inner_ipv6(const struct in6_addr *a)
{
    static const uint8_t aws[16] = {0xfd, 0, 0x0e, 0xc2, [14] = 0x02, [15] = 0x54};
    if (IN6_IS_ADDR_V4MAPPED(a) || IN6_IS_ADDR_V4COMPAT(a))
        return inner_ipv4(a->s6_addr + 12);
    return IN6_IS_ADDR_LINKLOCAL(a) || memcmp(a->s6_addr, aws, sizeof(aws)) == 0;
}

bool address_is_inner(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof(in));
        return inner_ipv4((const uint8_t *)&in.sin_addr);
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, address, sizeof(in6));
        return inner_ipv6(&in6.sin6_addr);
    }
    return true;
}

bool url_is_inner(const char *url)
{
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    CURLU *parsed = curl_url();
    char *host = NULL;
    bool inner = false;
    if (parsed && curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK &&
        curl_url_get(parsed, CURLUPART_HOST, &host, 0) == CURLUE_OK) {
        CLEANUP(free_ptr) char *bare = xstrdup(*host == '[' ? host + 1 : host);
        bare[strcspn(bare, "%]")] = 0;
        if (inet_pton(AF_INET, bare, &in.sin_addr) == 1)
            inner = address_is_inner((const struct sockaddr *)&in);
        else if (inet_pton(AF_INET6, bare, &in6.sin6_addr) == 1)
            inner = address_is_inner((const struct sockaddr *)&in6);
    }
    curl_free(host);
    curl_url_cleanup(parsed);
    return inner;
}
