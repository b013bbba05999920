/* SPDX-License-Identifier: Apache-2.0 */
/* PHP's modules and php.ini as phpenmod and the packages' scripts leave them. */
#include "effects/php.h"
#include "fake.h"
#include "unit.h"

struct fixture {
    struct assembly assembly;
    struct package *common, *sapi;
    struct package *packages[2];
    struct tree *tree;
    struct err err;
};

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof(*f));
    f->common = f->packages[0] = fake_package("php8.4-common", "8.4");
    f->sapi = f->packages[1] = fake_package("php8.4-fpm", "8.4");
    f->assembly = (struct assembly){.packages = f->packages, .n_packages = 2};
    f->tree = tree_new();
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    strv_release(&f->assembly.notes);
    tree_free(f->tree);
    package_free(f->common);
    package_free(f->sapi);
    err_release(&f->err);
    free(f);
    return 0;
}

static void add_packages(struct fixture *f)
{
    assert_ok(tree_add_package(f->tree, f->common, &f->err), &f->err);
    assert_ok(tree_add_package(f->tree, f->sapi, &f->err), &f->err);
}

static void run_php(struct fixture *f)
{
    add_packages(f);
    assert_ok(assemble_php(&f->assembly, f->tree, &f->err), &f->err);
}

static void assert_link(struct fixture *f, const char *path, const char *target)
{
    const struct node *n = tree_find(f->tree, path);
    if (!n)
        fail_msg("/%s isn't there", path);
    assert_int_equal(n->type, ENTRY_SYMLINK);
    assert_string_equal(n->target, target);
}

static void assert_text(struct fixture *f, const char *path, const char *want)
{
    struct slice text;
    const struct node *n = tree_find(f->tree, path);
    if (!n)
        fail_msg("/%s isn't there", path);
    assert_true(tree_text(n, &text));
    assert_int_equal(n->mode, 0644);
    assert_int_equal(text.n, strlen(want));
    assert_memory_equal(text.p, want, text.n);
}

static void add_sapi(struct fixture *f, const char *name)
{
    CLEANUP(free_ptr) char *marker = xasprintf("usr/lib/php/8.4/sapi/%s", name);
    CLEANUP(free_ptr) char *directory = xasprintf("etc/php/8.4/%s/conf.d", name);
    fake_file(f->sapi, marker, "");
    fake_dir(f->sapi, directory, 0755);
}

static void test_priorities(void **state)
{
    static const char *const cases[][2] = {
        {"; priority=10\n", "10"},
        {"extension=x.so\n;priority = 5 \nextension=y.so\n; priority=7\n", "5"},
        {";\tpriority\t=\t007\r\n", "007"},
        {"; priority=ten\n", "20"},
        {"; priority=-1\n", "20"},
        {"; priority=1.5\n", "20"},
        {"; priority=10 # first\n", "20"},
        {"; priority=\n", "20"},
        {"priority=10\n", "20"},
        {" ; priority=10\n", "20"},
        {"; prioritys=10\n", "20"},
        {"12\n; priority=10\n", "20"}, /* phpenmod's sed ends there */
        {"; priority=10", "10"},
        {"", "20"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct slice got = php_priority(slice_of(cases[i][0]));
        if (!slice_eq(got, cases[i][1]))
            fail_msg("%s: %.*s", cases[i][0], (int)got.n, got.p);
    }
}

static void test_modules_of_each_sapi(void **state)
{
    struct fixture *f = *state;
    add_sapi(f, "fpm");
    add_sapi(f, "cli");
    fake_file(f->common, "usr/share/php8.4-common/common/pdo.ini", "; priority=10\n");
    fake_file(f->common, "usr/share/php8.2-common/common/pdo.ini", "; priority=11\n");
    fake_file(f->common, "usr/share/php8.4-common/common/readme.txt", "no");
    fake_file(f->common, "usr/share/php/x/y.ini", "no");
    fake_file(f->common, "usr/share/php-x/x/y.ini", "no");
    fake_file(f->common, "usr/lib/php/8.4/php.ini-production", "[PHP]\n");
    fake_file(f->common, "usr/lib/php/8.4/php.ini-production.cli", "[CLI]\n");
    fake_file(f->sapi, "etc/php/8.4/mods-available/redis.ini", "; priority=25\n");
    run_php(f);
    assert_text(f, "etc/php/8.4/mods-available/pdo.ini", "; priority=10\n");
    assert_text(f, "etc/php/8.2/mods-available/pdo.ini", "; priority=11\n");
    assert_ptr_equal(tree_find(f->tree, "etc/php/8.4/mods-available/redis.ini")->package, f->sapi);
    assert_link(f, "etc/php/8.4/fpm/conf.d/10-pdo.ini", "/etc/php/8.4/mods-available/pdo.ini");
    assert_link(f, "etc/php/8.4/cli/conf.d/10-pdo.ini", "/etc/php/8.4/mods-available/pdo.ini");
    assert_link(f, "etc/php/8.4/fpm/conf.d/25-redis.ini", "/etc/php/8.4/mods-available/redis.ini");
    assert_text(f, "etc/php/8.4/fpm/php.ini", "[PHP]\n");
    assert_text(f, "etc/php/8.4/cli/php.ini", "[CLI]\n");
    assert_null(tree_find(f->tree, "etc/php/8.4/fpm/conf.d/11-pdo.ini"));
    assert_null(tree_find(f->tree, "etc/php/8.4/mods-available/y.ini"));
}

static void test_a_sapi_without_its_directory(void **state)
{
    struct fixture *f = *state;
    fake_file(f->sapi, "usr/lib/php/8.4/sapi/embed", "");
    fake_file(f->common, "usr/share/php8.4-common/common/pdo.ini", "");
    run_php(f);
    assert_non_null(tree_find(f->tree, "etc/php/8.4/mods-available/pdo.ini"));
    assert_null(tree_find(f->tree, "etc/php/8.4/embed"));
}

static void test_what_a_package_brings_stays(void **state)
{
    struct fixture *f = *state;
    add_sapi(f, "fpm");
    fake_file(f->sapi, "etc/php/8.4/fpm/php.ini", "own");
    fake_link(f->sapi, "etc/php/8.4/fpm/conf.d/20-pdo.ini", "/own.ini");
    fake_file(f->common, "usr/share/php8.4-common/common/pdo.ini", "");
    fake_file(f->common, "usr/lib/php/8.4/php.ini-production", "[PHP]\n");
    run_php(f);
    assert_text(f, "etc/php/8.4/fpm/php.ini", "own");
    assert_link(f, "etc/php/8.4/fpm/conf.d/20-pdo.ini", "/own.ini");
}

static void test_two_packages_with_one_module(void **state)
{
    struct fixture *f = *state;
    fake_file(f->common, "usr/share/php8.4-common/common/pdo.ini", "");
    fake_file(f->sapi, "usr/share/php8.4-fpm/fpm/pdo.ini", "");
    add_packages(f);
    assert_fails(assemble_php(&f->assembly, f->tree, &f->err), &f->err,
                 "package php8.4-fpm: /usr/share/php8.4-fpm/fpm/pdo.ini and "
                 "/usr/share/php8.4-common/common/pdo.ini of package php8.4-common configure the "
                 "same PHP module");
}

static void test_names_that_no_module_has(void **state)
{
    static const char *const names[] = {"..", "-x", "a b", "a;b", "", "a\nb"};
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        void *own = NULL;
        setup(&own);
        struct fixture *f = own;
        CLEANUP(free_ptr) char *path = xasprintf("usr/share/php8.4-x/x/%s.ini", names[i]);
        fake_file(f->common, path, "");
        add_packages(f);
        assert_fails(assemble_php(&f->assembly, f->tree, &f->err), &f->err,
                     "has no PHP module's name");
        teardown(&own);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_priorities),
        cmocka_unit_test_setup_teardown(test_modules_of_each_sapi, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_sapi_without_its_directory, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_a_package_brings_stays, setup, teardown),
        cmocka_unit_test_setup_teardown(test_two_packages_with_one_module, setup, teardown),
        cmocka_unit_test(test_names_that_no_module_has),
    };
    return cmocka_run_group_tests_name("php", tests, NULL, NULL);
}
