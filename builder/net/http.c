/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http.h"
#include "base/clock.h"
#include "base/file.h"
#include "net/connection.h"
#include "net/exchange.h"
#include "net/retry.h"
#include "net/transfer.h"
#include "net/url.h"

#define PARALLEL_DEFAULT 8
#define PARALLEL_MAX     64
#define POLL_MS          200
#define PATIENCE_SECONDS 20
#define PEM_BYTES_MAX    (4u << 20)

int http_new(const struct session *s, unsigned parallel, struct http **ret, struct err *err)
{
    (void)err;
    struct http *h = xcalloc(1, sizeof(*h));
    h->session = s;
    pthread_mutex_init(&h->running, NULL);
    pthread_mutex_init(&h->lock, NULL);
    h->parallel = parallel == 0 ? PARALLEL_DEFAULT : parallel;
    if (h->parallel > PARALLEL_MAX)
        h->parallel = PARALLEL_MAX;
    h->backoff_ms = RETRY_BACKOFF_MS;
    h->patience = PATIENCE_SECONDS;
    *ret = h;
    return 0;
}

int pem_read(const char *path, struct buf *ret, struct err *err)
{
    CLEANUP(buf_release) struct buf b = BUF_INIT(PEM_BYTES_MAX);
    if (file_read(path, PEM_BYTES_MAX, &b, err) < 0)
        return err_ret(err);
    if (!strstr(buf_str(&b), "-----BEGIN"))
        return err_set(err, "%s: holds no certificate in PEM form", path);
    buf_add(ret, b.data, b.len);
    buf_addch(ret, '\n');
    return 0;
}

int http_trust_file(struct http *h, const char *path, struct err *err)
{
    return pem_read(path, &h->ca, err);
}

static int set_up(struct http *h, struct err *err)
{
    const char *authorities = getenv("SSL_CERT_FILE");
    buf_reset(&h->system_ca);
    if (authorities && *authorities && pem_read(authorities, &h->system_ca, err) < 0)
        return err_wrap(err, "SSL_CERT_FILE");
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return err_set(err, "libcurl can't be initialized");
    h->multi = curl_multi_init();
    h->ready = h->multi;
    if (!h->ready) {
        curl_global_cleanup();
        return err_set(err, "libcurl can't be initialized");
    }
    curl_multi_setopt(h->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
    curl_multi_setopt(h->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)h->parallel);
    return 0;
}

int http_ready(struct http *h, struct err *err)
{
    pthread_mutex_lock(&h->lock);
    int r = h->ready ? 0 : set_up(h, err);
    pthread_mutex_unlock(&h->lock);
    return r;
}

void http_free(struct http *h)
{
    if (!h)
        return;
    connections_free(h);
    if (h->ready) {
        curl_multi_cleanup(h->multi);
        curl_global_cleanup();
    }
    buf_release(&h->ca);
    buf_release(&h->system_ca);
    pthread_mutex_destroy(&h->lock);
    pthread_mutex_destroy(&h->running);
    free(h);
}

struct run {
    struct http *http;
    struct transfer *t;
    size_t n, open, running;
    int (*done)(struct transfer *t, struct err *err);
};

static int finished(struct run *r, struct transfer *t, struct err *err)
{
    if (t->state != TRANSFER_DONE)
        return 0;
    r->open--;
    return r->done ? r->done(t, err) : 0;
}

/* 0 if the failure is the transfer's own. */
static int failed(struct run *r, struct transfer *t, struct err *err)
{
    if (!t->alone || err->code == ERR_STOPPED)
        return err_ret(err);
    transfer_stop(t);
    (void)err_move(&t->failed, err);
    t->state = TRANSFER_DONE;
    r->open--;
    return 0;
}

/* Starts what may start now; *ret_wait is how long the next one has to wait. */
static int start_some(struct run *r, int64_t now, int *ret_wait, struct err *err)
{
    *ret_wait = POLL_MS;
    for (size_t i = 0; i < r->n && r->running < r->http->parallel; i++) {
        struct transfer *t = &r->t[i];
        if (t->state != TRANSFER_READY)
            continue;
        if (t->not_before > now) {
            int64_t wait = t->not_before - now;
            *ret_wait = wait < *ret_wait ? (int)wait : *ret_wait;
            continue;
        }
        int started = transfer_start(t, now, err);
        if ((started < 0 ? failed(r, t, err) : finished(r, t, err)) < 0)
            return err_ret(err);
        r->running += started > 0;
        if (session_check(r->http->session, err) < 0)
            return err_ret(err);
    }
    return 0;
}

/* A request that ended, so that another can begin at once. */
static int take_finished(struct run *r, struct exchange *x, CURLcode result, struct err *err)
{
    struct transfer *t = x->request->user;
    r->running--;
    bool bad = transfer_complete(t, result, now_ms(), err) < 0;
    return bad ? failed(r, t, err) : finished(r, t, err);
}

static int run_all(struct run *r, struct err *err)
{
    while (r->open > 0) {
        int wait;
        struct exchange *ended;
        CURLcode result;
        if (session_check(r->http->session, err) < 0 || start_some(r, now_ms(), &wait, err) < 0)
            return err_ret(err);
        int any = r->open ? multi_turn(r->http->multi, wait, &ended, &result, err) : 0;
        if (any < 0 || (any > 0 && take_finished(r, ended, result, err) < 0))
            return err_ret(err);
    }
    return 0;
}

int http_run(struct http *h, struct transfer *t, size_t n,
             int (*done)(struct transfer *t, struct err *err), struct err *err)
{
    struct run r = {.http = h, .t = t, .n = n, .open = n, .done = done};
    if (http_ready(h, err) < 0)
        return err_ret(err);
    pthread_mutex_lock(&h->running);
    int result = run_all(&r, err);
    for (size_t i = 0; i < n; i++)
        transfer_stop(&t[i]);
    pthread_mutex_unlock(&h->running);
    return result;
}

static int memory_start(struct transfer *t, struct err *err)
{
    struct buf *b = t->user;
    (void)err;
    buf_reset(b);
    t->offset = 0;
    return SINK_GO;
}

static int memory_restart(struct transfer *t, struct err *err)
{
    return memory_start(t, err);
}

static int memory_body(struct transfer *t, const void *p, size_t n, struct err *err)
{
    struct buf *b = t->user;
    (void)err;
    buf_add(b, p, n);
    if (!b->overflow)
        return SINK_GO;
    transfer_reason(t, "is larger than %zu bytes", b->max);
    return SINK_REFUSE;
}

static int memory_finish(struct transfer *t, struct err *err)
{
    (void)t;
    (void)err;
    return SINK_GO;
}

const struct sink sink_memory = {memory_start, memory_restart, memory_body, memory_finish};
