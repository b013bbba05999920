/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"
#include "unit.h"

/* RFC 4648 section 10, and what has bits at both ends. */
static void test_both_ways(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
        const char *text;
    } rows[] = {
        {"", 0, ""},         {"f", 1, "Zg=="},        {"fo", 2, "Zm8="},
        {"foo", 3, "Zm9v"},  {"foob", 4, "Zm9vYg=="}, {"\xff\xef\xbe", 3, "/+++"},
        {"a\0b", 3, "YQBi"}, {"\0", 1, "AA=="},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        size_t n = 99;
        CLEANUP(free_ptr) char *text = base64_encode(rows[i].bytes, rows[i].n);
        assert_string_equal(text, rows[i].text);
        CLEANUP(free_ptr) char *back = base64_decode(slice_of(text), &n);
        assert_non_null(back);
        assert_int_equal(n, rows[i].n);
        assert_memory_equal(back, rows[i].bytes, n);
        assert_int_equal(back[n], '\0');
    }
}

static void test_what_is_none(void **state)
{
    (void)state;
    static const char *const texts[] = {"Zg=",   "Zg",   "Z*==",     "Z===",  "====",
                                        "Zg= ",  " Zg=", "Zm\nv",    "=Zm8",  "Zg==Zm9v",
                                        "Zm9v ", "Zm-_", "Zm9vZg=a", "Zm9v\n"};
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        size_t n;
        CLEANUP(free_ptr) char *bytes = base64_decode(slice_of(texts[i]), &n);
        if (bytes)
            fail_msg("\"%s\" was decoded", texts[i]);
    }
}

/* Each byte alone decides, in front of three that are fine. */
static void test_alphabet(void **state)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    (void)state;
    for (int c = 1; c < 256; c++) {
        const char text[] = {(char)c, 'A', 'A', 'A'};
        const char *at = strchr(letters, c);
        size_t n;
        CLEANUP(free_ptr) char *bytes = base64_decode((struct slice){text, 4}, &n);
        if (!bytes != !at)
            fail_msg("byte %d", c);
        if (bytes)
            assert_int_equal((unsigned char)bytes[0], (at - letters) << 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_ways),
        cmocka_unit_test(test_what_is_none),
        cmocka_unit_test(test_alphabet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
