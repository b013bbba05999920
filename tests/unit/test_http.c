/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"
#include "world.h"

#include "base/path.h"
#include "net/cache_private.h"
#include "net/transfer.h"
#include "net/url.h"
#include "server.h"
#include <pthread.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct fetch fetch_of(const struct world *w, const char *path)
{
    struct fetch f = {.sha256 = w->big_digest, .size = BIG, .name = "big.deb"};
    strv_take(&f.urls, server_url(&w->server, path));
    return f;
}

static void add_mirror(const struct world *w, struct fetch *f, const char *path)
{
    strv_take(&f->urls, server_url(&w->server, path));
}

static void fetch_release(struct fetch *f)
{
    strv_release(&f->urls);
}

static int run(struct world *w, struct fetch *f)
{
    return http_fetch(CTX(NULL, w->http, w->cache), f, 1, NULL, NULL, &w->err);
}

static void assert_fetched(struct world *w, struct fetch *f)
{
    CLEANUP(buf_release) struct buf got = BUF_INIT(BIG);
    assert_ok(run(w, f), &w->err);
    CLEANUP(close_fd) int fd = cache_open_blob(w->cache, &f->sha256, f->size, NULL, &w->err);
    assert_true(fd >= 0);
    assert_ok(file_read_fd(fd, "blob", BIG, &got, &w->err), &w->err);
    assert_int_equal(got.len, BIG);
    assert_memory_equal(got.data, w->big, BIG);
}

static void assert_not_fetched(struct world *w, struct fetch *f, const char *message)
{
    assert_fails(run(w, f), &w->err, message);
    assert_false(cache_has_blob(w->cache, &f->sha256, UINT64_MAX));
}

static void leave_partial(struct world *w, const void *p, size_t n)
{
    struct partial partial;
    assert_int_equal(partial_open(w->cache, &w->big_digest, &partial, NULL, &w->err), 1);
    assert_ok(write_all(partial.fd, p, n, "partial", &w->err), &w->err);
    partial_close(&partial);
}

static void test_not_found(void **state)
{
    (void)state;
    struct route routes[] = {{.path = "/gone", .status = 410}, {.path = "/no", .status = 403}};
    CLEANUP(world_end) struct world w;
    CLEANUP(strv_release) struct strv urls = STRV_INIT;
    CLEANUP(buf_release) struct buf got = BUF_INIT(1000);
    world_make(&w, routes, 2);
    strv_take(&urls, server_url(&w.server, "/x"));
    strv_take(&urls, server_url(&w.server, "/gone"));
    assert_int_equal(get_document(w.http, &urls, &got, NULL, &w.err), -ERR_NOT_FOUND);
    assert_non_null(strstr(w.err.message, "/x: HTTP 404"));
    assert_non_null(strstr(w.err.hint, "/gone: HTTP 410"));
    err_clear(&w.err);
    strv_take(&urls, server_url(&w.server, "/no"));
    assert_int_equal(get_document(w.http, &urls, &got, NULL, &w.err), -ERR_FAIL);
    assert_int_equal(routes[1].hits, 1);
    err_clear(&w.err);
    CLEANUP(strv_release) struct strv none = STRV_INIT;
    assert_fails(get_document(w.http, &none, &got, NULL, &w.err), &w.err, "no mirror is known");
}

static unsigned reports;
static int report(struct fetch *f, struct err *err)
{
    reports += *(unsigned *)f->user;
    return reports >= 100 ? err_set(err, "enough") : 0;
}

static void test_fetch_into_the_cache(void **state)
{
    (void)state;
    struct route routes[] = {{.path = "/big"}, {.path = "/abc", .body = "abc", .n = 3}};
    CLEANUP(world_end) struct world w;
    uint64_t bytes = 0;
    unsigned one = 1, ten = 10;
    world_make(&w, routes, 2);
    struct fetch files[2] = {fetch_of(&w, "/big"), fetch_of(&w, "/abc")};
    files[0].user = &one;
    files[1].user = &ten;
    files[1].sha256 = sha256_of("abc", 3);
    files[1].size = 3;
    reports = 0;
    assert_ok(http_fetch(CTX(NULL, w.http, w.cache), files, 2, report, &bytes, &w.err), &w.err);
    assert_int_equal(bytes, BIG + 3);
    assert_int_equal(reports, 11);
    assert_ok(http_fetch(CTX(NULL, w.http, w.cache), files, 2, report, &bytes, &w.err), &w.err);
    assert_int_equal(bytes, 0);
    assert_int_equal(reports, 22);
    assert_int_equal(routes[0].hits, 1);
    assert_fetched(&w, &files[0]);
    reports = 95; /* what done says ends all */
    assert_fails(http_fetch(CTX(NULL, w.http, w.cache), files, 2, report, &bytes, &w.err), &w.err,
                 "enough");
    fetch_release(&files[0]);
    fetch_release(&files[1]);
}

static void test_fetch_of_unknown_size(void **state)
{
    (void)state;
    struct route routes[] = {{.path = "/big"}, {.path = "/abc", .body = "abc", .n = 3}};
    CLEANUP(world_end) struct world w;
    world_make(&w, routes, 2);
    struct fetch files[2] = {fetch_of(&w, "/big"), fetch_of(&w, "/abc")};
    files[0].size = files[1].size = UINT64_MAX;
    files[1].sha256 = sha256_of("abc", 3);
    uint64_t bytes = 0;
    assert_ok(http_fetch(CTX(NULL, w.http, w.cache), files, 2, NULL, &bytes, &w.err), &w.err);
    assert_int_equal(bytes, BIG + 3);
    assert_true(cache_has_blob(w.cache, &files[0].sha256, BIG));
    assert_true(cache_has_blob(w.cache, &files[1].sha256, 3));
    files[1].sha256 = sha256_of("abd", 3);
    assert_fails(http_fetch(CTX(NULL, w.http, w.cache), &files[1], 1, NULL, &bytes, &w.err), &w.err,
                 "SHA-256");
    fetch_release(&files[0]);
    fetch_release(&files[1]);
}

static void test_the_same_file_twice(void **state)
{
    (void)state;
    struct route routes[] = {{.path = "/big"}};
    CLEANUP(world_end) struct world w;
    world_make(&w, routes, 1);
    struct fetch files[2] = {fetch_of(&w, "/big"), fetch_of(&w, "/big")};
    assert_ok(http_fetch(CTX(NULL, w.http, w.cache), files, 2, NULL, NULL, &w.err), &w.err);
    assert_int_equal(routes[0].hits, 1);
    fetch_release(&files[0]);
    fetch_release(&files[1]);
}

static void test_transient_failures_are_retried(void **state)
{
    (void)state;
    struct route routes[] = {{.path = "/500", .fail_times = 2, .fail_status = 500},
                             {.path = "/reset", .fail_times = 3},
                             {.path = "/down", .fail_times = 100, .fail_status = 503}};
    CLEANUP(world_end) struct world w;
    world_make(&w, routes, 3);
    CLEANUP(fetch_release) struct fetch a = fetch_of(&w, "/500");
    assert_fetched(&w, &a);
    assert_int_equal(routes[0].hits, 3);
    cache_blob_drop(w.cache, &w.big_digest);
    CLEANUP(fetch_release) struct fetch b = fetch_of(&w, "/reset");
    assert_fetched(&w, &b);
    assert_int_equal(routes[1].hits, 4);
    cache_blob_drop(w.cache, &w.big_digest);
    CLEANUP(fetch_release) struct fetch c = fetch_of(&w, "/down");
    assert_not_fetched(&w, &c, "big.deb: http://127.0.0.1");
    assert_int_equal(routes[2].hits, 4);
    add_mirror(&w, &c, "/500");
    assert_fetched(&w, &c);
    assert_int_equal(routes[2].hits, 6); /* with another mirror at hand it is tried less often */
}

static void test_retry_after(void **state)
{
    (void)state;
    struct route routes[] = {
        {.path = "/1", .fail_times = 1, .fail_status = 429, .fail_headers = "Retry-After: 1\r\n"},
        {.path = "/9",
         .fail_times = 1,
         .fail_status = 429,
         .fail_headers = "Retry-After: 9999\r\n"}};
    CLEANUP(world_end) struct world w;
    struct timespec before, after;
    world_make(&w, routes, 2);
    CLEANUP(fetch_release) struct fetch a = fetch_of(&w, "/1");
    clock_gettime(CLOCK_MONOTONIC, &before);
    assert_fetched(&w, &a);
    clock_gettime(CLOCK_MONOTONIC, &after);
    double took = (double)(after.tv_sec - before.tv_sec) +
                  (double)(after.tv_nsec - before.tv_nsec) / 1e9;
    assert_true(took >= 1.0 && took < 5);
    cache_blob_drop(w.cache, &w.big_digest);
    CLEANUP(fetch_release) struct fetch b = fetch_of(&w, "/9");
    assert_not_fetched(&w, &b, "HTTP 429");
    assert_int_equal(routes[1].hits, 1);
}

static void test_cut_off_goes_on_where_it_was(void **state)
{
    (void)state;
    struct route routes[] = {{.path = "/big", .cut_times = 2, .cut = 100000},
                             {.path = "/bits", .cut_times = 10, .cut = 70000}};
    CLEANUP(world_end) struct world w;
    uint64_t bytes;
    world_make(&w, routes, 2);
    CLEANUP(fetch_release) struct fetch f = fetch_of(&w, "/big");
    assert_ok(http_fetch(CTX(NULL, w.http, w.cache), &f, 1, NULL, &bytes, &w.err), &w.err);
    assert_int_equal(bytes, BIG); /* no byte came twice */
    assert_int_equal(routes[0].hits, 3);
    assert_int_equal(routes[0].ranges, 2);
    assert_fetched(&w, &f);
    cache_blob_drop(w.cache, &w.big_digest);
    CLEANUP(fetch_release) struct fetch g = fetch_of(&w, "/bits");
    assert_fetched(&w, &g);
    assert_int_equal(routes[1].hits, 5); /* more than four tries, as each brought something */
}

static void test_partial_of_an_earlier_run(void **state)
{
    (void)state;
    struct route routes[] = {{.path = "/big"}, {.path = "/plain", .no_range = true}};
    CLEANUP(world_end) struct world w;
    uint64_t bytes;
    world_make(&w, routes, 2);
    CLEANUP(fetch_release) struct fetch f = fetch_of(&w, "/big");
    leave_partial(&w, w.big, BIG - 1000);
    assert_ok(http_fetch(CTX(NULL, w.http, w.cache), &f, 1, NULL, &bytes, &w.err), &w.err);
    assert_int_equal(bytes, 1000);
    assert_non_null(strstr(routes[0].request, "Range: bytes=306200-\r\n"));
    assert_fetched(&w, &f);
    cache_blob_drop(w.cache, &w.big_digest);
    leave_partial(&w, w.big, BIG); /* whole, but killed before the rename */
    assert_ok(http_fetch(CTX(NULL, w.http, w.cache), &f, 1, NULL, &bytes, &w.err), &w.err);
    assert_int_equal(bytes, 0);
    assert_fetched(&w, &f);
    cache_blob_drop(w.cache, &w.big_digest);
    CLEANUP(fetch_release) struct fetch g = fetch_of(&w, "/plain");
    leave_partial(&w, w.big, 5000);
    assert_fetched(&w, &g);
    assert_int_equal(routes[1].hits, 1);
    assert_int_equal(routes[1].ranges, 1);
}

static void test_wrong_partial_starts_anew_once(void **state)
{
    (void)state;
    struct route routes[] = {{.path = "/big"},
                             {.path = "/416", .range_refused = true},
                             {.path = "/other", .wrong_range = true}};
    CLEANUP(world_end) struct world w;
    world_make(&w, routes, 3);
    CLEANUP(fetch_release) struct fetch f = fetch_of(&w, "/big");
    leave_partial(&w, "wrong bytes", 11);
    assert_fetched(&w, &f);
    assert_int_equal(routes[0].hits, 2);
    assert_int_equal(routes[0].ranges, 1);
    static const char *const paths[] = {"/416", "/other"};
    for (size_t i = 0; i < 2; i++) {
        cache_blob_drop(w.cache, &w.big_digest);
        CLEANUP(fetch_release) struct fetch g = fetch_of(&w, paths[i]);
        leave_partial(&w, w.big, 5000);
        assert_fetched(&w, &g);
        assert_int_equal(routes[1 + i].hits, 2);
        assert_int_equal(routes[1 + i].ranges, 1);
    }
}

static void test_wrong_bytes(void **state)
{
    (void)state;
    struct route routes[] = {{.path = "/wrong"}, {.path = "/big"}};
    CLEANUP(free_ptr) char *wrong = NULL; /* for longer than the server sends it */
    CLEANUP(world_end) struct world w;
    world_make(&w, routes, 2);
    wrong = xmemdup(w.big, BIG);
    wrong[12345] ^= 1;
    routes[0].body = wrong;
    CLEANUP(fetch_release) struct fetch f = fetch_of(&w, "/wrong");
    assert_not_fetched(&w, &f, "has SHA-256 ");
    assert_int_equal(routes[0].hits, 1);
    leave_partial(&w, wrong, 20000);
    assert_not_fetched(&w, &f, "has SHA-256 ");
    assert_int_equal(routes[0].hits, 3); /* resumed, then once from zero */
    add_mirror(&w, &f, "/big");
    assert_fetched(&w, &f);
}

static void test_wrong_sizes(void **state)
{
    (void)state;
    struct route routes[] = {{.path = "/long"},
                             {.path = "/short"},
                             {.path = "/endless", .no_length = true},
                             {.path = "/ends", .no_length = true},
                             {.path = "/empty", .status = 200, .body = ""}};
    CLEANUP(free_ptr) char *longer = xmalloc(2 * BIG); /* for longer than the server sends it */
    CLEANUP(world_end) struct world w;
    world_make(&w, routes, 5);
    memcpy(longer, w.big, BIG);
    memcpy(longer + BIG, w.big, BIG);
    routes[0].body = routes[2].body = longer;
    routes[0].n = BIG + 1;
    routes[2].n = 2 * BIG;
    routes[1].n = routes[3].n = BIG - 1;
    static const char *const messages[] = {
        "/long: is 307201 bytes, not the expected 307200",
        "/short: is 307199 bytes, not the expected", "/endless: is longer than 307200 bytes",
        "/ends: ends after 307199 of 307200 bytes", "/empty: is 0 bytes, not the expected"};
    for (size_t i = 0; i < ARRAY_SIZE(messages); i++) {
        CLEANUP(fetch_release) struct fetch f = fetch_of(&w, routes[i].path);
        assert_not_fetched(&w, &f, messages[i]);
        struct partial p;
        assert_int_equal(partial_open(w.cache, &w.big_digest, &p, NULL, &w.err), 1);
        assert_int_equal(ftruncate(p.fd, 0), 0);
        partial_close(&p);
    }
}

static void test_redirects(void **state)
{
    (void)state;
    struct route routes[] = {
        {.path = "/big"},
        {.path = "/moved", .status = 301, .headers = "Location: /big\r\n"},
        {.path = "/loop", .status = 302, .headers = "Location: loop\r\n"},
        {.path = "/file", .status = 307, .headers = "Location: file:///etc/passwd\r\n"},
        {.path = "/ftp", .status = 308, .headers = "Location: ftp://x.example/\r\n"},
        {.path = "/none", .status = 302}};
    CLEANUP(world_end) struct world w;
    world_make(&w, routes, 6);
    CLEANUP(fetch_release) struct fetch f = fetch_of(&w, "/moved");
    assert_fetched(&w, &f);
    assert_int_equal(routes[1].hits, 1);
    cache_blob_drop(w.cache, &w.big_digest);
    static const char *const messages[] = {
        "redirects too often", "redirects to file:///etc/passwd, which is refused",
        "redirects to ftp://x.example/, which is refused", "redirects to nowhere"};
    for (size_t i = 0; i < ARRAY_SIZE(messages); i++) {
        CLEANUP(fetch_release) struct fetch g = fetch_of(&w, routes[2 + i].path);
        assert_not_fetched(&w, &g, messages[i]);
    }
    assert_int_equal(routes[2].hits, 6);
}

/* Where the user names it, an inner address is asked; where a mirror sends us, it isn't. */
static void test_redirect_inside(void **state)
{
    (void)state;
    static const char *const locations[] = {"http://169.254.169.254/latest/meta-data",
                                            "http://0xa9fea9fe/", "http://[64:ff9b::a9fe:a9fe]/",
                                            "http://[fd00:ec2::254]/", "http://100.100.100.200/"};
    for (size_t i = 0; i < ARRAY_SIZE(locations); i++) {
        CLEANUP(free_ptr) char *header = xasprintf("Location: %s\r\n", locations[i]);
        struct route routes[] = {{.path = "/a", .status = 302, .headers = header}};
        CLEANUP(world_end) struct world w;
        CLEANUP(strv_release) struct strv urls = STRV_INIT;
        CLEANUP(buf_release) struct buf got = BUF_INIT(1000);
        world_make(&w, routes, 1);
        strv_take(&urls, server_url(&w.server, "/a"));
        assert_fails(get_document(w.http, &urls, &got, NULL, &w.err), &w.err,
                     "leads to a link-local address, which is refused");
        assert_int_equal(routes[0].hits, 1);
    }
}

static void test_file_mirror(void **state)
{
    (void)state;
    struct route routes[] = {{.path = "/big"}};
    CLEANUP(world_end) struct world w;
    uint64_t bytes;
    world_make(&w, routes, 1);
    CLEANUP(free_ptr) char *path = path_join(w.dir, "big file");
    assert_ok(file_write(path, w.big, BIG, 0644, &w.err), &w.err);
    CLEANUP(fetch_release) struct fetch f = {.sha256 = w.big_digest, .size = BIG, .name = "big"};
    strv_addf(&f.urls, "file:%s/big%%20file", w.dir);
    assert_fetched(&w, &f);
    cache_blob_drop(w.cache, &w.big_digest);
    leave_partial(&w, w.big, 1000);
    assert_ok(http_fetch(CTX(NULL, w.http, w.cache), &f, 1, NULL, &bytes, &w.err), &w.err);
    assert_int_equal(bytes, BIG - 1000);
    assert_fetched(&w, &f);
    cache_blob_drop(w.cache, &w.big_digest);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(run(&w, &f), -ERR_NOT_FOUND);
}

static void *stop_later(void *arg)
{
    struct world *w = arg;
    usleep(300000);
    w->stop = SIGINT;
    return NULL;
}

static void test_stop(void **state)
{
    (void)state;
    struct route routes[] = {{.path = "/stalls", .cut_times = 1, .cut = 100, .stall = true}};
    CLEANUP(world_end) struct world w;
    struct timespec before, after;
    pthread_t thread;
    world_make(&w, routes, 1);
    CLEANUP(fetch_release) struct fetch f = fetch_of(&w, "/stalls");
    clock_gettime(CLOCK_MONOTONIC, &before);
    assert_int_equal(pthread_create(&thread, NULL, stop_later, &w), 0);
    assert_int_equal(run(&w, &f), -ERR_STOPPED);
    clock_gettime(CLOCK_MONOTONIC, &after);
    pthread_join(thread, NULL);
    double took = (double)(after.tv_sec - before.tv_sec) +
                  (double)(after.tv_nsec - before.tv_nsec) / 1e9;
    assert_true(took < 1.0);
    err_clear(&w.err);
    w.stop = 0;
    assert_fetched(&w, &f); /* and the next run goes on */
    assert_int_equal(routes[0].ranges, 1);
}

/* Another builder that holds the download for a while, then makes the blob or goes away. */
static void other_builder(const struct world *w, bool finishes)
{
    struct err err = ERR_INIT;
    struct partial p;
    if (partial_open(w->cache, &w->big_digest, &p, NULL, &err) != 1)
        _exit(1);
    usleep(300000);
    if (finishes && (write_all(p.fd, w->big, BIG, "p", &err) < 0 ||
                     partial_commit(w->cache, &p, &w->big_digest, &err) < 0))
        _exit(1);
    _exit(0);
}

static void test_two_builders(void **state)
{
    (void)state;
    for (int finishes = 0; finishes < 2; finishes++) {
        struct route routes[] = {{.path = "/big"}};
        CLEANUP(world_end) struct world w;
        int status;
        world_make(&w, routes, 1);
        CLEANUP(fetch_release) struct fetch f = fetch_of(&w, "/big");
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0)
            other_builder(&w, finishes);
        usleep(100000);
        assert_fetched(&w, &f);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
        assert_int_equal(routes[0].hits, !finishes);
    }
}

static void test_another_builder_that_hangs(void **state)
{
    (void)state;
    struct route routes[] = {{.path = "/big"}};
    CLEANUP(world_end) struct world w;
    struct partial held;
    world_make(&w, routes, 1);
    w.http->patience = 1;
    CLEANUP(fetch_release) struct fetch f = fetch_of(&w, "/big");
    assert_int_equal(partial_open(w.cache, &w.big_digest, &held, NULL, &w.err), 1);
    assert_fetched(&w, &f); /* by a download of its own */
    assert_int_equal(routes[0].hits, 1);
    partial_close(&held);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_not_found),
        cmocka_unit_test(test_fetch_into_the_cache),
        cmocka_unit_test(test_fetch_of_unknown_size),
        cmocka_unit_test(test_the_same_file_twice),
        cmocka_unit_test(test_transient_failures_are_retried),
        cmocka_unit_test(test_retry_after),
        cmocka_unit_test(test_cut_off_goes_on_where_it_was),
        cmocka_unit_test(test_partial_of_an_earlier_run),
        cmocka_unit_test(test_wrong_partial_starts_anew_once),
        cmocka_unit_test(test_wrong_bytes),
        cmocka_unit_test(test_wrong_sizes),
        cmocka_unit_test(test_redirects),
        cmocka_unit_test(test_redirect_inside),
        cmocka_unit_test(test_file_mirror),
        cmocka_unit_test(test_stop),
        cmocka_unit_test(test_two_builders),
        cmocka_unit_test(test_another_builder_that_hangs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
