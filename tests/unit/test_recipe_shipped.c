/* SPDX-License-Identifier: Apache-2.0 */
/* The recipes that ship are read, say what they are for, and name no mirror. */
#include "base/file.h"
#include "recipe/convert.h"
#include "scratch.h"
#include "unit.h"
#include <fcntl.h>
#include <glob.h>
#include <unistd.h>

static struct recipe *load(const char *path)
{
    const struct recipe_options options = {.data_dir = "."};
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(buf_release) struct buf text = BUF_INIT(1 << 20);
    struct recipe *r = NULL;

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
        !recipe_list_has(&r->omit, "mawk"))
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
    assert_true(each("recipes/*.conf", check_image) >= 13);
}

static void test_examples(void **state)
{
    (void)state;
    assert_true(each("recipes/examples/*/*.conf", check_example) >= 10);
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

/* A recipe that ships may take what ships with it; one that lies elsewhere may not. */
static void test_sources(void **state)
{
    (void)state;
    CLEANUP(scratch_cleanup) char *s = scratch_new();
    CLEANUP(free_ptr) char *data = path_join(s, "data");
    CLEANUP(free_ptr) char *path = path_join(s, "data/recipes/x.conf");
    CLEANUP(err_release) struct err err = ERR_INIT;
    const struct recipe_options options = {.data_dir = data};
    static const char *const others[] = {"other/x.conf", "data/recipes/examples/x.conf",
                                         "data/x.conf"};
    struct recipe *r = NULL;

    scratch_run(s, NULL,
                "mkdir -p data/recipes/examples data/build other build; echo b >data/build/b;"
                "echo c >build/c; ln -s ../../build/c data/build/out;"
                "echo 'file \"/b\" { source = \"../build/b\" }' >data/x.conf;"
                "for d in other data/recipes data/recipes/examples; do cp data/x.conf $d/; done");
    assert_ok(recipe_load(path, &options, &r, &err), &err);
    const struct recipe_file *f = &r->files[0];
    int fd = recipe_open(r, f->root, f->source, O_RDONLY, &f->at, &err);
    assert_true(fd >= 0);
    close(fd);
    assert_fails(recipe_open(r, f->root, "../build/out", O_RDONLY, &f->at, &err), &err, "x.conf:1");
    assert_fails(recipe_open(r, f->root, "../../build/c", O_RDONLY, &f->at, &err), &err,
                 "leads out of");
    recipe_free(r);
    for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
        CLEANUP(free_ptr) char *other = path_join(s, others[i]);
        assert_fails(recipe_load(other, &options, &r, &err), &err, "leads out of the directory");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sources),
        cmocka_unit_test(test_images),
        cmocka_unit_test(test_examples),
        cmocka_unit_test(test_python3),
    };
    return cmocka_run_group_tests_name("recipe_shipped", tests, NULL, NULL);
}
