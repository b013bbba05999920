/* SPDX-License-Identifier: Apache-2.0 */
/* Debs through package_get: what the layer and the facts hold, keys and the cache. */
#include "unpacker.h"

#include "rootfs/decide.h"
#include "unit.h"
#include <locale.h>

#define RECORDS                             \
    "f 0644 0:0 var/lib/dpkg/status\n"      \
    "f 0644 0:0 var/lib/dpkg/info/x.list\n" \
    "f 0644 0:0 var/lib/dpkg/info/x.md5sums\n"
#define RECORD_DIRECTORIES                                                        \
    "d 0755 0:0 var/\nd 0755 0:0 var/lib/\nd 0755 0:0 var/lib/dpkg/\nd 0755 0:0 " \
    "var/lib/dpkg/info/\n"

/* A deb of package x with these entries. */
struct parts {
    struct buf control, data, deb;
};

static void parts_release(struct parts *p)
{
    buf_release(&p->control);
    buf_release(&p->data);
    buf_release(&p->deb);
}

#define PARTS(name) CLEANUP(parts_release) struct parts name = {0}

static void finish(struct parts *p, const char *name, const char *fields)
{
    maker_control(&p->control, name, fields, NULL);
    maker_deb(&p->deb, &p->control, &p->data);
}

static void expect_layer(struct unpacker *u, const struct package *p, const char *text)
{
    CLEANUP(buf_release) struct buf got = BUF_INIT(0);
    unpacker_layer(u, &p->layer, &got);
    assert_string_equal(buf_str(&got), text);
}

static void expect_file(struct unpacker *u, const struct package *p, const char *path,
                        const char *text)
{
    CLEANUP(buf_release) struct buf got = BUF_INIT(0);
    unpacker_file(u, &p->layer, path, &got);
    assert_string_equal(buf_str(&got), text);
}

static void simple_data(struct parts *d)
{
    maker_directory(&d->data, "./");
    maker_directory(&d->data, "./usr/");
    maker_directory(&d->data, "./usr/share/");
    maker_file(&d->data, "./usr/share/z", 0644, "last by name");
    maker_file(&d->data, "./usr/share/a", 0755, "#!/usr/bin/perl -w\n");
    maker_symlink(&d->data, "./usr/share/l", "../x y");
    maker_hardlink(&d->data, "./usr/share/h", "./usr/share/z");
}

static void test_layer_and_records(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(unpacker_end) struct unpacker u;
    CLEANUP(package_cleanup) struct package *p = NULL;
    PARTS(d);
    unpacker_start(&u);
    simple_data(&d);
    finish(&d, "x", "Source: src (2.0)\nReplaces: y (<< 1), z\nDescription: one\n two\n");
    assert_ok(unpacker_get(&u, &d.deb, "x", &p, &err), &err);
    expect_layer(&u, p,
                 "d 0755 0:0 usr/\nd 0755 0:0 usr/share/\n" RECORD_DIRECTORIES
                 "f 0644 0:0 usr/share/z last by name\n"
                 "f 0755 0:0 usr/share/a #!/usr/bin/perl -w\n\n"
                 "l 0777 0:0 usr/share/l -> ../x y\n"
                 "h 0644 0:0 usr/share/h = usr/share/z\n" RECORDS);
    expect_file(&u, p, "var/lib/dpkg/status",
                "Package: x\nStatus: install ok installed\nVersion: 1.0\nArchitecture: all\n"
                "Source: src (2.0)\nReplaces: y (<< 1), z\nDescription: one\n two\n\n");
    expect_file(&u, p, "var/lib/dpkg/info/x.list",
                "/.\n/usr\n/usr/share\n/usr/share/z\n/usr/share/a\n/usr/share/l\n/usr/share/h\n");
    expect_file(&u, p, "var/lib/dpkg/info/x.md5sums",
                "f23a193cc6bca6918ef9906ea2f0632b  usr/share/z\n"
                "07a8c2dfcbfa0c75559c8aed65d8d945  usr/share/a\n"
                "f23a193cc6bca6918ef9906ea2f0632b  usr/share/h\n");
    assert_string_equal(p->source, "src");
    assert_string_equal(p->source_version, "2.0");
    assert_int_equal(p->replaces.n, 2);
    assert_string_equal(p->replaces.v[0], "y (<< 1)");
    assert_int_equal(p->time, MAKER_TIME);
    const struct entry *a = package_find(p, "usr/share/a");
    assert_non_null(a->facts);
    assert_string_equal(a->facts->interpreter, "/usr/bin/perl -w");
    assert_int_equal(a->mtime, MAKER_TIME - 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layer_and_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
