/* SPDX-License-Identifier: Apache-2.0 */
/* One transfer into memory. */
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

static void test_get(void **state)
{
    (void)state;
    struct route routes[] = {{.path = "/a", .body = "hello", .n = 5}};
    CLEANUP(world_end) struct world w;
    CLEANUP(strv_release) struct strv urls = STRV_INIT;
    CLEANUP(buf_release) struct buf got = BUF_INIT(5);
    const char *from = NULL;
    world_make(&w, routes, 1);
    strv_take(&urls, server_url(&w.server, "/missing"));
    strv_take(&urls, server_url(&w.server, "/a"));
    assert_ok(get_document(w.http, &urls, &got, &from, &w.err), &w.err);
    assert_string_equal(buf_str(&got), "hello");
    assert_ptr_equal(from, urls.v[1]);
    assert_non_null(strstr(routes[0].request, "User-Agent: mkimage/"));
    assert_non_null(strstr(routes[0].request, "Cache-Control: max-age=0"));
    assert_null(strstr(routes[0].request, "Accept-Encoding"));
    CLEANUP(buf_release) struct buf small = BUF_INIT(4);
    assert_int_equal(get_document(w.http, &urls, &small, NULL, &w.err), -ERR_FAIL);
    assert_non_null(strstr(w.err.hint, "/a: is 5 bytes, more than 4"));
}

static void test_get_without_length_is_cut_off(void **state)
{
    (void)state;
    struct route routes[] = {{.path = "/a", .no_length = true}};
    CLEANUP(world_end) struct world w;
    CLEANUP(strv_release) struct strv urls = STRV_INIT;
    CLEANUP(buf_release) struct buf got = BUF_INIT(1000);
    world_make(&w, routes, 1);
    strv_take(&urls, server_url(&w.server, "/a"));
    assert_fails(get_document(w.http, &urls, &got, NULL, &w.err), &w.err,
                 "is longer than 1000 bytes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_get),
        cmocka_unit_test(test_get_without_length_is_cut_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
