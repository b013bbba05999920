/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"
#include "base/text.h"
#include "unit.h"

static void test_escape(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"plain /usr/bin", "plain /usr/bin"},
        {"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\xa7", "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\xa7"},
        {"a\nb\tc\x7f", "a\\x0ab\\x09c\\x7f"},
        {"\033]0;x\007", "\\x1b]0;x\\x07"},
        {"back\\slash", "back\\x5cslash"},
        {"\xff", "\\xff"},
        {"\xc3", "\\xc3"},
        {"\xc3(", "\\xc3("},
        {"\xc0\xaf", "\\xc0\\xaf"},                   /* an overlong slash */
        {"\xe0\x80\xaf", "\\xe0\\x80\\xaf"},          /* the same, longer */
        {"\xed\xa0\x80", "\\xed\\xa0\\x80"},          /* a surrogate */
        {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"}, /* above U+10FFFF */
        {"\xc2\x9b"
         "2J",
         "\\xc2\\x9b"
         "2J"}, /* CSI as a C1 control */
        {"\xe2\x80\xae"
         "txt",
         "\\xe2\\x80\\xae"
         "txt"}, /* right-to-left override */
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(free_ptr) char *have = text_escape(cases[i][0], strlen(cases[i][0]));
        assert_string_equal(have, cases[i][1]);
    }
    assert_int_equal(text_plain("a\\b", 3), 3);
    assert_int_equal(text_plain("caf\xc3\xa9\n", 6), 5);
    assert_int_equal(text_plain("ab\xe2\x80\xae", 5), 2);
    assert_int_equal(text_plain("ab\xe2\x80", 4), 2);
    assert_int_equal(text_plain("\xff", 1), 0);
    assert_int_equal(text_plain("ab", 1), 1);
    CLEANUP(free_ptr) char *nul = text_escape("a\0b", 3);
    assert_string_equal(nul, "a\\x00b");
    CLEANUP(free_ptr) char *cut = text_escape("\xe2\x82\xac", 2);
    assert_string_equal(cut, "\\xe2\\x82");
}

static void test_shown_text_is_escaped_once(void **state)
{
    (void)state;
    CLEANUP(free_ptr) char *once = text_shown(xstrdup("a\\b\033[1m\xff"));
    assert_string_equal(once, "a\\b\\x1b[1m\\xff");
    once = text_shown(once);
    assert_string_equal(once, "a\\b\\x1b[1m\\xff");
}

static void test_a_printed_line(void **state)
{
    (void)state;
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    text_addf(&b, "%s: %d\n", "a\nb\033", 1);
    text_addf(&b, "%s", "end\n");
    text_addstr(&b, "\xe2\x80\xae");
    assert_string_equal(buf_str(&b), "a\\x0ab\\x1b: 1\nend\\x0a\\xe2\\x80\\xae");
}

static void test_an_error_escapes_what_it_quotes(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    err_set(&err, "bad: %s", "x\033]0;t\007\n");
    err_wrap(&err, "%s", "dir\r");
    err_hint(&err, "%s", "look\nat");
    err_hint(&err, "this");
    assert_string_equal(err.message, "dir\\x0d: bad: x\\x1b]0;t\\x07\\x0a");
    assert_string_equal(err.hint, "look\\x0aat\nthis");
}

static void test_a_message_escapes_what_it_quotes(void **state)
{
    (void)state;
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    struct log *log = log_new(out, LOG_INFO);
    CLEANUP(buf_release) struct buf lines = BUF_INIT(0);
    log_info(log, "note: %s", "a\033]0;x\007\nerror: forged");
    text_addf(&lines, "%s\n", "a\nb");
    text_addf(&lines, "c\n");
    log_lines(log, &lines);
    log_free(log);
    fclose(out);
    assert_string_equal(text, "note: a\\x1b]0;x\\x07\\x0aerror: forged\n"
                              "a\\x0ab\nc\n");
    free(text);
}

static void test_begins_and_ends(void **state)
{
    (void)state;
    assert_true(starts_with("usr/bin", "usr"));
    assert_true(starts_with("usr", "usr"));
    assert_false(starts_with("us", "usr"));
    assert_false(starts_with(NULL, ""));
    assert_true(ends_with("a.conf", ".conf"));
    assert_false(ends_with("conf", ".conf"));
    assert_true(slice_starts_with((struct slice){"abc", 2}, "ab"));
    assert_false(slice_starts_with((struct slice){"abc", 2}, "abc"));
}

static void test_percent(void **state)
{
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);

    (void)state;
    text_add_percent(&b, "azAZ09 -._~:/,%?#\n\303\251\377", "-._~/");
    assert_string_equal(buf_str(&b), "azAZ09%20-._~%3A/%2C%25%3F%23%0A%C3%A9%FF");
    buf_reset(&b);
    text_add_percent(&b, "@[`{/:", "");
    assert_string_equal(buf_str(&b), "%40%5B%60%7B%2F%3A");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_escape),
        cmocka_unit_test(test_shown_text_is_escaped_once),
        cmocka_unit_test(test_a_printed_line),
        cmocka_unit_test(test_an_error_escapes_what_it_quotes),
        cmocka_unit_test(test_a_message_escapes_what_it_quotes),
        cmocka_unit_test(test_begins_and_ends),
        cmocka_unit_test(test_percent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
