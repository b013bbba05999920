/* SPDX-License-Identifier: Apache-2.0 */
#include "net/transfer.h"
#include "base/path.h"
#include "net/url.h"
#include <inttypes.h>
#include <limits.h>

#define ATTEMPTS        4 /* on the last mirror */
#define ATTEMPTS_EARLY  2 /* where there is another mirror */
#define REDIRECTS_MAX   5
#define RETRY_AFTER_MAX 120 /* seconds; who asks for more isn't waited for */
#define BACKOFF_MAX_MS  10000
#define SINK_POLL_MS    200
#define CONNECT_SECONDS 15L
#define SLOW_BYTES      1024L /* a second, for so many seconds: */
#define SLOW_SECONDS    30L
#define PROGRESS_BYTES  65536 /* a request that brought more starts the count of tries anew */
#define ERROR_BODY_MAX  65536

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
    curl_multi_remove_handle(t->http->multi, t->easy);
    curl_easy_cleanup(t->easy);
    t->easy = NULL;
    curl_slist_free_all(t->headers);
    t->headers = NULL;
}

void transfer_release(struct transfer *t)
{
    transfer_stop(t);
    free(t->url);
    free(t->reason);
    free(t->etag);
    free(t->modified);
    strv_release(&t->failures);
    err_release(&t->err);
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

static long status_of(const struct transfer *t)
{
    long status = 0;
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

/* "bytes 100-199/200": whether the part begins where it was asked for. */
static bool range_fits(const struct transfer *t)
{
    struct curl_header *header;
    CLEANUP(free_ptr) char *want = xasprintf("bytes %" PRIu64 "-", t->offset);
    if (curl_easy_header(t->easy, "Content-Range", 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
        return false;
    return strncasecmp(header->value, want, strlen(want)) == 0;
}

static void take_header(struct transfer *t, const char *name, char **ret)
{
    struct curl_header *header;

    free(*ret);
    *ret = NULL;
    if (curl_easy_header(t->easy, name, 0, CURLH_HEADER, -1, &header) == CURLHE_OK)
        *ret = xstrdup(header->value);
}

/* A Last-Modified within the last minute may stand for two versions: RFC 9110 8.8.2.2. */
static void take_modified(struct transfer *t)
{
    CLEANUP(free_ptr) char *date = NULL;

    take_header(t, "Date", &date);
    take_header(t, "Last-Modified", &t->modified);
    if (t->modified && (!date || curl_getdate(date, NULL) < curl_getdate(t->modified, NULL) + 60))
        free_ptr(&t->modified);
}

/* Once, before the first byte of a body counts. */
static int look_at_head(struct transfer *t)
{
    long status = status_of(t);
    curl_off_t length = -1;

    t->head_seen = true;
    t->body_wanted = status == 200 || status == 206 || (status == 0 && url_is_file(t->url));
    if (!t->body_wanted)
        return SINK_GO;
    if (t->condition) {
        take_header(t, "ETag", &t->etag);
        take_modified(t);
    }
    if (status == 200 && t->offset > 0) {
        t->offset = 0;
        if (t->sink->restart(t, &t->err) < 0)
            return -t->err.code;
    } else if (status == 206 && (t->offset == 0 || !range_fits(t))) {
        transfer_reason(t, "answers with another range than asked for");
        return SINK_REFUSE;
    }
    curl_easy_getinfo(t->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
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

static int take_body(struct transfer *t, const char *p, size_t n)
{
    int r = t->head_seen ? SINK_GO : look_at_head(t);
    if (r != SINK_GO)
        return r;
    t->received += n;
    if (!t->body_wanted)
        return t->received > ERROR_BODY_MAX ? SINK_REFUSE : SINK_GO;
    if (t->received > t->limit - t->offset) {
        transfer_reason(t, "is longer than %" PRIu64 " bytes", t->limit);
        return SINK_REFUSE;
    }
    return t->sink->body(t, p, n, &t->err);
}

static size_t on_body(char *p, size_t size, size_t n, void *user)
{
    struct transfer *t = user;
    (void)size; /* always 1 */
    return take_body(t, p, n) == SINK_GO ? n : CURL_WRITEFUNC_ERROR;
}

static int set_up(struct transfer *t)
{
    CURL *e = t->easy;
    t->headers = t->condition ? t->condition(t) : NULL;
    const char *protocols = url_is_file(t->url) ? "file" : "http,https";
    CLEANUP(free_ptr) char *range = t->offset ? xasprintf("%" PRIu64 "-", t->offset) : NULL;
    const CURLcode codes[] = {
        curl_easy_setopt(e, CURLOPT_URL, t->url),
        curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, protocols),
        curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L),
        curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L),
        curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L),
        curl_easy_setopt(e, CURLOPT_USERAGENT, "mkimage/" MKIMAGE_VERSION),
        curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS),
        curl_easy_setopt(e, CURLOPT_LOW_SPEED_LIMIT, SLOW_BYTES),
        curl_easy_setopt(e, CURLOPT_LOW_SPEED_TIME, SLOW_SECONDS),
        curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L),
        curl_easy_setopt(e, CURLOPT_BUFFERSIZE, 131072L),
        curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS),
        curl_easy_setopt(e, CURLOPT_PIPEWAIT, 1L),
        curl_easy_setopt(e, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L),
        curl_easy_setopt(e, CURLOPT_RANGE, range),
        curl_easy_setopt(e, CURLOPT_HTTPHEADER,
                         t->headers ? t->headers
                         : t->fresh ? t->http->fresh
                                    : NULL),
        curl_easy_setopt(e, CURLOPT_ERRORBUFFER, t->curl_error),
        curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body),
        curl_easy_setopt(e, CURLOPT_WRITEDATA, t),
        curl_easy_setopt(e, CURLOPT_PRIVATE, t),
    };
    for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
        if (codes[i] != CURLE_OK)
            return -1;
    struct curl_blob ca = {t->http->ca.data, t->http->ca.len, CURL_BLOB_NOCOPY};
    return ca.len && curl_easy_setopt(e, CURLOPT_CAINFO_BLOB, &ca) != CURLE_OK ? -1 : 0;
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
    return -err->code;
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
    t->attempt = t->redirects = 0;
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
        return -err->code;
    free_ptr(&t->reason);
    t->received = 0;
    t->head_seen = t->body_wanted = false;
    t->curl_error[0] = 0;
    t->easy = curl_easy_init();
    if (!t->easy || set_up(t) < 0 || curl_multi_add_handle(t->http->multi, t->easy) != CURLM_OK)
        return err_set(err, "libcurl can't begin a transfer");
    t->state = TRANSFER_RUNNING;
    return 1;
}

static bool is_transient(CURLcode result, long status)
{
    switch (result) {
    case CURLE_OK:
        return status == 408 || status == 425 || status == 429 || status == 500 || status == 502 ||
               status == 503 || status == 504;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
        return true;
    default:
        return false;
    }
}

static char *describe(const struct transfer *t, CURLcode result, long status)
{
    if (t->reason)
        return xstrdup(t->reason);
    if (result == CURLE_OK || status >= 400)
        return xasprintf("HTTP %ld", status);
    const char *text = t->curl_error[0] ? t->curl_error : curl_easy_strerror(result);
    CLEANUP(free_ptr) char *shown = text_escape(text, strlen(text));
    bool unknown = result == CURLE_PEER_FAILED_VERIFICATION;
    return xasprintf("%s%s", shown, unknown ? " (--ca-file names its authority)" : "");
}

/* Another try of the same mirror, later; or the next mirror. */
static int try_again(struct transfer *t, const char *why, long retry_after, int64_t now,
                     struct err *err)
{
    bool last = t->mirror + 1 >= t->urls->n;
    uint64_t at = t->body_wanted ? t->offset + t->received : 0;
    if (at >= t->furthest + PROGRESS_BYTES) {
        t->furthest = at;
        t->attempt = 0;
    }
    t->attempt++;
    if (t->attempt >= (last ? ATTEMPTS : ATTEMPTS_EARLY) || retry_after > RETRY_AFTER_MAX)
        return next_mirror(t, why, false, err);
    uint64_t wait = (uint64_t)t->http->backoff_ms << (t->attempt - 1);
    wait = wait < BACKOFF_MAX_MS ? wait : BACKOFF_MAX_MS;
    wait = wait / 2 + arc4random_uniform((uint32_t)wait + 1);
    if (retry_after > 0)
        wait += (uint64_t)retry_after * 1000;
    CLEANUP(free_ptr) char *shown = url_show(t->url);
    log_debug(t->http->session->log, "%s: %s; again in %" PRIu64 " ms", shown, why, wait);
    t->not_before = now + (int64_t)wait;
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
    if (url_check_redirect(t->url, location, &refused) < 0) {
        CLEANUP(free_ptr) char *shown = url_show(location);
        CLEANUP(free_ptr) char *why = xasprintf("redirects to %s, which is refused", shown);
        return next_mirror(t, why, false, err);
    }
    if (++t->redirects > REDIRECTS_MAX)
        return next_mirror(t, "redirects too often", false, err);
    t->state = TRANSFER_READY;
    t->not_before = 0;
    set_url(t, xstrdup(location));
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
static bool head_is_fine(struct transfer *t, CURLcode result)
{
    if (result != CURLE_OK || t->head_seen)
        return true;
    return look_at_head(t) == SINK_GO;
}

int transfer_complete(struct transfer *t, CURLcode result, int64_t now, struct err *err)
{
    long status = status_of(t), after = 0;
    curl_off_t retry_after = 0;
    char *location = NULL;
    bool fine = head_is_fine(t, result), conditional = t->headers != NULL;

    curl_easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &retry_after);
    curl_easy_getinfo(t->easy, CURLINFO_REDIRECT_URL, &location);
    CLEANUP(free_ptr) char *to = location ? xstrdup(location) : NULL;
    if (retry_after > 0)
        after = retry_after < LONG_MAX ? (long)retry_after : LONG_MAX;
    transfer_stop(t);
    if (t->err.code != ERR_NONE)
        return err_move(err, &t->err);
    if (conditional && result == CURLE_OK && status == 304) {
        t->unmodified = true;
        t->state = TRANSFER_DONE;
        return 0;
    }
    CLEANUP(free_ptr) char *why = describe(t, result, status);
    if (fine && result == CURLE_OK && t->body_wanted)
        return finish(t, now, err);
    if (result == CURLE_OK &&
        (status == 301 || status == 302 || status == 303 || status == 307 || status == 308))
        return follow(t, to, err);
    if (!t->reason && is_transient(result, status))
        return try_again(t, why, after, now, err);
    bool not_found = result == CURLE_FILE_COULDNT_READ_FILE ||
                     (result == CURLE_OK && (status == 404 || status == 410));
    if (t->offset == 0 || not_found)
        return next_mirror(t, why, not_found, err);
    /* It may be the resuming that it doesn't like. */
    if (t->sink->restart(t, err) < 0)
        return -err->code;
    return try_again(t, why, 0, now, err);
}
