/* SPDX-License-Identifier: Apache-2.0 */
#include "effects/scripts_table.h"
#include "fake.h"
#include "unit.h"

#define BEGIN(tool) "# Automatically added by " tool "/13.24.2\n"
#define END         "# End automatically added section\n"

/* As trixie's openssl has it; another version, comment or indentation is the same script. */
#define OPENSSL(link)                           \
    "if [ ! -e /usr/lib/ssl ]\nthen\n"          \
    "  echo Linking /usr/lib/ssl to /etc/ssl\n" \
    "  ln -sf " link " /usr/lib/ssl\nfi\n"

static void assert_verdict(const char *package, const char *script, const char *text,
                           enum script_class class, const char *what)
{
    struct package *p = fake_package(package, "1");
    struct image_scripts scripts;
    fake_script(p, script, text);
    scripts_read(&p, 1, &scripts);
    assert_int_equal(scripts.n, 1);
    assert_string_equal(scripts.v[0].script, script);
    assert_string_equal(scripts.v[0].what, what);
    assert_string_equal(script_class_name(scripts.v[0].class), script_class_name(class));
    scripts_release(&scripts);
    package_free(p);
}

static void test_sections_of_debhelper(void **state)
{
    (void)state;
    assert_verdict("x", "postinst", "#!/bin/sh\nset -e\n" BEGIN("dh_makeshlibs") "ldconfig\n" END,
                   SCRIPT_HANDLED, "ld.so.cache");
    assert_verdict("x", "postinst",
                   "#!/bin/sh\nset -e\n" BEGIN("dh_makeshlibs") "ldconfig\n" END BEGIN(
                       "dh_python3") "py3compile -p x\n" END "exit 0\n",
                   SCRIPT_SKIPPED, "byte-compiled Python");
    assert_verdict("x", "postinst", BEGIN("dh_brandnew") "frobnicate /\n" END, SCRIPT_UNHANDLED,
                   "debhelper: dh_brandnew");
    assert_verdict("x", "postinst", BEGIN("dh_brandnew") "py3clean -p x\n" END, SCRIPT_HARMLESS,
                   "removes old byte code");
    assert_verdict("x", "preinst", BEGIN("dh_installdeb") "rm -rf /\n", SCRIPT_UNHANDLED,
                   "debhelper: a section without an end");
}

/* Of several that are as bad, each is named, and each once; of others only the worst. */
static void test_all_that_is_open_is_named(void **state)
{
    (void)state;
    assert_verdict("openssl", "postinst",
                   OPENSSL("/etc/ssl")
                       BEGIN("dh_ab") "x\n" END BEGIN("dh_makeshlibs") "ldconfig\n" END BEGIN(
                           "dh_ab") "z\n" END BEGIN("dh_a") "x\n" END,
                   SCRIPT_UNHANDLED, "debhelper: dh_ab; debhelper: dh_a");
    assert_verdict("x", "postinst",
                   BEGIN("dh_python3") "x\n" END BEGIN("dh_installemacsen") "y\n" END,
                   SCRIPT_SKIPPED, "byte-compiled Python");
    assert_verdict("x", "postinst",
                   BEGIN("dh_python3") "x\n" END BEGIN("installdeb-aspell") "y\n" END,
                   SCRIPT_SKIPPED, "byte-compiled Python; dictionaries of aspell");
}

static void test_skeletons_do_nothing(void **state)
{
    (void)state;
    assert_verdict("x", "postinst",
                   "#!/bin/sh\nset -e\ncase \"$1\" in\n configure)\n ;;\nesac\nexit 0\n",
                   SCRIPT_HARMLESS, "does nothing");
    assert_verdict("x", "postinst", "#!/bin/sh\ncase \"$1\" in\n configure)\n tac /x\n ;;\nesac\n",
                   SCRIPT_UNHANDLED, "handwritten");
}

static void test_unread_scripts_are_named_by_what_they_call(void **state)
{
    (void)state;
    assert_verdict("x", "postinst", "update-alternatives --install /usr/bin/awk awk $(x) 1\n",
                   SCRIPT_UNHANDLED, "alternatives");
    assert_verdict("x", "preinst", "chmod 4755 $(x)\n", SCRIPT_UNHANDLED, "owners and modes");
    assert_verdict("x", "postrm", "rm -rf /\n", SCRIPT_HARMLESS, "runs at a removal only");
    assert_verdict("x", "config", "db_input\n", SCRIPT_HARMLESS, "asks questions only");
}

static void test_read_scripts_are_known_until_they_change(void **state)
{
    (void)state;
    assert_verdict("openssl", "postinst", "#!/bin/sh -e\n\n" OPENSSL("/etc/ssl"), SCRIPT_HANDLED,
                   "/usr/lib/ssl");
    assert_verdict("openssl", "postinst", "#!/bin/sh -x\n# new\n\n\t" OPENSSL("/etc/ssl"),
                   SCRIPT_HANDLED, "/usr/lib/ssl");
    assert_verdict("openssl", "postinst", OPENSSL("/etc/ssl") "frobnicate\n", SCRIPT_UNHANDLED,
                   "handwritten, changed");
    assert_verdict("openssl", "postinst", OPENSSL("/tmp"), SCRIPT_HANDLED, "links");
    assert_verdict("other", "postinst", OPENSSL("/etc/ssl") "frobnicate\n", SCRIPT_UNHANDLED,
                   "handwritten");
}

static void test_the_rest_is_normalised(void **state)
{
    (void)state;
    CLEANUP(script_split_release) struct script_split split = {0};
    static const char text[] = "#!/bin/sh\n"
                               "  if dpkg  --compare-versions \"$2\" lt 1:2.41-12+deb13u5; then\n"
                               "\tchmod 4755 /lib/x86_64-linux-gnu/libx.so.8.2 # kept\n"
                               "python3.13 libx:arm64 armies 10 2 1.\n" BEGIN("dh_a")
                                   END BEGIN("dh_b") "x\n" END "fi";
    script_split(text, sizeof(text) - 1, &split);
    assert_string_equal(buf_str(&split.rest), "if dpkg --compare-versions \"$2\" lt V; then\n"
                                              "chmod 4755 /lib/T/libx.so.V # kept\n"
                                              "pythonV libx:A armies 10 2 1.\n"
                                              "fi\n");
    assert_int_equal(split.n, 2);
    assert_string_equal(split.v[1].tool, "dh_b");
    assert_true(slice_eq(split.v[0].text, "\n# End automatically added section"));
    assert_true(slice_eq(split.v[1].text, "\nx\n# End automatically added section"));
}

static struct package *with(const char *name, const char *control, const char *postinst)
{
    struct package *p = fake_package(name, "1");
    free(p->control);
    p->control = xstrdup(control);
    fake_script(p, "postinst", postinst);
    return p;
}

static void test_what_the_others_have_counts(void **state)
{
    (void)state;
    struct package *two[] = {
        with("a", "Package: a\n", "[ ! -d /usr/share/b ] || frobnicate\n"),
        with("b", "Package: b\n", "pam-auth-update\n"),
    };
    struct image_scripts scripts;
    scripts_read(two, 2, &scripts);
    assert_int_equal(scripts.v[0].class, SCRIPT_HARMLESS);
    assert_int_equal(scripts.v[1].class, SCRIPT_HARMLESS);
    scripts_release(&scripts);
    fake_dir(two[1], "usr/share/b", 0755);
    fake_file(two[0], "usr/share/pam/common-auth", "x");
    scripts_read(two, 2, &scripts);
    assert_int_equal(scripts.n, 2);
    assert_string_equal(scripts.v[0].why, "line 1: frobnicate in a form that isn't listed");
    assert_int_equal(scripts.v[1].class, SCRIPT_SKIPPED);
    scripts_release(&scripts);
    package_free(two[0]);
    package_free(two[1]);
}

/* Each calls systemd-sysusers, which is a form that is handled. */
static void test_calls_stand_in_the_order_of_configuration(void **state)
{
    (void)state;
    static const char call[] = "systemd-sysusers x.conf\n";
    struct package *all[] = {
        with("a", "Package: a\nDepends: none | v (>= 1), c:any\n", call),
        with("b", "Package: b\nPre-Depends: d\nProvides: v (= 2)\n", call),
        with("c", "Package: c\nDepends: a\n", call),
        with("d", "Package: d\nDepends: d, missing\n", call),
    };
    struct image_scripts scripts;
    CLEANUP(buf_release) struct buf order = BUF_INIT(0);
    scripts_read(all, 4, &scripts);
    call_each(c, &scripts.calls) buf_addstr(&order, c->package->name);
    assert_string_equal(buf_str(&order), "dbca");
    for (size_t i = 0; i < 4; i++)
        assert_ptr_equal(scripts.v[i].package, all[i]);
    scripts_release(&scripts);
    for (size_t i = 0; i < 4; i++)
        package_free(all[i]);
}

static void test_the_table_is_well_formed(void **state)
{
    (void)state;
    size_t n = 0;
    for (const struct known_script *k = known_scripts; k->package; k++, n++) {
        assert_int_equal(strlen(k->digest), SCRIPT_DIGEST_LEN);
        assert_int_not_equal(k->class, SCRIPT_UNHANDLED);
        assert_true(strcmp(k->script, "preinst") == 0 || strcmp(k->script, "postinst") == 0);
        assert_true(k->what[0] != '\0');
        for (const struct known_script *o = known_scripts; o < k; o++)
            assert_false(strcmp(o->package, k->package) == 0 && strcmp(o->script, k->script) == 0 &&
                         strcmp(o->digest, k->digest) == 0);
    }
    assert_true(n > 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sections_of_debhelper),
        cmocka_unit_test(test_all_that_is_open_is_named),
        cmocka_unit_test(test_skeletons_do_nothing),
        cmocka_unit_test(test_unread_scripts_are_named_by_what_they_call),
        cmocka_unit_test(test_read_scripts_are_known_until_they_change),
        cmocka_unit_test(test_the_rest_is_normalised),
        cmocka_unit_test(test_what_the_others_have_counts),
        cmocka_unit_test(test_calls_stand_in_the_order_of_configuration),
        cmocka_unit_test(test_the_table_is_well_formed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
