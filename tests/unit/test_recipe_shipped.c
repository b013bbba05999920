/* SPDX-License-Identifier: Apache-2.0 */
/* The recipes that ship are read, say what they are for, and name no mirror. */
#include "base/file.h"
#include "recipe/convert.h"
#include "unit.h"
#include <glob.h>

static struct recipe *load(const char *path)
{
    /* mkimage.conf takes the program from where it is installed. */
    CLEANUP(strv_release) struct strv root = {0};
    const struct recipe_options options = {.data_dir = ".", .allow_source = &root};
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(buf_release) struct buf text = BUF_INIT(1 << 20);
    struct recipe *r = NULL;

    strv_add(&root, "/");
    assert_ok(file_read(path, 1 << 20, &text, &err), &err);
    if (strncmp(buf_str(&text), "# ", 2) != 0)
        fail_msg("%s doesn't begin with what it is for", path);
    if (recipe_load(path, &options, &r, &err) < 0)
        fail_msg("%s", err.message);
    return r;
}

/* Those that have this program in them are for one architecture. */
static bool is_own(const struct recipe *r)
{
    return strncmp(r->name, "mkimage", 7) == 0;
}

static void check_common(const struct recipe *r)
{
    if (!r->title || r->arch.n != (is_own(r) ? 1 : 2) || strcmp(r->arch.v[0].text, "amd64") != 0 ||
        (!is_own(r) && strcmp(r->arch.v[1].text, "arm64") != 0) || strcmp(r->suite, "trixie") != 0)
        fail_msg("%s: title, arch or suite", r->path);
    if (!recipe_list_has(&r->omit, "dpkg") || !recipe_list_has(&r->omit, "debconf") ||
        !recipe_list_has(&r->omit, "perl-base"))
        fail_msg("%s: doesn't include include/debian.conf", r->path);
    for (size_t i = 0; i < r->n_sources; i++)
        assert_int_equal(r->sources[i].mirrors.n, 0);
}

/* How many were looked at. */
static size_t each(const char *pattern, void (*check)(const struct recipe *))
{
    glob_t found;
    size_t n;

    assert_int_equal(glob(pattern, 0, NULL, &found), 0);
    n = found.gl_pathc;
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct recipe *r = load(found.gl_pathv[i]);

        check_common(r);
        check(r);
        recipe_free(r);
    }
    globfree(&found);
    return n;
}

static void check_image(const struct recipe *r)
{
    bool shell = strcmp(r->name, "debug") == 0 || strcmp(r->name, "mkimage-ci") == 0;

    assert_non_null(r->description);
    if (!r->n_allows != !shell)
        fail_msg("%s: %zu allowances", r->path, r->n_allows);
}

static void check_example(const struct recipe *r)
{
    assert_int_equal(r->n_allows, 0);
    assert_true(r->n_files > 0 && r->config.entrypoint.n > 0);
    assert_int_equal(r->config.entrypoint.v[0].text[0], '/');
}

static void test_images(void **state)
{
    (void)state;
    assert_true(each("recipes/*.conf", check_image) >= 7);
}

static void test_examples(void **state)
{
    (void)state;
    assert_true(each("recipes/examples/*/*.conf", check_example) >= 3);
}

/* An image's packages come after those of the image that it builds on. */
static void test_python3(void **state)
{
    (void)state;
    struct recipe *r = load("recipes/python3.conf");
    unsigned rank = 0, last = 0;

    for (size_t i = 0; i < r->n_packages; i++) {
        assert_true(r->packages[i].rank >= rank);
        rank = r->packages[i].rank;
    }
    last = (unsigned)r->files_read.n - 1;
    assert_int_equal(rank, last);
    assert_string_equal(r->files_read.v[last], "recipes/python3.conf");
    assert_string_equal(recipe_part_of(r, "libc-bin")->at.file, "recipes/python3.conf");
    assert_true(strv_has(&recipe_part_of(r, "libc-bin")->only, "/usr/sbin/ldconfig"));
    recipe_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_images),
        cmocka_unit_test(test_examples),
        cmocka_unit_test(test_python3),
    };
    return cmocka_run_group_tests_name("recipe_shipped", tests, NULL, NULL);
}
