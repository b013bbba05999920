/* SPDX-License-Identifier: Apache-2.0 */
#include "base/number.h"
#include "unit.h"

static void test_decimal(void **state)
{
    (void)state;
    static const char *const bad[] = {"", " 1", "+1", "-1", "1 ", "1a", "0x1", "256"};
    uint64_t n = 7;

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_false(number_parse(slice_of(bad[i]), 255, &n));
    assert_int_equal(n, 7);
    assert_true(number_parse(slice_of("255"), 255, &n));
    assert_int_equal(n, 255);
    assert_true(number_parse(slice_of("000"), 255, &n));
    assert_int_equal(n, 0);
    assert_true(number_parse((struct slice){"123", 2}, 255, &n));
    assert_int_equal(n, 12);
}

static void test_the_largest(void **state)
{
    (void)state;
    uint64_t n = 0;

    assert_true(number_parse(slice_of("18446744073709551615"), UINT64_MAX, &n));
    assert_true(n == UINT64_MAX);
    assert_false(number_parse(slice_of("18446744073709551616"), UINT64_MAX, &n));
    assert_false(number_parse(slice_of("99999999999999999999"), UINT64_MAX, &n));
}

static void test_octal(void **state)
{
    (void)state;
    uint64_t n = 0;

    assert_true(number_parse_octal(slice_of("0644"), 07777, &n));
    assert_int_equal(n, 0644);
    assert_false(number_parse_octal(slice_of("0648"), 07777, &n));
    assert_false(number_parse_octal(slice_of("10000"), 07777, &n));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decimal),
        cmocka_unit_test(test_the_largest),
        cmocka_unit_test(test_octal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
