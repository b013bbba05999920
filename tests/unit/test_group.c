/* SPDX-License-Identifier: Apache-2.0 */
/* Several packages in one layer, put together from what was compressed before; and dpkg's records
 * as they stand in it. */
#include "unpacker.h"

#include "rootfs/dpkg.h"
#include "scratch.h"
#include "unit.h"

#define WORDS "Maintainer: M <m@example.org>\nDescription: d\n"

static void make(struct unpacker *u, const char *name, const char *fields, struct buf *data,
                 struct package **ret)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(buf_release) struct buf control = BUF_INIT(0), deb = BUF_INIT(0);
    maker_control(&control, name, fields, NULL);
    maker_deb(&deb, &control, data);
    assert_ok(unpacker_get(u, &deb, name, ret, &err), &err);
    buf_reset(data);
}

struct fixture {
    struct unpacker u;
    struct package *packages[3];
};

static void start(struct fixture *f)
{
    CLEANUP(buf_release) struct buf data = BUF_INIT(0);
    *f = (struct fixture){0};
    unpacker_start(&f->u);
    maker_header(&data, "./usr/", '5', 0700, NULL, 0);
    maker_file(&data, "./usr/a", 0644, "in a");
    make(&f->u, "a", "Multi-Arch: same\n" WORDS, &data, &f->packages[0]);
    make(&f->u, "empty", WORDS, &data, &f->packages[1]);
    maker_header(&data, "./usr/", '5', 0755, NULL, 0);
    maker_directory(&data, "./opt/");
    maker_file(&data, "./usr/b", 0644, "in b");
    make(&f->u, "b", WORDS, &data, &f->packages[2]);
}

static void end(struct fixture *f)
{
    for (size_t i = 0; i < 3; i++)
        package_free(f->packages[i]);
    unpacker_end(&f->u);
}

static void test_group(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(end) struct fixture f;
    CLEANUP(buf_release) struct buf got = BUF_INIT(0);
    struct layer one, two;
    start(&f);
    assert_ok(package_group(CTX(&f.u.session, NULL, f.u.cache), f.packages, 3, &f.u.compressor,
                            &one, &err),
              &err);
    unpacker_layer(&f.u, &one, &got);
    assert_string_equal(got.data, "d 0755 0:0 opt/\nd 0700 0:0 usr/\nd 0755 0:0 var/\n"
                                  "d 0755 0:0 var/lib/\nd 0755 0:0 var/lib/dpkg/\n"
                                  "d 0755 0:0 var/lib/dpkg/info/\n"
                                  "f 0644 0:0 usr/a in a\nf 0644 0:0 usr/b in b\n"
                                  "f 0644 0:0 var/lib/dpkg/status\n"
                                  "f 0644 0:0 var/lib/dpkg/info/a:all.list\n"
                                  "f 0644 0:0 var/lib/dpkg/info/a:all.md5sums\n"
                                  "f 0644 0:0 var/lib/dpkg/info/b.list\n"
                                  "f 0644 0:0 var/lib/dpkg/info/b.md5sums\n"
                                  "f 0644 0:0 var/lib/dpkg/info/empty.list\n"
                                  "f 0644 0:0 var/lib/dpkg/info/empty.md5sums\n");
    unpacker_file(&f.u, &one, DPKG_STATUS, &got);
    assert_string_equal(got.data, "Package: a\nStatus: install ok installed\nVersion: 1.0\n"
                                  "Architecture: all\nMulti-Arch: same\n" WORDS "\n"
                                  "Package: empty\nStatus: install ok installed\nVersion: 1.0\n"
                                  "Architecture: all\n" WORDS "\n"
                                  "Package: b\nStatus: install ok installed\nVersion: 1.0\n"
                                  "Architecture: all\n" WORDS "\n");

    /* From the cache: no package's blob is needed any more. */
    cache_blob_drop(f.u.cache, &f.packages[0]->layer.digest);
    assert_ok(package_group(CTX(&f.u.session, NULL, f.u.cache), f.packages, 3, &f.u.compressor,
                            &two, &err),
              &err);
    assert_true(sha256_eq(&one.digest, &two.digest));
    assert_true(sha256_eq(&one.diff_id, &two.diff_id));
    assert_int_equal(one.tar_size, two.tar_size);
    assert_true(package_group(CTX(&f.u.session, NULL, f.u.cache), f.packages, 2, &f.u.compressor,
                              &two, &err) < 0);
}

static void test_a_group_of_one(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(end) struct fixture f;
    struct layer one;
    start(&f);
    assert_ok(package_group(CTX(&f.u.session, NULL, f.u.cache), f.packages, 1, &f.u.compressor,
                            &one, &err),
              &err);
    assert_true(sha256_eq(&one.digest, &f.packages[0]->layer.digest));
}

static void test_same_path_twice(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(end) struct fixture f;
    CLEANUP(buf_release) struct buf data = BUF_INIT(0);
    struct layer one;
    start(&f);
    package_cleanup(&f.packages[1]);
    maker_symlink(&data, "./usr/a", "b");
    make(&f.u, "c", "", &data, &f.packages[1]);
    assert_fails(package_group(CTX(&f.u.session, NULL, f.u.cache), f.packages, 3, &f.u.compressor,
                               &one, &err),
                 &err, "/usr/a: packages");
}

/* Behind a first field that has further lines. */
static void test_stanza(void **state)
{
    (void)state;
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    char control[] = "Description: a\n b\n\tc\nPackage: x\n";
    struct package p = {.control = control};
    dpkg_stanza(&p, &b);
    assert_string_equal(b.data,
                        "Description: a\n b\n\tc\nStatus: install ok installed\nPackage: x\n\n");
}

/* The real dpkg on a tree made of the layer. */
static void test_dpkg_agrees(void **state)
{
    (void)state;
    if (!have_command("dpkg") || !have_command("zstd"))
        skip();
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(end) struct fixture f;
    CLEANUP(buf_release) struct buf got = BUF_INIT(0);
    struct layer one;
    start(&f);
    assert_ok(package_group(CTX(&f.u.session, NULL, f.u.cache), f.packages + 1, 2, &f.u.compressor,
                            &one, &err),
              &err);
    CLEANUP(free_ptr) char *blob = cache_blob_path(f.u.cache, &one.digest);
    assert_int_equal(scratch_run(f.u.scratch, NULL, "mkdir t && zstd -dcq '%s' | tar -xC t", blob),
                     0);
    assert_int_equal(
        scratch_run(f.u.scratch, &got,
                    "echo 1 >t/var/lib/dpkg/info/format && touch t/var/lib/dpkg/available && "
                    "dpkg --root=t --admindir=t/var/lib/dpkg -V 2>&1 && "
                    "dpkg --root=t --admindir=t/var/lib/dpkg --audit 2>&1 && "
                    "dpkg-query --admindir=t/var/lib/dpkg -L b && "
                    "dpkg-query --admindir=t/var/lib/dpkg -W"),
        0);
    assert_string_equal(got.data, "/.\n/usr\n/opt\n/usr/b\nb\t1.0\nempty\t1.0\n");
    assert_int_equal(scratch_run(f.u.scratch, &got,
                                 "echo changed >t/usr/b; "
                                 "dpkg --root=t --admindir=t/var/lib/dpkg -V 2>&1"),
                     0);
    assert_non_null(strstr(got.data, "/usr/b"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_group),           cmocka_unit_test(test_a_group_of_one),
        cmocka_unit_test(test_same_path_twice), cmocka_unit_test(test_stanza),
        cmocka_unit_test(test_dpkg_agrees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
