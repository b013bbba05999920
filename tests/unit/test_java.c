/* SPDX-License-Identifier: Apache-2.0 */
/* Java's trust store: when it is made, what is in it, and links that lead nowhere. */
#include "base/file.h"
#include "effects/java.h"
#include "fake.h"
#include "unit.h"

#define JRE   "usr/lib/jvm/java-21-openjdk-amd64"
#define STORE "etc/ssl/certs/java/cacerts"

struct fixture {
    struct recipe recipe;
    struct context ctx;
    struct session session;
    struct assembly assembly;
    struct package *jre, *certificates;
    struct package *packages[2];
    struct tree *tree;
    struct err err;
};

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof(*f));
    f->session.pool = pool_new(1);
    f->ctx = (struct context){.session = &f->session};
    f->jre = f->packages[0] = fake_package("openjdk-21-jre-headless", "21");
    f->certificates = f->packages[1] = fake_package("ca-certificates", "1");
    f->assembly = (struct assembly){
        .ctx = &f->ctx, .recipe = &f->recipe, .packages = f->packages, .n_packages = 2};
    f->tree = tree_new();
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    strv_release(&f->assembly.notes);
    pool_end(f->session.pool);
    tree_free(f->tree);
    package_free(f->jre);
    package_free(f->certificates);
    err_release(&f->err);
    free(f);
    return 0;
}

static void add_certificate(struct fixture *f, const char *name)
{
    CLEANUP(free_ptr) char *from = xasprintf("tests/archive/certs/%s.crt", name);
    CLEANUP(free_ptr) char *to = xasprintf("usr/share/ca-certificates/test/%s.crt", name);
    CLEANUP(buf_release) struct buf pem = BUF_INIT(0);
    assert_ok(file_read(from, 1 << 16, &pem, &f->err), &f->err);
    fake_file(f->certificates, to, buf_str(&pem));
}

static int run(struct fixture *f)
{
    assert_ok(tree_add_package(f->tree, f->certificates, &f->err), &f->err);
    assert_ok(tree_add_package(f->tree, f->jre, &f->err), &f->err);
    assert_ok(assemble_ca_bundle(&f->assembly, f->tree, &f->err), &f->err);
    return assemble_java(&f->assembly, f->tree, &f->err);
}

/* How many entries the store has. */
static unsigned entries(struct fixture *f)
{
    struct slice bytes;
    assert_true(tree_text(tree_find(f->tree, STORE), &bytes));
    assert_true(bytes.n >= 12 + 20);
    return (unsigned char)bytes.p[11];
}

static void test_made_for_a_link_of_a_jre(void **state)
{
    struct fixture *f = *state;
    fake_link(f->jre, JRE "/lib/security/cacerts", "/" STORE);
    fake_link(f->jre, "usr/lib/jvm/java-8-openjdk-amd64/jre/lib/security/cacerts", "/" STORE);
    add_certificate(f, "Test_CA_one");
    add_certificate(f, "Test_CA_three");
    fake_link(f->certificates, "etc/ssl/certs/again.pem",
              "/usr/share/ca-certificates/test/Test_CA_one.crt");
    fake_link(f->certificates, "etc/ssl/certs/other.pem", "/etc/ssl/certs/ca-certificates.crt");
    assert_ok(run(f), &f->err);
    assert_int_equal(entries(f), 3); /* "again" by its name: so does Debian's */
    assert_int_equal(tree_find(f->tree, STORE)->mode, 0644);
    assert_null(tree_find(f->tree, "etc/.java"));
}

static void test_not_made_for_a_jre_with_its_own(void **state)
{
    struct fixture *f = *state;
    fake_file(f->jre, "opt/jdk/lib/security/cacerts", "own");
    fake_link(f->jre, "opt/jdk/xlib/security/cacerts", "/" STORE);
    fake_link(f->jre, "opt/old/lib/security/cacerts", "../../../jdk/lib/security/cacerts");
    add_certificate(f, "Test_CA_one");
    assert_ok(run(f), &f->err);
    assert_null(tree_find(f->tree, STORE));
}

static void test_what_is_there_stays(void **state)
{
    struct fixture *f = *state;
    fake_link(f->jre, JRE "/lib/security/cacerts", "/" STORE);
    fake_file(f->jre, STORE, "own");
    add_certificate(f, "Test_CA_one");
    assert_ok(run(f), &f->err);
    assert_ptr_equal(tree_find(f->tree, STORE)->package, f->jre);
}

static void test_a_link_to_nothing(void **state)
{
    struct fixture *f = *state;
    fake_link(f->jre, JRE "/lib/security/cacerts", "/" STORE);
    assert_true(run(f) < 0);
    assert_string_equal(f->err.message,
                        "package openjdk-21-jre-headless: /" JRE "/lib/security/cacerts leads to "
                        "/" STORE ", which isn't in the image: Java would trust nobody");
    assert_non_null(strstr(f->err.hint, "packages += {\"ca-certificates\"}"));
}

static void test_a_link_to_another_place(void **state)
{
    struct fixture *f = *state;
    fake_link(f->jre, JRE "/lib/security/cacerts", "/etc/pki/java/cacerts");
    add_certificate(f, "Test_CA_one");
    assert_true(run(f) < 0);
    assert_non_null(strstr(f->err.message, "leads to /etc/pki/java/cacerts, which isn't"));
    assert_non_null(strstr(f->err.hint, "put a key store there"));
}

static void test_a_certificate_that_cannot_be_read_is_told(void **state)
{
    struct fixture *f = *state;
    fake_link(f->jre, JRE "/lib/security/cacerts", "/" STORE);
    add_certificate(f, "Test_CA_one");
    fake_file(f->certificates, "usr/share/ca-certificates/bad.crt", "hello");
    fake_link(f->certificates, "etc/ssl/certs/bad.pem", "/usr/share/ca-certificates/bad.crt");
    fake_link(f->certificates, "etc/ssl/certs/gone.pem", "/usr/share/ca-certificates/gone.crt");
    assert_ok(run(f), &f->err);
    assert_int_equal(entries(f), 1);
    assert_true(strv_has(&f->assembly.notes, "/etc/ssl/certs/bad.pem: not in Java's trust store: "
                                             "it holds no certificate that can be read"));
    assert_true(strv_has(&f->assembly.notes, "/etc/ssl/certs/gone.pem: not in Java's trust store: "
                                             "what it leads to can't be read"));
}

static void test_preferences(void **state)
{
    struct fixture *f = *state;
    fake_script(f->jre, "postinst", "#!/bin/sh\n\ttouch /etc/.java/.systemPrefs/.system.lock\n");
    assert_ok(run(f), &f->err);
    assert_int_equal(tree_find(f->tree, "etc/.java/.systemPrefs")->mode, 0755);
    assert_int_equal(tree_find(f->tree, "etc/.java/.systemPrefs/.system.lock")->size, 0);
    assert_int_equal(tree_find(f->tree, "etc/.java/.systemPrefs/.systemRootModFile")->mode, 0644);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_made_for_a_link_of_a_jre, setup, teardown),
        cmocka_unit_test_setup_teardown(test_not_made_for_a_jre_with_its_own, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_there_stays, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_link_to_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_link_to_another_place, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_certificate_that_cannot_be_read_is_told, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_preferences, setup, teardown),
    };
    return cmocka_run_group_tests_name("java", tests, NULL, NULL);
}
