/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http.h"
#include "base/clock.h"
#include "base/file.h"
#include "net/connection.h"
#include "net/transfer.h"
#include "net/url.h"

#define PARALLEL_DEFAULT 8
#define PARALLEL_MAX     64
#define BACKOFF_MS       500
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
    h->backoff_ms = BACKOFF_MS;
    h->patience = PATIENCE_SECONDS;
    *ret = h;
    return 0;
}

int pem_read(const char *path, struct buf *ret, struct err *err)
{
    CLEANUP(buf_release) struct buf b = BUF_INIT(PEM_BYTES_MAX);
    if (file_read(path, PEM_BYTES_MAX, &b, err) < 0)
        return -(int)err->code;
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

static bool set_up(struct http *h)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return false;
    h->multi = curl_multi_init();
    h->fresh = curl_slist_append(NULL, "Cache-Control: max-age=0");
    h->ready = h->multi && h->fresh;
    if (!h->ready) {
        curl_multi_cleanup(h->multi);
        curl_slist_free_all(h->fresh);
        curl_global_cleanup();
        return false;
    }
    curl_multi_setopt(h->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
    curl_multi_setopt(h->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)h->parallel);
    return true;
}

int http_ready(struct http *h, struct err *err)
{
    pthread_mutex_lock(&h->lock);
    bool ready = h->ready || set_up(h);
    pthread_mutex_unlock(&h->lock);
    return ready ? 0 : err_set(err, "libcurl can't be initialized");
}

void http_free(struct http *h)
{
    if (!h)
        return;
    connections_free(h);
    if (h->ready) {
        curl_multi_cleanup(h->multi);
        curl_slist_free_all(h->fresh);
        curl_global_cleanup();
    }
    buf_release(&h->ca);
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
        return -(int)err->code;
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
            return -err->code;
        r->running += started > 0;
        if (session_check(r->http->session, err) < 0)
            return -err->code;
    }
    return 0;
}

/* 1 if a request ended, so that another can begin at once; 0 if none did. */
static int take_finished(struct run *r, struct err *err)
{
    const CURLMsg *m;
    int left, any = 0;
    while ((m = curl_multi_info_read(r->http->multi, &left))) {
        if (m->msg != CURLMSG_DONE)
            continue;
        char *private = NULL;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &private);
        struct transfer *t = (struct transfer *)(void *)private;
        CURLcode result = m->data.result;
        r->running--;
        bool bad = transfer_complete(t, result, now_ms(), err) < 0;
        if ((bad ? failed(r, t, err) : finished(r, t, err)) < 0)
            return -err->code;
        any = 1;
    }
    return any;
}

static int run_all(struct run *r, struct err *err)
{
    while (r->open > 0) {
        int wait, running;
        if (session_check(r->http->session, err) < 0 || start_some(r, now_ms(), &wait, err) < 0)
            return -err->code;
        CURLMcode code = curl_multi_perform(r->http->multi, &running);
        int ended = code == CURLM_OK ? take_finished(r, err) : 0;
        if (ended < 0)
            return ended;
        if (code == CURLM_OK && !ended && r->open > 0)
            code = curl_multi_poll(r->http->multi, NULL, 0, wait, NULL);
        if (code != CURLM_OK)
            return err_set(err, "libcurl: %s", curl_multi_strerror(code));
    }
    return 0;
}

int http_run(struct http *h, struct transfer *t, size_t n,
             int (*done)(struct transfer *t, struct err *err), struct err *err)
{
    struct run r = {.http = h, .t = t, .n = n, .open = n, .done = done};
    if (http_ready(h, err) < 0)
        return -(int)err->code;
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

int http_get(struct http *h, const struct strv *urls, struct buf *ret, const char **ret_url,
             struct err *err)
{
    CLEANUP(transfer_release) struct transfer t;
    transfer_init(&t, h, &sink_memory, ret, urls);
    t.limit = ret->max ? ret->max : UINT64_MAX;
    t.fresh = true;
    if (http_run(h, &t, 1, NULL, err) < 0)
        return -err->code;
    if (ret_url)
        *ret_url = urls->v[t.mirror];
    return 0;
}
