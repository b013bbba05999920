/* SPDX-License-Identifier: Apache-2.0 */
#include "net/request.h"
#include "base/path.h"
#include "net/connection.h"
#include "net/url.h"
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <unistd.h>

#define POLL_MS          200
#define CONNECT_SECONDS  15L
#define SLOW_BYTES       100L /* a second is as good as silence */
#define SILENCE_SECONDS  30u
#define HEADER_BYTES_MAX 262144
#define RETRY_AFTER_MAX  86400

/* One request under way. */
struct exchange {
    struct http *http;
    const struct http_request *request;
    struct http_response *response;
    CURL *easy;
    struct curl_slist *headers;
    uint64_t sent;     /* of the body */
    size_t head_bytes; /* of response headers */
    bool body_seen;
    bool cut;     /* the rest of an error's body isn't wanted */
    bool refused; /* an address that mustn't be spoken to */
    char curl_error[CURL_ERROR_SIZE];
    struct err err;
};

static void moved(const struct exchange *x, size_t n)
{
    if (x->request->progress && n)
        x->request->progress(x->request->user, n);
}

static size_t on_send(char *p, size_t size, size_t n, void *user)
{
    struct exchange *x = user;
    const struct http_request *q = x->request;
    uint64_t left = q->body_size - x->sent;
    size_t want = size * n < left ? size * n : (size_t)left;
    if (q->body)
        memcpy(p, (const char *)q->body + x->sent, want);
    else if (want && pread_all(q->body_fd, p, want, (off_t)(q->body_offset + x->sent),
                               "body of a request", &x->err) < 0)
        return CURL_READFUNC_ABORT;
    x->sent += want;
    moved(x, want);
    return want;
}

/* When a kept connection breaks, curl would send the body again, on another one: but who can tell
 * what became of the first? The caller has to. */
static int on_seek(void *user, curl_off_t offset, int origin)
{
    const struct exchange *x = user;
    return origin == SEEK_SET && offset == 0 && x->sent == 0 ? CURL_SEEKFUNC_OK
                                                             : CURL_SEEKFUNC_FAIL;
}

static size_t on_header(char *p, size_t size, size_t n, void *user)
{
    struct exchange *x = user;
    struct http_response *r = x->response;
    struct slice line = slice_trim((struct slice){p, size * n});
    if (line.n >= 5 && memcmp(line.p, "HTTP/", 5) == 0) {
        strv_release(&r->headers);
        return size * n;
    }
    x->head_bytes += line.n;
    if (x->head_bytes > HEADER_BYTES_MAX) {
        err_set(&x->err, "answers with more than %d bytes of headers", HEADER_BYTES_MAX);
        return 0;
    }
    const char *colon = memchr(line.p, ':', line.n);
    if (!colon)
        return size * n;
    char *text = xstrndup(line.p, line.n);
    for (char *c = text; *c != ':'; c++)
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
    strv_take(&r->headers, text);
    return size * n;
}

/* Once, before the first byte of a 2xx's body goes to the file: where it begins. */
static int begin_file(struct exchange *x)
{
    const struct http_request *q = x->request;
    const char *range = http_header(x->response, "content-range");
    uint64_t at = x->response->status == 206 ? q->response_offset : 0;
    CLEANUP(free_ptr) char *want = xasprintf("bytes %" PRIu64 "-", at);
    if (x->response->status == 206 && (!range || strncasecmp(range, want, strlen(want)) != 0))
        return err_set(&x->err, "answers with another range than asked for");
    if (at == 0 && q->response_offset > 0) {
        if (ftruncate(q->response_fd, 0) < 0)
            return err_errno(&x->err, errno, "truncating");
        if (q->response_hasher)
            hasher_start(q->response_hasher);
    }
    x->response->size = at;
    if (lseek(q->response_fd, (off_t)at, SEEK_SET) < 0)
        return err_errno(&x->err, errno, "seeking");
    return 0;
}

static int take_file(struct exchange *x, const char *p, size_t n)
{
    const struct http_request *q = x->request;
    if (!x->body_seen && begin_file(x) < 0)
        return -1;
    x->body_seen = true;
    if (n > q->response_max - x->response->size)
        return err_set(&x->err, "answers with more than %" PRIu64 " bytes", q->response_max);
    if (write_all(q->response_fd, p, n, "download", &x->err) < 0)
        return -1;
    if (q->response_hasher)
        hasher_add(q->response_hasher, p, n);
    x->response->size += n;
    moved(x, n);
    return 0;
}

static int take_memory(struct exchange *x, const char *p, size_t n, bool fine)
{
    struct buf *b = &x->response->body;
    uint64_t max = fine ? x->request->response_max : HTTP_ERROR_BODY_MAX;
    uint64_t left = max - b->len;
    x->cut = !fine && n > left;
    if (fine && n > left)
        return err_set(&x->err, "answers with more than %" PRIu64 " bytes", max);
    buf_add(b, p, n < left ? n : (size_t)left);
    x->response->size = b->len;
    return x->cut ? -1 : 0;
}

static unsigned status_of(const struct exchange *x)
{
    long status = 0;
    curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
    return status > 0 ? (unsigned)status : 0;
}

static size_t on_body(char *p, size_t size, size_t n, void *user)
{
    struct exchange *x = user;
    x->response->status = status_of(x);
    bool fine = x->response->status >= 200 && x->response->status < 300;
    int r = fine && x->request->response_fd >= 0 ? take_file(x, p, size * n)
                                                 : take_memory(x, p, size * n, fine);
    return r < 0 ? CURL_WRITEFUNC_ERROR : size * n;
}

static curl_socket_t on_open(void *user, curlsocktype purpose, struct curl_sockaddr *a)
{
    struct exchange *x = user;
    if (purpose == CURLSOCKTYPE_IPCXN && x->request->outside && address_is_inner(&a->addr)) {
        x->refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

static bool has_body(const struct http_request *q)
{
    return q->body_size > 0 || strcmp(q->method, "POST") == 0 || strcmp(q->method, "PUT") == 0 ||
           strcmp(q->method, "PATCH") == 0;
}

static int set_method(struct exchange *x)
{
    const struct http_request *q = x->request;
    CURL *e = x->easy;
    if (strcmp(q->method, "HEAD") == 0)
        return curl_easy_setopt(e, CURLOPT_NOBODY, 1L) != CURLE_OK;
    if (!has_body(q))
        return curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, q->method) != CURLE_OK;
    return curl_easy_setopt(e, CURLOPT_UPLOAD, 1L) != CURLE_OK ||
           curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, q->method) != CURLE_OK ||
           curl_easy_setopt(e, CURLOPT_INFILESIZE_LARGE, (curl_off_t)q->body_size) != CURLE_OK ||
           curl_easy_setopt(e, CURLOPT_READFUNCTION, on_send) != CURLE_OK ||
           curl_easy_setopt(e, CURLOPT_READDATA, x) != CURLE_OK ||
           curl_easy_setopt(e, CURLOPT_SEEKFUNCTION, on_seek) != CURLE_OK ||
           curl_easy_setopt(e, CURLOPT_SEEKDATA, x) != CURLE_OK;
}

static int set_trust(struct exchange *x)
{
    const struct http_trust *t = x->request->trust;
    if (!t)
        return 0;
    struct curl_blob ca = {0};
    if (t->ca_pem)
        ca = (struct curl_blob){t->ca_pem->data, t->ca_pem->len, CURL_BLOB_NOCOPY};
    return (t->ca_pem && curl_easy_setopt(x->easy, CURLOPT_CAINFO_BLOB, &ca) != CURLE_OK) ||
           (t->client_cert &&
            (curl_easy_setopt(x->easy, CURLOPT_SSLCERT, t->client_cert) != CURLE_OK ||
             curl_easy_setopt(x->easy, CURLOPT_SSLKEY, t->client_key) != CURLE_OK));
}

static void add_header(struct exchange *x, const char *line)
{
    struct curl_slist *more = curl_slist_append(x->headers, line);
    if (!more)
        abort(); /* no memory: mem.h */
    x->headers = more;
}

static int set_up(struct exchange *x)
{
    const struct http_request *q = x->request;
    CURL *e = x->easy;
    add_header(x, "Expect:"); /* a second's wait where a server doesn't know it */
    if (q->headers)
        strv_each (line, q->headers)
            add_header(x, *line);
    CLEANUP(free_ptr)
    char *range = q->response_offset ? xasprintf("%" PRIu64 "-", q->response_offset) : NULL;
    const CURLcode codes[] = {
        curl_easy_setopt(e, CURLOPT_URL, q->url),
        curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https"),
        curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L),
        curl_easy_setopt(e, CURLOPT_PATH_AS_IS, 1L),
        curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L),
        curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L),
        curl_easy_setopt(e, CURLOPT_USERAGENT, "mkimage/" MKIMAGE_VERSION),
        curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS),
        curl_easy_setopt(e, CURLOPT_LOW_SPEED_LIMIT, SLOW_BYTES),
        curl_easy_setopt(e, CURLOPT_LOW_SPEED_TIME,
                         (long)(q->silence ? q->silence : SILENCE_SECONDS)),
        curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L),
        curl_easy_setopt(e, CURLOPT_BUFFERSIZE, 131072L),
        curl_easy_setopt(e, CURLOPT_UPLOAD_BUFFERSIZE, 262144L),
        curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS),
        curl_easy_setopt(e, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L),
        curl_easy_setopt(e, CURLOPT_HTTPHEADER, x->headers),
        curl_easy_setopt(e, CURLOPT_RANGE, range),
        curl_easy_setopt(e, CURLOPT_ERRORBUFFER, x->curl_error),
        curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header),
        curl_easy_setopt(e, CURLOPT_HEADERDATA, x),
        curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body),
        curl_easy_setopt(e, CURLOPT_WRITEDATA, x),
        curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, on_open),
        curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, x),
    };
    for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
        if (codes[i] != CURLE_OK)
            return -1;
    return set_method(x) || set_trust(x) ? -1 : 0;
}

/* Drives the one transfer to its end. */
static int drive(struct exchange *x, CURLM *multi, CURLcode *ret, struct err *err)
{
    for (;;) {
        int running = 0, left;
        if (session_check(x->http->session, err) < 0)
            return -(int)err->code;
        CURLMcode code = curl_multi_perform(multi, &running);
        const CURLMsg *m = curl_multi_info_read(multi, &left);
        if (m && m->msg == CURLMSG_DONE) {
            *ret = m->data.result;
            return 0;
        }
        if (code == CURLM_OK)
            code = curl_multi_poll(multi, NULL, 0, POLL_MS, NULL);
        if (code != CURLM_OK)
            return err_set(err, "libcurl: %s", curl_multi_strerror(code));
    }
}

static bool is_transient(CURLcode result)
{
    switch (result) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_SEND_FAIL_REWIND:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
        return true;
    default:
        return false;
    }
}

/* What OpenSSL says of an answer that isn't TLS. */
static bool speaks_http(const char *text)
{
    return strstr(text, "wrong version number") || strstr(text, "packet length too long");
}

static int failed(const struct exchange *x, CURLcode result, struct err *err)
{
    if (x->refused)
        return err_set(err, "leads to a link-local address, which is refused");
    const char *text = x->curl_error[0] ? x->curl_error : curl_easy_strerror(result);
    CLEANUP(free_ptr) char *shown = text_escape(text, strlen(text));
    bool plain = strncasecmp(x->request->url, "http:", 5) == 0 && !x->response->status;
    err_set(err, "%s", shown);
    if (strstr(shown, "subject name"))
        err_hint(err, "its certificate is for other names: is it the right one?");
    else if (result == CURLE_PEER_FAILED_VERIFICATION || result == CURLE_SSL_CACERT_BADFILE)
        err_hint(err, "name its certificate authority by --ca-file, or in certs.d");
    else if (speaks_http(shown))
        err_hint(err, "does it speak plain http? then name it by --insecure HOST[:PORT]");
    else if (plain && (result == CURLE_RECV_ERROR || result == CURLE_GOT_NOTHING))
        err_hint(err, "does it speak https? then not by --insecure");
    return -(int)err->code;
}

static int perform(struct exchange *x, struct connection *c, bool *ret_transient, struct err *err)
{
    CURLcode result = CURLE_OK;
    x->refused = x->request->outside && url_is_inner(x->request->url);
    if (x->refused)
        return failed(x, result, err);
    if (set_up(x) < 0 || curl_multi_add_handle(c->multi, c->easy) != CURLM_OK)
        return err_set(err, "libcurl can't begin a transfer");
    int r = drive(x, c->multi, &result, err);
    x->response->status = status_of(x);
    curl_multi_remove_handle(c->multi, c->easy);
    if (r < 0)
        return r;
    if (x->err.code)
        return err_move(err, &x->err);
    if (result == CURLE_OK || x->cut)
        return 0;
    *ret_transient = !x->refused && is_transient(result) && !speaks_http(x->curl_error);
    x->response->timed_out = result == CURLE_OPERATION_TIMEDOUT;
    return failed(x, result, err);
}

int http_request(struct http *h, const struct http_request *request, struct http_response *ret,
                 bool *ret_transient, struct err *err)
{
    struct exchange x = {.http = h, .request = request, .response = ret};
    bool transient = false;
    *ret = (struct http_response){.size = request->response_fd >= 0 ? request->response_offset : 0};
    struct connection *c = connection_take(h, request->url);
    if (!c)
        return err_set(err, "libcurl can't begin a transfer");
    x.easy = c->easy;
    int r = perform(&x, c, &transient, err);
    connection_give(h, c);
    curl_slist_free_all(x.headers);
    err_release(&x.err);
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
        return digits > 5 ? RETRY_AFTER_MAX : (unsigned)strtoul(text, NULL, 10);
    time_t at = curl_getdate(text, NULL);
    if (at < 0 || at <= now)
        return 0;
    return at - now > RETRY_AFTER_MAX ? RETRY_AFTER_MAX : (unsigned)(at - now);
}
