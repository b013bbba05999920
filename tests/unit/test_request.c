/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"
#include "net/address.h"
#include "net/request.h"
#include "scratch.h"
#include "server.h"
#include "unit.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <unistd.h>

static char large[200000];

struct work {
    struct session session;
    atomic_int stop;
    struct http *http;
    struct server server;
    struct err err;
    struct http_response response;
    bool transient;
};

static int setup(void **state)
{
    struct work *w = xcalloc(1, sizeof(*w));
    memset(large, 'x', sizeof(large));
    w->session = (struct session){.pool = pool_new(0), .stop = &w->stop};
    assert_ok(http_new(&w->session, 0, &w->http, &w->err), &w->err);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct work *w = *state;
    server_stop(&w->server);
    http_response_release(&w->response);
    http_free(w->http);
    pool_end(w->session.pool);
    err_release(&w->err);
    free(w);
    return 0;
}

static int get(struct work *w, const char *path, struct http_request *q)
{
    CLEANUP(free_ptr) char *url = server_url(&w->server, path);
    http_response_release(&w->response);
    q->method = q->method ? q->method : "GET";
    q->url = url;
    q->response_max = q->response_max ? q->response_max : 1000;
    return http_request(w->http, q, &w->response, &w->transient, &w->err);
}

static void test_memory(void **state)
{
    struct work *w = *state;
    static struct route routes[] = {
        {.path = "/a", .body = "hello", .n = 5, .headers = "X-Thing: one\r\nx-thing:  two\r\n"},
        {.path = "/large", .body = large, .n = sizeof(large)},
        {.path = "/error", .body = large, .n = sizeof(large), .status = 500},
        {.path = "/gone", .fail_times = 1},
        {.path = "/short", .body = "hello", .n = 5, .cut = 2, .cut_times = 1},
        {.path = "/redirect", .status = 302, .headers = "Location: /a\r\n"},
    };
    server_start(&w->server, routes, ARRAY_SIZE(routes));
    struct http_request q = {.response_fd = -1};
    assert_ok(get(w, "/a", &q), &w->err);
    assert_int_equal(w->response.status, 200);
    assert_string_equal(buf_str(&w->response.body), "hello");
    assert_int_equal(w->response.size, 5);
    assert_string_equal(http_header(&w->response, "x-thing"), "one");
    size_t at = 0;
    assert_string_equal(http_header_next(&w->response, "x-thing", &at), "one");
    assert_string_equal(http_header_next(&w->response, "x-thing", &at), "two");
    assert_null(http_header_next(&w->response, "x-thing", &at));
    assert_null(http_header(&w->response, "x-thin"));

    assert_fails(get(w, "/large", &q), &w->err, "more than 1000 bytes");
    assert_false(w->transient);
    assert_ok(get(w, "/error", &q), &w->err);
    assert_int_equal(w->response.status, 500);
    assert_int_equal(w->response.body.len, HTTP_ERROR_BODY_MAX);
    assert_fails(get(w, "/gone", &q), &w->err, "127.0.0.1");
    assert_true(w->transient);
    assert_fails(get(w, "/short", &q), &w->err, "/short");
    assert_true(w->transient);
    assert_ok(get(w, "/redirect", &q), &w->err);
    assert_int_equal(w->response.status, 302);
    assert_ok(get(w, "/none", &q), &w->err);
    assert_int_equal(w->response.status, 404);
}

static void test_sent(void **state)
{
    struct work *w = *state;
    static struct route routes[] = {{.path = "/a?x=1", .status = 201}};
    server_start(&w->server, routes, ARRAY_SIZE(routes));
    CLEANUP(strv_release) struct strv headers = STRV_INIT;
    strv_add(&headers, "X-Mine: yes");
    static const char *const methods[] = {"POST", "PUT", "PATCH", "DELETE", "HEAD"};
    for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
        struct http_request q = {.method = methods[i], .headers = &headers, .response_fd = -1};
        bool body = i < 3;
        q.body = body ? "abc" : NULL;
        q.body_size = i == 1 || i == 2 ? 3 : 0;
        assert_ok(get(w, "/a?x=1", &q), &w->err);
        assert_int_equal(w->response.status, 201);
        CLEANUP(free_ptr) char *line = xasprintf("%s /a?x=1 HTTP/1.1\r\n", methods[i]);
        assert_memory_equal(routes[0].request, line, strlen(line));
        assert_non_null(strstr(routes[0].request, "\r\nX-Mine: yes\r\n"));
        assert_null(strstr(routes[0].request, "Expect"));
        CLEANUP(free_ptr)
        char *length = xasprintf("\r\nContent-Length: %d\r\n", (int)q.body_size);
        assert_int_equal(strstr(routes[0].request, length) != NULL, body);
    }
}

static void test_file(void **state)
{
    struct work *w = *state;
    static struct route routes[] = {
        {.path = "/a", .body = "0123456789", .n = 10, .cut = 4, .cut_times = 1},
        {.path = "/all", .body = "0123456789", .n = 10, .no_range = true},
        {.path = "/wrong", .body = "0123456789", .n = 10, .wrong_range = true},
        {.path = "/bad", .body = "nope", .n = 4, .status = 403},
    };
    server_start(&w->server, routes, ARRAY_SIZE(routes));
    CLEANUP(close_fd) int fd = spool_open(&w->err);
    CLEANUP(hasher_release) struct hasher h = {0};
    struct sha256 want = sha256_of("0123456789", 10), have;
    hasher_start(&h);
    struct http_request q = {.response_fd = fd, .response_hasher = &h, .response_max = 10};
    assert_fails(get(w, "/a", &q), &w->err, "/a");
    assert_int_equal(w->response.size, 4);
    q.response_offset = 4;
    assert_ok(get(w, "/a", &q), &w->err);
    assert_int_equal(w->response.status, 206);
    assert_int_equal(w->response.size, 10);
    have = hasher_end(&h);
    assert_true(sha256_eq(&have, &want));

    hasher_start(&h);
    hasher_add(&h, "01", 2);
    q.response_offset = 2;
    assert_ok(get(w, "/all", &q), &w->err);
    assert_int_equal(w->response.size, 10);
    have = hasher_end(&h);
    assert_true(sha256_eq(&have, &want));
    assert_int_equal(lseek(fd, 0, SEEK_END), 10);

    hasher_start(&h);
    assert_fails(get(w, "/wrong", &q), &w->err, "another range");
    q.response_offset = 0;
    q.response_max = 9;
    assert_fails(get(w, "/all", &q), &w->err, "more than 9 bytes");
    assert_ok(get(w, "/bad", &q), &w->err);
    assert_string_equal(buf_str(&w->response.body), "nope");
    have = hasher_end(&h);
}

static void test_silence(void **state)
{
    struct work *w = *state;
    static struct route routes[] = {
        {.path = "/a", .body = "0123456789", .n = 10, .cut = 4, .cut_times = 9, .stall = true}};
    server_start(&w->server, routes, ARRAY_SIZE(routes));
    struct http_request q = {.response_fd = -1, .silence = 1};
    time_t start = time(NULL);
    assert_fails(get(w, "/a", &q), &w->err, "/a");
    assert_true(w->transient);
    assert_true(time(NULL) - start < 10);
    w->stop = SIGINT;
    q.silence = 0;
    assert_int_equal(get(w, "/a", &q), -ERR_STOPPED);
    err_clear(&w->err);
    w->stop = 0;
}

static void check_retry(const char *header, unsigned want)
{
    CLEANUP(http_response_release) struct http_response r = {0};
    strv_addf(&r.headers, "retry-after: %s", header);
    assert_int_equal(http_retry_after(&r, 784111777), want);
}

static void test_retry_after(void **state)
{
    (void)state;
    check_retry("", 0);
    check_retry("7", 7);
    check_retry("99999999999999999999", 86400);
    check_retry("-1", 0);
    check_retry("soon", 0);
    check_retry("Sun, 06 Nov 1994 08:50:07 GMT", 30);
    check_retry("Sun, 06 Nov 1994 08:49:07 GMT", 0);
}

static bool inner(const char *text)
{
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
        return address_is_inner((const struct sockaddr *)&in);
    assert_int_equal(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
    return address_is_inner((const struct sockaddr *)&in6);
}

static void test_inner_addresses(void **state)
{
    (void)state;
    static const char *const refused[] = {
        "169.254.169.254", "169.254.0.1", "100.100.100.200", "fe80::1", "febf::1", "fd00:ec2::254",
        "::ffff:169.254.169.254", "::169.254.169.254", "168.63.129.16", "192.0.0.192",
        "fd20:ce::254", "fd00:42::42",
        /* translated, NAT64 with its prefix lengths 96, 48, 56 and 64, 6to4 */
        "::ffff:0:169.254.1.1", "64:ff9b::a9fe:a9fe", "64:ff9b::6464:64c8",
        "64:ff9b:1::169.254.169.254",
        "64:ff9b:1:a9fe:a9:fe00::", "64:ff9b:1:a9:fe:a9fe::", "64:ff9b:1:0:a9:fea9:fe00:0",
        "2002:a9fe:a9fe::1"};
    static const char *const fine[] = {"127.0.0.1",
                                       "10.0.0.1",
                                       "169.253.0.1",
                                       "::1",
                                       "168.63.129.17",
                                       "192.0.0.193",
                                       "fd00::1",
                                       "2001:db8::1",
                                       "::ffff:10.0.0.1",
                                       "::ffff:0:10.0.0.1",
                                       "64:ff9b::8.8.8.8",
                                       "64:ff9b:1::8.8.8.8",
                                       "64:ff9b:2::a9fe:a9fe",
                                       "2002:808:808::1",
                                       "2003:a9fe:a9fe::1"};
    for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
        if (!inner(refused[i]))
            fail_msg("%s isn't refused", refused[i]);
    for (size_t i = 0; i < ARRAY_SIZE(fine); i++)
        if (inner(fine[i]))
            fail_msg("%s is refused", fine[i]);
    assert_true(url_is_inner("http://169.254.169.254/latest"));
    assert_true(url_is_inner("http://0xa9fea9fe:80/"));
    assert_true(url_is_inner("https://u@[::ffff:169.254.169.254]:1/"));
    assert_true(url_is_inner("http://[fe80::1%25eth0]/"));
    assert_false(url_is_inner("http://127.0.0.1/169.254.169.254"));
    assert_false(url_is_inner("http://h.example/"));
    assert_false(url_is_inner("http://[::1]/"));
}

static void test_outside(void **state)
{
    struct work *w = *state;
    server_start(&w->server, NULL, 0);
    struct http_request q = {.method = "GET",
                             .url = "http://169.254.169.254/latest/meta-data",
                             .outside = true,
                             .response_fd = -1,
                             .response_max = 100};
    assert_fails(http_request(w->http, &q, &w->response, &w->transient, &w->err), &w->err,
                 "link-local");
    assert_false(w->transient);
}

/* libcurl 7.88 takes no new options for the handle of a look-up that failed. */
static void test_unknown_host(void **state)
{
    struct work *w = *state;
    static struct route routes[] = {{.path = "/a", .body = "hello", .n = 5}};
    server_start(&w->server, routes, ARRAY_SIZE(routes));
    struct http_request q = {
        .method = "GET", .url = "http://nobody.invalid/a", .response_fd = -1, .response_max = 100};
    for (unsigned i = 0; i < 3; i++) {
        w->transient = false;
        assert_true(http_request(w->http, &q, &w->response, &w->transient, &w->err) < 0);
        assert_non_null(strstr(w->err.message, "http://nobody.invalid/a: Could not resolve host"));
        assert_non_null(strstr(w->err.hint, "check the host's name"));
        assert_true(w->transient);
        err_clear(&w->err);
        http_response_release(&w->response);
    }
    struct http_request fine = {.response_fd = -1};
    assert_ok(get(w, "/a", &fine), &w->err);
    assert_string_equal(buf_str(&w->response.body), "hello");
}

int main(void)
{
    unsetenv("http_proxy");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sent, setup, teardown),
        cmocka_unit_test_setup_teardown(test_file, setup, teardown),
        cmocka_unit_test_setup_teardown(test_silence, setup, teardown),
        cmocka_unit_test(test_retry_after),
        cmocka_unit_test(test_inner_addresses),
        cmocka_unit_test_setup_teardown(test_outside, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unknown_host, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
