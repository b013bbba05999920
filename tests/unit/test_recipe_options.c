/* SPDX-License-Identifier: Apache-2.0 */
/* How near two names are, and which option is the nearest. */
#include "recipe/options.h"
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

static void test_nearest(void **state)
{
    (void)state;
    const struct section *top = section_find(NULL), *config = section_find("config");

    assert_string_equal(option_nearest(top, "pakcages"), "packages");
    assert_string_equal(option_nearest(top, "package"), "package");
    assert_string_equal(option_nearest(top, "includes"), "include");
    assert_string_equal(option_nearest(top, "tag"), "tags");
    assert_null(option_nearest(top, "dir"));
    assert_string_equal(option_nearest(config, "entry_point"), "entrypoint");
    assert_null(option_nearest(config, "packages"));
    assert_null(option_nearest(top, "frobnicate"));
    assert_null(option_nearest(top, ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_edit_distance),
        cmocka_unit_test(test_nearest),
    };
    return cmocka_run_group_tests_name("recipe_options", tests, NULL, NULL);
}
