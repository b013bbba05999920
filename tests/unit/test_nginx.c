/* SPDX-License-Identifier: Apache-2.0 */
/* nginx's modules, as their packages' scripts leave them. */
#include "effects/nginx.h"
#include "fake.h"
#include "unit.h"

struct fixture {
    struct assembly assembly;
    struct package *module, *nginx;
    struct package *packages[2];
    struct tree *tree;
    struct err err;
};

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof(*f));
    f->module = f->packages[0] = fake_package("libnginx-mod-x", "1.26");
    f->nginx = f->packages[1] = fake_package("nginx-common", "1.26");
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
    package_free(f->module);
    package_free(f->nginx);
    err_release(&f->err);
    free(f);
    return 0;
}

static void add_packages(struct fixture *f)
{
    assert_ok(tree_add_package(f->tree, f->module, &f->err), &f->err);
    assert_ok(tree_add_package(f->tree, f->nginx, &f->err), &f->err);
}

static void run(struct fixture *f)
{
    add_packages(f);
    assert_ok(assemble_nginx(&f->assembly, f->tree, &f->err), &f->err);
}

static void assert_link(struct fixture *f, const char *path, const char *target)
{
    const struct node *n = tree_find(f->tree, path);
    if (!n)
        fail_msg("/%s isn't there", path);
    assert_int_equal(n->type, ENTRY_SYMLINK);
    assert_string_equal(n->target, target);
}

#define BEGIN "#!/bin/sh\nset -e\n# Automatically added by dh_nginx/UNDECLARED\n"
#define END   "\tfrom=$(echo $confpair | cut -d: -f1)\ndone\n# End automatically added section\n"

static void test_modules(void **state)
{
    struct fixture *f = *state;
    fake_script(f->module, "postinst",
                BEGIN "for confpair in mod-a.conf:50-mod-a.conf mod-b.conf:70-b.conf  ; do\n" END
                      "for confpair in mod-a.conf:99-no.conf  ; do\n");
    fake_script(f->nginx, "prerm", BEGIN "for confpair in mod-a.conf:98-no.conf  ; do\n" END);
    fake_file(f->module, "usr/share/nginx/modules-available/mod-a.conf", "");
    run(f);
    assert_link(f, "etc/nginx/modules-enabled/50-mod-a.conf",
                "/usr/share/nginx/modules-available/mod-a.conf");
    assert_null(tree_find(f->tree, "etc/nginx/modules-enabled/70-b.conf"));
    assert_null(tree_find(f->tree, "etc/nginx/modules-enabled/99-no.conf"));
    assert_null(tree_find(f->tree, "etc/nginx/modules-enabled/98-no.conf"));
    assert_int_equal(f->assembly.notes.n, 1);
    assert_string_equal(f->assembly.notes.v[0],
                        "package libnginx-mod-x: postinst:4: /usr/share/nginx/modules-available/"
                        "mod-b.conf isn't in the image, so the module is not enabled");
}

static void test_modules_that_lead_elsewhere(void **state)
{
    static const char *const pairs[] = {"../x.conf:1.conf",
                                        "x.conf:../1.conf",
                                        "x.conf",
                                        "x.conf:",
                                        ":1.conf",
                                        "a:b:c",
                                        "..:x",
                                        "x:.."};
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
        void *own = NULL;
        setup(&own);
        struct fixture *f = own;
        CLEANUP(free_ptr) char *text = xasprintf(BEGIN "for confpair in %s ; do\n" END, pairs[i]);
        CLEANUP(free_ptr)
        char *shown = xasprintf("package libnginx-mod-x: postinst:4: not a "
                                "module's file and the name of its link: %s",
                                pairs[i]);
        fake_script(f->module, "postinst", text);
        add_packages(f);
        assert_fails(assemble_nginx(&f->assembly, f->tree, &f->err), &f->err, shown);
        teardown(&own);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_modules, setup, teardown),
        cmocka_unit_test(test_modules_that_lead_elsewhere),
    };
    return cmocka_run_group_tests_name("nginx", tests, NULL, NULL);
}
