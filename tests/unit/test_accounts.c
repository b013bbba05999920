/* SPDX-License-Identifier: Apache-2.0 */
#include "fake.h"
#include "rootfs/assembly.h"
#include "unit.h"

struct fixture {
    struct recipe recipe;
    struct assembly assembly;
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
    f->assembly.arch = "amd64";
    f->package = fake_package("x", "1");
    f->tree = tree_new();
    tree_set_epoch(f->tree, 5);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < f->assembly.n_accounts; i++)
        free(f->assembly.accounts[i].name);
    free(f->assembly.accounts);
    assembly_release(&f->assembly);
    strv_release(&f->assembly.notes);
    free(f->recipe.user_name);
    free(f->recipe.user_home);
    tree_free(f->tree);
    package_free(f->package);
    err_release(&f->err);
    free(f);
    return 0;
}

static void run(struct fixture *f)
{
    assert_ok(tree_add_package(f->tree, f->package, &f->err), &f->err);
    assert_ok(assemble_accounts(&f->assembly, f->tree, &f->err), &f->err);
    assert_ok(assemble_account_files(&f->assembly, f->tree, &f->err), &f->err);
}

static char *text_of(struct fixture *f, const char *path)
{
    struct slice text;
    const struct node *n = tree_find(f->tree, path);
    assert_non_null(n);
    assert_true(tree_text(n, &text));
    return xstrndup(text.p, text.n);
}

#define assert_text(f, path, want)                      \
    do {                                                \
        CLEANUP(free_ptr) char *got = text_of(f, path); \
        assert_string_equal(got, want);                 \
    } while (0)

static void test_nothing_asked_for(void **state)
{
    struct fixture *f = *state;
    run(f);
    assert_text(f, "etc/passwd",
                "root:x:0:0:root:/root:/sbin/nologin\n"
                "mortaluser:x:5000:5000::/home/mortaluser:/sbin/nologin\n"
                "nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\n");
    assert_text(f, "etc/group", "root:x:0:\nmortaluser:x:5000:\nnogroup:x:65534:\n");
    assert_text(f, "etc/shadow",
                "root:*::0:99999:7:::\nmortaluser:*::0:99999:7:::\n"
                "nobody:*::0:99999:7:::\n");
    assert_int_equal(tree_find(f->tree, "etc/shadow")->mode, 0600);
    assert_int_equal(tree_find(f->tree, "etc/passwd")->mode, 0644);
    const struct node *home = tree_find(f->tree, "home/mortaluser");
    assert_int_equal(home->uid, 5000);
    assert_int_equal(home->gid, 5000);
    assert_int_equal(home->mode, 0755);
    assert_int_equal(f->assembly.n_accounts, 0);
    assert_int_equal(f->assembly.notes.n, 0);
}

static void test_static_ids_of_what_is_shipped(void **state)
{
    struct fixture *f = *state;
    fake_file(f->package, "usr/bin/w", "")->gid = 5;
    fake_dir(f->package, "var/cache/man", 0755)->uid = 6;
    fake_dir(f->package, "srv", 0755)->uid = 777; /* nobody's: FS-OWNER's to say */
    struct recipe_directory www = {
        .path = (char[]){"var/www"}, .uid = 33, .gid = 42, .has_owner = true};
    f->recipe.directories = &www;
    f->recipe.n_directories = 1;
    run(f);
    assert_text(f, "etc/group",
                "root:x:0:\ntty:x:5:\nman:x:12:\nwww-data:x:33:\nshadow:x:42:\n"
                "mortaluser:x:5000:\nnogroup:x:65534:\n");
    CLEANUP(free_ptr) char *passwd = text_of(f, "etc/passwd");
    assert_non_null(strstr(passwd, "\nman:x:6:12:man:/var/cache/man:/sbin/nologin\n"));
    assert_non_null(strstr(passwd, "\nwww-data:x:33:33:www-data:/var/www:/sbin/nologin\n"));
    assert_null(strstr(passwd, "777"));
}

static void test_recipe_accounts(void **state)
{
    struct fixture *f = *state;
    struct recipe_account accounts[] = {
        {.name = (char[]){"web"},
         .uid = 1001,
         .gid = 5000,
         .home = (char[]){"/srv/web"},
         .at = {"a.conf", 4}},
        {.name = (char[]){"other"},
         .uid = 1001,
         .gid = 1,
         .home = (char[]){"/nonexistent"},
         .at = {"b.conf", 9}},
    };
    f->recipe.accounts = accounts;
    f->recipe.n_accounts = 1;
    run(f);
    CLEANUP(free_ptr) char *passwd = text_of(f, "etc/passwd");
    assert_non_null(strstr(passwd, "web:x:1001:5000::/srv/web:/sbin/nologin\n"));
    assert_text(f, "etc/group", "root:x:0:\nmortaluser:x:5000:\nnogroup:x:65534:\n");
    assert_int_equal(tree_find(f->tree, "srv/web")->uid, 1001);
    f->recipe.n_accounts = 2;
    tree_free(f->tree);
    f->tree = tree_new();
    assembly_release(&f->assembly);
    assert_fails(assemble_accounts(&f->assembly, f->tree, &f->err), &f->err,
                 "b.conf:9: account \"other\": uid 1001 is \"web\" already (a.conf:4)");
    accounts[1].uid = 1002;
    accounts[1].name = (char[]){"root"};
    assembly_release(&f->assembly);
    assert_fails(assemble_accounts(&f->assembly, f->tree, &f->err), &f->err,
                 "account \"root\" is there already");
}

static void test_names(void **state)
{
    static const char *const good[] = {"x",        "_",     "_apt",
                                       "www-data", "A_b-9", "a234567890123456789012345678901"};
    static const char *const bad[] = {
        "", "9x", "-x", "a.b", "a b", "a:b", "a/b", "\303\251", "a2345678901234567890123456789012"};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(good); i++)
        if (!account_name_valid(good[i]))
            fail_msg("%s is refused", good[i]);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        if (account_name_valid(bad[i]))
            fail_msg("%s is taken", bad[i]);
}

static void test_a_template_cannot_bring_accounts(void **state)
{
    struct fixture *f = *state;
    struct node_spec spec = {
        .path = "etc/group",
        .type = ENTRY_FILE,
        .mode = 0644,
        .content = {.from = FROM_MEMORY, .bytes = xstrdup(""), .fd = -1},
        .weak = true,
        .origin = "template web",
    };
    assert_ok(tree_put(f->tree, &spec, &f->err), &f->err);
    assert_fails(assemble_accounts(&f->assembly, f->tree, &f->err), &f->err,
                 "template web: /etc/group is made from the recipe");
}

static void test_sysusers_are_allotted_and_kept(void **state)
{
    struct fixture *f = *state;
    fake_file(f->package, "usr/lib/sysusers.d/b.conf",
              "# comment\n"
              "u  app   -   \"An app\"  /var/lib/app\n"
              "u! late  -:users\n"
              "g  team  -\n"
              "m  app   team\n"
              "u  fixed 998\n"
              "u  www-data -\n");
    fake_file(f->package, "usr/lib/sysusers.d/a.conf", "u first -\n");
    fake_file(f->package, "usr/lib/sysusers.d/ignored.txt", "u ignored -\n");
    f->assembly.accounts = xcalloc(1, sizeof(*f->assembly.accounts));
    f->assembly.accounts[0] = (struct lock_account){xstrdup("first"), 321, 321};
    f->assembly.n_accounts = 1;
    run(f);
    assert_text(f, "etc/group",
                "root:x:0:\nwww-data:x:33:\nusers:x:100:\nfirst:x:321:\napp:x:997:\nfixed:x:998:\n"
                "team:x:999:app\nmortaluser:x:5000:\nnogroup:x:65534:\n");
    CLEANUP(free_ptr) char *passwd = text_of(f, "etc/passwd");
    assert_non_null(strstr(passwd, "app:x:997:997:An app:/var/lib/app:/sbin/nologin\n"));
    assert_non_null(strstr(passwd, "first:x:321:321::/:/sbin/nologin\n"));
    assert_non_null(strstr(passwd, "late:x:999:100::/:/sbin/nologin\n"));
    assert_non_null(strstr(passwd, "www-data:x:33:33:"));
    assert_int_equal(f->assembly.n_accounts, 4);
    assert_int_equal(f->assembly.notes.n, 0);
}

/* An id of the lock's that somebody else has by now: another one, and a word about it. */
static void test_locked_ids_that_are_taken(void **state)
{
    struct fixture *f = *state;

    fake_file(f->package, "usr/lib/sysusers.d/a.conf", "u first -\nu second 321\ng third -\n");
    f->assembly.accounts = xcalloc(2, sizeof(*f->assembly.accounts));
    f->assembly.accounts[0] = (struct lock_account){xstrdup("first"), 321, 321};
    f->assembly.accounts[1] = (struct lock_account){xstrdup("third"), 33, 33}; /* www-data's */
    f->assembly.n_accounts = 2;
    run(f);
    assert_int_equal(f->assembly.accounts[0].uid, 998);
    assert_int_equal(f->assembly.accounts[1].gid, 999);
    assert_int_equal(f->assembly.notes.n, 2);
    assert_string_equal(f->assembly.notes.v[1],
                        "sysusers.d: account first: 321:321, which the lock has, is taken by now: "
                        "it gets 998:998");
}

/* A range is used up from its top, gaps included; and members are named once. */
static void test_many(void **state)
{
    struct fixture *f = *state;
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);

    buf_addstr(&text, "r - 3000-6999\nr - 20000-20001\nu fixed 6990\n");
    for (unsigned i = 0; i < 4003; i++)
        buf_addf(&text, "u user%u -\nm user%u video\nm user%u video\n", i, i, i);
    fake_file(f->package, "usr/lib/sysusers.d/a.conf", buf_str(&text));
    run(f);
    CLEANUP(free_ptr) char *passwd = text_of(f, "etc/passwd");
    CLEANUP(free_ptr) char *group = text_of(f, "etc/group");
    assert_non_null(strstr(passwd, "\nuser0:x:20001:20001:"));
    assert_non_null(strstr(passwd, "\nuser1:x:20000:20000:"));
    assert_non_null(strstr(passwd, "\nuser2:x:6999:6999:"));
    assert_non_null(strstr(passwd, "\nfixed:x:6990:6990:"));
    assert_non_null(strstr(passwd, "\nuser11:x:6989:6989:"));
    assert_non_null(strstr(passwd, "\nuser3998:x:3001:3001:")); /* 5000 is the image's user */
    assert_non_null(strstr(passwd, "\nuser3999:x:3000:3000:"));
    assert_null(strstr(passwd, "user4000:"));
    assert_non_null(strstr(group, "\nvideo:x:44:user0,user1,user10,user100,user1000,"));
}

static void test_sysusers_that_cannot_be_honoured(void **state)
{
    (void)state;
    CLEANUP(sysusers_release) struct sysusers s = {0};
    CLEANUP(strv_release) struct strv notes = STRV_INIT;
    static const char text[] = "u %u -\n"
                               "u a:b -\n"
                               "u good%%name -\n"
                               "q x -\n"
                               "u x 70000\n"
                               "u x 5 \"a:b\"\n"
                               "u x 5 \"open\n"
                               "m x\n"
                               "u x 7:8 - relative\n"
                               "r - 5-3\n"
                               "\n"
                               "r - 600-700\n"
                               "u \"quo\\x\" -\n"
                               "u y 7:8 'it\\'s' /home/y /bin/sh extra";
    sysusers_parse(&s, text, sizeof(text) - 1, "f", &notes);
    assert_int_equal(s.n, 1);
    assert_int_equal(s.lines[0].type, SYSUSERS_RANGE);
    assert_int_equal(s.lines[0].high, 700);
    assert_int_equal(notes.n, 12);
    assert_string_equal(notes.v[0],
                        "f:1: specifiers aren't known to an image that isn't running: skipped");
    assert_non_null(strstr(notes.v[11], "f:14:"));
}

static void test_sysusers_fields(void **state)
{
    (void)state;
    CLEANUP(sysusers_release) struct sysusers s = {0};
    CLEANUP(strv_release) struct strv notes = STRV_INIT;
    static const char text[] = "u y 7:8 'two words' /home/y /bin/sh\n"
                               "  u\tz  /usr/bin/z \"100%% \\\"z\\\"\" - -";
    sysusers_parse(&s, text, sizeof(text) - 1, "f", &notes);
    assert_int_equal(notes.n, 0);
    assert_int_equal(s.n, 2);
    assert_int_equal(s.lines[0].uid, 7);
    assert_int_equal(s.lines[0].gid, 8);
    assert_string_equal(s.lines[0].comment, "two words");
    assert_string_equal(s.lines[0].shell, "/bin/sh");
    assert_string_equal(s.lines[1].id_of, "usr/bin/z");
    assert_string_equal(s.lines[1].comment, "100% \"z\"");
    assert_null(s.lines[1].home);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test_setup_teardown(test_nothing_asked_for, setup, teardown),
        cmocka_unit_test_setup_teardown(test_static_ids_of_what_is_shipped, setup, teardown),
        cmocka_unit_test_setup_teardown(test_recipe_accounts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_template_cannot_bring_accounts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sysusers_are_allotted_and_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(test_locked_ids_that_are_taken, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many, setup, teardown),
        cmocka_unit_test(test_sysusers_that_cannot_be_honoured),
        cmocka_unit_test(test_sysusers_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
