/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"
#include "net/url.h"
#include "registry/authfile.h"
#include "registry/private.h"

#define REDIRECTS_MAX 5
#define WARNINGS_MAX  20

/* Who was silent for long isn't asked as often. */
int registry_again(struct registry *r, struct retry *retry, const struct http_response *response,
                   uint64_t at, struct err *err)
{
    unsigned wait, after = http_retry_after(response, time(NULL));
    if (!retry_again(retry, at, response->timed_out ? 2 : 1, after, &wait))
        return 0;
    if (err->code)
        log_debug(r->session->log, "%s: %s; again in %u ms", r->host, err->message, wait);
    else
        log_debug(r->session->log, "%s: HTTP %u; again in %u ms", r->host, response->status, wait);
    err_clear(err);
    return retry_sleep(r->session, wait, err) < 0 ? err_ret(err) : 1;
}

static void progress_moved(void *user, uint64_t bytes)
{
    progress_add(user, bytes);
}

static void add_header(struct strv *headers, const char *name, const char *value)
{
    if (value)
        strv_addf(headers, "%s: %s", name, value);
}

/* One request, to the registry or where it sent us. */
static int send_one(struct registry *r, const struct call *c, const char *url,
                    const char *authorization, struct http_response *ret, bool *ret_transient,
                    struct err *err)
{
    bool own = url_same_origin(url, r->base);
    CLEANUP(strv_release) struct strv headers = STRV_INIT;
    add_header(&headers, "Accept", c->accept);
    add_header(&headers, "Content-Type", c->content_type);
    add_header(&headers, "Content-Range", c->range);
    if (authorization && own)
        strv_add(&headers, authorization);
    struct http_request q = {
        .method = c->method,
        .url = url,
        .headers = &headers,
        .trust = own ? &r->trust.registry : &r->trust.others,
        .outside = !own,
        .silence = c->commits ? COMMIT_FACTOR * r->silence : r->silence,
        .body = c->body,
        .body_fd = c->body_fd,
        .body_offset = c->body_offset,
        .body_size = c->body_size,
        .head_only = c->head_only,
        .response_fd = c->response_fd,
        .response_offset = c->response_offset,
        .response_max = c->response_max,
        .response_hasher = c->response_hasher,
        .progress = c->progress ? progress_moved : NULL,
        .user = c->progress,
    };
    int result = http_request(r->http, &q, ret, ret_transient, err);
    if (headers.n && authorization && own)
        explicit_bzero(headers.v[headers.n - 1], strlen(headers.v[headers.n - 1]));
    if (ret->status != 401)
        atomic_fetch_add(&r->requests, 1);
    return result;
}

static bool is_redirect(const struct call *c, unsigned status)
{
    return (status == 301 || status == 302 || status == 303 || status == 307 || status == 308) &&
           (strcmp(c->method, "GET") == 0 || strcmp(c->method, "HEAD") == 0);
}

static int next_url(struct registry *r, const struct http_response *response, char **url,
                    struct err *err)
{
    const char *location = http_header(response, "location");
    char *to = location ? url_resolve(*url, location) : NULL;
    if (!to)
        return err_set(err, "%s: redirects to nowhere", r->host);
    int result = url_check_redirect(*url, to, err);
    free(*url);
    *url = to;
    return result;
}

/* Who isn't the registry has no say in what is told to whom: its challenge could name any realm. */
static int refused_elsewhere(struct registry *r, const char *url,
                             const struct http_response *response, struct err *err)
{
    CLEANUP(free_ptr) char *bare = xstrndup(url, strcspn(url, "?#"));
    CLEANUP(free_ptr) char *shown = url_show(bare);
    CLEANUP(free_ptr) char *words = registry_words(r, response);
    err_set(err, "%s: sends us to %s, which refuses: %s", r->host, shown, words);
    return err_hint(err, "what the registry stores elsewhere has to be open to who is sent there: "
                         "no credential goes to another host");
}

/* A request and the redirects that it leads to. */
static int send_followed(struct registry *r, const struct call *c, const char *authorization,
                         struct http_response *ret, bool *ret_transient, struct err *err)
{
    CLEANUP(free_ptr)
    char *url = *c->path == '/' ? xasprintf("%s%s", r->base, c->path) : xstrdup(c->path);
    for (unsigned hops = 0;; hops++) {
        if (send_one(r, c, url, authorization, ret, ret_transient, err) < 0)
            return err_ret(err);
        if ((ret->status == 401 || ret->status == 403) && !url_same_origin(url, r->base)) {
            if (!c->probe)
                return refused_elsewhere(r, url, ret, err);
            ret->status = 405;
        }
        if (!is_redirect(c, ret->status))
            return 0;
        if (hops == REDIRECTS_MAX)
            return err_set(err, "%s: redirects too often", r->host);
        if (next_url(r, ret, &url, err) < 0)
            return err_ret(err);
        http_response_release(ret);
    }
}

/* With the authorization that it takes: after a 401 once more. */
static int send_authorized(struct registry *r, const struct call *c, struct http_response *ret,
                           bool *ret_transient, struct err *err)
{
    for (bool last = false;; last = true) {
        char *authorization;
        bool again = false;
        *ret_transient = false;
        if (auth_header(r, c, &authorization, err) < 0)
            return err_ret(err);
        int result = send_followed(r, c, authorization, ret, ret_transient, err);
        if (result == 0 && ret->status == 401 && !last)
            result = auth_refused(r, c, ret, authorization, &again, err);
        wipe(authorization);
        if (result < 0 || !again)
            return result;
        http_response_release(ret);
    }
}

/* "299 - "text"" (distribution-spec "Warnings"), each once. */
static void say_warnings(struct registry *r, const struct http_response *response)
{
    size_t at = 0;
    const char *text;
    while ((text = http_header_next(response, "warning", &at))) {
        const char *quote = strchr(text, '"'), *end = quote ? strrchr(text, '"') : NULL;
        if (strncmp(text, "299 ", 4) != 0 || !end || end == quote)
            continue;
        pthread_mutex_lock(&r->lock);
        CLEANUP(free_ptr)
        char *shown = hide_secrets(r, xstrndup(quote + 1, (size_t)(end - quote - 1)));
        bool known = r->warnings.n >= WARNINGS_MAX || strv_has(&r->warnings, shown);
        if (!known)
            strv_add(&r->warnings, shown);
        pthread_mutex_unlock(&r->lock);
        if (!known)
            log_warn(r->session->log, "%s warns: %s", r->host, shown);
    }
}

int registry_call(struct registry *r, const struct call *c, struct http_response *ret,
                  bool *ret_transient, struct err *err)
{
    struct retry retry = {.attempts = ATTEMPTS};
    *ret = (struct http_response){0};
    for (;;) {
        bool transient = false;
        int result = send_authorized(r, c, ret, &transient, err);
        transient = transient || (result == 0 && status_transient(ret->status) &&
                                  !(c->probe && ret->status == 500));
        if (result == 0)
            say_warnings(r, ret);
        if (ret_transient)
            *ret_transient = transient;
        /* Who gave no answer for as long as that is asked once, from then until an answer comes. */
        bool gone = result < 0 && transient, lost = gone && atomic_load(&r->lost);
        int again = transient && !c->once && !lost ? registry_again(r, &retry, ret, 0, err) : 0;
        if (again <= 0) {
            atomic_store(&r->lost, lost || (gone && !c->once && again == 0));
            return again < 0 ? again : result;
        }
        http_response_release(ret);
    }
}
