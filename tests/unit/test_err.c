/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

static void test_set_keeps_code_and_message(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    assert_int_equal(err_set(&err, "%s:%u: bad", "x.conf", 12u), -ERR_FAIL);
    assert_int_equal(err.code, ERR_FAIL);
    assert_string_equal(err.message, "x.conf:12: bad");
    assert_null(err.hint);
}

static void test_code_is_returned(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    assert_int_equal(err_code(&err, ERR_POLICY, "no"), -ERR_POLICY);
    assert_int_equal(err_wrap(&err, "rule %s", "X"), -ERR_POLICY);
    assert_int_equal(err_hint(&err, "allow it"), -ERR_POLICY);
    assert_string_equal(err.message, "rule X: no");
}

static void test_errno_gives_text_and_code(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    assert_int_equal(err_errno(&err, ENOENT, "a%d", 1), -ERR_NOT_FOUND);
    assert_string_equal(err.message, "a1: No such file or directory");
    err_clear(&err);
    assert_int_equal(err_errno(&err, EACCES, "b"), -ERR_FAIL);
    assert_string_equal(err.message, "b: Permission denied");
}

static void test_wrap_puts_context_in_front(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    assert_int_equal(err_set(&err, "short read"), -ERR_FAIL);
    assert_int_equal(err_wrap(&err, "data.tar"), -ERR_FAIL);
    assert_int_equal(err_wrap(&err, "package %s", "libc6"), -ERR_FAIL);
    assert_string_equal(err.message, "package libc6: data.tar: short read");
}

static void test_hints_are_lines(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    assert_int_equal(err_set(&err, "x"), -ERR_FAIL);
    err_hint(&err, "first");
    err_hint(&err, "second %d", 2);
    assert_string_equal(err.hint, "first\nsecond 2");
    assert_string_equal(err.message, "x");
}

static void test_move_empties_the_source(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err a = ERR_INIT;
    CLEANUP(err_release) struct err b = ERR_INIT;
    assert_int_equal(err_code(&a, ERR_STOPPED, "stop"), -ERR_STOPPED);
    err_hint(&a, "h");
    assert_int_equal(err_move(&b, &a), -ERR_STOPPED);
    assert_int_equal(a.code, ERR_NONE);
    assert_null(a.message);
    assert_null(a.hint);
    assert_string_equal(b.message, "stop");
    assert_string_equal(b.hint, "h");
}

static void test_clear_makes_it_usable_again(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    assert_int_equal(err_set(&err, "one"), -ERR_FAIL);
    err_hint(&err, "h");
    err_clear(&err);
    assert_int_equal(err.code, ERR_NONE);
    assert_null(err.hint);
    assert_int_equal(err_set(&err, "two"), -ERR_FAIL);
    assert_string_equal(err.message, "two");
    err_release(&err);
    err_release(&err); /* twice is fine */
    assert_null(err.message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set_keeps_code_and_message),
        cmocka_unit_test(test_code_is_returned),
        cmocka_unit_test(test_errno_gives_text_and_code),
        cmocka_unit_test(test_wrap_puts_context_in_front),
        cmocka_unit_test(test_hints_are_lines),
        cmocka_unit_test(test_move_empties_the_source),
        cmocka_unit_test(test_clear_makes_it_usable_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
