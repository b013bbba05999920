/* SPDX-License-Identifier: Apache-2.0 */
/* What libconfuse would do in silence is refused or mended before it sees the text. */
#include "recipe/scan.h"
#include "unit.h"

static void scan(const char *text, struct scan *ret, struct err *err)
{
    assert_ok(scan_recipe("x.conf", slice_of(text), ret, err), err);
}

static void test_comments_become_blanks(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(scan_release) struct scan s = {0};

    scan("# a\na = \"#\" // b\nb += {c, # \"d\n'//'} /* e\n * f */ c = d/e", &s, &err);
    assert_string_equal(buf_str(&s.text),
                        "   \na = \"#\"     \nb += {c,     \n'//'}     \n        c = d/e\n");
}

static void test_section_lines(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(scan_release) struct scan s = {0};

    scan("a = b\nconfig {\n}\n\nfile\n\"/x\"\n{ l = {a, b,} } allow {}\n", &s, &err);
    assert_int_equal(s.n, 3);
    assert_int_equal(s.sections[0], 2);
    assert_int_equal(s.sections[1], 5);
    assert_int_equal(s.sections[2], 7);
}

static void test_good_strings(void **state)
{
    (void)state;
    static const char *const good[] = {
        "a = '${HOME}'",
        "a = \"\\${HOME}\"",
        "a = '\\'${x}'",
        "a = \"$x $\"",
        "a = \"\\x41\"",
        "a = \"\\101\"",
        "a = \"x\\\n  y\"",
        "a = 'x\ny'",
        "a = \"\\\\\"",
        "include('b.conf')",
        "a = {}",
        "a = \"\xc3\xa4\"",
        "a = http://b/c",
        "a = \"\\x0a\"",
        "",
        "\r\na = b\r\n",
    };
    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        CLEANUP(err_release) struct err err = ERR_INIT;
        CLEANUP(scan_release) struct scan s = {0};

        scan(good[i], &s, &err);
        assert_int_equal(s.text.len, strlen(good[i]) + 1);
        assert_memory_equal(s.text.data, good[i], strlen(good[i]));
    }
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *error;
    } cases[] = {
        {"a = \"${HOME}\"", "x.conf:1: \"${\" would be read from the environment"},
        {"\na = ${HOME}", "x.conf:2: \"${\" would be read from the environment"},
        {"a = x\nb = \"\n${\"", "x.conf:3: \"${\""},
        {"a = \"\\\\${HOME}\"", "x.conf:1: \"${\""},
        {"\n\na = \"b\n\n", "x.conf:3: this string has no end"},
        {"a = 'b", "x.conf:1: this string has no end"},
        {"a = \"b\\", "x.conf:1: this string has no end"},
        {"\n/* a", "x.conf:2: this comment has no end"},
        {"/*", "x.conf:1: this comment has no end"},
        {"a = \"\\0\"", "x.conf:1: bad escape \"\\0\""},
        {"a = \"\\x00\"", "x.conf:1: bad escape \"\\x00\""},
        {"a = \"\\x0\"", "bad escape"},
        {"a = \"\\400\"", "bad escape"},
        {"a = \"\\8\"", "bad escape"},
        {"a = \"\\1234\"", "bad escape"},
        {"a = {/usr/*}", "x.conf:1: a \"*\" outside of quotes"},
        {"a *= b", "a \"*\" outside of quotes"},
        {"a = $x", "a \"$\" outside of quotes"},
        {"a|b = c", "a \"|\" outside of quotes"},
        {"\"a\" = c", "x.conf:1: \"a\" where an option should stand"},
        {"a = b;", "a \";\" outside of quotes"},
        {"a = \xc3\xa4", "outside of quotes"},
        {"a = \"\xc3\"", "x.conf:1: not UTF-8 (byte 0xc3)"},
        {"\na = \"\xed\xa0\x80\"", "x.conf:2: not UTF-8 (byte 0xed)"},
        {"a = \"\xc0\x80\"", "not UTF-8"},
        {"a = \"\x1b\"", "x.conf:1: a control character (byte 0x1b)"},
        {"a = \"\x7f\"", "a control character (byte 0x7f)"},
        {"\n\nfile x {\n a = b\n", "x.conf:3: this section isn't closed"},
        {"}", "x.conf:1: } where an option should stand"},
        {"a {b {}}", "{ where \"=\" or \"+=\" should stand"},
        {"a {b \"x\" {}}", "where \"=\" or \"+=\" should stand"},
        {"a \"x\" = y", "= where \"{\" after the section's title should stand"},
        {"a = {b c}", "c where \",\" or the list's \"}\" should stand"},
        {"a = {b,,c}", ", where an item of the list"},
        {"a = {b", "x.conf:1: the file ends where"},
        {"a", "the file ends where"},
        {"include(", "the file ends where a file's name should stand"},
        {"include()", ") where a file's name should stand"},
        {"include(a, b)", ", where \")\" should stand"},
        {"a = = b", "= where a value should stand"},
        {"a b c", "c where \"{\" after the section's title should stand"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(err_release) struct err err = ERR_INIT;
        CLEANUP(scan_release) struct scan s = {0};

        assert_fails(scan_recipe("x.conf", slice_of(cases[i].text), &s, &err), &err,
                     cases[i].error);
    }
}

static void test_nul(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(scan_release) struct scan s = {0};
    struct slice text = {"a = b\n\0", 7};

    assert_fails(scan_recipe("x.conf", text, &s, &err), &err,
                 "x.conf:2: a control character (byte 0x00)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_comments_become_blanks),
        cmocka_unit_test(test_section_lines),
        cmocka_unit_test(test_good_strings),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_nul),
    };
    return cmocka_run_group_tests_name("recipe_scan", tests, NULL, NULL);
}
