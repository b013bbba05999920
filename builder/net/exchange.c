/* SPDX-License-Identifier: Apache-2.0 */
#include "net/exchange.h"
#include "base/path.h"
#include "net/address.h"
#include "net/transfer.h"
#include "net/url.h"
#include <errno.h>
#include <inttypes.h>
#include <openssl/x509_vfy.h>
#include <unistd.h>

#define CONNECT_SECONDS  15L
#define SLOW_BYTES       100u /* a second is as good as silence */
#define SILENCE_SECONDS  30u
#define HEADER_BYTES_MAX 262144

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
    uint64_t at = x->response->status == 206 ? q->response_offset : 0;
    if (x->response->status == 206 && !http_range_begins(x->response, at))
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

static int take_body(struct exchange *x, const char *p, size_t n)
{
    const struct http_request *q = x->request;
    unsigned status = x->response->status;
    bool fine = (status >= 200 && status < 300) || (status == 0 && url_is_file(q->url));
    x->cut = fine && q->head_only;
    if (x->cut)
        return -1;
    if (fine && q->take)
        return q->take(q->user, x, p, n, &x->err);
    return fine && q->response_fd >= 0 ? take_file(x, p, n) : take_memory(x, p, n, fine);
}

static size_t on_body(char *p, size_t size, size_t n, void *user)
{
    struct exchange *x = user;
    x->response->status = status_of(x);
    return take_body(x, p, size * n) < 0 ? CURL_WRITEFUNC_ERROR : size * n;
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

/* What SSL_CERT_FILE names, and what the request does: libcurl takes one of the two alone. */
static int set_trust(struct exchange *x, const struct http *h)
{
    const struct http_trust *t = x->request->trust;
    if (h->system_ca.len)
        buf_add(&x->trusted, h->system_ca.data, h->system_ca.len);
    if (t && t->ca_pem && t->ca_pem->len)
        buf_add(&x->trusted, t->ca_pem->data, t->ca_pem->len);
    struct curl_blob ca = {x->trusted.data, x->trusted.len, CURL_BLOB_NOCOPY};
    if (ca.len && curl_easy_setopt(x->easy, CURLOPT_CAINFO_BLOB, &ca) != CURLE_OK)
        return -1;
    return t && t->client_cert &&
                   (curl_easy_setopt(x->easy, CURLOPT_SSLCERT, t->client_cert) != CURLE_OK ||
                    curl_easy_setopt(x->easy, CURLOPT_SSLKEY, t->client_key) != CURLE_OK)
               ? -1
               : 0;
}

static void add_header(struct exchange *x, const char *line)
{
    struct curl_slist *more = curl_slist_append(x->headers, line);
    if (!more)
        abort(); /* no memory: mem.h */
    x->headers = more;
}

static int set_up(struct exchange *x, const struct http *h)
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
        curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR,
                         q->take && url_is_file(q->url) ? "file" : "http,https"),
        curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L),
        curl_easy_setopt(e, CURLOPT_PATH_AS_IS, 1L),
        curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L),
        curl_easy_setopt(e, CURLOPT_QUICK_EXIT, 1L),
        curl_easy_setopt(e, CURLOPT_USERAGENT, "mkimage/" MKIMAGE_VERSION),
        curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS),
        curl_easy_setopt(e, CURLOPT_LOW_SPEED_LIMIT, (long)(q->slowest ? q->slowest : SLOW_BYTES)),
        curl_easy_setopt(e, CURLOPT_LOW_SPEED_TIME,
                         (long)(q->silence ? q->silence : SILENCE_SECONDS)),
        curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L),
        curl_easy_setopt(e, CURLOPT_BUFFERSIZE, 131072L),
        curl_easy_setopt(e, CURLOPT_UPLOAD_BUFFERSIZE, 262144L),
        curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS),
        curl_easy_setopt(e, CURLOPT_PIPEWAIT, 1L),
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
        curl_easy_setopt(e, CURLOPT_PRIVATE, x),
    };
    for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
        if (codes[i] != CURLE_OK)
            return -1;
    return set_method(x) || set_trust(x, h) ? -1 : 0;
}

int exchange_begin(struct exchange *x, struct http *h, CURLM *multi, CURL *easy,
                   const struct http_request *request, struct http_response *response,
                   struct err *err)
{
    *x = (struct exchange){.request = request, .response = response, .easy = easy};
    *response = (struct http_response){.size = request->response_fd >= 0 ? request->response_offset
                                                                         : 0};
    x->refused = request->outside && url_is_inner(request->url);
    if (x->refused)
        return err_set(err, "%s", exchange_why(x));
    if (set_up(x, h) < 0 || curl_multi_add_handle(multi, easy) != CURLM_OK)
        return err_set(err, "libcurl can't begin a transfer");
    x->multi = multi;
    return 0;
}

void exchange_stop(struct exchange *x)
{
    if (x->multi)
        curl_multi_remove_handle(x->multi, x->easy);
    x->multi = NULL;
    curl_slist_free_all(x->headers);
    x->headers = NULL;
    buf_release(&x->trusted);
    err_release(&x->err);
}

void exchange_end(struct exchange *x, CURLcode result)
{
    x->result = result;
    x->response->status = status_of(x);
    x->response->timed_out = result == CURLE_OPERATION_TIMEDOUT;
    curl_multi_remove_handle(x->multi, x->easy);
    x->multi = NULL;
}

bool exchange_answered(const struct exchange *x)
{
    return !x->refused && (x->result == CURLE_OK || x->cut);
}

bool exchange_speaks_http(const struct exchange *x)
{
    return strstr(x->curl_error, "wrong version number") ||
           strstr(x->curl_error, "packet length too long");
}

bool exchange_transient(const struct exchange *x)
{
    if (x->refused || exchange_speaks_http(x))
        return false;
    switch (x->result) {
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

const char *exchange_why(const struct exchange *x)
{
    if (x->refused)
        return "leads to a link-local address, which is refused";
    return x->curl_error[0] ? x->curl_error : curl_easy_strerror(x->result);
}

const char *exchange_certificate_hint(const struct exchange *x)
{
    long verified = X509_V_OK;

    if (x->refused ||
        (x->result != CURLE_PEER_FAILED_VERIFICATION && x->result != CURLE_SSL_CACERT_BADFILE))
        return NULL;
    curl_easy_getinfo(x->easy, CURLINFO_SSL_VERIFYRESULT, &verified);
    if (verified == X509_V_ERR_CERT_HAS_EXPIRED || strstr(x->curl_error, "expired"))
        return "a certificate of its has expired: whoever runs it has to renew it, if this "
               "machine's clock is right";
    if (verified == X509_V_ERR_CERT_NOT_YET_VALID || strstr(x->curl_error, "not yet valid"))
        return "a certificate of its isn't valid yet: is this machine's clock right?";
    if (strstr(x->curl_error, "subject name"))
        return "its certificate is for other names: is it the right one?";
    return "name its certificate authority by --ca-file, or in certs.d";
}

int64_t exchange_length(const struct exchange *x)
{
    curl_off_t length = -1;
    curl_easy_getinfo(x->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    return length;
}

int multi_turn(CURLM *multi, int wait_ms, struct exchange **ret, CURLcode *ret_result,
               struct err *err)
{
    int running, left;
    CURLMcode code = curl_multi_perform(multi, &running);
    const CURLMsg *m;
    while (code == CURLM_OK && (m = curl_multi_info_read(multi, &left))) {
        char *private = NULL;
        if (m->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &private);
        *ret = (struct exchange *)(void *)private;
        *ret_result = m->data.result;
        return 1;
    }
    if (code == CURLM_OK)
        code = curl_multi_poll(multi, NULL, 0, wait_ms, NULL);
    return code == CURLM_OK ? 0 : err_set(err, "libcurl: %s", curl_multi_strerror(code));
}
