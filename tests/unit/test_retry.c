/* SPDX-License-Identifier: Apache-2.0 */
#include "net/retry.h"
#include "unit.h"

/* A wait of this length, give or take a half. */
static void assert_wait(unsigned ms, unsigned middle)
{
    if (ms < middle / 2 || ms > middle / 2 + middle)
        fail_msg("%u ms isn't about %u", ms, middle);
}

static void test_count(void **state)
{
    (void)state;
    struct retry r = {.attempts = 3};
    unsigned ms = 0;
    assert_true(retry_again(&r, 0, 1, 0, &ms));
    assert_wait(ms, 500);
    assert_true(retry_again(&r, 1u << 30, 1, 0, &ms)); /* nothing counts as progress */
    assert_wait(ms, 1000);
    assert_false(retry_again(&r, 0, 1, 0, &ms));

    r = (struct retry){.attempts = 3};
    assert_true(retry_again(&r, 0, 2, 0, &ms)); /* counts double */
    assert_false(retry_again(&r, 0, 1, 0, &ms));
}

static void test_wait(void **state)
{
    (void)state;
    struct retry r = {.attempts = 100, .backoff_ms = 20};
    unsigned ms, different = 0, before = 0;
    assert_true(retry_again(&r, 0, 1, 7, &ms));
    assert_true(ms >= 7010 && ms <= 7030);
    for (unsigned i = 0; i < 60; i++) {
        assert_true(retry_again(&r, 0, 1, 0, &ms));
        assert_true(ms <= 22500); /* however many doublings */
        different += ms != before;
        before = ms;
    }
    assert_wait(ms, 10240);
    assert_true(different > 30);

    r = (struct retry){.attempts = 100};
    assert_true(retry_again(&r, 0, 1, RETRY_AFTER_MAX, &ms));
    assert_false(retry_again(&r, 0, 1, RETRY_AFTER_MAX + 1, &ms));
}

static void test_progress(void **state)
{
    (void)state;
    struct retry r = {.attempts = 2, .progress = 100};
    unsigned ms;
    for (unsigned i = 1; i < 50; i++)
        assert_true(retry_again(&r, i * 100, 1, 0, &ms));
    assert_false(retry_again(&r, 4999, 1, 0, &ms)); /* but 99 bytes of news, */
    r.failed = 1;
    assert_true(retry_again(&r, 5000, 1, 0, &ms)); /* and so it is by the furthest of all */
    assert_false(retry_again(&r, 5000, 1, 0, &ms));
}

static void test_sleep(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    atomic_int stop = 0;
    const struct session s = {.stop = &stop};
    assert_ok(retry_sleep(&s, 1, &err), &err);
    stop = SIGINT;
    assert_int_equal(retry_sleep(&s, 1000000, &err), -ERR_STOPPED);
}

static void test_status(void **state)
{
    (void)state;
    static const unsigned transient[] = {408, 425, 429, 500, 502, 503, 504};
    static const unsigned lasting[] = {200, 204, 301, 400, 401, 403, 404, 412, 416, 501, 505};
    for (size_t i = 0; i < ARRAY_SIZE(transient); i++)
        assert_true(status_transient(transient[i]));
    for (size_t i = 0; i < ARRAY_SIZE(lasting); i++)
        assert_false(status_transient(lasting[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_count),    cmocka_unit_test(test_wait),
        cmocka_unit_test(test_progress), cmocka_unit_test(test_sleep),
        cmocka_unit_test(test_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
