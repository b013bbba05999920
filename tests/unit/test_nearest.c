/* SPDX-License-Identifier: Apache-2.0 */
/* How near two names are, and which of several is the nearest. */
#include "base/nearest.h"
#include "unit.h"

static void test_edit_distance(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        unsigned distance;
    } cases[] = {
        {"", "", 0},         {"a", "", 1},       {"", "abc", 3},           {"abc", "abc", 0},
        {"abc", "acb", 1},   {"abc", "abcd", 1}, {"abcd", "abc", 1},       {"abc", "axc", 1},
        {"abcd", "badc", 2}, {"ca", "abc", 3},   {"kitten", "sitting", 3},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_int_equal(edit_distance(cases[i].a, cases[i].b, 9), cases[i].distance);
        assert_int_equal(edit_distance(cases[i].b, cases[i].a, 9), cases[i].distance);
    }
    assert_int_equal(edit_distance("abcdef", "uvwxyz", 3), 4);
}

static const char *nearest_of(const char *name)
{
    static const char *const names[] = {"build", "lock", "look", "show", "FS-SUID"};
    struct nearest near = NEAREST_INIT(name);

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        nearest_try(&near, names[i]);
    return near.best;
}

static void test_nearest(void **state)
{
    (void)state;
    assert_string_equal(nearest_of("buidl"), "build");
    assert_string_equal(nearest_of("lokc"), "lock"); /* not look: one edit, not two */
    assert_string_equal(nearest_of("lok"), "lock");  /* of two alike the first */
    assert_string_equal(nearest_of("show"), "show");
    assert_string_equal(nearest_of("FS-SUDI"), "FS-SUID");
    assert_null(nearest_of("sh"));
    assert_null(nearest_of("frobnicate"));
    assert_null(nearest_of(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_edit_distance),
        cmocka_unit_test(test_nearest),
    };
    return cmocka_run_group_tests_name("nearest", tests, NULL, NULL);
}
