/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"
#include "unit.h"

struct member_case {
    const char *name;
    size_t n; /* 0: strlen */
    const char *want;
    const char *error;
};

static void test_members(void **state)
{
    (void)state;
    static const struct member_case cases[] = {
        {"./", 0, "", NULL},
        {"./usr", 0, "usr", NULL},
        {"usr/bin/x", 0, "usr/bin/x", NULL},
        {"./usr/bin/", 0, "usr/bin", NULL},
        {"usr//", 0, "usr", NULL},
        {"..x/x..", 0, "..x/x..", NULL},
        {"...", 0, "...", NULL},
        {"./a b\n", 0, "a b\n", NULL},
        {"./\xff\xc3", 0, "\xff\xc3", NULL},
        {"", 0, NULL, "empty"},
        {".", 0, NULL, "\".\" part"},
        {"..", 0, NULL, "\"..\" part"},
        {"../../etc/x", 0, NULL, "\"..\" part"},
        {"./../x", 0, NULL, "\"..\" part"},
        {"usr/../../x", 0, NULL, "\"..\" part"},
        {"usr/..", 0, NULL, "\"..\" part"},
        {"usr/../", 0, NULL, "\"..\" part"},
        {"/etc/passwd", 0, NULL, "absolute"},
        {"/", 0, NULL, "absolute"},
        {"//x", 0, NULL, "absolute"},
        {".//etc/passwd", 0, NULL, "empty part"},
        {".//", 0, NULL, "empty part"},
        {"a//b", 0, NULL, "empty part"},
        {"././a", 0, NULL, "\".\" part"},
        {"a/./b", 0, NULL, "\".\" part"},
        {"a/.", 0, NULL, "\".\" part"},
        {"a\0b", 3, NULL, "NUL"},
        {"a/\0", 3, NULL, "NUL"},
        {"\0", 1, NULL, "NUL"},
        {"etc/.wh.passwd", 0, NULL, "begins with .wh."},
        {".wh..wh..opq", 0, NULL, "begins with .wh."},
        {"etc/.wh", 0, "etc/.wh", NULL},
        {"etc/x.wh.y", 0, "etc/x.wh.y", NULL},
    };
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    CLEANUP(err_release) struct err err = ERR_INIT;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const struct member_case *c = &cases[i];
        size_t n = c->n ? c->n : strlen(c->name);
        if (c->error) {
            assert_fails(path_from_member(c->name, n, &b, &err), &err, c->error);
            assert_int_equal(b.len, 0);
        } else {
            assert_ok(path_from_member(c->name, n, &b, &err), &err);
            assert_string_equal(buf_str(&b), c->want);
        }
    }
}

static void test_member_length(void **state)
{
    (void)state;
    CLEANUP(buf_release) struct buf name = BUF_INIT(0);
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    CLEANUP(err_release) struct err err = ERR_INIT;
    for (size_t i = 0; i < PATH_BYTES_MAX; i++)
        buf_addch(&name, i % (PATH_PART_MAX + 1) == PATH_PART_MAX ? '/' : 'x');
    name.data[name.len - 2] = '/';
    name.data[name.len - 1] = 'x';
    assert_ok(path_from_member(name.data, name.len, &b, &err), &err);
    assert_int_equal(b.len, PATH_BYTES_MAX);
    buf_addch(&name, 'x');
    assert_int_equal(path_from_member(name.data, name.len, &b, &err), -ERR_FAIL);
    assert_non_null(strstr(err.message, "longer than 4096"));
    assert_true(strlen(err.message) < 300);
    err_clear(&err);
    assert_int_equal(path_from_member(name.data, PATH_PART_MAX, &b, &err), 0);
    name.data[PATH_PART_MAX] = 'x';
    assert_fails(path_from_member(name.data, PATH_PART_MAX + 1, &b, &err), &err, "255 bytes");
}

static void test_member_error_is_escaped(void **state)
{
    (void)state;
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    CLEANUP(err_release) struct err err = ERR_INIT;
    assert_fails(path_from_member("/\033[2J", 5, &b, &err), &err, "/\\x1b[2J");
}

static void test_recipe_paths(void **state)
{
    (void)state;
    static const struct member_case cases[] = {
        {"/", 0, "", NULL},
        {"/app/server.py", 0, "app/server.py", NULL},
        {"app", 0, NULL, "not absolute"},
        {"", 0, NULL, "not absolute"},
        {"./app", 0, NULL, "not absolute"},
        {"/app/", 0, NULL, "ends in a slash"},
        {"//app", 0, NULL, "empty part"},
        {"/app/../etc", 0, NULL, "\"..\" part"},
        {"/./app", 0, NULL, "\".\" part"},
        {"/etc/.wh.passwd", 0, NULL, "begins with .wh."},
    };
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    CLEANUP(err_release) struct err err = ERR_INIT;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const struct member_case *c = &cases[i];
        if (c->error) {
            assert_fails(path_from_recipe(c->name, &b, &err), &err, c->error);
        } else {
            assert_ok(path_from_recipe(c->name, &b, &err), &err);
            assert_string_equal(buf_str(&b), c->want);
        }
    }
}

static void test_link_targets(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"bin", "usr/bin", "usr/bin"},
        {"usr/bin/python3", "python3.13", "usr/bin/python3.13"},
        {"usr/bin/x", "../lib/x", "usr/lib/x"},
        {"usr/bin/x", "../../../../etc/passwd", "etc/passwd"},
        {"var/run", "/run", "run"},
        {"a/b", "/", ""},
        {"a/b", "..", ""},
        {"a/b", ".", "a"},
        {"a/b", "./c//d/", "a/c/d"},
        {"a/b", "/c/../../d", "d"},
        {"a/b", "", "a"},
        {"a/b/c", "../x/..", "a"},
    };
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        path_link_target(cases[i][0], cases[i][1], &b);
        assert_string_equal(buf_str(&b), cases[i][2]);
    }
}

static void test_parts(void **state)
{
    (void)state;
    assert_true(slice_eq(path_dir("usr/bin/x"), "usr/bin"));
    assert_true(slice_eq(path_dir("x"), ""));
    assert_true(slice_eq(path_dir(""), ""));
    assert_string_equal(path_base("usr/bin/x"), "x");
    assert_string_equal(path_base("x"), "x");
    assert_true(path_below("usr/bin", "usr"));
    assert_true(path_below("usr", "usr"));
    assert_true(path_below("usr", ""));
    assert_true(path_below("", ""));
    assert_false(path_below("usrx", "usr"));
    assert_false(path_below("us", "usr"));
    assert_false(path_below("", "usr"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_member_length),
        cmocka_unit_test(test_member_error_is_escaped),
        cmocka_unit_test(test_recipe_paths),
        cmocka_unit_test(test_link_targets),
        cmocka_unit_test(test_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
