/* SPDX-License-Identifier: Apache-2.0 */
/* A record out of an image's layers (fleet/layers.h). */
#include "debmaker.h"
#include "fleet/diff.h"
#include "fleet/layers.h"
#include "images.h"

#include <fcntl.h>
#include <unistd.h>

#define BENCH(t)                       \
    CLEANUP(bench_end) struct bench t; \
    bench_start(&t, 0)

#define STATUS_HEAD "Status: install ok installed\nArchitecture: "

/* The tar as a further layer of the image; it is empty after. */
static void check_add_layer(struct bench *t, struct test_image *i, struct buf *tar,
                            enum codec codec)
{
    const struct compressor c = {codec, 3};
    struct layer_builder *b;
    struct image *image = &i->image;

    GROW(image->layers, image->n_layers, image->cap_layers);
    struct image_layer *l = &image->layers[image->n_layers++];
    *l = (struct image_layer){.created_by = xstrdup("test")};
    assert_ok(layer_start(CTX(&t->session, NULL, t->cache), &c, &b, &t->err), &t->err);
    assert_ok(layer_tar(b, tar->data, tar->len, &t->err), &t->err);
    assert_ok(layer_finish(b, &l->layer, &t->err), &t->err);
    layer_builder_free(b);
    buf_reset(tar);
}

static void check_base_layer(struct buf *tar)
{
    maker_directory(tar, "usr/");
    maker_file(tar, "usr/a", 0644, "aa");
    maker_file(tar, "usr/c", 04755, "c");
    maker_hardlink(tar, "usr/b", "usr/a");
    maker_symlink(tar, "lib", "usr/lib");
    maker_file(tar, "usr/gone", 0644, "gone");
    maker_file(tar, "usr/new\nline", 0644, "n");
    maker_directory(tar, "var/");
    maker_directory(tar, "var/lib/");
    maker_directory(tar, "var/lib/dpkg/");
    maker_file(tar, "var/lib/dpkg/status", 0644,
               "Package: zlib1g\n" STATUS_HEAD "amd64\nVersion: 1:1.3-1\nSource: zlib\n\n"
               "Package: libc6\n" STATUS_HEAD "amd64\nVersion: 2.41-12+b1\n"
               "Source: glibc (2.41-12)\n\n"
               "Package: libc6\n" STATUS_HEAD "i386\nVersion: 2.41-12\nSource: glibc\n\n"
               "Package: purged\nStatus: deinstall ok config-files\nArchitecture: amd64\n"
               "Version: 1\n");
}

static void check_second_layer(struct buf *tar)
{
    maker_directory(tar, "usr/");
    maker_file(tar, "usr/.wh.gone", 0644, "");
    maker_directory(tar, "var/lib/dpkg/status.d/");
    maker_file(tar, "var/lib/dpkg/status.d/tzdata", 0644,
               "Package: tzdata\nArchitecture: all\nVersion: 2026a-0\n");
}

static void check_make(struct bench *t, const char *arch, enum codec codec, struct test_image *ret)
{
    CLEANUP(buf_release) struct buf tar = BUF_INIT(0);

    *ret = (struct test_image){.image = {.arch = arch, .created = 1700000000}};
    ret->image.user = xstrdup("7:7");
    check_base_layer(&tar);
    check_add_layer(t, ret, &tar, codec);
    check_second_layer(&tar);
    check_add_layer(t, ret, &tar, codec);
    test_image_seal(ret);
}

static int check_read(struct bench *t, const char *location, const struct strv *arches,
                      struct record *ret)
{
    CLEANUP(location_release) struct location from = {0};
    struct reader *reader;

    assert_ok(location_parse(location, &from, &t->err), &t->err);
    assert_ok(reader_open(&t->session, &from, &reader, &t->err), &t->err);
    int r = record_of_image(&t->session, reader, arches, ret, &t->err);
    reader_free(reader);
    return r;
}

static const struct record_path *check_path(const struct record_arch *a, const char *path)
{
    for (size_t i = 0; i < a->n_paths; i++)
        if (strcmp(a->paths[i].path, path) == 0)
            return &a->paths[i];
    return NULL;
}

static void test_what_layers_tell(void **state)
{
    (void)state;
    BENCH(t);
    CLEANUP(record_release) struct record r = {0};
    CLEANUP(free_ptr) char *path = bench_path(&t, "x.oci");
    CLEANUP(free_ptr) char *location = xasprintf("oci:%s", path);
    struct test_image image;
    check_make(&t, "amd64", CODEC_ZSTD, &image);
    assert_ok(bench_write(&t, location, &image, 1, NULL), &t.err);
    assert_ok(check_read(&t, location, NULL, &r), &t.err);

    assert_null(r.lock);
    assert_true(sha256_eq(&r.image, &image.built.manifest_digest));
    assert_int_equal(r.n_arches, 1);
    const struct record_arch *a = record_find_arch(&r, "amd64");
    assert_true(sha256_eq(&a->manifest, &image.built.manifest_digest));
    assert_int_equal(a->packed,
                     image.image.layers[0].layer.size + image.image.layers[1].layer.size);
    assert_string_equal(json_string_value(json_object_get(a->config, "User")), "7:7");

    static const char *const packages[][5] = {
        {"libc6", "2.41-12+b1", "amd64", "glibc", "2.41-12"},
        {"libc6:i386", "2.41-12", "i386", "glibc", "2.41-12"},
        {"tzdata", "2026a-0", "all", "tzdata", "2026a-0"},
        {"zlib1g", "1:1.3-1", "amd64", "zlib", "1:1.3-1"},
    };
    assert_int_equal(a->n_packages, ARRAY_SIZE(packages));
    for (size_t i = 0; i < ARRAY_SIZE(packages); i++) {
        const struct record_package *p = &a->packages[i];
        assert_string_equal(p->name, packages[i][0]);
        assert_string_equal(p->version, packages[i][1]);
        assert_string_equal(p->arch, packages[i][2]);
        assert_string_equal(p->source, packages[i][3]);
        assert_string_equal(p->source_version, packages[i][4]);
        assert_true(sha256_is_zero(&p->sha256));
    }
    for (size_t i = 1; i < a->n_paths; i++)
        assert_true(strcmp(a->paths[i - 1].path, a->paths[i].path) < 0);
    assert_int_not_equal(*a->paths[0].path, '\0');
    const struct record_path *file = check_path(a, "usr/a");
    const struct sha256 aa = sha256_of("aa", 2);
    assert_int_equal(file->mode, 0644);
    assert_int_equal(check_path(a, "usr/c")->mode, 04755);
    assert_true(sha256_eq(&file->sha256, &aa));
    assert_int_equal(check_path(a, "usr/b")->type, ENTRY_HARDLINK);
    assert_string_equal(check_path(a, "usr/b")->target, "usr/a");
    assert_int_equal(check_path(a, "lib")->type, ENTRY_SYMLINK);
    assert_string_equal(check_path(a, "lib")->target, "usr/lib");
    assert_int_equal(check_path(a, "usr")->type, ENTRY_DIRECTORY);
    assert_non_null(check_path(a, "usr/new\\x0aline"));
    assert_null(check_path(a, "usr/gone"));
    assert_null(check_path(a, "usr/.wh.gone"));
    uint64_t status = a->unpacked - 4; /* "aa", "c", "n" */
    assert_true(status > 400 && status < 700);
    test_image_release(&image);
}

static void test_the_same_over_any_transport(void **state)
{
    (void)state;
    static const char *const kinds[] = {"oci-archive", "docker-archive"};
    BENCH(t);
    CLEANUP(record_release) struct record first = {0};
    CLEANUP(free_ptr) char *path = bench_path(&t, "x.oci");
    CLEANUP(free_ptr) char *layout = xasprintf("oci:%s", path);
    struct test_image image;
    check_make(&t, "arm64", CODEC_GZIP, &image);
    assert_ok(bench_write(&t, layout, &image, 1, NULL), &t.err);
    assert_ok(check_read(&t, layout, NULL, &first), &t.err);
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        CLEANUP(record_release) struct record other = {0};
        CLEANUP(diff_release) struct image_diff d;
        CLEANUP(free_ptr) char *file = bench_path(&t, kinds[i]);
        CLEANUP(free_ptr) char *location = xasprintf("%s:%s", kinds[i], file);
        assert_ok(bench_write(&t, location, &image, 1, NULL), &t.err);
        assert_ok(check_read(&t, location, NULL, &other), &t.err);
        diff_records(&first, &other, &d);
        assert_true(diff_empty(&d));
        assert_int_equal(d.n_arches, 1);
        assert_string_equal(d.arches[0].arch, "arm64");
        assert_int_equal(other.arches[0].n_packages, 4);
    }
    test_image_release(&image);
}

static void test_architectures(void **state)
{
    (void)state;
    BENCH(t);
    CLEANUP(record_release) struct record r = {0}, none = {0};
    CLEANUP(strv_release) struct strv arches = STRV_INIT;
    CLEANUP(free_ptr) char *path = bench_path(&t, "x.oci");
    CLEANUP(free_ptr) char *location = xasprintf("oci:%s", path);
    struct test_image images[2];
    check_make(&t, "arm64", CODEC_GZIP, &images[0]);
    check_make(&t, "amd64", CODEC_GZIP, &images[1]);
    assert_ok(bench_write(&t, location, images, 2, NULL), &t.err);
    assert_ok(check_read(&t, location, NULL, &r), &t.err);
    assert_int_equal(r.n_arches, 2);
    assert_string_equal(r.arches[0].arch, "amd64");
    assert_string_equal(r.arches[1].arch, "arm64");
    assert_false(sha256_eq(&r.image, &r.arches[0].manifest));
    assert_non_null(record_find_package(&r.arches[1], "libc6:amd64"));
    record_release(&r);

    strv_add(&arches, "arm64");
    assert_ok(check_read(&t, location, &arches, &r), &t.err);
    assert_int_equal(r.n_arches, 1);
    assert_string_equal(r.arches[0].arch, "arm64");
    strv_add(&arches, "s390x");
    assert_int_equal(check_read(&t, location, &arches, &none), -ERR_NOT_FOUND);
    assert_non_null(strstr(t.err.message, "holds no image for s390x"));
    err_clear(&t.err);
    assert_null(none.arches);
    test_image_release(&images[0]);
    test_image_release(&images[1]);
}

static void test_two_images_for_one_architecture(void **state)
{
    (void)state;
    BENCH(t);
    struct record r;
    CLEANUP(free_ptr) char *path = bench_path(&t, "x.oci");
    CLEANUP(free_ptr) char *location = xasprintf("oci:%s", path);
    struct test_image images[2];
    test_image_make(&t, "amd64", CODEC_GZIP, "a", 1, &images[0]);
    test_image_make(&t, "amd64", CODEC_GZIP, "b", 1, &images[1]);
    assert_ok(bench_write(&t, location, images, 2, NULL), &t.err);
    assert_fails(check_read(&t, location, NULL, &r), &t.err, "more than one image for amd64");
    test_image_release(&images[0]);
    test_image_release(&images[1]);
}

/* A byte of the first layer's blob is another one. */
static void check_damage(struct bench *t, const struct test_image *image)
{
    CLEANUP(free_ptr)
    char *name = xasprintf("x.oci/blobs/sha256/%s",
                           sha256_hex(&image->image.layers[0].layer.digest).s);
    CLEANUP(free_ptr) char *path = bench_path(t, name);
    CLEANUP(close_fd) int fd = open(path, O_RDWR | O_CLOEXEC);
    char byte;

    assert_true(fd >= 0);
    assert_int_equal(pread(fd, &byte, 1, 40), 1);
    byte = (char)(byte ^ 1);
    assert_int_equal(pwrite(fd, &byte, 1, 40), 1);
}

static void test_broken(void **state)
{
    (void)state;
    BENCH(t);
    struct record r;
    CLEANUP(free_ptr) char *path = bench_path(&t, "x.oci");
    CLEANUP(free_ptr) char *location = xasprintf("oci:%s", path);
    struct test_image image;
    check_make(&t, "amd64", CODEC_GZIP, &image);
    image.image.layers[1].layer.diff_id = sha256_of("other", 5);
    test_image_seal(&image);
    assert_ok(bench_write(&t, location, &image, 1, NULL), &t.err);
    assert_fails(check_read(&t, location, NULL, &r), &t.err, "isn't the one that the config names");
    check_damage(&t, &image);
    assert_true(check_read(&t, location, NULL, &r) < 0);
    assert_non_null(strstr(t.err.message, sha256_hex(&image.image.layers[0].layer.digest).s));
    err_clear(&t.err);
    test_image_release(&image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_layers_tell),
        cmocka_unit_test(test_the_same_over_any_transport),
        cmocka_unit_test(test_architectures),
        cmocka_unit_test(test_two_images_for_one_architecture),
        cmocka_unit_test(test_broken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
