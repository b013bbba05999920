/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"
#include "unit.h"

static void test_adds_are_terminated(void **state)
{
    (void)state;
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    assert_string_equal(buf_str(&b), "");
    buf_addstr(&b, "ab");
    buf_addch(&b, 'c');
    buf_add(&b, "d\0e", 3);
    buf_addslice(&b, (struct slice){"fgh", 2});
    buf_addf(&b, "%d", 42);
    assert_int_equal(b.len, 10);
    assert_memory_equal(b.data, "abcd\0efg42", 11);
    assert_false(b.overflow);
}

static void test_maximum_drops_and_sticks(void **state)
{
    (void)state;
    CLEANUP(buf_release) struct buf b = BUF_INIT(4);
    buf_addstr(&b, "abcd");
    assert_false(b.overflow);
    buf_addstr(&b, "");
    assert_false(b.overflow);
    buf_addch(&b, 'e');
    assert_true(b.overflow);
    assert_string_equal(buf_str(&b), "abcd");
    buf_reset(&b);
    assert_false(b.overflow);
    assert_string_equal(buf_str(&b), "");
    buf_addstr(&b, "toolong");
    assert_true(b.overflow);
    buf_addstr(&b, "x"); /* would fit, but a hole is worse than an end */
    assert_int_equal(b.len, 0);
}

static void test_huge_reserve_is_overflow(void **state)
{
    (void)state;
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    buf_addstr(&b, "x");
    assert_null(buf_reserve(&b, SIZE_MAX));
    assert_true(b.overflow);
}

static void test_reserve_and_filled(void **state)
{
    (void)state;
    CLEANUP(buf_release) struct buf b = BUF_INIT(10);
    char *room = buf_reserve(&b, 10);
    assert_non_null(room);
    memcpy(room, "abc", 3);
    buf_filled(&b, 3);
    assert_string_equal(buf_str(&b), "abc");
    assert_null(buf_reserve(&b, 8));
}

static void test_zero_adds_nul_bytes(void **state)
{
    (void)state;
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    buf_addch(&b, 'a');
    buf_zero(&b, 1000);
    buf_addch(&b, 'b');
    assert_int_equal(b.len, 1002);
    for (size_t i = 1; i <= 1000; i++)
        assert_int_equal(b.data[i], 0);
    assert_int_equal(b.data[1001], 'b');
}

static void test_detach_gives_a_string_always(void **state)
{
    (void)state;
    CLEANUP(buf_release) struct buf b = BUF_INIT(7);
    CLEANUP(free_ptr) char *empty = buf_detach(&b);
    assert_string_equal(empty, "");
    buf_addstr(&b, "x");
    CLEANUP(free_ptr) char *x = buf_detach(&b);
    assert_string_equal(x, "x");
    assert_int_equal(b.len, 0);
    assert_int_equal(b.max, 7);
    buf_release(&b);
    buf_release(&b);
    assert_null(b.data);
}

static void test_growth_keeps_content(void **state)
{
    (void)state;
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    for (int i = 0; i < 100000; i++)
        buf_addch(&b, (char)('a' + i % 26));
    assert_int_equal(b.len, 100000);
    for (int i = 0; i < 100000; i++)
        assert_int_equal(b.data[i], 'a' + i % 26);
}

static void test_slice_trim(void **state)
{
    (void)state;
    struct slice s = slice_trim(slice_of(" \t\r\n a b \n"));
    assert_true(slice_eq(s, "a b"));
    assert_true(slice_eq(slice_trim(slice_of(" \n ")), ""));
    assert_false(slice_eq(slice_of("ab"), "abc"));
    assert_false(slice_eq(slice_of("abc"), "ab"));
}

static void test_plain_cleanups(void **state)
{
    (void)state;
    char *p = xstrndup("abcdef", 3);
    assert_string_equal(p, "abc");
    free_ptr(&p);
    assert_null(p);
    free_ptr(&p);

    int fd = -1;
    errno = EBADF;
    close_fd(&fd);
    assert_int_equal(errno, EBADF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_adds_are_terminated),
        cmocka_unit_test(test_maximum_drops_and_sticks),
        cmocka_unit_test(test_huge_reserve_is_overflow),
        cmocka_unit_test(test_reserve_and_filled),
        cmocka_unit_test(test_zero_adds_nul_bytes),
        cmocka_unit_test(test_detach_gives_a_string_always),
        cmocka_unit_test(test_growth_keeps_content),
        cmocka_unit_test(test_slice_trim),
        cmocka_unit_test(test_plain_cleanups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
