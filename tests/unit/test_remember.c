/* SPDX-License-Identifier: Apache-2.0 */
/* Documents that are asked for again: only whether they have changed. */
#include "net/cache.h"
#include "net/http.h"
#include "scratch.h"
#include "server.h"
#include "unit.h"

struct world {
    struct server server;
    struct session session;
    atomic_int stop;
    struct http *http;
    struct cache *cache;
    char *dir;
    struct strv urls;
};

static void start_all(struct world *w, struct route *routes, size_t n)
{
    CLEANUP(err_release) struct err err = ERR_INIT;

    *w = (struct world){.dir = scratch_new()};
    w->session.stop = &w->stop;
    server_start(&w->server, routes, n);
    assert_ok(http_new(&w->session, 0, &w->http, &err), &err);
    assert_ok(cache_open(w->dir, &w->cache, &err), &err);
    strv_take(&w->urls, server_url(&w->server, "/x"));
}

static void start(struct world *w, struct route *routes)
{
    start_all(w, routes, 1);
}

static void finish(struct world *w)
{
    http_free(w->http);
    cache_free(w->cache);
    server_stop(&w->server);
    strv_release(&w->urls);
    scratch_remove(w->dir);
}

/* One alone. */
static int get_one(struct world *w, struct buf *ret, const char **ret_url, struct err *err)
{
    struct http_document d = {.urls = &w->urls, .bytes = ret};

    if (http_get_all_cached(CTX(NULL, w->http, w->cache), &d, 1, err) < 0)
        return -(int)err->code;
    *ret_url = d.url;
    return d.err.code ? err_move(err, &d.err) : 0;
}

static void assert_gets(struct world *w, const char *text)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(buf_release) struct buf got = BUF_INIT(1000);
    const char *url = NULL;

    assert_ok(get_one(w, &got, &url, &err), &err);
    assert_string_equal(buf_str(&got), text);
    assert_string_equal(url, w->urls.v[0]);
}

static void test_etag(void **state)
{
    struct route r = {.path = "/x", .body = "one", .n = 3, .headers = "ETag: \"a\"\r\n"};
    struct world w;

    (void)state;
    start(&w, &r);
    assert_gets(&w, "one");
    assert_null(strstr(r.request, "If-None-Match"));
    r.unmodified = "If-None-Match: \"a\"\r\n";
    r.body = "two";
    assert_gets(&w, "one");
    assert_non_null(strstr(r.request, "Cache-Control: max-age=0"));
    r.unmodified = NULL;
    r.headers = "ETag: \"b\"\r\n";
    assert_gets(&w, "two");
    r.unmodified = "If-None-Match: \"b\"\r\n";
    assert_gets(&w, "two");
    assert_int_equal(atomic_load(&r.hits), 4);
    finish(&w);
}

static void test_last_modified(void **state)
{
    struct route r = {.path = "/x", .body = "one", .n = 3};
    struct world w;

    (void)state;
    start(&w, &r);
    r.headers = "Last-Modified: Sat, 21 Nov 2026 09:15:44 GMT\r\n"
                "Date: Sat, 21 Nov 2026 09:16:00 GMT\r\n";
    assert_gets(&w, "one");
    assert_gets(&w, "one");
    assert_null(strstr(r.request, "If-Modified-Since")); /* too new to tell two versions apart */
    r.headers = "Last-Modified: Sat, 21 Nov 2026 09:15:44 GMT\r\n"
                "Date: Sat, 21 Nov 2026 09:17:00 GMT\r\n";
    assert_gets(&w, "one");
    r.unmodified = "If-Modified-Since: Sat, 21 Nov 2026 09:15:44 GMT\r\n";
    r.body = "two";
    assert_gets(&w, "one");
    finish(&w);
}

static void test_damaged(void **state)
{
    struct route r = {.path = "/x", .body = "one", .n = 3, .headers = "ETag: \"a\"\r\n"};
    struct sha256 one = sha256_of("one", 3);
    struct world w;

    (void)state;
    start(&w, &r);
    assert_gets(&w, "one");
    r.unmodified = "If-None-Match";
    CLEANUP(free_ptr) char *path = cache_blob_path(w.cache, &one);
    assert_int_equal(scratch_run(w.dir, NULL, "chmod u+w %s; printf two >%s", path, path), 0);
    r.body = "new";
    assert_gets(&w, "new"); /* what was remembered is dropped, and all is asked for */
    assert_int_equal(atomic_load(&r.hits), 3);
    finish(&w);
}

static void test_unasked(void **state)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(buf_release) struct buf got = BUF_INIT(1000);
    struct route r = {.path = "/x", .body = "", .n = 0, .status = 304};
    struct world w;

    (void)state;
    start(&w, &r);
    const char *url = NULL;
    assert_fails(get_one(&w, &got, &url, &err), &err, "HTTP 304");
    finish(&w);
}

/* One that nobody has, one that is remembered though damaged, and one that is new: each as if it
 * was asked for alone. */
static void test_several(void **state)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    struct route routes[] = {
        {.path = "/x", .body = "one", .n = 3, .headers = "ETag: \"a\"\r\n"},
        {.path = "/y", .body = "two", .n = 3},
    };
    struct world w;
    const struct sha256 one = sha256_of("one", 3);
    const char *const paths[] = {"/none", "/x", "/y"};
    struct strv urls[3] = {STRV_INIT, STRV_INIT, STRV_INIT};
    struct buf bytes[3] = {BUF_INIT(1000), BUF_INIT(1000), BUF_INIT(1000)};
    struct http_document documents[3] = {{.urls = NULL}};

    (void)state;
    start_all(&w, routes, 2);
    assert_gets(&w, "one");
    routes[0].unmodified = "If-None-Match";
    CLEANUP(free_ptr) char *path = cache_blob_path(w.cache, &one);
    assert_int_equal(scratch_run(w.dir, NULL, "chmod u+w %s; printf two >%s", path, path), 0);
    for (size_t i = 0; i < 3; i++) {
        strv_take(&urls[i], server_url(&w.server, paths[i]));
        documents[i] = (struct http_document){.urls = &urls[i], .bytes = &bytes[i]};
    }
    assert_ok(http_get_all_cached(CTX(NULL, w.http, w.cache), documents, 3, &err), &err);
    assert_int_equal(documents[0].err.code, ERR_NOT_FOUND);
    assert_int_equal(documents[1].err.code, 0);
    assert_int_equal(documents[2].err.code, 0);
    assert_string_equal(buf_str(&bytes[1]), "one");
    assert_string_equal(buf_str(&bytes[2]), "two");
    assert_string_equal(documents[2].url, urls[2].v[0]);
    assert_int_equal(atomic_load(&routes[0].hits), 3);
    assert_int_equal(atomic_load(&routes[1].hits), 1);
    for (size_t i = 0; i < 3; i++) {
        err_release(&documents[i].err);
        buf_release(&bytes[i]);
        strv_release(&urls[i]);
    }
    finish(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_etag),    cmocka_unit_test(test_last_modified),
        cmocka_unit_test(test_damaged), cmocka_unit_test(test_unasked),
        cmocka_unit_test(test_several),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
