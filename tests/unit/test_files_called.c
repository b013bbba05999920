/* SPDX-License-Identifier: Apache-2.0 */
#include "callmaker.h"
#include "effects/accounts_called.h"
#include "effects/files_called.h"
#include "fake.h"
#include "harden/policy.h"
#include "unit.h"

struct fixture {
    struct recipe recipe;
    struct session session;
    struct context ctx;
    struct assembly assembly;
    struct script_calls calls;
    struct package *package, *other;
    struct tree *tree;
    struct err err;
};

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof(*f));
    f->recipe.user_name = xstrdup("mortaluser");
    f->recipe.user_home = xstrdup("/home/mortaluser");
    f->ctx = (struct context){.session = &f->session};
    f->assembly = (struct assembly){
        .recipe = &f->recipe, .ctx = &f->ctx, .arch = "amd64", .decide = policy_decide};
    f->package = fake_package("x", "1");
    f->other = fake_package("other", "1");
    f->tree = tree_new();
    tree_set_epoch(f->tree, 5);
    fake_dir(f->package, "etc", 0755);
    fake_dir(f->package, "usr/share/x", 0755);
    fake_dir(f->package, "var/lib", 0755);
    fake_file(f->package, "usr/share/x/x.conf", "conf\n");
    fake_file(f->package, "usr/share/x/tool", "tool\n")->mode = 04755;
    fake_file(f->other, "etc/other.conf", "other\n");
    fake_link(f->other, "etc/link", "../usr/share/x");
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < f->assembly.n_accounts; i++)
        free(f->assembly.accounts[i].name);
    free(f->assembly.accounts);
    strv_release(&f->assembly.notes);
    assembly_release(&f->assembly);
    calls_release(&f->calls);
    tree_free(f->tree);
    package_free(f->package);
    package_free(f->other);
    free(f->recipe.user_name);
    free(f->recipe.user_home);
    err_release(&f->err);
    free(f);
    return 0;
}

static int run(struct fixture *f, const char *lines)
{
    calls_of(&f->calls, f->package, lines);
    f->assembly.calls = &f->calls;
    assert_ok(tree_add_package(f->tree, f->package, &f->err), &f->err);
    assert_ok(tree_add_package(f->tree, f->other, &f->err), &f->err);
    assert_ok(assemble_accounts_called(&f->assembly, f->tree, &f->err), &f->err);
    assert_ok(assemble_accounts(&f->assembly, f->tree, &f->err), &f->err);
    return assemble_files_called(&f->assembly, f->tree, &f->err);
}

/* "d 0755 0 0", "f 0644 0 0 text", "l target", or "" for nothing. */
static char *shown(struct fixture *f, const char *path)
{
    struct slice text = {"?", 1};
    const struct node *n = tree_find(f->tree, path);
    if (!n)
        return xstrdup("");
    if (n->type == ENTRY_SYMLINK)
        return xasprintf("l %s", n->target);
    if (n->type == ENTRY_DIRECTORY)
        return xasprintf("d %04o %u %u", n->mode, n->uid, n->gid);
    if (n->content.from == FROM_COPY)
        return xasprintf("f %04o %u %u =%s", n->mode, n->uid, n->gid, n->content.bytes);
    (void)tree_text(n, &text);
    return xasprintf("f %04o %u %u %.*s", n->mode, n->uid, n->gid, (int)text.n, text.p);
}

#define assert_path(f, path, want)                    \
    do {                                              \
        CLEANUP(free_ptr) char *got = shown(f, path); \
        assert_string_equal(got, want);               \
    } while (0)

#define assert_note(f, text)                                                   \
    do {                                                                       \
        CLEANUP(free_ptr) char *notes = strv_join(&(f)->assembly.notes, "\n"); \
        if (!strstr(notes, text))                                              \
            fail_msg("the notes don't say \"%s\": %s", text, notes);           \
    } while (0)

static void test_directories(void **state)
{
    struct fixture *f = *state;
    assert_ok(run(f, "mkdir -p /var/lib/x/deep/er\n"
                     "mkdir -Zm 2775 /var/lib/x/m\n"
                     "mkdir /etc\n"
                     "mkdir -p -m u=rwx,go= /var/lib/y/z\n"
                     "install -d -m 750 -o man -g adm /var/lib/i/j\n"
                     "install -d /var/lib/x/m\n"
                     "install --directory --mode=0711 /var/lib/x\n"
                     "mkdir /var/no/parent\n"),
              &f->err);
    assert_path(f, "var/lib/x/deep", "d 0755 0 0");
    assert_path(f, "var/lib/x/deep/er", "d 0755 0 0");
    assert_path(f, "var/lib/x/m", "d 0755 0 0");
    assert_path(f, "var/lib/x", "d 0711 0 0");
    assert_path(f, "var/lib/y", "d 0755 0 0");
    assert_path(f, "var/lib/y/z", "d 0700 0 0");
    assert_path(f, "var/lib/i", "d 0755 0 0");
    assert_path(f, "var/lib/i/j", "d 0750 6 4");
    assert_path(f, "var/no/parent", "");
    assert_note(f,
                "package x: postinst:8: /var/no/parent isn't made: there is no directory /var/no");
    assert_true(tree_find(f->tree, "var/lib/y/z")->own_layer);
    assert_false(tree_find(f->tree, "etc")->own_layer);
}

/* Nobody is told what he left out himself, and everybody what he didn't. */
static void test_what_the_recipe_leaves_out_is_passed_over(void **state)
{
    struct fixture *f = *state;
    struct recipe_item items[] = {{.text = (char[]){"var/log/**"}}, {.text = (char[]){"etc/gone"}}};

    f->recipe.exclude = (struct recipe_list){.v = items, .n = ARRAY_SIZE(items)};
    assert_ok(run(f, "chown man /var/log/x/\n"
                     "touch /var/log/x/a\n"
                     "chmod 600 /var/log/x/a /etc/missing\n"
                     "cp -p /etc/gone /etc/copy\n"
                     "cp /etc/absent /etc/written\n"),
              &f->err);
    f->recipe.exclude = (struct recipe_list){0};
    assert_path(f, "var/log/x/a", "");
    assert_path(f, "etc/copy", "");
    assert_int_equal(f->assembly.notes.n, 2);
    assert_note(f, "there is no /etc/missing whose mode or owner could be changed");
    assert_note(f, "/etc/written isn't made: there is no file /etc/absent");
}

static void test_links_on_the_way_are_followed(void **state)
{
    struct fixture *f = *state;
    assert_ok(run(f, "touch /etc/link/new\n"
                     "chmod 600 /etc/link/x.conf\n"
                     "ln -s x.conf /etc/link\n"
                     "ln -s tool /etc/link/t\n"
                     "ln -sfn elsewhere /etc/link\n"),
              &f->err);
    assert_path(f, "usr/share/x/new", "f 0644 0 0 ");
    assert_path(f, "usr/share/x/x.conf", "f 0600 0 0 conf\n");
    assert_path(f, "usr/share/x/t", "l tool");
    assert_path(f, "etc/link", "l elsewhere");
}

static void test_what_is_there_stays(void **state)
{
    struct fixture *f = *state;
    assert_ok(run(f, "cp /usr/share/x/x.conf /etc/other.conf\n"
                     "ln -sf /usr/share/x/x.conf /etc/other.conf\n"
                     "echo new > /etc/other.conf\n"
                     "echo more >> /etc/other.conf\n"
                     "rm -f /etc/other.conf\n"
                     "mv /etc/other.conf /etc/o\n"
                     "install -m 600 /dev/null /etc/other.conf\n"
                     "echo one > /etc/own\n"
                     "echo two > /etc/own\n"
                     "printf '%s-%s\\n' three four >> /etc/own\n"
                     "chmod 640 /etc/own\n"
                     "chown man:adm /etc/own\n"
                     "echo five >> /etc/own\n"
                     "mv /etc/own /etc/moved\n"
                     "touch /etc/gone /etc/gone2\n"
                     "rm /etc/gone /etc/gone2\n"
                     "rm -f /etc/never\n"),
              &f->err);
    assert_path(f, "etc/other.conf", "f 0644 0 0 other\n");
    assert_path(f, "etc/own", "");
    assert_path(f, "etc/moved", "f 0640 6 4 two\nthree-four\nfive\n");
    assert_path(f, "etc/gone", "");
    assert_path(f, "etc/gone2", "");
    assert_path(f, "etc/o", "");
    assert_note(f, "postinst:5: /etc/other.conf stays: the package has it");
}

static void test_copies(void **state)
{
    struct fixture *f = *state;
    fake_dir(f->package, "usr/share/x/tree", 02755);
    fake_file(f->package, "usr/share/x/tree/a", "a\n")->uid = 6;
    fake_link(f->package, "usr/share/x/tree/b", "a");
    assert_ok(run(f, "cp /usr/share/x/x.conf /etc/x.conf\n"
                     "cp -p /usr/share/x/tool /etc\n"
                     "cp -a /usr/share/x/tree /var/lib/copy\n"
                     "cp -r /usr/share/x/tree /var/lib\n"
                     "cp /usr/share/x/absent /etc/absent\n"
                     "ucf --three-way --debconf-ok /usr/share/x/x.conf /etc/ucf.conf\n"
                     "ucf /usr/share/x/x.conf /etc/other.conf\n"
                     "ucfr x /etc/ucf.conf\n"
                     "cat /usr/share/x/x.conf > /etc/cat.conf\n"
                     "cp /etc/x.conf /etc/again.conf\n"
                     "install -o man -m 600 /usr/share/x/x.conf /etc/i.conf\n"
                     "install -D /usr/share/x/x.conf /etc/deep/er/i.conf\n"
                     "install -t /var/lib /usr/share/x/x.conf\n"),
              &f->err);
    assert_path(f, "etc/x.conf", "f 0644 0 0 =usr/share/x/x.conf");
    assert_path(f, "etc/again.conf", "f 0644 0 0 =usr/share/x/x.conf");
    assert_path(f, "etc/tool", "f 0755 0 0 =usr/share/x/tool"); /* the policy's */
    assert_note(f, "/etc/tool has mode 0755 instead of 4755: rule FS-SUID");
    assert_path(f, "var/lib/copy", "d 2755 0 0");
    assert_path(f, "var/lib/copy/a", "f 0644 6 0 =usr/share/x/tree/a");
    assert_path(f, "var/lib/copy/b", "l a");
    assert_path(f, "var/lib/tree", "d 0755 0 0");
    assert_path(f, "var/lib/tree/a", "f 0644 0 0 =usr/share/x/tree/a");
    assert_path(f, "etc/absent", "");
    assert_note(f, "/etc/absent isn't made: there is no file /usr/share/x/absent");
    assert_path(f, "etc/ucf.conf", "f 0644 0 0 =usr/share/x/x.conf");
    assert_path(f, "etc/other.conf", "f 0644 0 0 other\n");
    assert_path(f, "etc/cat.conf", "f 0644 0 0 =usr/share/x/x.conf");
    assert_path(f, "etc/i.conf", "f 0600 6 0 =usr/share/x/x.conf");
    assert_path(f, "etc/deep/er/i.conf", "f 0755 0 0 =usr/share/x/x.conf");
    assert_path(f, "var/lib/x.conf", "f 0755 0 0 =usr/share/x/x.conf");
    const struct node *n = tree_find(f->tree, "etc/x.conf");
    assert_true(sha256_eq(&n->sha256, &tree_find(f->tree, "usr/share/x/x.conf")->sha256));
    assert_int_equal(n->size, 5);
}

static void test_texts(void **state)
{
    struct fixture *f = *state;
    assert_ok(run(f, "echo -n 'a\\tb' c > /etc/1\n"
                     "echo '-e x' > /etc/2\n"
                     "printf 'a\\n%%%s\\n' b c > /etc/3\n"
                     "cat > /etc/4 << line one\n"
                     ": > /etc/5\n"
                     "echo x > /dev/null\n"),
              &f->err);
    assert_path(f, "etc/1", "f 0644 0 0 a\tb c");
    assert_path(f, "etc/2", "f 0644 0 0 -e x\n");
    assert_path(f, "etc/3", "f 0644 0 0 a\n%b\na\n%c\n");
    assert_path(f, "etc/4", "f 0644 0 0 line one\n");
    assert_path(f, "etc/5", "f 0644 0 0 ");
    assert_null(tree_find(f->tree, "dev"));
    assert_int_equal(f->assembly.notes.n, 0);
}

static void test_owners_and_modes(void **state)
{
    struct fixture *f = *state;
    fake_dir(f->package, "srv/d", 0755);
    fake_file(f->package, "srv/d/f", "f")->mode = 0755;
    fake_file(f->package, "srv/d/g", "g")->mode = 06755;
    fake_dir(f->package, "srv/h", 0755);
    fake_file(f->package, "srv/h/f", "f")->mode = 0644;
    assert_ok(run(f, "adduser --system --group svc\n"
                     "addgroup --system team\n"
                     "chown -R svc:team /srv/d\n"
                     "chmod -R u=rwX,g-w,o= /srv/d\n"
                     "chown svc: /srv/h\n"
                     "chgrp adm /srv/h/f\n"
                     "chmod g+w,o-r /srv/h/f\n"
                     "chmod 2750 /srv/h\n"
                     "chmod 0750 /srv/h\n"
                     "chown 12:13 /usr/share/x/x.conf\n"
                     "chown root.shadow /usr/share/x/tool\n"
                     "dpkg-statoverride --update --add root team 4754 /srv/d/f\n"
                     "chmod 600 /srv/none\n"),
              &f->err);
    const struct account_group *team = accounts_group(&f->assembly.known, "team");
    const struct user *svc = accounts_user(&f->assembly.known, "svc");
    assert_non_null(team);
    assert_non_null(svc);
    const struct node *d = tree_find(f->tree, "srv/d"), *g = tree_find(f->tree, "srv/d/g");
    assert_int_equal(d->mode, 0750);
    assert_int_equal(d->uid, svc->uid);
    assert_int_equal(d->gid, team->gid);
    assert_int_equal(g->mode, 0750); /* chown takes the bits away */
    assert_int_equal(tree_find(f->tree, "srv/h")->mode, 02750);
    assert_int_equal(tree_find(f->tree, "srv/h")->gid, svc->gid);
    assert_path(f, "srv/h/f", "f 0660 0 4 f");
    assert_path(f, "usr/share/x/x.conf", "f 0644 12 13 conf\n");
    assert_path(f, "usr/share/x/tool", "f 0755 0 42 tool\n");
    const struct node *so = tree_find(f->tree, "srv/d/f");
    assert_int_equal(so->mode, 0754);
    assert_int_equal(so->uid, 0);
    assert_int_equal(so->gid, team->gid);
    assert_note(f, "postinst:12: /srv/d/f has mode 0754 instead of 4754: rule FS-SUID");
    assert_note(f, "postinst:13: there is no /srv/none");
}

static void test_an_allowance_lets_the_bit_through(void **state)
{
    struct fixture *f = *state;
    struct recipe_allow allow = {.rule = (char[]){"FS-SUID"},
                                 .path = (char[]){"usr/share/x/x.conf"}};
    f->recipe.allows = &allow;
    f->recipe.n_allows = 1;
    assert_ok(run(f, "dpkg-statoverride --update --add root adm 4755 /usr/share/x/x.conf\n"),
              &f->err);
    assert_path(f, "usr/share/x/x.conf", "f 4755 0 4 conf\n");
    assert_int_equal(f->assembly.notes.n, 0);
}

static void test_what_the_recipe_leaves_out_is_not_made(void **state)
{
    struct fixture *f = *state;
    struct recipe_item item = {.text = (char[]){"etc/x.*"}};
    f->recipe.exclude = (struct recipe_list){.v = &item, .n = 1};
    assert_ok(run(f, "cp /usr/share/x/x.conf /etc/x.conf\n"
                     "cp /usr/share/x/x.conf /etc/y.conf\n"),
              &f->err);
    assert_path(f, "etc/x.conf", "");
    assert_path(f, "etc/y.conf", "f 0644 0 0 =usr/share/x/x.conf");
    assert_int_equal(f->assembly.notes.n, 0);
}

static void test_what_the_tool_fails_at_ends_the_build(void **state)
{
    struct fixture *f = *state;
    assert_fails(run(f, "mkdir /etc/other.conf\n"), &f->err,
                 "package x: postinst:1: /etc/other.conf is there already and is no directory");
}

static void test_a_third_party_keeps_to_its_own(void **state)
{
    struct fixture *f = *state;
    struct lock_package packages[] = {
        {.name = (char[]){"other"}, .origin = (char[]){"debian"}},
        {.name = (char[]){"x"}, .origin = (char[]){"vendor"}},
    };
    struct lock_arch lock = {.packages = packages, .n_packages = 2};
    f->assembly.lock = &lock;
    assert_ok(run(f, "chmod 600 /etc/other.conf\n"
                     "ln -sfn /elsewhere /etc/link\n"
                     "dpkg-statoverride --update --add man root 600 /etc/other.conf\n"
                     "chmod 600 /usr/share/x/x.conf\n"
                     "echo own > /etc/own\n"
                     "chmod 600 /etc/own\n"),
              &f->err);
    assert_path(f, "etc/other.conf", "f 0644 0 0 other\n");
    assert_path(f, "etc/link", "l ../usr/share/x");
    assert_path(f, "usr/share/x/x.conf", "f 0600 0 0 conf\n");
    assert_path(f, "etc/own", "f 0600 0 0 own\n");
    assert_note(f, "package x: postinst:1: /etc/other.conf stays as it is: package other has it");
    assert_int_equal(f->assembly.notes.n, 3);
    assert_true(tree_find(f->tree, "etc/own")->maker == f->package);
}

static void test_an_account_that_nobody_has(void **state)
{
    struct fixture *f = *state;
    assert_fails(run(f, "chown nobody:nogroup /etc\nchown ghost /etc\n"), &f->err,
                 "package x: postinst:2: there is no account \"ghost\"");
}

static void test_a_directory_cannot_be_copied_into_itself(void **state)
{
    struct fixture *f = *state;
    assert_fails(run(f, "cp -r /usr/share/x /usr/share/x/y\n"), &f->err, "into itself");
}

static bool takes(const char *line)
{
    CLEANUP(calls_release) struct script_calls calls = {0};
    struct package p = {.name = (char[]){"x"}};
    calls_of(&calls, &p, line);
    const struct script_call *c = calls.v;
    const char *program = c->words.v[0];
    static const struct {
        const char *program;
        bool (*takes)(const struct script_call *);
    } all[] = {
        {"mkdir", mkdir_takes}, {"install", install_takes},
        {"touch", touch_takes}, {"ln", ln_takes},
        {"cp", cp_takes},       {"mv", mv_takes},
        {"rm", rm_takes},       {"ucf", ucf_takes},
        {"echo", write_takes},  {"printf", write_takes},
        {"cat", write_takes},   {"chmod", chmod_takes},
        {"chown", chown_takes}, {"dpkg-statoverride", statoverride_takes},
    };
    for (size_t i = 0; i < ARRAY_SIZE(all); i++)
        if (strcmp(program, all[i].program) == 0)
            return all[i].takes(c);
    fail_msg("%s: no such program", program);
    return false;
}

static void test_what_is_not_understood_is_not_taken(void **state)
{
    static const char *const no[] = {
        "mkdir",
        "mkdir relative",
        "mkdir /a/../b",
        "mkdir --context=x /a",
        "mkdir -m 99 /a",
        "mkdir -p /a > /b",
        "install /only",
        "install -s /a /b",
        "touch --help",
        "ln /a /b",
        "ln -s /a",
        "ln -s -r /a /b",
        "cp /a",
        "cp -l /a /b",
        "cp --reflink /a /b",
        "mv /a",
        "rm --one-file-system /a",
        "ucf /a",
        "echo x",
        "echo x > relative",
        "printf %d 1 > /a",
        "printf -v x > /a",
        "cat /a /b > /c",
        "cat > /a",
        "chmod 644",
        "chmod --reference=/a /b",
        "chmod u+z /a",
        "chown root",
        "chown --from=x root /a",
        "dpkg-statoverride --add root root u+s /a",
        "dpkg-statoverride --add root root 4755",
        "dpkg-statoverride root root 755 /a",
    };
    static const char *const yes[] = {
        "mkdir -pm755 /a",
        "rm -rf -- /a",
        "cp -pfu /a /b",
        "install -m644 /a /b /c",
        "ln -snf /a /b",
        "chmod a+rX,u=rw /a /b",
        "dpkg-statoverride --quiet --list /a",
        "chown --recursive root:root /a",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(no); i++)
        if (takes(no[i]))
            fail_msg("%s: should not be taken", no[i]);
    for (size_t i = 0; i < ARRAY_SIZE(yes); i++)
        if (!takes(yes[i]))
            fail_msg("%s: should be taken", yes[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_directories, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_the_recipe_leaves_out_is_passed_over, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_links_on_the_way_are_followed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_there_stays, setup, teardown),
        cmocka_unit_test_setup_teardown(test_copies, setup, teardown),
        cmocka_unit_test_setup_teardown(test_texts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_owners_and_modes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_an_allowance_lets_the_bit_through, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_the_recipe_leaves_out_is_not_made, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_what_the_tool_fails_at_ends_the_build, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_third_party_keeps_to_its_own, setup, teardown),
        cmocka_unit_test_setup_teardown(test_an_account_that_nobody_has, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_directory_cannot_be_copied_into_itself, setup,
                                        teardown),
        cmocka_unit_test(test_what_is_not_understood_is_not_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
