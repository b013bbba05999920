/* SPDX-License-Identifier: Apache-2.0 */
#include "net/request.h"
#include "net/connection.h"
#include "net/exchange.h"
#include "net/url.h"
#include <inttypes.h>

#define POLL_MS           200
#define RETRY_AFTER_LIMIT 86400 /* seconds */

/* Drives the one exchange to its end. */
static int drive(struct exchange *x, const struct http *h, struct err *err)
{
    CURLcode result = CURLE_OK;
    for (int r = 0; r == 0;) {
        struct exchange *ended;
        if (session_check(h->session, err) < 0)
            return err_ret(err);
        r = multi_turn(x->multi, POLL_MS, &ended, &result, err);
        if (r < 0)
            return r;
    }
    exchange_end(x, result);
    return x->err.code ? err_move(err, &x->err) : 0;
}

static int failed(const struct exchange *x, struct err *err)
{
    const char *text = exchange_why(x), *certificate = exchange_certificate_hint(x);
    bool plain = strncasecmp(x->request->url, "http:", 5) == 0 && !x->response->status;
    err_set(err, "%s", text);
    if (x->result == CURLE_COULDNT_RESOLVE_HOST)
        err_hint(err, "check the host's name, and that this machine can resolve names");
    else if (x->result == CURLE_COULDNT_RESOLVE_PROXY)
        err_hint(err, "check the proxy's name in http_proxy or https_proxy");
    else if (certificate)
        err_hint(err, "%s", certificate);
    else if (exchange_speaks_http(x))
        err_hint(err, "does it speak plain http? then name it by --insecure HOST[:PORT]");
    else if (plain && (x->result == CURLE_RECV_ERROR || x->result == CURLE_GOT_NOTHING))
        err_hint(err, "does it speak https? then not by --insecure");
    return err_ret(err);
}

/* *ret_spent: the connection isn't to be used again. After a look-up that failed libcurl 7.88 takes
 * no new options for a handle. */
static int perform(struct http *h, struct connection *c, const struct http_request *request,
                   struct http_response *ret, bool *ret_transient, bool *ret_spent, struct err *err)
{
    struct exchange x;
    int r = exchange_begin(&x, h, c->multi, c->easy, request, ret, err);
    if (r == 0)
        r = drive(&x, h, err);
    if (r == 0 && !exchange_answered(&x)) {
        *ret_transient = exchange_transient(&x);
        r = failed(&x, err);
    }
    *ret_spent = r < 0;
    exchange_stop(&x);
    return r;
}

int http_request(struct http *h, const struct http_request *request, struct http_response *ret,
                 bool *ret_transient, struct err *err)
{
    bool transient = false, spent = false;
    *ret = (struct http_response){0};
    struct connection *c = connection_take(h, request->url, err);
    if (!c)
        return err_ret(err);
    int r = perform(h, c, request, ret, &transient, &spent, err);
    connection_give(h, c, spent);
    if (ret_transient)
        *ret_transient = transient;
    if (r < 0 && err->code != ERR_STOPPED) {
        CLEANUP(free_ptr) char *bare = xstrndup(request->url, strcspn(request->url, "?#"));
        CLEANUP(free_ptr) char *shown = url_show(bare);
        err_wrap(err, "%s", shown);
    }
    return r;
}

const char *http_header_next(const struct http_response *r, const char *name, size_t *at)
{
    size_t n = strlen(name);
    while (*at < r->headers.n) {
        const char *line = r->headers.v[(*at)++];
        if (strncmp(line, name, n) == 0 && line[n] == ':')
            return line + n + 1 + strspn(line + n + 1, " \t");
    }
    return NULL;
}

const char *http_header(const struct http_response *r, const char *name)
{
    size_t at = 0;
    return http_header_next(r, name, &at);
}

bool http_range_begins(const struct http_response *r, uint64_t at)
{
    const char *range = http_header(r, "content-range");
    CLEANUP(free_ptr) char *want = xasprintf("bytes %" PRIu64 "-", at);
    return range && strncasecmp(range, want, strlen(want)) == 0;
}

void http_response_release(struct http_response *r)
{
    strv_release(&r->headers);
    if (r->body.data)
        explicit_bzero(r->body.data, r->body.cap); /* it may hold a token */
    buf_release(&r->body);
    *r = (struct http_response){0};
}

unsigned http_retry_after(const struct http_response *r, int64_t now)
{
    const char *text = http_header(r, "retry-after");
    if (!text || !*text)
        return 0;
    size_t digits = strspn(text, "0123456789");
    if (!text[digits])
        return digits > 5 ? RETRY_AFTER_LIMIT : (unsigned)strtoul(text, NULL, 10);
    time_t at = curl_getdate(text, NULL);
    if (at < 0 || at <= now)
        return 0;
    return at - now > RETRY_AFTER_LIMIT ? RETRY_AFTER_LIMIT : (unsigned)(at - now);
}
