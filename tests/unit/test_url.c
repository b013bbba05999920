/* SPDX-License-Identifier: Apache-2.0 */
/* Which URLs may lead where. */
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

static void test_redirect_rules(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    assert_ok(url_check_redirect("http://a/x", "https://b/y", &err), &err);
    assert_ok(url_check_redirect("https://a/x", "https://b/y", &err), &err);
    assert_fails(url_check_redirect("https://a/x", "http://a/y", &err), &err,
                 "https://a/x: redirects to http://a/y, which is refused");
    assert_fails(url_check_redirect("https://a/x", "HTTP://a/y", &err), &err, "refused");
    assert_fails(url_check_redirect("http://a/x", "file:///y", &err), &err, "refused");
    assert_fails(url_check_redirect("file:///x", "http://a/y", &err), &err, "refused");
    assert_fails(url_check("ftp://a/x", &err), &err, "not a URL of");
    assert_fails(url_check("/x", &err), &err, "not a URL of");
}

static void test_urls(void **state)
{
    (void)state;
    CLEANUP(free_ptr) char *c = url_show("https://user:secret@a.example/x@y");
    assert_string_equal(c, "https://a.example/x@y");
    CLEANUP(free_ptr) char *d = url_show("http://a.example/\x1b[31m");
    assert_string_equal(d, "http://a.example/\\x1b[31m");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_redirect_rules),
        cmocka_unit_test(test_urls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
