/* SPDX-License-Identifier: Apache-2.0 */
/* The links that calls of update-alternatives make; tests/cli/alternatives.sh holds them against
 * the tool itself. */
#include "base/path.h"
#include "effects/alternatives.h"
#include "fake.h"
#include "unit.h"
#include <fnmatch.h>

struct fixture {
    struct recipe recipe;
    struct session session;
    struct context ctx;
    struct assembly assembly;
    struct lock_arch lock;
    struct package *packages[2]; /* "x", Debian's, and "y" */
    struct script_calls calls;
    struct tree *tree;
    struct err err;
};

static struct edit decide(const struct recipe *r, const struct lock_arch *lock, const char *package,
                          const struct entry *e)
{
    (void)lock;
    struct edit ret = {.action = EDIT_KEEP};
    assert_true(strcmp(package, "x") == 0 || strcmp(package, "y") == 0);
    for (size_t i = 0; i < r->exclude.n; i++)
        if (glob_match(r->exclude.v[i].text, e->path))
            ret.action = EDIT_DROP;
    return ret;
}

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof(*f));
    f->ctx.session = &f->session;
    f->assembly = (struct assembly){
        .ctx = &f->ctx, .recipe = &f->recipe, .calls = &f->calls, .decide = decide};
    f->packages[0] = fake_package("x", "1");
    f->packages[1] = fake_package("y", "1");
    f->tree = tree_new();
    tree_set_epoch(f->tree, 1000000);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    strv_release(&f->assembly.notes);
    calls_release(&f->calls);
    tree_free(f->tree);
    package_free(f->packages[0]);
    package_free(f->packages[1]);
    err_release(&f->err);
    free(f);
    return 0;
}

/* Lines: "file PATH", "link PATH TARGET" (of x), "own PATH" (of the recipe), "exclude GLOB",
 * "choose NAME PATH" (the recipe's), "install …" (--install and more), "call …", and the same of
 * package y: "y install …". */
static void one_line(struct fixture *f, unsigned number, char *line)
{
    CLEANUP(strv_release) struct strv w = STRV_INIT;
    strv_split(&w, slice_of(line), " ");
    char **v = w.v;
    struct package *p = f->packages[0];
    if (strcmp(v[0], "y") == 0) {
        p = f->packages[1];
        v++;
    }
    size_t n = w.n - (size_t)(v - w.v);
    if (strcmp(v[0], "file") == 0) {
        fake_file(p, v[1] + 1, "x");
    } else if (strcmp(v[0], "dir") == 0) {
        fake_dir(p, v[1] + 1, 0755);
    } else if (strcmp(v[0], "link") == 0) {
        fake_link(p, v[1] + 1, v[2]);
    } else if (strcmp(v[0], "exclude") == 0) {
        recipe_list_add(&f->recipe.exclude, xstrdup(v[1]), (struct origin){"r.conf", 1});
    } else if (strcmp(v[0], "choose") == 0) {
        f->recipe.alternatives = xcalloc(1, sizeof(*f->recipe.alternatives));
        f->recipe.n_alternatives = 1;
        f->recipe.alternatives[0] = (struct recipe_alternative){
            .name = xstrdup(v[1]), .path = xstrdup(v[2]), .at = {"r.conf", 7}};
    } else if (strcmp(v[0], "own") != 0) {
        struct script_call *c = calls_add(&f->calls, p, "postinst", number);
        strv_add(&c->words, "update-alternatives");
        if (strcmp(v[0], "install") == 0)
            strv_add(&c->words, "--install");
        for (size_t i = 1; i < n; i++)
            strv_add(&c->words, v[i]);
        assert_true(alternatives_takes(c));
    }
}

static void each_line(struct fixture *f, const char *text, bool own)
{
    CLEANUP(strv_release) struct strv lines = STRV_INIT;
    strv_split(&lines, slice_of(text), "\n");
    for (size_t i = 0; i < lines.n; i++) {
        if (!own)
            one_line(f, (unsigned)i + 1, lines.v[i]);
        else if (starts_with(lines.v[i], "own "))
            assert_ok(tree_put_text(f->tree, lines.v[i] + 5, 0644, "", 0, "r.conf:2", &f->err),
                      &f->err);
    }
}

static int run(struct fixture *f, const char *text)
{
    each_line(f, text, false);
    assert_ok(tree_add_package(f->tree, f->packages[0], &f->err), &f->err);
    assert_ok(tree_add_package(f->tree, f->packages[1], &f->err), &f->err);
    assert_ok(assemble_links(&f->assembly, f->tree, &f->err), &f->err);
    each_line(f, text, true);
    int r = assemble_alternatives(&f->assembly, f->tree, &f->err);
    recipe_list_release(&f->recipe.exclude);
    if (f->recipe.n_alternatives) {
        free(f->recipe.alternatives[0].name);
        free(f->recipe.alternatives[0].path);
        free(f->recipe.alternatives);
    }
    return r;
}

/* "PATH -> TARGET\n" for each link that an alternative made. */
static char *made(struct fixture *f)
{
    struct buf out = BUF_INIT(0);
    size_t n;
    struct node *const *nodes = tree_nodes(f->tree, &n);
    for (size_t i = 0; i < n; i++) {
        if (nodes[i]->type != ENTRY_SYMLINK ||
            !starts_with(nodes[i]->origin, "alternatives of package "))
            continue;
        assert_true(nodes[i]->own_layer);
        assert_non_null(nodes[i]->maker);
        buf_addf(&out, "/%s -> %s\n", nodes[i]->path, nodes[i]->target);
    }
    return buf_detach(&out);
}

#define AWK "/etc/alternatives/awk -> /usr/bin/mawk\n/usr/bin/awk -> /etc/alternatives/awk\n"

static const struct {
    const char *what, *lines, *links;
} cases[] = {
    {"one", "file /usr/bin/mawk\ninstall /usr/bin/awk awk /usr/bin/mawk 5", AWK},
    {"the higher priority, in either order",
     "file /usr/bin/mawk\nfile /usr/bin/gawk\ninstall /usr/bin/awk awk /usr/bin/mawk 10\n"
     "install /usr/bin/awk awk /usr/bin/gawk 5",
     AWK},
    {"and the later one",
     "file /usr/bin/mawk\nfile /usr/bin/gawk\ninstall /usr/bin/awk awk /usr/bin/gawk -100\n"
     "install /usr/bin/awk awk /usr/bin/mawk +0",
     AWK},
    {"of equal ones the first",
     "file /usr/bin/mawk\nfile /usr/bin/gawk\ninstall /usr/bin/awk awk /usr/bin/mawk 5\n"
     "install /usr/bin/awk awk /usr/bin/gawk 5",
     AWK},
    {"a target that isn't there",
     "file /usr/bin/mawk\ninstall /usr/bin/awk awk /usr/bin/gawk 10\n"
     "install /usr/bin/awk awk /usr/bin/mawk 5",
     AWK},
    {"no target at all", "install /usr/bin/awk awk /usr/bin/gawk 10", ""},
    {"slaves whose file is there",
     "file /usr/bin/mawk\ninstall /usr/bin/awk awk /usr/bin/mawk 5 --slave /usr/bin/nawk nawk "
     "/usr/bin/mawk --slave /usr/share/man/man1/awk.1.gz awk.1.gz /usr/share/man/man1/mawk.1.gz",
     "/etc/alternatives/awk -> /usr/bin/mawk\n/etc/alternatives/nawk -> /usr/bin/mawk\n"
     "/usr/bin/awk -> /etc/alternatives/awk\n/usr/bin/nawk -> /etc/alternatives/nawk\n"},
    {"slaves of the one that is chosen only",
     "file /usr/bin/mawk\nfile /usr/bin/gawk\n"
     "install /usr/bin/awk awk /usr/bin/gawk 5 --slave /usr/bin/nawk nawk /usr/bin/gawk\n"
     "install /usr/bin/awk awk /usr/bin/mawk 10",
     AWK},
    {"through the links of a merged /usr", "file /usr/bin/nc.x\ninstall /bin/nc nc /bin/nc.x 10",
     "/etc/alternatives/nc -> /bin/nc.x\n/usr/bin/nc -> /etc/alternatives/nc\n"},
    {"a file in the link's place stays",
     "file /usr/bin/mawk\nfile /usr/bin/awk\ninstall /usr/bin/awk awk /usr/bin/mawk 5",
     "/etc/alternatives/awk -> /usr/bin/mawk\n"},
    {"unless it is forced",
     "file /usr/bin/mawk\nfile /usr/bin/awk\ncall --force --install /usr/bin/awk awk "
     "/usr/bin/mawk 5",
     AWK},
    {"a package's link doesn't",
     "file /usr/bin/mawk\nlink /usr/bin/awk busybox\ninstall /usr/bin/awk awk /usr/bin/mawk 5",
     AWK},
    {"the recipe's own file stays, forced or not",
     "file /usr/bin/mawk\nown /usr/bin/awk\ncall --force --install /usr/bin/awk awk "
     "/usr/bin/mawk 5",
     "/etc/alternatives/awk -> /usr/bin/mawk\n"},
    {"removed again",
     "file /usr/bin/mawk\nfile /usr/bin/gawk\ninstall /usr/bin/awk awk /usr/bin/gawk 10\n"
     "install /usr/bin/awk awk /usr/bin/mawk 5\ncall --remove awk /usr/bin/gawk",
     AWK},
    {"all of it",
     "file /usr/bin/mawk\ninstall /usr/bin/awk awk /usr/bin/mawk 5\n"
     "call --quiet --remove awk /usr/bin/mawk\ncall --remove awk /usr/bin/mawk",
     ""},
    {"set by a script, and given back",
     "file /usr/bin/mawk\nfile /usr/bin/gawk\ninstall /usr/bin/awk awk /usr/bin/gawk 1\n"
     "install /usr/bin/awk awk /usr/bin/mawk 2\ncall --set awk /usr/bin/gawk\ncall --auto awk",
     AWK},
    {"chosen by the recipe",
     "file /usr/bin/mawk\nfile /usr/bin/gawk\ninstall /usr/bin/awk awk /usr/bin/gawk 10\n"
     "install /usr/bin/awk awk /usr/bin/mawk 5\nchoose awk /usr/bin/mawk",
     AWK},
    {"a link that is excluded",
     "file /usr/bin/mawk\nfile /usr/lib/awk.1\nexclude /usr/share/man/**\n"
     "install /usr/bin/awk awk /usr/bin/mawk 5 --slave /usr/share/man/man1/awk.1 awk.1 "
     "/usr/lib/awk.1",
     AWK},
    {"Debian's before a third party's",
     "file /usr/bin/mawk\ny file /opt/awk\ny install /usr/bin/awk awk /opt/awk 1000\n"
     "install /usr/bin/awk awk /usr/bin/mawk 5",
     AWK},
    {"unless the recipe says so",
     "file /usr/bin/mawk\ny file /opt/awk\ny install /usr/bin/awk awk /opt/awk 1000\n"
     "install /usr/bin/awk awk /usr/bin/mawk 5\nchoose awk /opt/awk",
     "/etc/alternatives/awk -> /opt/awk\n/usr/bin/awk -> /etc/alternatives/awk\n"},
    {"or nobody else has one", "y file /opt/awk\ny install /usr/bin/awk awk /opt/awk 1000",
     "/etc/alternatives/awk -> /opt/awk\n/usr/bin/awk -> /etc/alternatives/awk\n"},
    {"a target through other alternatives",
     "file /usr/bin/mawk\ninstall /usr/bin/awk awk /usr/bin/mawk 5\n"
     "install /usr/bin/oawk oawk /usr/bin/awk 5",
     "/etc/alternatives/awk -> /usr/bin/mawk\n/etc/alternatives/oawk -> /usr/bin/awk\n"
     "/usr/bin/awk -> /etc/alternatives/awk\n/usr/bin/oawk -> /etc/alternatives/oawk\n"},
};

static void test_links(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        void *own = NULL;
        setup(&own);
        struct fixture *f = own;
        struct lock_package locked[] = {{.name = (char[]){"x"}, .origin = (char[]){"debian"}},
                                        {.name = (char[]){"y"}, .origin = (char[]){"vendor"}}};
        f->lock = (struct lock_arch){.packages = locked, .n_packages = 2};
        f->assembly.lock = &f->lock;
        if (run(f, cases[i].lines) < 0)
            fail_msg("%s: %s", cases[i].what, f->err.message);
        CLEANUP(free_ptr) char *links = made(f);
        if (strcmp(links, cases[i].links) != 0)
            fail_msg("%s: \"%s\" instead of \"%s\"", cases[i].what, links, cases[i].links);
        teardown(&own);
    }
}

#define MAWK "file /usr/bin/mawk\n"
static const struct {
    const char *lines, *message, *hint;
} failures[] = {
    {MAWK "install usr/bin/awk awk /usr/bin/mawk 5",
     "package x: postinst:2: update-alternatives: link usr/bin/awk is not absolute", NULL},
    {MAWK "install /usr/bin/awk awk usr/bin/mawk 5", "*: path usr/bin/mawk is not absolute", NULL},
    {MAWK "install /usr/bin/../../etc/passwd awk /usr/bin/mawk 5", "*has \"..\" in it", NULL},
    {MAWK "install /usr/bin/awk awk /usr/bin/../mawk 5", "*has \"..\" in it", NULL},
    {MAWK "install /usr/bin/awk awk /usr/bin/mawk five", "*the priority \"five\" is not an integer",
     NULL},
    {MAWK "install /usr/bin/awk awk /usr/bin/mawk 2147483648", "*is not an integer", NULL},
    {MAWK "install /usr/bin/awk awk /usr/bin/mawk -2147483649", "*is not an integer", NULL},
    {MAWK "install /usr/bin/awk a/wk /usr/bin/mawk 5", "*\"a/wk\" is not a name*", NULL},
    {MAWK "install /usr/bin/awk .. /usr/bin/mawk 5", "*\"..\" is not a name*", NULL},
    {MAWK "install /usr/bin/mawk awk /usr/bin/mawk 5", "*/usr/bin/mawk is both link and path",
     NULL},
    {MAWK "install /usr/bin/awk awk /usr/bin/mawk", "*--install needs 4 arguments", NULL},
    {MAWK "install /usr/bin/awk awk /usr/bin/mawk 5 --slave /usr/bin/nawk nawk",
     "*--slave needs 3 arguments", NULL},
    {MAWK "install /usr/bin/awk awk /usr/bin/mawk 5 --slave /usr/bin/nawk awk /usr/bin/mawk",
     "*awk stands twice", NULL},
    {MAWK "install /usr/bin/awk awk /usr/bin/mawk 5 --slave /usr/bin/awk nawk /usr/bin/mawk",
     "*/usr/bin/awk stands twice", NULL},
    {MAWK "call --slave /a a /b --install /usr/bin/awk awk /usr/bin/mawk 5",
     "*--slave stands without --install before it", NULL},
    {MAWK "call --auto awk --remove awk /usr/bin/mawk", "*a second action: --remove", NULL},
    {MAWK "install /usr/bin/awk awk /usr/bin/mawk 5\ninstall /usr/bin/awk nawk /usr/bin/mawk 5",
     "package x: postinst:3: *link /usr/bin/awk belongs to alternative awk already", NULL},
    {MAWK "install /usr/bin/awk awk /usr/bin/mawk 5 --slave /usr/bin/nawk nawk /usr/bin/mawk\n"
          "install /usr/bin/nawk nawk /usr/bin/mawk 5",
     "*nawk is a slave of alternative awk already", NULL},
    {MAWK "install /usr/bin/mawk/awk awk /usr/bin/mawk 5",
     "alternatives of package x: /usr/bin/mawk is a file in the way*", NULL},
    {MAWK "install /usr/bin/awk awk /usr/bin/mawk 5\nchoose akw /usr/bin/mawk",
     "r.conf:7: alternative akw: no package of the image offers one", "did you mean \"awk\"?"},
    {"choose awk /usr/bin/mawk", "r.conf:7: alternative awk: no package of the image offers one",
     NULL},
    {MAWK "install /usr/bin/awk awk /usr/bin/mawk 5\nchoose awk /usr/bin/gawk",
     "r.conf:7: alternative awk: no package of the image offers /usr/bin/gawk",
     "there are: /usr/bin/mawk"},
};

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(failures); i++) {
        void *own = NULL;
        setup(&own);
        struct fixture *f = own;
        if (run(f, failures[i].lines) >= 0)
            fail_msg("%s: not refused", failures[i].lines);
        if (fnmatch(failures[i].message, f->err.message, 0) != 0)
            fail_msg("\"%s\" instead of \"%s\"", f->err.message, failures[i].message);
        const char *hint = f->err.hint ? f->err.hint : "";
        if (failures[i].hint && strcmp(hint, failures[i].hint) != 0)
            fail_msg("hint \"%s\" instead of \"%s\"", hint, failures[i].hint);
        teardown(&own);
    }
}

static void test_notes(void **state)
{
    struct fixture *f = *state;
    assert_ok(run(f, "file /usr/bin/mawk\nfile /usr/bin/gawk\nfile /usr/bin/nawk\n"
                     "install /usr/bin/awk awk /usr/bin/gawk 10\n"
                     "install /usr/bin/awk awk /usr/bin/mawk 5\n"
                     "install /usr/bin/awk awk /usr/bin/bawk 50\n"
                     "install /usr/bin/nawk nawk /usr/bin/gawk 5"),
              &f->err);
    assert_int_equal(f->assembly.notes.n, 3);
    assert_string_equal(f->assembly.notes.v[0],
                        "package x: alternative awk without /usr/bin/bawk, which isn't in the "
                        "image");
    assert_string_equal(f->assembly.notes.v[1],
                        "package x: /usr/bin/nawk of package x stays: no alternative takes its "
                        "place");
    assert_string_equal(f->assembly.notes.v[2],
                        "alternative awk: /usr/bin/gawk, not /usr/bin/mawk");
}

static void test_too_many(void **state)
{
    struct fixture *f = *state;
    for (unsigned i = 0; i < 2000; i++) {
        CLEANUP(free_ptr) char *file = xasprintf("usr/bin/f%u", i);
        fake_file(f->packages[0], file, "");
        struct script_call *c = calls_add(&f->calls, f->packages[0], "postinst", i + 1);
        strv_add(&c->words, "update-alternatives");
        strv_add(&c->words, "--install");
        strv_add(&c->words, "/usr/bin/awk");
        strv_add(&c->words, "awk");
        strv_addf(&c->words, "/%s", file);
        strv_addf(&c->words, "%u", i);
    }
    assert_fails(run(f, ""), &f->err, "package x: postinst:1001: update-alternatives: too many");
}

static void test_taken(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *words;
        bool taken;
    } calls[] = {
        {"update-alternatives --install /a b /c x", true},
        {"update-alternatives --quiet --remove-all awk", true},
        {"update-alternatives --query awk", false},
        {"update-alternatives --list awk", false},
        {"update-alternatives --altdir /x --install /a b /c 1", false},
        {"update-alternatives --root /x --install /a b /c 1", false},
        {"update-alternatives --install /a b /c 1 extra", false},
        {"update-alternatives --quiet", false},
        {"update-alternatives", false},
        {"dpkg-divert --install /a b /c 1", false},
    };
    for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
        struct script_call *c = calls_add(&f->calls, f->packages[0], "postinst", 1);
        strv_split(&c->words, slice_of(calls[i].words), " ");
        if (alternatives_takes(c) != calls[i].taken)
            fail_msg("%s", calls[i].words);
    }
    struct script_call *c = calls_add(&f->calls, f->packages[0], "postinst", 1);
    strv_split(&c->words, slice_of(calls[0].words), " ");
    c->to = xstrdup("/etc/x");
    assert_false(alternatives_takes(c));
}

#define JVM "usr/lib/jvm/java-21/"
static void test_java(void **state)
{
    struct fixture *f = *state;
    fake_file(f->packages[0], JVM "bin/java", "");
    fake_file(f->packages[0], JVM "lib/jexec", "");
    fake_file(f->packages[0], JVM "lib/jar.binfmt", "");
    fake_file(f->packages[0], JVM "man/man1/java.1.gz", "");
    fake_file(f->packages[0], "etc/shadow", "");
    fake_file(f->packages[0], "usr/lib/jvm/.java-21.jinfo",
              "name=java-21\nalias=x\npriority=2111\nsection=main\n\n"
              "hl java /" JVM "bin/java\nhl jexec /" JVM "lib/jexec\n"
              "jdkhl javac /" JVM "bin/javac\nhl cat /etc/shadow\n"
              "hl dog /usr/lib/jvm/../../../etc/shadow\nhl a/b /" JVM "bin/java\n"
              "plugin x /" JVM "bin/java\nhl java\n");
    fake_file(f->packages[0], "usr/lib/jvm/java-21/.other.jinfo",
              "priority=1\nhl other /" JVM "bin/java\n");
    assert_ok(run(f, ""), &f->err);
    CLEANUP(free_ptr) char *links = made(f);
    assert_string_equal(links, "/etc/alternatives/java -> /" JVM "bin/java\n"
                               "/etc/alternatives/java.1.gz -> /" JVM "man/man1/java.1.gz\n"
                               "/etc/alternatives/jexec -> /" JVM "lib/jexec\n"
                               "/etc/alternatives/jexec-binfmt -> /" JVM "lib/jar.binfmt\n"
                               "/usr/bin/java -> /etc/alternatives/java\n"
                               "/usr/bin/jexec -> /etc/alternatives/jexec\n"
                               "/usr/share/binfmts/jar -> /etc/alternatives/jexec-binfmt\n"
                               "/usr/share/man/man1/java.1.gz -> /etc/alternatives/java.1.gz\n");
    assert_int_equal(f->assembly.notes.n, 0);
}

static void test_java_by_a_bad_priority(void **state)
{
    struct fixture *f = *state;
    fake_file(f->packages[0], JVM "bin/java", "");
    fake_file(f->packages[0], "usr/lib/jvm/.java-21.jinfo",
              "priority=high\nhl java /" JVM "bin/java\n");
    assert_fails(run(f, ""), &f->err,
                 "package x: usr/lib/jvm/.java-21.jinfo:2: update-alternatives: the priority");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_links),
        cmocka_unit_test(test_refused),
        cmocka_unit_test_setup_teardown(test_notes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_many, setup, teardown),
        cmocka_unit_test_setup_teardown(test_taken, setup, teardown),
        cmocka_unit_test_setup_teardown(test_java, setup, teardown),
        cmocka_unit_test_setup_teardown(test_java_by_a_bad_priority, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
