/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/should-fail/recipe/NAME.conf must be refused, with what NAME.err says: its first line is a
 * shell pattern for the message, what follows one for the hint.
 */
#include "base/file.h"
#include "base/path.h"
#include "base/strv.h"
#include "recipe/recipe.h"
#include "unit.h"
#include <fnmatch.h>
#include <glob.h>

#define DIRECTORY "tests/should-fail/recipe"

/* Whether it was refused as it should be. */
static bool check(const char *path)
{
    CLEANUP(err_release) struct err err = ERR_INIT, read_err = ERR_INIT;
    CLEANUP(buf_release) struct buf want = BUF_INIT(4096);
    CLEANUP(free_ptr) char *want_path = xasprintf("%.*s.err", (int)strlen(path) - 5, path);
    struct recipe *r = NULL;
    char *message, *hint, *end;

    assert_ok(file_read(want_path, 4096, &want, &read_err), &read_err);
    message = want.data;
    end = message + want.len - 1;
    assert_true(want.len > 1 && *end == '\n');
    *end = '\0';
    hint = strchr(message, '\n');
    if (hint)
        *hint++ = '\0';
    if (recipe_load(path, NULL, &r, &err) >= 0) {
        print_error("%s was read\n", path);
        recipe_free(r);
        return false;
    }
    assert_null(r);
    if (fnmatch(message, err.message, 0) != 0) {
        print_error("%s: \"%s\" instead of \"%s\"\n", path, err.message, message);
        return false;
    }
    if (hint && (!err.hint || fnmatch(hint, err.hint, 0) != 0)) {
        print_error("%s: hint \"%s\" instead of \"%s\"\n", path, err.hint ? err.hint : "", hint);
        return false;
    }
    return true;
}

static void test_refused(void **state)
{
    (void)state;
    glob_t found;
    int bad = 0;

    assert_int_equal(glob(DIRECTORY "/*.conf", 0, NULL, &found), 0);
    assert_true(found.gl_pathc > 80);
    for (size_t i = 0; i < found.gl_pathc; i++)
        bad += !check(found.gl_pathv[i]);
    globfree(&found);
    assert_int_equal(bad, 0);
}

static void test_no_such_file(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    struct recipe *r = NULL;
    int ret = recipe_load(DIRECTORY "/nowhere.conf", NULL, &r, &err);

    assert_int_equal(ret, -ERR_NOT_FOUND);
    assert_string_equal(err.message, DIRECTORY "/nowhere.conf: No such file or directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_no_such_file),
    };
    return cmocka_run_group_tests_name("recipe_fail", tests, NULL, NULL);
}
