/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "unit.h"

/* Takes over the value. */
static void check(json_t *value, const char *want)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_ENSURE_ASCII);

    assert_non_null(text);
    assert_string_equal(text, want);
    free(text);
    json_decref(value);
}

static void test_text(void **state)
{
    (void)state;
    check(text_json("caf\xc3\xa9"), "\"caf\\u00E9\"");
    check(text_json("caf\xe9\\x"), "\"caf\\\\xe9\\\\x5cx\"");
    check(text_json(NULL), "null");
    check(text_n_json("a\0b", 3), "\"a\\u0000b\"");
    assert_null(exact_json("caf\xe9"));
    check(exact_json("caf\xc3\xa9"), "\"caf\\u00E9\"");
}

static void test_numbers(void **state)
{
    (void)state;
    check(number_json(0), "0");
    check(number_json(INT64_MAX), "9223372036854775807");
    check(number_json(UINT64_MAX), "9223372036854775807");
}

/* Nothing gets lost: neither a value nor what stands under a key that isn't UTF-8. */
static void test_objects(void **state)
{
    json_t *shared = text_json("s");

    (void)state;
    json_t *o = object_json("to", text_json("\xff"), "\xfe", json_true(), "n", json_null(), NULL);
    json_put(o, "s", json_incref(shared));
    json_put(o, "s", shared);
    check(o, "{\"to\":\"\\\\xff\",\"\\\\xfe\":true,\"n\":null,\"s\":\"s\"}");
    check(array_json(number_json(1), json_array(), text_json("\xc0"), NULL), "[1,[],\"\\\\xc0\"]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_objects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
