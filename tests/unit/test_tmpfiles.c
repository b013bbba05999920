/* SPDX-License-Identifier: Apache-2.0 */
#include "callmaker.h"
#include "effects/tmpfiles.h"
#include "fake.h"
#include "unit.h"

struct fixture {
    struct recipe recipe;
    struct session session;
    struct context ctx;
    struct assembly assembly;
    struct package *package;
    struct tree *tree;
    struct err err;
};

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof(*f));
    f->ctx = (struct context){.session = &f->session};
    f->recipe.user_name = xstrdup("mortaluser");
    f->recipe.user_home = xstrdup("/home/mortaluser");
    f->assembly = (struct assembly){.recipe = &f->recipe, .ctx = &f->ctx};
    f->package = fake_package("x", "1");
    f->tree = tree_new();
    assert_ok(assemble_accounts(&f->assembly, f->tree, &f->err), &f->err);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    strv_release(&f->assembly.notes);
    assembly_release(&f->assembly);
    tree_free(f->tree);
    package_free(f->package);
    free(f->recipe.user_name);
    free(f->recipe.user_home);
    err_release(&f->err);
    free(f);
    return 0;
}

static int call(struct fixture *f, const char *line)
{
    CLEANUP(calls_release) struct script_calls calls = {0};
    CLEANUP(effect_release) struct effect m;
    calls_of(&calls, f->package, line);
    assert_true(tmpfiles_takes(calls.v));
    effect_start(&m, &f->assembly, f->tree, f->package, call_place(calls.v));
    return tmpfiles_apply(&m, calls.v, &f->err);
}

static void run(struct fixture *f, const char *text)
{
    fake_file(f->package, "usr/lib/tmpfiles.d/x.conf", text);
    assert_ok(tree_add_package(f->tree, f->package, &f->err), &f->err);
    assert_ok(call(f, "systemd-tmpfiles --create x.conf"), &f->err);
}

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

/* The lines that were tried with systemd-tmpfiles, and what it made of them. */
static void test_as_the_tool_does(void **state)
{
    struct fixture *f = *state;
    fake_dir(f->package, "a", 0755);
    fake_file(f->package, "a/file", "x");
    fake_file(f->package, "usr/share/factory/a/c2", "factory");
    fake_link(f->package, "a/keep", "kept");
    run(f, "# a comment\n"
           "\n"
           "d /a/d3/e 02750 man man\n"
           "d /a/d1 - - -\n"
           "f /a/f1 0600 - - - hello\\nthere %% \"q q\"\n"
           "f /a/f2\n"
           "L /a/l1 - - - - ../target\n"
           "L /a/l2\n"
           "L /a/keep - - - - other\n"
           "L? /a/l4 - - - - /nowhere\n"
           "L? /a/l5 - - - - /a/file\n"
           "d /a/d1 0711\n"
           "z /a/f* 0640 root man\n"
           "d \"/a/with space\" 0755\n"
           "Z /a ~0750\n"
           "d /a/colon :0700 :root :root\n"
           "d /a/old :0700 :man :man\n"
           "q /a/q1\n"
           "C /a/c1 - - - - /a/file\n"
           "C /a/c2\n"
           "C /a/c3 - - - - /nowhere\n"
           "d /a/trail/ 0755\n"
           "d /a//dbl 0755\n"
           "w /a/f2 - - - - written\n"
           "w+ /a/f2 - - - - more\n"
           "e /a/d1 0701\n"
           "D /run/x 0755 man root -\n"
           "d %S/x 0750 12 13 10d\n"
           "r /a/file\n"
           "R! /a\n"
           "d! /a/boot\n"
           "f^ /a/credential - - - - x\n"
           "d /a/%m\n"
           "d /a/%b/x 0755 ghost\n"
           "x /tmp/x\n"
           "a+ /a - - - - d:group:adm:r-x\n");
    assert_path(f, "a", "d 0750 0 0");
    assert_path(f, "a/d1", "d 0701 0 0");
    assert_path(f, "a/d3", "d 0750 0 0");
    assert_path(f, "a/d3/e", "d 0750 6 12");
    assert_path(f, "a/f1", "f 0640 0 12 hello\nthere % \"q q\"");
    assert_path(f, "a/f2", "f 0640 0 12 writtenmore");
    assert_path(f, "a/file", "f 0640 0 12 x");
    assert_path(f, "a/l1", "l ../target");
    assert_path(f, "a/l2", "l /usr/share/factory/a/l2");
    assert_path(f, "a/keep", "l kept");
    assert_path(f, "a/l4", "");
    assert_path(f, "a/l5", "l /a/file");
    assert_path(f, "a/with space", "d 0750 0 0");
    assert_path(f, "a/colon", "d 0750 0 0");
    assert_path(f, "a/q1", "d 0750 0 0");
    assert_path(f, "a/c1", "f 0640 0 0 =a/file");
    assert_path(f, "a/c2", "f 0640 0 0 =usr/share/factory/a/c2");
    assert_path(f, "a/c3", "");
    assert_path(f, "a/trail", "d 0750 0 0");
    assert_path(f, "a/dbl", "d 0750 0 0");
    assert_path(f, "run/x", "d 0755 6 0");
    assert_path(f, "var/lib/x", "d 0750 12 13");
    assert_path(f, "a/boot", "");
    assert_path(f, "a/credential", "");
    assert_int_equal(f->assembly.notes.n, 0);
}

static void test_what_is_there_is_adjusted(void **state)
{
    struct fixture *f = *state;
    fake_dir(f->package, "srv/d", 0700)->uid = 6;
    fake_file(f->package, "srv/f", "f");
    fake_link(f->package, "srv/l", "d");
    run(f, "d /srv/d - - man\n"
           "d /srv/l 0711\n"
           "d /srv/f\n"
           "f /srv/f/below\n"
           "f+ /srv/f 0600 - - - new\n");
    assert_path(f, "srv/d", "d 0711 6 12");
    assert_path(f, "srv/f", "f 0644 0 0 f");
    CLEANUP(free_ptr) char *notes = strv_join(&f->assembly.notes, "\n");
    assert_string_equal(
        notes,
        "package x: /usr/lib/tmpfiles.d/x.conf:3: /srv/f is there already and is no directory\n"
        "package x: /usr/lib/tmpfiles.d/x.conf:4: /srv/f/below isn't made: /srv/f is no "
        "directory");
}

static void test_what_cannot_be_followed_is_noted(void **state)
{
    static const struct {
        const char *line, *why;
    } bad[] = {
        {"d /x/../y", "the path is not a plain one"},
        {"d relative", "the path is not absolute"},
        {"d", "has no path"},
        {"d /a/%n", "has a specifier that an image doesn't know"},
        {"d /a/%", "has a specifier that an image doesn't know"},
        {"f /a - - - - %Z", "has a specifier that an image doesn't know"},
        {"d /a/%%/%y", "has a specifier that an image doesn't know"},
        {"d /a 99", "the mode is not an octal number up to 7777"},
        {"d /a 17777", "the mode is not an octal number up to 7777"},
        {"d /a1 - ghost", "there is no account \"ghost\""},
        {"d /a2 - - ghost", "there is no group \"ghost\""},
        {"y /a", "an unknown type"},
        {"dd /a", "an unknown modifier of the type"},
        {"p /a", "no image holds devices and named pipes"},
        {"f~ /a - - - - aGVsbG8=", "text in base64 isn't read"},
        {"d \"/a", "not a line of tmpfiles.d(5)"},
    };
    struct fixture *f = *state;
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        buf_addf(&text, "%s\n", bad[i].line);
    run(f, buf_str(&text));
    CLEANUP(free_ptr) char *notes = strv_join(&f->assembly.notes, "\n");
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        CLEANUP(free_ptr)
        char *want = xasprintf("package x: /usr/lib/tmpfiles.d/x.conf:%zu: %s: skipped", i + 1,
                               bad[i].why);
        if (!strstr(notes, want))
            fail_msg("no \"%s\" in: %s", want, notes);
    }
    assert_int_equal(f->assembly.notes.n, ARRAY_SIZE(bad));
    assert_path(f, "a", "");
    assert_path(f, "y", "");
}

static void test_etc_counts_before_usr(void **state)
{
    struct fixture *f = *state;
    fake_file(f->package, "etc/tmpfiles.d/x.conf", "d /srv/etc\n");
    fake_link(f->package, "etc/tmpfiles.d/masked.conf", "/dev/null");
    fake_file(f->package, "usr/lib/tmpfiles.d/masked.conf", "d /srv/masked\n");
    fake_file(f->package, "usr/lib/tmpfiles.d/unnamed.conf", "d /srv/unnamed\n");
    run(f, "d /srv/usr\n");
    assert_ok(call(f, "systemd-tmpfiles --create masked.conf /usr/lib/tmpfiles.d/absent.conf"),
              &f->err);
    assert_path(f, "srv/etc", "d 0755 0 0");
    assert_path(f, "srv/usr", "");
    assert_path(f, "srv/masked", "");
    assert_path(f, "srv/unnamed", "");
}

static void test_many_lines(void **state)
{
    struct fixture *f = *state;
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    for (unsigned i = 0; i < 10000; i++)
        buf_addf(&text, "d /srv/%u/%u 0755 ghost\nd /srv/%u/x\n", i % 100, i, i);
    run(f, buf_str(&text));
    assert_path(f, "srv/9999/x", "d 0755 0 0");
    assert_true(f->assembly.notes.n <= 100);
}

static void test_what_is_not_taken(void **state)
{
    static const char *const no[] = {
        "systemd-tmpfiles --create",
        "systemd-tmpfiles x.conf",
        "systemd-tmpfiles --create --boot x.conf",
        "systemd-tmpfiles --remove x.conf",
        "systemd-tmpfiles --create dir/x.conf",
        "systemd-tmpfiles --create --root=/x x.conf",
        "systemd-tmpfiles --create /a/../x.conf",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(no); i++) {
        CLEANUP(calls_release) struct script_calls calls = {0};
        struct package p = {.name = (char[]){"x"}};
        calls_of(&calls, &p, no[i]);
        if (tmpfiles_takes(calls.v))
            fail_msg("%s: should not be taken", no[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_as_the_tool_does, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_there_is_adjusted, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_cannot_be_followed_is_noted, setup, teardown),
        cmocka_unit_test_setup_teardown(test_etc_counts_before_usr, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many_lines, setup, teardown),
        cmocka_unit_test(test_what_is_not_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
