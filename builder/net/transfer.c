/* SPDX-License-Identifier: Apache-2.0 */
#include "net/transfer.h"
#include "base/path.h"
#include "net/url.h"
#include <inttypes.h>
#include <limits.h>

#define ATTEMPTS       4 /* on the last mirror */
#define ATTEMPTS_EARLY 2 /* where there is another mirror */
#define REDIRECTS_MAX  5
#define SINK_POLL_MS   200
#define SLOW_BYTES     1024 /* a second, for so many seconds: */
#define SLOW_SECONDS   30
#define PROGRESS_BYTES 65536 /* a request that brought more starts the count of tries anew */

void transfer_init(struct transfer *t, struct http *h, const struct sink *sink, void *user,
                   const struct strv *urls)
{
    *t = (struct transfer){.http = h, .sink = sink, .user = user, .urls = urls};
    t->url = urls->n > 0 ? xstrdup(urls->v[0]) : NULL;
}

void transfer_stop(struct transfer *t)
{
    if (!t->easy)
        return;
    exchange_stop(&t->exchange);
    curl_easy_cleanup(t->easy);
    t->easy = NULL;
}

void transfer_release(struct transfer *t)
{
    transfer_stop(t);
    http_response_release(&t->response);
    strv_release(&t->headers);
    free(t->url);
    free(t->reason);
    free(t->etag);
    free(t->modified);
    strv_release(&t->failures);
    err_release(&t->failed);
    *t = (struct transfer){0};
}

void transfer_reason(struct transfer *t, const char *fmt, ...)
{
    va_list ap;
    free(t->reason);
    va_start(ap, fmt);
    t->reason = xvasprintf(fmt, ap);
    va_end(ap);
}

static void take_header(const struct transfer *t, const char *name, char **ret)
{
    const char *value = http_header(&t->response, name);

    free(*ret);
    *ret = value ? xstrdup(value) : NULL;
}

/* A Last-Modified within the last minute may stand for two versions: RFC 9110 8.8.2.2. */
static void take_modified(struct transfer *t)
{
    const char *date = http_header(&t->response, "date");

    take_header(t, "last-modified", &t->modified);
    if (t->modified && (!date || curl_getdate(date, NULL) < curl_getdate(t->modified, NULL) + 60))
        free_ptr(&t->modified);
}

/* Once, before the first byte of a body counts. */
static int look_at_head(struct transfer *t, struct err *err)
{
    unsigned status = t->response.status;

    t->head_seen = true;
    t->body_wanted = status == 200 || status == 206 || (status == 0 && url_is_file(t->url));
    if (!t->body_wanted)
        return SINK_GO;
    if (t->condition) {
        take_header(t, "etag", &t->etag);
        take_modified(t);
    }
    if (status == 200 && t->offset > 0) {
        t->offset = 0;
        if (t->sink->restart(t, err) < 0)
            return err_ret(err);
    } else if (status == 206 && (t->offset == 0 || !http_range_begins(&t->response, t->offset))) {
        transfer_reason(t, "answers with another range than asked for");
        return SINK_REFUSE;
    }
    int64_t length = exchange_length(&t->exchange);
    if (length < 0)
        return SINK_GO;
    uint64_t total = t->offset + (uint64_t)length;
    if (t->exact ? total != t->limit : total > t->limit) {
        transfer_reason(t, "is %" PRIu64 " bytes, %s %" PRIu64, total,
                        t->exact ? "not the expected" : "more than", t->limit);
        return SINK_REFUSE;
    }
    return SINK_GO;
}

static int take_body(void *user, struct exchange *x, const void *p, size_t n, struct err *err)
{
    struct transfer *t = user;
    (void)x; /* t->exchange */
    int r = t->head_seen ? SINK_GO : look_at_head(t, err);
    if (r == SINK_GO && !t->body_wanted)
        r = SINK_REFUSE; /* a 204 and such: the status says enough */
    if (r != SINK_GO)
        return -1;
    t->received += n;
    if (t->received > t->limit - t->offset) {
        transfer_reason(t, "is longer than %" PRIu64 " bytes", t->limit);
        return -1;
    }
    return t->sink->body(t, p, n, err) == SINK_GO ? 0 : -1;
}

/* Where a server leads us no inner address is spoken to. */
static void make_request(struct transfer *t)
{
    strv_release(&t->headers);
    if (t->condition)
        t->condition(t, &t->headers);
    t->conditional = t->headers.n > 0;
    if (t->fresh)
        strv_add(&t->headers, "Cache-Control: max-age=0");
    t->trust = (struct http_trust){.ca_pem = &t->http->ca};
    t->request = (struct http_request){
        .method = "GET",
        .url = t->url,
        .headers = &t->headers,
        .trust = &t->trust,
        .outside = !url_is_file(t->url) && !url_same_origin(t->url, t->urls->v[t->mirror]),
        .silence = SLOW_SECONDS,
        .slowest = SLOW_BYTES,
        .response_fd = -1,
        .response_offset = t->offset,
        .take = take_body,
        .user = t,
    };
}

static int all_failed(struct transfer *t, struct err *err)
{
    const char *name = t->name ? t->name : "";
    if (t->failures.n == 0)
        return err_set(err, "%s%sno mirror is known", name, *name ? ": " : "");
    enum err_code code = t->not_found == t->failures.n ? ERR_NOT_FOUND : ERR_FAIL;
    err_code(err, code, "%s%s%s", name, *name ? ": " : "", t->failures.v[0]);
    for (size_t i = 1; i < t->failures.n; i++)
        err_hint(err, "also %s", t->failures.v[i]);
    if (code == ERR_FAIL)
        err_hint(err, "try again later, or name another mirror");
    return err_ret(err);
}

static void set_url(struct transfer *t, char *url)
{
    free(t->url);
    t->url = url;
}

/* What the mirror's turn ended with; then the next one's begins. */
static int next_mirror(struct transfer *t, const char *why, bool not_found, struct err *err)
{
    CLEANUP(free_ptr) char *shown = url_show(t->url);
    strv_addf(&t->failures, "%s: %s", shown, why);
    t->not_found += not_found;
    log_debug(t->http->session->log, "%s: %s", shown, why);
    t->state = TRANSFER_READY;
    t->retry.failed = t->redirects = 0;
    if (++t->mirror >= t->urls->n)
        return all_failed(t, err);
    set_url(t, xstrdup(t->urls->v[t->mirror]));
    return 0;
}

int transfer_start(struct transfer *t, int64_t now, struct err *err)
{
    if (t->mirror >= t->urls->n)
        return all_failed(t, err);
    int r = t->sink->start(t, err);
    if (r < 0)
        return r;
    if (r == SINK_DONE)
        t->state = TRANSFER_DONE;
    if (r == SINK_WAIT)
        t->not_before = now + SINK_POLL_MS;
    if (r != SINK_GO)
        return 0;
    if (url_check(t->url, err) < 0)
        return err_ret(err);
    free_ptr(&t->reason);
    http_response_release(&t->response);
    t->received = 0;
    t->head_seen = t->body_wanted = false;
    make_request(t);
    t->easy = curl_easy_init();
    if (!t->easy)
        return err_set(err, "libcurl can't begin a transfer");
    if (exchange_begin(&t->exchange, t->http, t->http->multi, t->easy, &t->request, &t->response,
                       err) == 0) {
        t->state = TRANSFER_RUNNING;
        return 1;
    }
    transfer_stop(t);
    if (!t->exchange.refused)
        return err_ret(err);
    err_clear(err);
    return next_mirror(t, exchange_why(&t->exchange), false, err);
}

static char *describe(const struct transfer *t)
{
    const struct exchange *x = &t->exchange;
    if (t->reason)
        return xstrdup(t->reason);
    if (exchange_answered(x) || t->response.status >= 400)
        return xasprintf("HTTP %u", t->response.status);
    const char *hint = exchange_certificate_hint(x);
    return hint ? xasprintf("%s (%s)", exchange_why(x), hint) : xstrdup(exchange_why(x));
}

/* Another try of the same mirror, later; or the next mirror. */
static int try_again(struct transfer *t, const char *why, unsigned retry_after, int64_t now,
                     struct err *err)
{
    unsigned wait;
    uint64_t at = t->body_wanted ? t->offset + t->received : 0;
    t->retry.attempts = t->mirror + 1 >= t->urls->n ? ATTEMPTS : ATTEMPTS_EARLY;
    t->retry.backoff_ms = t->http->backoff_ms;
    t->retry.progress = PROGRESS_BYTES;
    if (!retry_again(&t->retry, at, 1, retry_after, &wait))
        return next_mirror(t, why, false, err);
    CLEANUP(free_ptr) char *shown = url_show(t->url);
    log_debug(t->http->session->log, "%s: %s; again in %u ms", shown, why, wait);
    t->not_before = now + wait;
    t->state = TRANSFER_READY;
    t->redirects = 0;
    set_url(t, xstrdup(t->urls->v[t->mirror]));
    return 0;
}

static int follow(struct transfer *t, const char *location, struct err *err)
{
    CLEANUP(err_release) struct err refused = ERR_INIT;
    if (!location)
        return next_mirror(t, "redirects to nowhere", false, err);
    char *to = url_resolve(t->url, location);
    if (!to)
        to = xstrdup(location); /* of no scheme that could be followed */
    if (url_check_redirect(t->url, to, &refused) < 0) {
        CLEANUP(free_ptr) char *shown = url_show(to);
        CLEANUP(free_ptr) char *why = xasprintf("redirects to %s, which is refused", shown);
        free(to);
        return next_mirror(t, why, false, err);
    }
    if (++t->redirects > REDIRECTS_MAX) {
        free(to);
        return next_mirror(t, "redirects too often", false, err);
    }
    set_url(t, to);
    t->state = TRANSFER_READY;
    t->not_before = 0;
    return 0;
}

static int finish(struct transfer *t, int64_t now, struct err *err)
{
    int r = t->sink->finish(t, err);
    if (r < 0)
        return r;
    if (r == SINK_AGAIN) {
        t->state = TRANSFER_READY;
        t->not_before = now;
        set_url(t, xstrdup(t->urls->v[t->mirror]));
        return t->sink->restart(t, err);
    }
    if (r == SINK_REFUSE) {
        CLEANUP(free_ptr) char *why = xstrdup(t->reason ? t->reason : "wrong bytes");
        return next_mirror(t, why, false, err);
    }
    t->state = TRANSFER_DONE;
    return 0;
}

/* An answer that ended without a body is looked at here. */
static bool head_is_fine(struct transfer *t, struct err *err)
{
    if (!exchange_answered(&t->exchange) || t->head_seen)
        return true;
    return look_at_head(t, err) == SINK_GO;
}

static bool is_redirect(unsigned status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* What went wrong may be gone soon, or with another mirror. */
static int go_on(struct transfer *t, int64_t now, struct err *err)
{
    const struct exchange *x = &t->exchange;
    const unsigned status = t->response.status;
    const bool answered = exchange_answered(x);
    CLEANUP(free_ptr) char *why = describe(t);
    if (!t->reason && (answered ? status_transient(status) : exchange_transient(x)))
        return try_again(t, why, http_retry_after(&t->response, time(NULL)), now, err);
    bool not_found = x->result == CURLE_FILE_COULDNT_READ_FILE ||
                     (answered && (status == 404 || status == 410));
    if (t->offset == 0 || not_found)
        return next_mirror(t, why, not_found, err);
    /* It may be the resuming that it doesn't like. */
    if (t->sink->restart(t, err) < 0)
        return err_ret(err);
    return try_again(t, why, 0, now, err);
}

int transfer_complete(struct transfer *t, CURLcode result, int64_t now, struct err *err)
{
    exchange_end(&t->exchange, result);
    if (t->exchange.err.code)
        (void)!err_move(err, &t->exchange.err);
    bool fine = !err->code && head_is_fine(t, err);
    transfer_stop(t);
    if (err->code)
        return err_ret(err);
    const unsigned status = t->response.status;
    const bool answered = exchange_answered(&t->exchange);
    if (t->conditional && answered && status == 304) {
        t->unmodified = true;
        t->state = TRANSFER_DONE;
        return 0;
    }
    if (fine && answered && t->body_wanted)
        return finish(t, now, err);
    if (answered && is_redirect(status))
        return follow(t, http_header(&t->response, "location"), err);
    return go_on(t, now, err);
}
