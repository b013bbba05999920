/* SPDX-License-Identifier: Apache-2.0 */
/* Which option is the nearest to a name that is none. */
#include "recipe/options.h"
#include "unit.h"

static void test_nearest(void **state)
{
    (void)state;
    const struct section *top = section_find(&recipe_grammar, NULL);
    const struct section *config = section_find(&recipe_grammar, "config");

    assert_string_equal(option_nearest(&recipe_grammar, top, "pakcages"), "packages");
    assert_string_equal(option_nearest(&recipe_grammar, top, "package"), "package");
    assert_string_equal(option_nearest(&recipe_grammar, top, "includes"), "include");
    assert_string_equal(option_nearest(&recipe_grammar, top, "tag"), "tags");
    assert_null(option_nearest(&recipe_grammar, top, "dir"));
    assert_string_equal(option_nearest(&recipe_grammar, config, "entry_point"), "entrypoint");
    assert_null(option_nearest(&recipe_grammar, config, "packages"));
    assert_null(option_nearest(&recipe_grammar, top, "frobnicate"));
    assert_null(option_nearest(&recipe_grammar, top, ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nearest),
    };
    return cmocka_run_group_tests_name("recipe_options", tests, NULL, NULL);
}
