/* SPDX-License-Identifier: Apache-2.0 */
#include "base/strv.h"
#include "unit.h"

static void assert_joined(const struct strv *s, const char *want)
{
    CLEANUP(free_ptr) char *have = strv_join(s, ",");
    assert_string_equal(have, want);
}

static void test_adding(void **state)
{
    (void)state;
    CLEANUP(strv_release) struct strv s = STRV_INIT;
    assert_joined(&s, "");
    strv_add(&s, "b");
    strv_addn(&s, "axyz", 1);
    strv_addf(&s, "%s%d", "c", 1);
    strv_take(&s, xstrdup("d"));
    assert_int_equal(s.n, 4);
    assert_joined(&s, "b,a,c1,d");
    strv_release(&s);
    assert_int_equal(s.n, 0);
    strv_release(&s);
}

static void test_copy_adds_also_to_itself(void **state)
{
    (void)state;
    CLEANUP(strv_release) struct strv a = STRV_INIT;
    CLEANUP(strv_release) struct strv b = STRV_INIT;
    strv_add(&a, "x");
    strv_add(&b, "y");
    strv_add(&b, "z");
    strv_copy(&a, &b);
    assert_joined(&a, "x,y,z");
    strv_copy(&a, &a);
    assert_joined(&a, "x,y,z,x,y,z");
    assert_ptr_not_equal(a.v[0], a.v[3]);
}

static void test_sort_is_by_bytes_and_uniq_follows(void **state)
{
    (void)state;
    CLEANUP(strv_release) struct strv s = STRV_INIT;
    strv_split(&s, slice_of("b a B \xc3\xa9 a z b"), " ");
    strv_sort(&s);
    assert_joined(&s, "B,a,a,b,b,z,\xc3\xa9");
    strv_uniq(&s);
    assert_joined(&s, "B,a,b,z,\xc3\xa9");
    assert_true(strv_has_sorted(&s, "B"));
    assert_true(strv_has_sorted(&s, "\xc3\xa9"));
    assert_false(strv_has_sorted(&s, "c"));
}

static void test_has(void **state)
{
    (void)state;
    CLEANUP(strv_release) struct strv s = STRV_INIT;
    assert_false(strv_has(&s, "a"));
    assert_false(strv_has_sorted(&s, "a"));
    strv_sort(&s);
    strv_uniq(&s);
    strv_add(&s, "ab");
    assert_true(strv_has(&s, "ab"));
    assert_false(strv_has(&s, "a"));
    assert_false(strv_has(&s, "abc"));
}

static void test_split_skips_empty_parts(void **state)
{
    (void)state;
    CLEANUP(strv_release) struct strv s = STRV_INIT;
    strv_split(&s, slice_of(",,a, b ,,c,"), ", ");
    assert_joined(&s, "a,b,c");
    strv_split(&s, slice_of(""), ",");
    strv_split(&s, slice_of(",,,"), ",");
    assert_int_equal(s.n, 3);
    strv_split(&s, (struct slice){"de,f", 2}, ",");
    assert_joined(&s, "a,b,c,de");
}

static void test_each_walks_in_order(void **state)
{
    (void)state;
    CLEANUP(strv_release) struct strv s = STRV_INIT;
    size_t n = 0;
    strv_each (item, &s)
        n++;
    assert_int_equal(n, 0);
    strv_split(&s, slice_of("a b c"), " ");
    strv_each (item, &s)
        assert_int_equal((*item)[0], "abc"[n++]);
    assert_int_equal(n, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_adding),
        cmocka_unit_test(test_copy_adds_also_to_itself),
        cmocka_unit_test(test_sort_is_by_bytes_and_uniq_follows),
        cmocka_unit_test(test_has),
        cmocka_unit_test(test_split_skips_empty_parts),
        cmocka_unit_test(test_each_walks_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
