/* SPDX-License-Identifier: Apache-2.0 */
/* What a recipe becomes: values, defaults, lists through include(), sections that merge. */
#include "base/file.h"
#include "base/path.h"
#include "recipe/recipe.h"
#include "recipes.h"
#include "scratch.h"
#include "unit.h"
#include <fcntl.h>
#include <threads.h>
#include <unistd.h>

static void test_defaults(void **state)
{
    (void)state;
    CLEANUP(cleanup_recipe) struct recipe *r = load_text("");

    assert_string_equal(r->name, "python3");
    assert_string_equal(r->path, "dir/python3.conf");
    assert_string_equal(r->directory, "dir");
    assert_null(r->title);
    assert_string_equal(r->suite, "trixie");
    assert_int_equal(r->arch.n, 0);
    assert_string_equal(r->user_name, "mortaluser");
    assert_string_equal(r->user_home, "/home/mortaluser");
    assert_int_equal(r->compression, COMPRESSION_ZSTD);
    assert_int_equal(r->level, 3);
    assert_int_equal(r->layers, 60);
    assert_false(r->recommends);
    assert_int_equal(r->n_sources, 2);
    assert_string_equal(r->sources[0].name, "debian");
    assert_strv(&r->sources[0].suites, "trixie trixie-updates");
    assert_strv(&r->sources[0].components, "main");
    assert_int_equal(r->sources[0].mirrors.n, 0);
    assert_true(r->sources[0].all_packages);
    assert_null(r->sources[0].keyring);
    assert_int_equal(r->sources[0].at.line, 0);
    assert_string_equal(r->sources[1].name, "debian-security");
    assert_strv(&r->sources[1].suites, "trixie-security");
    assert_strv(&r->files_read, "dir/python3.conf");
}

static void test_alternatives(void **state)
{
    (void)state;
    CLEANUP(cleanup_recipe)
    struct recipe *r = load_text("alternative 'awk' { path = '/usr/bin/gawk' }\n"
                                 "alternative 'nc.1.gz' { path = '/bin/nc.openbsd' }\n");

    assert_int_equal(r->n_alternatives, 2);
    assert_string_equal(r->alternatives[0].name, "awk");
    assert_string_equal(r->alternatives[0].path, "/usr/bin/gawk");
    assert_string_equal(r->alternatives[1].name, "nc.1.gz");
    assert_int_equal(r->alternatives[1].at.line, 2);
}

static bool left_out(const struct recipe *r, const char *path)
{
    bool excluded = false, kept = false;

    for (size_t i = 0; i < r->exclude.n; i++)
        excluded |= glob_match(r->exclude.v[i].text, path);
    for (size_t i = 0; i < r->keep.n; i++)
        kept |= glob_match(r->keep.v[i].text, path);
    return excluded && !kept;
}

static void test_documentation_is_left_out(void **state)
{
    (void)state;
    CLEANUP(cleanup_recipe) struct recipe *r = load_text("keep = {'/usr/share/doc/y/**'}");

    assert_true(left_out(r, "usr/share/doc/x/changelog.gz"));
    assert_true(left_out(r, "usr/share/doc/x/examples/copyright"));
    assert_true(left_out(r, "usr/share/man/man1/x.1.gz"));
    assert_true(left_out(r, "usr/share/locale/de/LC_MESSAGES/x.mo"));
    assert_false(left_out(r, "usr/share/doc/x/copyright"));
    assert_false(left_out(r, "usr/share/doc/x"));
    assert_false(left_out(r, "usr/share/doc/y/changelog.gz"));
    assert_false(left_out(r, "usr/share/common-licenses/GPL-3"));
    assert_false(left_out(r, "usr/lib/locale/C.utf8/LC_CTYPE"));
}

static void test_sid_has_neither_updates_nor_security(void **state)
{
    (void)state;
    CLEANUP(cleanup_recipe) struct recipe *r = load_text("suite = 'sid'");

    assert_int_equal(r->n_sources, 1);
    assert_strv(&r->sources[0].suites, "sid");
}

static void test_sources(void **state)
{
    (void)state;
    CLEANUP(cleanup_recipe)
    struct recipe *r = load_text(
        "source 'vendor' {\n"
        "  suites = {'stable'} components = {'main', 'extra'}\n"
        "  mirror = {'https://example.org/deb/'} keyring = 'keys/vendor.gpg'\n"
        "  packages = {'agent'} max_age_days = 30 }\n"
        "source 'debian' { components = {'main', 'non-free'}\n"
        "  archive = {'https://example.org/archive/debian/{date}/'} }\n"
        "suite = 'bookworm'\n");
    const struct recipe_source *vendor;

    assert_int_equal(r->n_sources, 3);
    assert_string_equal(r->sources[0].name, "debian");
    assert_strv(&r->sources[0].suites, "bookworm bookworm-updates");
    assert_strv(&r->sources[0].components, "main non-free");
    assert_strv(&r->sources[0].archives, "https://example.org/archive/debian/{date}");
    assert_int_equal(r->sources[0].at.line, 5);
    assert_string_equal(r->sources[1].name, "debian-security");
    vendor = &r->sources[2];
    assert_string_equal(vendor->name, "vendor");
    assert_strv(&vendor->mirrors, "https://example.org/deb");
    assert_string_equal(vendor->keyring, "dir/keys/vendor.gpg");
    assert_strv(&vendor->packages, "agent");
    assert_false(vendor->all_packages);
    assert_int_equal(vendor->max_age_days, 30);
    assert_string_equal(vendor->at.file, "dir/python3.conf");
    assert_int_equal(vendor->at.line, 1);
}

#define THIRD(name) \
    "source '" name "' { suites = {'x'} mirror = {'https://example.org/'} keyring = 'k.gpg'\n"

static void test_what_third_parties_may_do(void **state)
{
    (void)state;
    CLEANUP(cleanup_recipe)
    struct recipe *r = load_text(
        THIRD("vendor") " packages = {'nodejs'} provides = {'npm', 'node'}\n"
                        " replaces = {'docker.io'} }\n");
    const struct recipe_source *vendor = recipe_source_of(r, "vendor");

    assert_strv(&vendor->provides, "npm node");
    assert_strv(&vendor->replaces, "docker.io");
    assert_null(recipe_source_of(r, "vend"));
    assert_true(recipe_same_origin("debian", "debian-security"));
    assert_true(recipe_same_origin("vendor", "vendor"));
    assert_false(recipe_same_origin("vendor", "debian"));
    assert_false(recipe_same_origin("debian-security", "debian-securit"));
    assert_true(recipe_is_debian("debian") && !recipe_is_debian("debian2"));
}

static void test_packages(void **state)
{
    (void)state;
    CLEANUP(cleanup_recipe)
    struct recipe *r = load_text("packages = {\n 'bb',\n 'libssl3t64 (>= 3.5.0-1~deb13u1)', # why\n"
                                 " 'bb', 'bb(=1:2)'}\n");

    assert_int_equal(r->n_packages, 3);
    assert_string_equal(r->packages[0].name, "bb");
    assert_null(r->packages[0].op);
    assert_int_equal(r->packages[0].at.line, 2);
    assert_string_equal(r->packages[1].name, "libssl3t64");
    assert_string_equal(r->packages[1].op, ">=");
    assert_string_equal(r->packages[1].version, "3.5.0-1~deb13u1");
    assert_int_equal(r->packages[1].at.line, 3);
    assert_string_equal(r->packages[2].op, "=");
    assert_string_equal(r->packages[2].version, "1:2");
}

static void test_config(void **state)
{
    (void)state;
    CLEANUP(cleanup_recipe)
    struct recipe *r = load_text(
        "config { entrypoint = {'/usr/bin/python3', '-u', '-u'} cmd = {'x y'}\n"
        "  env = {'A=1', 'B=2'} expose = {8080, '53/udp', '8080/tcp'} }\n"
        "config { env += {'A=3', 'AB=4'} workdir = '/app' volumes = {'/data'}\n"
        "  stop_signal = SIGTERM }\n");

    assert_int_equal(r->config.entrypoint.n, 3);
    assert_list(&r->config.entrypoint, "/usr/bin/python3 -u -u");
    assert_list(&r->config.env, "A=3 B=2 AB=4");
    assert_int_equal(r->config.env.v[0].at.line, 3);
    assert_int_equal(r->config.env.v[1].at.line, 2);
    assert_list(&r->config.expose, "8080/tcp 53/udp");
    assert_string_equal(r->config.workdir, "/app");
    assert_list(&r->config.volumes, "/data");
    assert_string_equal(r->config.stop_signal, "SIGTERM");
}

static void test_files(void **state)
{
    (void)state;
    CLEANUP(cleanup_recipe)
    struct recipe *r = load_text(
        "file '/app/server.py' { source = 'src/server.py' }\n"
        "file '/etc/x' { content = 'a\nb\\\n' mode = 0600 owner = 5000 group = 7 replace = yes }\n"
        "file '/opt/y' { url = 'https://example.org/y'\n  sha256 = "
        "'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' }\n"
        "tree '/app/static' { source = 'build/static' exclude = {'**/*.map'} }\n"
        "directory '/data' { owner = 5000 mode = 0750 }\n"
        "directory '/var/x' { recursive = true }\n"
        "link '/usr/bin/python' { target = 'python3' }\n");

    assert_int_equal(r->n_files, 3);
    assert_string_equal(r->files[0].path, "app/server.py");
    assert_int_equal(r->files[0].kind, CONTENT_SOURCE);
    assert_string_equal(r->files[0].source, "src/server.py");
    assert_string_equal(r->files[0].root, "dir");
    assert_int_equal(r->files[0].mode, MODE_DEFAULT);
    assert_int_equal(r->files[1].kind, CONTENT_INLINE);
    assert_string_equal(r->files[1].content, "a\nb");
    assert_int_equal(r->files[1].mode, 0600);
    assert_int_equal(r->files[1].uid, 5000);
    assert_int_equal(r->files[1].gid, 7);
    assert_true(r->files[1].replace);
    assert_int_equal(r->files[2].kind, CONTENT_URL);
    assert_int_equal(r->files[2].sha256.bytes[0], 0xe3);
    assert_int_equal(r->files[2].at.line, 5);
    assert_int_equal(r->n_trees, 1);
    assert_strv(&r->trees[0].exclude, "**/*.map");
    assert_int_equal(r->n_directories, 2);
    assert_string_equal(r->directories[0].path, "data");
    assert_true(r->directories[0].has_owner);
    assert_int_equal(r->directories[0].uid, 5000);
    assert_int_equal(r->directories[0].gid, 0);
    assert_int_equal(r->directories[0].mode, 0750);
    assert_false(r->directories[1].has_owner);
    assert_int_equal(r->directories[1].mode, MODE_DEFAULT);
    assert_true(r->directories[1].recursive);
    assert_string_equal(r->links[0].path, "usr/bin/python");
    assert_string_equal(r->links[0].target, "python3");
}

static void test_the_rest(void **state)
{
    (void)state;
    CLEANUP(cleanup_recipe)
    struct recipe *r = load_text(
        "name = 'x' labels = {'a=1', 'b=2'} labels += {'a=3'} recommends = yes\n"
        "user { name = 'app' }\n"
        "account 'db' { uid = 6000 } account 'log' { uid = 6001 gid = 0 }\n"
        "os_release { home_url = 'https://example.org/' name = 'Mine' }\n"
        "allow { rule = 'SW-SHELL' path = '/usr/bin/dash' reason = 'ticket 123'\n"
        "  expires = '2028-02-29' }\n"
        "allow { rule = 'FS-SETUID' path = '/usr/bin/su' reason = 'x' }\n"
        "package 'libc-bin' { only = {'/usr/sbin/ldconfig'} }\n"
        "compression = gzip layers = 5 keep = '/usr/share/doc/x/**'\n"
        "exclude = {'/a', '/b', '/a'}\n");

    assert_string_equal(r->name, "x");
    assert_list(&r->labels, "a=3 b=2");
    assert_true(r->recommends);
    assert_string_equal(r->user_home, "/home/app");
    assert_int_equal(r->accounts[0].gid, 6000);
    assert_string_equal(r->accounts[0].home, "/nonexistent");
    assert_string_equal(r->accounts[0].shell, "/sbin/nologin");
    assert_int_equal(r->accounts[1].gid, 0);
    assert_list(&r->os_release, "NAME=Mine HOME_URL=https://example.org/");
    assert_int_equal(r->n_allows, 2);
    assert_string_equal(r->allows[0].expires, "2028-02-29");
    assert_int_equal(r->allows[1].at.line, 7);
    assert_non_null(recipe_part_of(r, "libc-bin"));
    assert_null(recipe_part_of(r, "libc6"));
    assert_int_equal(r->compression, COMPRESSION_GZIP);
    assert_int_equal(r->level, 6);
    assert_int_equal(r->layers, 5);
    assert_string_equal(r->keep.v[0].text, "/usr/share/doc/x/**");
    assert_string_equal(r->exclude.v[0].text, "/a");
    assert_string_equal(r->exclude.v[1].text, "/b");
}

static void test_environment_plays_no_part(void **state)
{
    (void)state;
    CLEANUP(cleanup_recipe) struct recipe *r = NULL;

    setenv("MKIMAGE_TEST", "expanded", 1);
    r = load_text("title = 'a ${MKIMAGE_TEST}'\n"
                  "description = \"b \\${MKIMAGE_TEST} $MKIMAGE_TEST\"");
    assert_string_equal(r->title, "a ${MKIMAGE_TEST}");
    assert_string_equal(r->description, "b ${MKIMAGE_TEST} $MKIMAGE_TEST");
}

/* What a file did to the reader must not reach the next one. */
static void test_after_a_failure(void **state)
{
    (void)state;
    static const char *const bad[] = {"title = 'a",      "title = \"a", "/* a",
                                      "include('x'",     "file 'x",     "packages = {'a'",
                                      "title = ${HOME}", "x = 'y'"};

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        CLEANUP(err_release) struct err err = ERR_INIT;
        CLEANUP(cleanup_recipe) struct recipe *r = NULL;

        assert_true(recipe_load_text("a.conf", slice_of(bad[i]), NULL, &r, &err) < 0);
        r = load_text("title = 'fine'");
        assert_string_equal(r->title, "fine");
    }
}

struct reading {
    thrd_t thread;
    int n, bad;
};

static int read_on_and_on(void *arg)
{
    struct reading *own = arg;
    CLEANUP(free_ptr)
    char *text = xasprintf("title = 'reader %d' /* %d\n */ packages = {'p%d'}\n", own->n, own->n,
                           own->n);
    CLEANUP(free_ptr) char *want = xasprintf("reader %d", own->n);

    for (int i = 0; i < 200; i++) {
        CLEANUP(err_release) struct err err = ERR_INIT, ignored = ERR_INIT;
        CLEANUP(cleanup_recipe) struct recipe *r = NULL, *none = NULL;

        if (recipe_load_text("a.conf", slice_of("title = \"x"), NULL, &none, &ignored) >= 0 ||
            recipe_load_text("a.conf", slice_of(text), NULL, &r, &err) < 0 ||
            strcmp(r->title, want) != 0 || r->packages[0].at.line != 2)
            own->bad++;
    }
    return 0;
}

static void test_several_at_once(void **state)
{
    (void)state;
    struct reading all[4];

    for (int i = 0; i < 4; i++) {
        all[i] = (struct reading){.n = i};
        assert_int_equal(thrd_create(&all[i].thread, read_on_and_on, &all[i]), thrd_success);
    }
    for (int i = 0; i < 4; i++) {
        thrd_join(all[i].thread, NULL);
        assert_int_equal(all[i].bad, 0);
    }
}

static void test_open(void **state)
{
    (void)state;
    CLEANUP(scratch_cleanup) char *s = scratch_new();
    CLEANUP(free_ptr) char *elsewhere = path_join(s, "elsewhere");
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(strv_release) struct strv allowed = STRV_INIT;
    struct recipe_options options = {.allow_source = &allowed};
    CLEANUP(cleanup_recipe) struct recipe *strict = NULL, *wide = NULL;
    int fd;

    scratch_run(s, NULL,
                "mkdir in elsewhere elsewhere2; echo a >in/a; echo b >elsewhere/b;"
                "echo c >elsewhere2/c; ln -s ../elsewhere/b in/b; ln -s ../elsewhere2/c in/c");
    write_file(s, "in/app.conf", "ca_certificate = {'a'}\nfile '/b' { source = 'b' }\n");
    strv_add(&allowed, elsewhere);
    strict = load_file(s, "in/app.conf", NULL);
    wide = load_file(s, "in/app.conf", &options);

    fd = recipe_open(strict, NULL, "a", O_RDONLY, &strict->ca_certificates.v[0].at, &err);
    assert_true(fd >= 0);
    close(fd);
    assert_fails(
        recipe_open(strict, strict->files[0].root, "b", O_RDONLY, &strict->files[0].at, &err), &err,
        "in/app.conf:2: ");
    fd = recipe_open(wide, wide->files[0].root, "b", O_RDONLY, &wide->files[0].at, &err);
    assert_true(fd >= 0);
    close(fd);
    fd = recipe_open(wide, wide->files[0].root, "../elsewhere/b", O_RDONLY, &wide->files[0].at,
                     &err);
    assert_true(fd >= 0);
    close(fd);
    assert_fails(recipe_open(wide, wide->files[0].root, "c", O_RDONLY, &wide->files[0].at, &err),
                 &err, "in/app.conf:2: ");
    assert_fails(recipe_open(wide, wide->files[0].root, "../elsewhere2/c", O_RDONLY,
                             &wide->files[0].at, &err),
                 &err, "leads out of");
    assert_fails(recipe_open(wide, wide->files[0].root, "none", O_RDONLY, &wide->files[0].at, &err),
                 &err, "in/app.conf:2: ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_alternatives),
        cmocka_unit_test(test_documentation_is_left_out),
        cmocka_unit_test(test_sid_has_neither_updates_nor_security),
        cmocka_unit_test(test_sources),
        cmocka_unit_test(test_what_third_parties_may_do),
        cmocka_unit_test(test_packages),
        cmocka_unit_test(test_config),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_the_rest),
        cmocka_unit_test(test_environment_plays_no_part),
        cmocka_unit_test(test_after_a_failure),
        cmocka_unit_test(test_several_at_once),
        cmocka_unit_test(test_open),
    };
    return cmocka_run_group_tests_name("recipe", tests, NULL, NULL);
}
