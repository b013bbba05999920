/* SPDX-License-Identifier: Apache-2.0 */
#include "base/time.h"
#include "unit.h"

static void test_times(void **state)
{
    (void)state;
    assert_string_equal(time_text(0).s, "1970-01-01T00:00:00Z");
    assert_string_equal(time_text(-1).s, "1969-12-31T23:59:59Z");
    assert_string_equal(time_text(INT64_MIN).s, "1000-01-01T00:00:00Z");
    assert_string_equal(time_text(951782400).s, "2000-02-29T00:00:00Z");
    assert_string_equal(time_text(253402300799).s, "9999-12-31T23:59:59Z");
    assert_string_equal(time_text(INT64_MAX).s, "9999-12-31T23:59:59Z");
}

static void test_days(void **state)
{
    (void)state;
    int64_t t = 0;

    assert_string_equal(time_day(951782400).s, "20000229");
    assert_true(time_parse_day("2000-02-29", &t));
    assert_int_equal(t, 951782400);
    assert_false(time_parse_day("2001-02-29", &t));
    assert_false(time_parse_day("2000-13-01", &t));
    assert_false(time_parse_day("2000-00-01", &t));
    assert_false(time_parse_day("2000-01-00", &t));
    assert_false(time_parse_day("2000-1-1", &t));
    assert_false(time_parse_day("2000-01-01Z", &t));
    assert_false(time_parse_day("", &t));
}

static void test_exact_times(void **state)
{
    (void)state;
    int64_t t = 0;

    assert_true(time_parse("2026-11-21T09:15:44Z", &t));
    assert_string_equal(time_text(t).s, "2026-11-21T09:15:44Z");
    static const char *const bad[] = {
        "2026-11-21T09:15:44",   "2026-11-21 09:15:44Z",   "2026-11-21T24:15:44Z",
        "2026-11-21T09:60:44Z",  "2026-11-21T09:15:61Z",   "2026-11-31T09:15:44Z",
        "2026-11-21T09:15:44ZZ", "2026-11-21T09:15:44.1Z", " 2026-11-21T09:15:44Z",
        "+026-11-21T09:15:44Z",
    };
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_false(time_parse(bad[i], &t));
}

static void test_times_of_others(void **state)
{
    (void)state;
    int64_t t = 0;

    assert_true(time_parse_loose("1970-01-01T00:00:01.999999999Z", &t));
    assert_int_equal(t, 1);
    assert_true(time_parse_loose("1970-01-01T02:00:01+02:00", &t));
    assert_int_equal(t, 1);
    assert_true(time_parse_loose("1969-12-31T19:00:01.5-05:00", &t));
    assert_int_equal(t, 1);
    assert_true(time_parse_loose("1970-01-01T00:00:01", &t));
    assert_false(time_parse_loose("1970-01-01T00:00:01+0200", &t));
    assert_false(time_parse_loose("1970-01-01T00:00:01 UTC", &t));
    assert_false(time_parse_loose("1970-01-01", &t));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_days),
        cmocka_unit_test(test_exact_times),
        cmocka_unit_test(test_times_of_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
