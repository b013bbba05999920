/* SPDX-License-Identifier: Apache-2.0 */
#include "callmaker.h"
#include "effects/accounts_called.h"
#include "fake.h"
#include "unit.h"

struct fixture {
    struct recipe recipe;
    struct assembly assembly;
    struct script_calls calls;
    struct package *package;
    struct tree *tree;
    struct err err;
};

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof(*f));
    f->recipe.user_name = xstrdup("mortaluser");
    f->recipe.user_home = xstrdup("/home/mortaluser");
    f->assembly.recipe = &f->recipe;
    f->package = fake_package("x", "1");
    fake_dir(f->package, "var/lib/there", 0700);
    f->tree = tree_new();
    *state = f;
    return 0;
}

static void release_accounts(struct fixture *f)
{
    for (size_t i = 0; i < f->assembly.n_accounts; i++)
        free(f->assembly.accounts[i].name);
    free(f->assembly.accounts);
    strv_release(&f->assembly.notes);
    assembly_release(&f->assembly);
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    release_accounts(f);
    calls_release(&f->calls);
    tree_free(f->tree);
    package_free(f->package);
    free(f->recipe.user_name);
    free(f->recipe.user_home);
    err_release(&f->err);
    free(f);
    return 0;
}

static void run(struct fixture *f, const char *lines)
{
    calls_of(&f->calls, f->package, lines);
    f->assembly.calls = &f->calls;
    assert_ok(tree_add_package(f->tree, f->package, &f->err), &f->err);
    assert_ok(assemble_accounts_called(&f->assembly, f->tree, &f->err), &f->err);
    assert_ok(assemble_accounts(&f->assembly, f->tree, &f->err), &f->err);
    assert_ok(assemble_account_files(&f->assembly, f->tree, &f->err), &f->err);
}

/* The line of a file that begins with a name, without its newline. */
static void assert_line(struct fixture *f, const char *path, const char *name, const char *want)
{
    struct slice text;
    assert_true(tree_text(tree_find(f->tree, path), &text));
    CLEANUP(strv_release) struct strv lines = STRV_INIT;
    CLEANUP(free_ptr) char *start = xasprintf("%s:", name);
    strv_split(&lines, text, "\n");
    const char *got = "";
    strv_each (line, &lines)
        if (strncmp(*line, start, strlen(start)) == 0)
            got = *line;
    assert_string_equal(got, want);
}

static void test_adduser(void **state)
{
    struct fixture *f = *state;
    run(f, "adduser --system --group --quiet --home /var/lib/a a\n"
           "adduser --system --home /var/lib/b --no-create-home b\n"
           "adduser --system --ingroup adm --shell /bin/sh --gecos 'The C' c\n"
           "adduser --system --quiet --home=/var/lib/there --group d\n"
           "adduser --system --uid 150 --gid 12 e\n"
           "adduser --system --home /other a\n"
           "adduser a adm\n"
           "adduser ghost adm\n"
           "addgroup --system g\n"
           "addgroup --system --gid 160 h\n"
           "adduser --group i\n"
           "adduser --system --group --home /srv/j/ j\n");
    assert_line(f, "etc/passwd", "a", "a:x:997:997::/var/lib/a:/usr/sbin/nologin");
    assert_line(f, "etc/passwd", "b", "b:x:999:65534::/var/lib/b:/usr/sbin/nologin");
    assert_line(f, "etc/passwd", "c", "c:x:998:4:The C:/nonexistent:/bin/sh");
    assert_line(f, "etc/passwd", "e", "e:x:150:12::/nonexistent:/usr/sbin/nologin");
    assert_line(f, "etc/group", "adm", "adm:x:4:a");
    assert_line(f, "etc/passwd", "ghost", "");
    assert_line(f, "etc/group", "h", "h:x:160:");
    assert_line(f, "etc/shadow", "a", "a:*::0:99999:7:::");
    assert_non_null(accounts_group(&f->assembly.known, "i"));
    assert_null(accounts_user(&f->assembly.known, "i"));
    const struct node *home = tree_find(f->tree, "var/lib/a");
    assert_non_null(home);
    assert_int_equal(home->uid, 997);
    assert_int_equal(home->gid, 997);
    assert_int_equal(home->mode, 0755);
    assert_null(tree_find(f->tree, "var/lib/b"));
    assert_null(tree_find(f->tree, "nonexistent"));
    assert_non_null(tree_find(f->tree, "srv/j"));
    home = tree_find(f->tree, "var/lib/there"); /* the package's own stays */
    assert_int_equal(home->mode, 0700);
    assert_int_equal(home->uid, 0);
}

static void test_useradd(void **state)
{
    struct fixture *f = *state;
    run(f, "groupadd -r -f team\n"
           "useradd --system --home-dir /var/lib/misc --shell /bin/false a\n"
           "useradd -r -M -g team -G adm,mail -s /usr/sbin/nologin -c 'A b' -d /run/b b\n"
           "useradd -rm c\n"
           "useradd -r -N d\n"
           "usermod -a -G team a\n"
           "usermod -d /nonexistent -s /bin/true c\n"
           "usermod -aG team ghost\n"
           "gpasswd -a d team\n");
    assert_line(f, "etc/passwd", "a", "a:x:998:998::/var/lib/misc:/bin/false");
    assert_line(f, "etc/passwd", "b", "b:x:999:999:A b:/run/b:/usr/sbin/nologin");
    assert_line(f, "etc/passwd", "c", "c:x:997:997::/nonexistent:/bin/true");
    assert_line(f, "etc/passwd", "d", "d:x:996:100::/home/d:/bin/sh");
    assert_line(f, "etc/group", "team", "team:x:999:a,d");
    assert_line(f, "etc/group", "adm", "adm:x:4:b");
    assert_null(tree_find(f->tree, "home/c"));
    assert_null(tree_find(f->tree, "home/d"));
}

static void test_ids_are_kept(void **state)
{
    struct fixture *f = *state;
    f->assembly.accounts = xcalloc(1, sizeof(*f->assembly.accounts));
    f->assembly.accounts[0] = (struct lock_account){xstrdup("a"), 321, 321};
    f->assembly.n_accounts = 1;
    run(f, "adduser --system --group b\nadduser --system --group a\n");
    assert_line(f, "etc/passwd", "a", "a:x:321:321::/nonexistent:/usr/sbin/nologin");
    assert_line(f, "etc/passwd", "b", "b:x:999:999::/nonexistent:/usr/sbin/nologin");
    assert_int_equal(f->assembly.n_accounts, 2);
}

static void test_scripts_come_before_fragments(void **state)
{
    struct fixture *f = *state;
    fake_file(f->package, "usr/lib/sysusers.d/x.conf", "u a - \"By x\" /var/a\n");
    run(f, "adduser --system --group --home /var/lib/a a\n");
    assert_line(f, "etc/passwd", "a", "a:x:999:999::/var/lib/a:/usr/sbin/nologin");
    assert_non_null(tree_find(f->tree, "var/lib/a"));
}

static void test_a_user_and_its_group_have_one_number(void **state)
{
    struct fixture *f = *state;
    f->assembly.lock = NULL;
    run(f, "adduser --system first\n"
           "addgroup --system a\n"
           "adduser --system --ingroup a a\n");
    assert_line(f, "etc/passwd", "a", "a:x:999:999::/nonexistent:/usr/sbin/nologin");
    assert_line(f, "etc/passwd", "first", "first:x:998:65534::/nonexistent:/usr/sbin/nologin");
    assert_int_equal(f->assembly.notes.n, 0);
    assert_int_equal(f->assembly.n_accounts, 2);
}

static void test_a_taken_id_is_noted(void **state)
{
    struct fixture *f = *state;
    run(f, "adduser --system --uid 5000 a\n");
    assert_line(f, "etc/passwd", "a", "a:x:999:65534::/nonexistent:/usr/sbin/nologin");
    assert_int_equal(f->assembly.notes.n, 1);
    assert_string_equal(f->assembly.notes.v[0],
                        "package x: postinst:1: account a: package x: postinst:1: account \"a\": "
                        "uid 5000 is \"mortaluser\" already (user)");
}

static void test_what_is_not_taken(void **state)
{
    static const char *const no[] = {
        "adduser a",
        "adduser --system",
        "adduser --system a b c",
        "adduser --system --home relative a",
        "adduser --system --home /a/../b a",
        "adduser --system 'a:b'",
        "adduser --system --gecos 'a:b' a",
        "adduser --system --uid x a",
        "adduser --system --encrypt-home a",
        "addgroup",
        "useradd",
        "useradd -p secret a",
        "useradd -e 2020 a",
        "usermod -G team a",
        "usermod -l b a",
        "groupadd -g x a",
        "gpasswd -d a b",
        "gpasswd a",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(no); i++) {
        CLEANUP(calls_release) struct script_calls calls = {0};
        struct package p = {.name = (char[]){"x"}};
        calls_of(&calls, &p, no[i]);
        if (adduser_takes(calls.v) || useradd_takes(calls.v))
            fail_msg("%s: should not be taken", no[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_adduser, setup, teardown),
        cmocka_unit_test_setup_teardown(test_useradd, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ids_are_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(test_scripts_come_before_fragments, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_user_and_its_group_have_one_number, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_taken_id_is_noted, setup, teardown),
        cmocka_unit_test(test_what_is_not_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
