/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"
#include "unit.h"

struct glob_case {
    const char *pattern;
    const char *path;
    bool matches;
};

static void test_table(void **state)
{
    (void)state;
    static const struct glob_case cases[] = {
        {"/usr/bin/x", "usr/bin/x", true},
        {"usr/bin/x", "usr/bin/x", true},
        {"/usr/bin/x", "usr/bin/xy", false},
        {"/usr/bin", "usr/bin/x", false},
        {"/usr/bin/x", "usr/bin", false},
        {"/usr/*", "usr/bin", true},
        {"/usr/*", "usr/bin/x", false},
        {"/usr/*", "usr", false},
        {"/*/bin", "usr/bin", true},
        {"/usr/b?n", "usr/bin", true},
        {"/usr?bin", "usr/bin", false},
        {"/usr*bin", "usr/bin", false},
        {"/usr/lib*.so*", "usr/libfoo.so.1", true},
        {"/usr/*a*b*c", "usr/xxaxxbxxc", true},
        {"/usr/*a*b*c", "usr/xxaxxbxxcx", false},
        {"/usr/*.hidden", "usr/.hidden", true},
        /* ** as a whole part */
        {"/usr/share/doc/**", "usr/share/doc", true},
        {"/usr/share/doc/**", "usr/share/doc/x", true},
        {"/usr/share/doc/**", "usr/share/doc/x/y/z", true},
        {"/usr/share/doc/**", "usr/share/docs", false},
        {"/usr/share/doc/**", "usr/share", false},
        {"/**/copyright", "copyright", true},
        {"/**/copyright", "usr/share/doc/x/copyright", true},
        {"/**/copyright", "usr/share/doc/x/copyrights", false},
        {"/usr/**/x/**/y", "usr/a/x/b/c/y", true},
        {"/usr/**/x/**/y", "usr/x/y", true},
        {"/usr/**/x/**/y", "usr/x/x/y/y", true},
        {"/usr/**/x/**/y", "usr/a/b/y", false},
        {"/usr/**/*.pyc", "usr/lib/python3/__pycache__/a.pyc", true},
        {"/usr/**/*.pyc", "usr/a.pyc", true},
        {"/usr/**/*.pyc", "usr/a.py", false},
        {"/**", "", true},
        {"**", "a/b", true},
        {"/**/**", "", true},
        {"/**/a", "", false},
        {"/*", "", false},
        /* sets */
        {"/[a-c]x", "bx", true},
        {"/[a-c]x", "dx", false},
        {"/[!a-c]x", "dx", true},
        {"/[!a-c]x", "ax", false},
        {"/[]]", "]", true},
        {"/[!]]", "]", false},
        {"/[a-]", "-", true},
        {"/[\\]]", "]", true},
        {"/[\xc0-\xff]", "\xe9", true},
        {"/a[/]b", "a/b", false},
        {"/[a", "[a", true}, /* never closed: itself (glob_check refuses it) */
        /* quoting, bytes */
        {"/\\*", "*", true},
        {"/\\*", "a", false},
        {"/\\[a]", "[a]", true},
        {"/a\\?", "a?", true},
        {"/a\\?", "ab", false},
        {"/?", "\xc3\xa9", false},
        {"/??", "\xc3\xa9", true},
        {"/A", "a", false},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        if (glob_match(cases[i].pattern, cases[i].path) != cases[i].matches)
            fail_msg("%s against %s: should be %d", cases[i].pattern, cases[i].path,
                     cases[i].matches);
}

static void test_no_pattern_takes_long(void **state)
{
    (void)state;
    CLEANUP(buf_release) struct buf pattern = BUF_INIT(0);
    CLEANUP(buf_release) struct buf path = BUF_INIT(0);
    for (int i = 0; i < 300; i++) {
        buf_addstr(&pattern, "**/a*a*a*b/");
        buf_addstr(&path, "aaaaaaaaaa/");
    }
    buf_addstr(&pattern, "c");
    buf_addstr(&path, "d");
    assert_false(glob_match(buf_str(&pattern), buf_str(&path)));
}

static void test_check(void **state)
{
    (void)state;
    static const char *const good[] = {
        "/usr/**", "usr/*", "/**", "/a[b-c]?", "/[]]", "/[!]]", "/\\*", "/..a", "/a...",
    };
    static const char *const bad[][2] = {
        {"", "empty"},
        {"/", "empty"},
        {"//", "empty part"},
        {"/usr/", "empty part"},
        {"/a//b", "empty part"},
        {"/a/../b", "\"..\" part"},
        {"/./b", "\".\""},
        {"/a**", "not a whole part"},
        {"/**.so", "not a whole part"},
        {"/***", "not a whole part"},
        {"/[a", "without its \"]\""},
        {"/[]", "without its \"]\""},
        {"/[a/b]", "without its \"]\""},
        {"/a\\", "quotes nothing"},
        {"/a\\/b", "quotes nothing"},
    };
    CLEANUP(err_release) struct err err = ERR_INIT;
    for (size_t i = 0; i < ARRAY_SIZE(good); i++)
        assert_ok(glob_check(good[i], &err), &err);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_fails(glob_check(bad[i][0], &err), &err, bad[i][1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_no_pattern_takes_long),
        cmocka_unit_test(test_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
