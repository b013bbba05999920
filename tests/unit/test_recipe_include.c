/* SPDX-License-Identifier: Apache-2.0 */
/* Files that include others: what adds up, and who decides. */
#include "base/file.h"
#include "base/path.h"
#include "recipe/recipe.h"
#include "recipes.h"
#include "scratch.h"
#include "unit.h"
#include <fcntl.h>
#include <threads.h>
#include <unistd.h>

static void test_includes_add_up(void **state)
{
    (void)state;
    CLEANUP(scratch_cleanup) char *s = scratch_new();
    CLEANUP(cleanup_recipe) struct recipe *r = NULL;

    scratch_run(s, NULL, "mkdir recipes lib");
    write_file(
        s, "recipes/app.conf",
        "include('../lib/base.conf')\n# twice, by another way\ninclude('../lib/common.conf')\n"
        "packages += {'app'}\nfile '/x' { content = 'app' }\ntitle = 'app'\n");
    write_file(s, "lib/base.conf",
               "include('common.conf')\npackages += {'base'}\n"
               "omit += {'debconf'}\ntitle = 'base'\nsuite = 'bookworm'\n");
    write_file(s, "lib/common.conf",
               "packages = {'common'}\nomit += {'perl-base'}\n"
               "file '/x' { content = 'common' }\n"
               "file '/y' { source = 'y' }\nuser { name = 'a' }\n");
    r = load_file(s, "recipes/app.conf", NULL);
    assert_packages(r, "common/0 base/1 app/2");
    assert_list(&r->omit, "perl-base debconf");
    assert_string_equal(r->title, "app");
    assert_string_equal(r->suite, "bookworm");
    assert_string_equal(r->user_name, "a");
    assert_int_equal(r->n_files, 2);
    assert_string_equal(r->files[0].content, "app");
    assert_int_equal(r->files[0].at.line, 5);
    assert_ptr_equal(r->files[0].at.file, r->files_read.v[2]);
    assert_ptr_equal(r->files[1].at.file, r->files_read.v[0]);
    assert_int_equal(r->files_read.n, 3);
    assert_non_null(strstr(r->files[1].root, "/recipes/../lib"));
}

static void test_includes_of_the_data_directory(void **state)
{
    (void)state;
    CLEANUP(scratch_cleanup) char *s = scratch_new();
    CLEANUP(free_ptr) char *data = path_join(s, "data");
    struct recipe_options options = {.data_dir = data};
    CLEANUP(cleanup_recipe) struct recipe *r = NULL;

    scratch_run(s, NULL, "mkdir -p data/recipes/include mine");
    write_file(s, "mine/app.conf", "include('base.conf')\ninclude('own.conf')\n");
    write_file(s, "mine/own.conf", "packages += {'own'}\n");
    write_file(s, "data/recipes/base.conf",
               "include('include/debian.conf')\npackages += {'base'}\n");
    write_file(s, "data/recipes/own.conf", "packages += {'wrong'}\n");
    write_file(s, "data/recipes/include/debian.conf", "packages += {'debian'}\n");
    r = load_file(s, "mine/app.conf", &options);
    assert_packages(r, "debian/0 base/1 own/2");
}

static void test_reset_drops_what_was_included(void **state)
{
    (void)state;
    CLEANUP(scratch_cleanup) char *s = scratch_new();
    CLEANUP(cleanup_recipe) struct recipe *r = NULL;

    write_file(s, "a.conf", "include('b.conf')\npackages = {'new'}\nomit = {}\n");
    write_file(s, "b.conf", "packages = {'old', 'older'}\nomit = {'zz'}\n");
    r = load_file(s, "a.conf", NULL);
    assert_packages(r, "new/1");
    assert_int_equal(r->omit.n, 0);
}

static void test_later_file_decides_on_a_package(void **state)
{
    (void)state;
    CLEANUP(scratch_cleanup) char *s = scratch_new();
    CLEANUP(cleanup_recipe) struct recipe *r = NULL;

    write_file(s, "a.conf", "include('b.conf')\npackages += {'perl-base'}\nomit += {'tzdata'}\n");
    write_file(s, "b.conf", "packages = {'tzdata', 'netbase'}\nomit = {'perl-base', 'tar'}\n");
    r = load_file(s, "a.conf", NULL);
    assert_packages(r, "netbase/0 perl-base/1");
    assert_list(&r->omit, "tar tzdata");
}

static void test_deep_includes(void **state)
{
    (void)state;
    CLEANUP(scratch_cleanup) char *s = scratch_new();
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(cleanup_recipe) struct recipe *r = NULL;
    CLEANUP(free_ptr) char *path = path_join(s, "r0.conf");

    for (int i = 0; i < 16; i++) {
        CLEANUP(free_ptr) char *name = xasprintf("r%d.conf", i);
        CLEANUP(free_ptr) char *text = xasprintf("include('r%d.conf')", i + 1);

        write_file(s, name, i < 15 ? text : "title = 'deep'");
    }
    r = load_file(s, "r0.conf", NULL);
    assert_string_equal(r->title, "deep");
    recipe_free(r);
    r = NULL;
    write_file(s, "r15.conf", "include('r16.conf')");
    write_file(s, "r16.conf", "title = 'too deep'");
    assert_fails(recipe_load(path, NULL, &r, &err), &err,
                 "r15.conf:1: includes are nested deeper than 16");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_includes_add_up),
        cmocka_unit_test(test_includes_of_the_data_directory),
        cmocka_unit_test(test_reset_drops_what_was_included),
        cmocka_unit_test(test_later_file_decides_on_a_package),
        cmocka_unit_test(test_deep_includes),
    };
    return cmocka_run_group_tests_name("recipe", tests, NULL, NULL);
}
