/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"
#include "fake.h"
#include "rootfs/assembly.h"
#include "rootfs/dpkg.h"
#include "unit.h"
#include <sys/stat.h>
#include <unistd.h>

struct fixture {
    struct recipe recipe;
    struct context ctx;
    struct assembly assembly;
    struct session session;
    struct package *package;
    struct package *packages[2];
    struct tree *tree;
    struct err err;
    char *dir; /* of the recipe, in a temporary one */
    char *top;
};

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof(*f));
    const char *tmp = getenv("TMPDIR");
    f->top = xasprintf("%s/assemble.XXXXXX", tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(f->top));
    f->dir = path_join(f->top, "recipes");
    assert_ok(dir_make(f->dir, 0755, &f->err), &f->err);
    f->recipe.directory = f->dir;
    f->assembly.recipe = &f->recipe;
    f->ctx = (struct context){.session = &f->session};
    f->assembly.ctx = &f->ctx;
    f->assembly.arch = "amd64";
    f->package = fake_package("x", "1");
    f->packages[0] = f->package;
    f->assembly.packages = f->packages;
    f->assembly.n_packages = 1;
    f->tree = tree_new();
    tree_set_epoch(f->tree, 1000000);
    f->assembly.epoch = 1000000;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    (void)!dir_remove(f->top, &f->err);
    strv_release(&f->assembly.notes);
    tree_free(f->tree);
    package_free(f->package);
    err_release(&f->err);
    free(f->dir);
    free(f->top);
    free(f);
    return 0;
}

static void add_package(struct fixture *f)
{
    assert_ok(tree_add_package(f->tree, f->package, &f->err), &f->err);
}

static void write_file(struct fixture *f, const char *name, const char *text, mode_t mode)
{
    CLEANUP(free_ptr) char *path = path_join(f->top, name);
    CLEANUP(free_ptr) char *dir = xstrndup(path, (size_t)(strrchr(path, '/') - path));
    assert_ok(dir_make(dir, 0755, &f->err), &f->err);
    assert_ok(file_write(path, text, strlen(text), mode, &f->err), &f->err);
}

static const struct node *node(struct fixture *f, const char *path)
{
    const struct node *n = tree_find(f->tree, path);
    if (!n)
        fail_msg("/%s isn't there", path);
    return n;
}

static void assert_text(struct fixture *f, const char *path, const char *want)
{
    struct slice text;
    assert_true(tree_text(node(f, path), &text));
    CLEANUP(free_ptr) char *got = xstrndup(text.p, text.n);
    assert_string_equal(got, want);
}

/* ---- links ---- */

static void test_links_where_no_package_brings_them(void **state)
{
    struct fixture *f = *state;
    fake_link(f->package, "bin", "usr/bin");
    fake_dir(f->package, "usr/lib64", 0755);
    add_package(f);
    assert_ok(assemble_links(&f->assembly, f->tree, &f->err), &f->err);
    assert_ptr_equal(node(f, "bin")->package, f->package);
    assert_string_equal(node(f, "lib")->target, "usr/lib");
    assert_string_equal(node(f, "lib64")->target, "usr/lib64");
    assert_null(tree_find(f->tree, "libx32"));
    assert_string_equal(node(f, "var/run")->target, "/run");
    assert_int_equal(node(f, "run/lock")->type, ENTRY_DIRECTORY);
}

static void test_a_directory_in_the_place_of_a_link_is_refused(void **state)
{
    struct fixture *f = *state;
    fake_dir(f->package, "sbin", 0755);
    add_package(f);
    assert_fails(assemble_links(&f->assembly, f->tree, &f->err), &f->err,
                 "/sbin is no link to /usr/sbin (package x)");
}

/* ---- template ---- */

static void test_template(void **state)
{
    struct fixture *f = *state;
    struct recipe_item item = {.text = (char[]){"web"}, .at = {"r.conf", 3}};
    f->recipe.templates = (struct recipe_list){&item, 1, 1};
    fake_dir(f->package, "tmp", 0700);
    add_package(f);
    write_file(f, "rootfs-templates/web.mtree",
               "#mtree\n/set type=dir uid=0 gid=0 mode=0755\n"
               "./tmp mode=1777\n./srv uid=33 gid=34 mode=0750\n"
               "./etc/web.conf type=file mode=0640\n./etc/link type=link link=web.conf\n",
               0644);
    write_file(f, "rootfs-templates/web/unused", "", 0644);
    assert_fails(assemble_template(&f->assembly, f->tree, &f->err), &f->err, "etc/web.conf");
    write_file(f, "rootfs-templates/web/etc/web.conf", "port 8080\n", 0600);
    assert_ok(assemble_template(&f->assembly, f->tree, &f->err), &f->err);
    assert_int_equal(node(f, "tmp")->mode, 0700);
    assert_int_equal(node(f, "srv")->mode, 0750);
    assert_int_equal(node(f, "srv")->uid, 33);
    assert_int_equal(node(f, "srv")->gid, 34);
    assert_text(f, "etc/web.conf", "port 8080\n");
    assert_int_equal(node(f, "etc/web.conf")->mode, 0640);
    assert_int_equal(node(f, "etc/web.conf")->mtime, 1000000);
    assert_string_equal(node(f, "etc/link")->target, "web.conf");
}

static void test_bad_templates_are_refused(void **state)
{
    struct fixture *f = *state;
    struct recipe_item item = {.text = (char[]){"bad"}, .at = {"r.conf", 3}};
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"#mtree\n./../etc type=dir mode=755\n", "\"..\""},
        {"#mtree\n./x type=char mode=644\n", "no directory, file or link"},
        {"#mtree\n./x type=file mode=644 contents=/etc/passwd\n", "contents="},
        {"#mtree\n./x type=link mode=777\n", "link=TARGET"},
        {"#mtree\n./x type=dir\n", "no mode"},
        {"#mtree\n./x type=dir mode=755 uid=-5\n", "owner"},
    };
    f->recipe.templates = (struct recipe_list){&item, 1, 1};
    assert_fails(assemble_template(&f->assembly, f->tree, &f->err), &f->err,
                 "r.conf:3: template \"bad\" isn't there");
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        write_file(f, "rootfs-templates/bad.mtree", cases[i].text, 0644);
        assert_fails(assemble_template(&f->assembly, f->tree, &f->err), &f->err, cases[i].says);
    }
}

/* ---- os-release ---- */

static void test_os_release(void **state)
{
    struct fixture *f = *state;
    struct recipe_item items[] = {{.text = (char[]){"PRETTY_NAME=Shop \"5\" $1"}},
                                  {.text = (char[]){"SUPPORT_URL=https://x"}},
                                  {.text = (char[]){"SUPPORT_URL=https://y"}}};
    f->recipe.os_release = (struct recipe_list){items, 3, 3};
    fake_file(f->package, "usr/lib/os-release",
              "PRETTY_NAME=\"Debian GNU/Linux 13 (trixie)\"\nVERSION_ID=\"13\"\nID=debian");
    fake_link(f->package, "etc/os-release", "../usr/lib/os-release");
    add_package(f);
    assert_ok(assemble_os_release(&f->assembly, f->tree, &f->err), &f->err);
    assert_text(f, "etc/os-release",
                "PRETTY_NAME=\"Shop \\\"5\\\" \\$1\"\nVERSION_ID=\"13\"\nID=debian\n"
                "SUPPORT_URL=\"https://y\"\n");
    assert_true(node(f, "etc/os-release")->replaced);
    assert_int_equal(f->assembly.notes.n, 0);
}

static void test_no_os_release_is_noted(void **state)
{
    struct fixture *f = *state;
    assert_ok(assemble_os_release(&f->assembly, f->tree, &f->err), &f->err);
    assert_int_equal(f->assembly.notes.n, 1);
    assert_null(tree_find(f->tree, "etc/os-release"));
}

/* ---- own files ---- */

static char *text(const char *s)
{
    return (char *)(uintptr_t)s;
}

static void test_files(void **state)
{
    struct fixture *f = *state;
    struct recipe_file files[] = {
        {.path = text("app/run"),
         .kind = CONTENT_SOURCE,
         .source = text("run.sh"),
         .root = f->dir,
         .mode = MODE_DEFAULT,
         .at = {"r.conf", 1}},
        {.path = text("app/data"),
         .kind = CONTENT_INLINE,
         .content = text("inline\n"),
         .mode = 0600,
         .uid = 5000,
         .gid = 6,
         .at = {"r.conf", 2}},
        {.path = text("app/dir"),
         .kind = CONTENT_SOURCE,
         .source = text("."),
         .root = f->dir,
         .mode = MODE_DEFAULT,
         .at = {"r.conf", 3}},
    };
    write_file(f, "recipes/run.sh", "#!/usr/bin/python3 -I\nprint()\n", 0700);
    f->recipe.files = files;
    f->recipe.n_files = 2;
    assert_ok(assemble_files(&f->assembly, f->tree, &f->err), &f->err);
    const struct node *n = node(f, "app/run");
    assert_int_equal(n->mode, 0755);
    assert_int_equal(n->size, 30);
    assert_int_equal(n->content.from, FROM_HOST);
    assert_non_null(n->facts);
    assert_string_equal(n->facts->interpreter, "/usr/bin/python3 -I");
    struct sha256 want = sha256_of("#!/usr/bin/python3 -I\nprint()\n", 30);
    assert_true(sha256_eq(&n->sha256, &want));
    assert_text(f, "app/data", "inline\n");
    assert_int_equal(node(f, "app/data")->uid, 5000);
    assert_int_equal(node(f, "app/data")->gid, 6);
    f->recipe.n_files = 1;
    f->recipe.files = &files[2];
    assert_fails(assemble_files(&f->assembly, f->tree, &f->err), &f->err, "r.conf:3: . is no file");
}

static void test_trees(void **state)
{
    struct fixture *f = *state;
    struct recipe_file tree = {.path = text("srv"),
                               .kind = CONTENT_SOURCE,
                               .source = text("site"),
                               .root = f->dir,
                               .mode = MODE_DEFAULT,
                               .uid = 5000,
                               .at = {"r.conf", 7}};
    assert_ok(tree_put_text(f->tree, "srv/before", 0644, "", 0, "test", &f->err), &f->err);
    strv_add(&tree.exclude, "**/*.map");
    strv_add(&tree.exclude, ".git");
    write_file(f, "recipes/site/index.html", "<p>", 0600);
    write_file(f, "recipes/site/js/a.js", "1", 0755);
    write_file(f, "recipes/site/js/a.js.map", "2", 0644);
    write_file(f, "recipes/site/.git/config", "3", 0644);
    CLEANUP(free_ptr) char *link = path_join(f->dir, "site/out");
    assert_int_equal(symlink("../../../etc/passwd", link), 0);
    f->recipe.trees = &tree;
    f->recipe.n_trees = 1;
    assert_ok(assemble_files(&f->assembly, f->tree, &f->err), &f->err);
    assert_int_equal(node(f, "srv/index.html")->mode, 0644);
    assert_int_equal(node(f, "srv/js/a.js")->mode, 0755);
    assert_int_equal(node(f, "srv/js")->mode, 0755);
    assert_string_equal(node(f, "srv/out")->target, "../../../etc/passwd");
    assert_null(tree_find(f->tree, "srv/js/a.js.map"));
    assert_null(tree_find(f->tree, "srv/.git"));
    assert_int_equal(node(f, "srv")->uid, 5000);
    assert_int_equal(node(f, "srv/js")->uid, 5000);

    CLEANUP(free_ptr) char *fifo = path_join(f->dir, "site/pipe");
    assert_int_equal(mkfifo(fifo, 0600), 0);
    tree.path = text("srv2");
    assert_fails(assemble_files(&f->assembly, f->tree, &f->err), &f->err,
                 "site/pipe is no file, directory or link");
    strv_release(&tree.exclude);
}

/* Byte code of Python that goes by its source's time, where the source gets another one. */
static void test_trees_byte_code(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *path;
        unsigned char flags, mtime[4]; /* 1000000 is 40 42 0f 00 */
        size_t n;
        bool stays;
    } cases[] = {
        {"a/__pycache__/old.cpython-313.pyc", 0, {1, 2, 3, 4}, 20, false},
        {"a/__pycache__/old.cpython-313.opt-1.pyc", 0, {1, 2, 3, 4}, 16, false},
        {"a/__pycache__/fits.cpython-313.pyc", 0, {0x40, 0x42, 0x0f, 0}, 20, true},
        {"a/__pycache__/unchecked.cpython-313.pyc", 1, {1, 2, 3, 4}, 20, true},
        {"a/__pycache__/checked.cpython-313.pyc", 3, {1, 2, 3, 4}, 20, true},
        {"a/__pycache__/short.cpython-313.pyc", 0, {1, 2, 3, 4}, 15, true},
        {"a/__pycache__/untagged.pyc", 0, {1, 2, 3, 4}, 20, true}, /* nobody looks for it */
        {"a/sourceless.pyc", 0, {1, 2, 3, 4}, 20, true},
        {"not__pycache__/x.cpython-313.pyc", 0, {1, 2, 3, 4}, 20, true},
        {"b/__pycache__/only.cpython-313.pyc", 0, {1, 2, 3, 4}, 20, false},
        {"__pycache__/top.cpython-313.pyc", 0, {1, 2, 3, 4}, 20, false},
        /* The package's file keeps its time. */
        {"lib/__pycache__/packaged.cpython-313.pyc", 0, {1, 0, 0, 0}, 20, true},
        {"lib/__pycache__/epoch.cpython-313.pyc", 0, {0x40, 0x42, 0x0f, 0}, 20, false},
    };
    struct recipe_file tree = {.path = text("app"),
                               .kind = CONTENT_SOURCE,
                               .source = text("app"),
                               .root = f->dir,
                               .mode = MODE_DEFAULT,
                               .at = {"r.conf", 7}};
    fake_file(f->package, "app/lib/packaged.py", "1")->mtime = 1;
    fake_file(f->package, "app/lib/epoch.py", "1")->mtime = 1;
    add_package(f);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        unsigned char bytes[20] = {0xf3, 0x0d, '\r', '\n', cases[i].flags};
        CLEANUP(free_ptr) char *path = path_join(f->dir, "app");
        CLEANUP(free_ptr) char *full = path_join(path, cases[i].path);
        CLEANUP(free_ptr) char *dir = xstrndup(full, (size_t)(strrchr(full, '/') - full));

        memcpy(bytes + 8, cases[i].mtime, 4);
        assert_ok(dir_make(dir, 0755, &f->err), &f->err);
        assert_ok(file_write(full, bytes, cases[i].n, 0644, &f->err), &f->err);
    }
    f->recipe.trees = &tree;
    f->recipe.n_trees = 1;
    assert_ok(assemble_files(&f->assembly, f->tree, &f->err), &f->err);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(free_ptr) char *path = path_join("app", cases[i].path);
        if (!tree_find(f->tree, path) != !cases[i].stays)
            fail_msg("%s: stays %d", path, !cases[i].stays);
    }
    assert_null(tree_find(f->tree, "app/b/__pycache__"));
    assert_null(tree_find(f->tree, "app/__pycache__"));
    assert_int_equal(f->assembly.notes.n, 1);
    assert_string_equal(f->assembly.notes.v[0],
                        "/app: 5 files of Python's byte code left out, compiled for sources of "
                        "another time; see tree in mkimage-recipe(5)");
    strv_release(&f->assembly.notes);
}

static void test_directories_and_links(void **state)
{
    struct fixture *f = *state;
    struct recipe_directory directories[] = {
        {.path = text("var/cache/nginx"),
         .uid = 5000,
         .gid = 7,
         .mode = MODE_DEFAULT,
         .has_owner = true,
         .recursive = true},
        {.path = text("data"), .mode = 0770, .has_owner = true, .uid = 5000, .gid = 0},
        {.path = text("keep"), .mode = MODE_DEFAULT},
    };
    struct recipe_link link = {.path = text("var/log/x.log"), .target = text("/dev/stdout")};
    fake_dir(f->package, "var/cache/nginx", 0711);
    fake_file(f->package, "var/cache/nginx/a/file", "bytes");
    fake_file(f->package, "var/cache/nginx2", "");
    fake_dir(f->package, "keep", 0700);
    add_package(f);
    f->recipe.directories = directories;
    f->recipe.n_directories = 3;
    f->recipe.links = &link;
    f->recipe.n_links = 1;
    assert_ok(assemble_files(&f->assembly, f->tree, &f->err), &f->err);
    assert_int_equal(node(f, "var/cache/nginx")->mode, 0711);
    assert_int_equal(node(f, "var/cache/nginx")->gid, 7);
    assert_int_equal(node(f, "var/cache/nginx/a")->uid, 5000);
    assert_int_equal(node(f, "var/cache/nginx/a/file")->uid, 5000);
    assert_true(node(f, "var/cache/nginx/a/file")->own_layer);
    assert_ptr_equal(node(f, "var/cache/nginx/a/file")->package, f->package);
    assert_false(node(f, "var/cache/nginx2")->own_layer);
    assert_int_equal(node(f, "data")->mode, 0770);
    assert_false(node(f, "keep")->own_layer);
    assert_string_equal(node(f, "var/log/x.log")->target, "/dev/stdout");
}

/* ---- dpkg ---- */

static void test_dpkg_records(void **state)
{
    struct fixture *f = *state;
    struct package *other = fake_package("a", "2");
    f->packages[1] = other;
    f->assembly.n_packages = 2;
    assert_ok(assemble_dpkg(&f->assembly, f->tree, &f->err), &f->err);
    assert_text(f, DPKG_STATUS,
                "Package: a\nStatus: install ok installed\nVersion: 2\nArchitecture: amd64\n\n"
                "Package: x\nStatus: install ok installed\nVersion: 1\nArchitecture: amd64\n\n");
    assert_text(f, DPKG_INFO_FORMAT, "1\n");
    assert_true(node(f, DPKG_INFO)->own_layer);
    package_free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_links_where_no_package_brings_them, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_directory_in_the_place_of_a_link_is_refused, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_template, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_templates_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_os_release, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_os_release_is_noted, setup, teardown),
        cmocka_unit_test_setup_teardown(test_files, setup, teardown),
        cmocka_unit_test_setup_teardown(test_trees, setup, teardown),
        cmocka_unit_test_setup_teardown(test_trees_byte_code, setup, teardown),
        cmocka_unit_test_setup_teardown(test_directories_and_links, setup, teardown),
        cmocka_unit_test_setup_teardown(test_dpkg_records, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
