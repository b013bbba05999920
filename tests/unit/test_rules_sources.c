/* SPDX-License-Identifier: Apache-2.0 */
/* Rule SRC-SHADOW over small worlds: what lies where, whose it is, and what is found. The same with
 * real packages: tests/cli/hostile-sources.sh. */
#include "harden.h"
#include "unit.h"

static struct lock_package locked[] = {
    {.name = (char[]){"app"}, .origin = (char[]){"debian"}},
    {.name = (char[]){"lib"}, .origin = (char[]){"debian-security"}},
    {.name = (char[]){"other"}, .origin = (char[]){"other"}},
    {.name = (char[]){"vendor"}, .origin = (char[]){"vendor"}},
};
static const struct lock_arch lock = {.packages = locked, .n_packages = ARRAY_SIZE(locked)};

/* A file of ours and one of somebody else's. ELF: a soname makes a library of it. */
struct world {
    const char *path, *soname, *runpath; /* of package app */
    const char *there, *there_soname, *package;
    size_t n;
    const char *path_in_config, *libraries_in_config;
};

static struct file_facts *facts_of(const char *soname, const char *runpath)
{
    struct file_facts *f = soname || runpath ? good_elf() : NULL;

    if (f) {
        f->elf->soname = soname ? xstrdup(soname) : NULL;
        f->elf->runpath = runpath ? xstrdup(runpath) : NULL;
    }
    return f;
}

/* Not what a package brings, but what its script made (alternatives' links). */
static void as_made(struct subject *s, const char *path)
{
    struct node *n = tree_find(s->tree, path);

    n->maker = n->package;
    n->package = NULL;
}

static size_t found_in(const struct world *w, bool with_lock, bool made)
{
    struct subject *s = subject_new();

    s->view.lock = with_lock ? &lock : NULL;
    if (w->path_in_config)
        strv_addf(&s->image.env, "PATH=%s", w->path_in_config);
    if (w->libraries_in_config)
        strv_addf(&s->image.env, "LD_LIBRARY_PATH=%s", w->libraries_in_config);
    subject_put(s, &(struct subject_file){.path = w->path,
                                          .mode = 0755,
                                          .package = "app",
                                          .facts = facts_of(w->soname, w->runpath)});
    subject_put(s, &(struct subject_file){.path = w->there,
                                          .mode = 0755,
                                          .package = w->package,
                                          .facts = facts_of(w->there_soname, NULL)});
    if (made)
        as_made(s, w->path);
    if (made && w->package)
        as_made(s, w->there);
    size_t n = subject_count(s, "SRC-SHADOW");
    subject_free(s);
    return n;
}

#define LIB "usr/lib/x86_64-linux-gnu/"
#define FOO LIB "libfoo.so.1", "libfoo.so.1", NULL

static const struct world worlds[] = {
    {FOO, "usr/lib/libfoo.so.1", NULL, "vendor", .n = 1},
    {FOO, "usr/lib/libfoo.so.1", NULL, "lib", .n = 0},
    {FOO, "usr/lib/libfoo.so.1", NULL, NULL, .n = 0},
    {FOO, "usr/lib/libfoo.so.1", NULL, "not-locked", .n = 1},
    {FOO, "usr/lib/x.so", "libfoo.so.1", "vendor", .n = 1},
    {FOO, "usr/lib/libfoo.so.2", "libfoo.so.2", "vendor", .n = 0},
    {FOO, "opt/vendor/libfoo.so.1", "libfoo.so.1", "vendor", .n = 0},
    {FOO, "usr/lib/vendor/libfoo.so.1", "libfoo.so.1", "vendor", .n = 0},
    {FOO, "opt/vendor/libfoo.so.1", NULL, "vendor", .n = 1,
     .libraries_in_config = "/x:/opt/vendor"},
    {LIB "libapp.so.1", "libapp.so.1", "$ORIGIN/app", LIB "app/libapp.so.1", NULL, "vendor",
     .n = 1},
    {LIB "libapp.so.1", "libapp.so.1", "/opt/app", LIB "app/libapp.so.1", NULL, "vendor", .n = 0},
    {LIB "libfoo.so.1", NULL, NULL, "usr/lib/libfoo.so.1", NULL, "vendor", .n = 1},
    {"usr/share/x/readme", NULL, NULL, "usr/lib/readme", NULL, "vendor", .n = 0},
    {"opt/x/libplug.so", NULL, NULL, "usr/lib/libplug.so", NULL, "vendor", .n = 0},
    {"usr/lib/x/libplug.so", NULL, NULL, "usr/lib/libplug.so", NULL, "vendor", .n = 1},
    {"usr/bin/x", NULL, NULL, "usr/sbin/x", NULL, "vendor", .n = 1},
    {"usr/bin/x", NULL, NULL, "usr/sbin/x", NULL, "lib", .n = 0},
    {"usr/sbin/x", NULL, NULL, "usr/bin/x", NULL, "vendor", .n = 0},
    {"usr/sbin/x", NULL, NULL, "usr/bin/x", NULL, "vendor", .n = 1,
     .path_in_config = "/usr/bin:/usr/sbin"},
    {"usr/sbin/x", NULL, NULL, "usr/bin/x", NULL, "vendor", .n = 1, .path_in_config = "/bin:/sbin"},
    {"usr/bin/x", NULL, NULL, "opt/vendor/bin/x", NULL, "vendor", .n = 0},
    {"usr/bin/x", NULL, NULL, "opt/vendor/bin/x", NULL, "vendor", .n = 1,
     .path_in_config = "/opt/vendor/bin:/usr/bin"},
    {"usr/bin/x", NULL, NULL, "opt/vendor/bin/x", NULL, "vendor", .n = 0,
     .path_in_config = "/usr/bin:/opt/vendor/bin"},
    {"usr/lib/python3/dist-packages/yaml/__init__.py", NULL, NULL,
     "usr/local/lib/python3.13/dist-packages/yaml.py", NULL, "vendor", .n = 1},
    {"usr/lib/python3/dist-packages/yaml/__init__.py", NULL, NULL,
     "usr/local/lib/python3.13/dist-packages/yamlx.py", NULL, "vendor", .n = 0},
    {"usr/lib/python3/dist-packages/yaml/__init__.py", NULL, NULL,
     "usr/lib/python3/dist-packages/yaml/more.py", NULL, "vendor", .n = 0},
    {"usr/lib/x86_64-linux-gnu/perl-base/strict.pm", NULL, NULL, "etc/perl/strict.pm", NULL,
     "vendor", .n = 1},
    {"usr/lib/x86_64-linux-gnu/perl-base/strict.pm", NULL, NULL, "usr/share/perl5/strict.pm", NULL,
     "vendor", .n = 1},
    {"usr/lib/x86_64-linux-gnu/perl-base/strict.pm", NULL, NULL, "usr/share/perl5/Vendor/strict.pm",
     NULL, "vendor", .n = 0},
    {"usr/share/nodejs/semver/index.js", NULL, NULL, "usr/local/lib/node_modules/semver/index.js",
     NULL, "vendor", .n = 1},
    {"usr/lib/ruby/3.3.0/json.rb", NULL, NULL, "usr/lib/ruby/vendor_ruby/json.rb", NULL, "vendor",
     .n = 1},
    {"usr/lib/ruby/3.3.0/json.rb", NULL, NULL, "usr/share/perl5/json.rb", NULL, "vendor", .n = 0},
    {"etc/x", NULL, NULL, "usr/lib/jvm/java-21/lib/security/cacerts", NULL, "vendor", .n = 1},
    {"etc/ld.so.conf.d/m.conf", NULL, NULL, "etc/ld.so.conf.d/a.conf", NULL, "vendor", .n = 1},
    {"etc/ld.so.conf.d/m.conf", NULL, NULL, "etc/ld.so.conf.d/n.conf", NULL, "vendor", .n = 0},
    {"etc/x", NULL, NULL, "etc/ld.so.conf.d/n.conf", NULL, "vendor", .n = 1},
    {"etc/x", NULL, NULL, "etc/ld.so.preload", NULL, "lib", .n = 0},
    {"etc/x", NULL, NULL, "etc/ld.so.preload", NULL, "other", .n = 1},
};

static void test_worlds(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(worlds); i++) {
        size_t n = found_in(&worlds[i], true, false);
        if (n != worlds[i].n)
            fail_msg("world %zu, /%s of %s: found %zu times, not %zu", i, worlds[i].there,
                     worlds[i].package ? worlds[i].package : "the image", n, worlds[i].n);
        if (found_in(&worlds[i], true, true) != n)
            fail_msg("world %zu, /%s: another verdict when scripts made it", i, worlds[i].there);
        assert_int_equal(found_in(&worlds[i], false, false), 0);
    }
}

static void test_severity(void **state)
{
    (void)state;
    struct subject *s = subject_new();

    s->view.lock = &lock;
    subject_put(s, &(struct subject_file){.path = "etc/ld.so.preload", .package = "vendor"});
    const struct finding *f = subject_find(s, "SRC-SHADOW");
    assert_int_equal(f->severity, SEVERITY_HIGH);
    assert_int_equal(f->action, RULE_DENY);
    assert_string_equal(f->package, "vendor");
    subject_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_worlds),
        cmocka_unit_test(test_severity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
