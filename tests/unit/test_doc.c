/* SPDX-License-Identifier: Apache-2.0 */
/* Changelogs kept while packages stream by, and read from debs afterwards. */
#include "rootfs/doc.h"
#include "unit.h"
#include "unpacker.h"

#include <libdeflate.h>

static void gz_file(struct buf *tar, const char *path, const char *text)
{
    struct libdeflate_compressor *c = libdeflate_alloc_compressor(6);
    char packed[512];
    size_t n = libdeflate_gzip_compress(c, text, strlen(text), packed, sizeof(packed));

    assert_int_not_equal(n, 0);
    maker_header(tar, path, '0', 0644, NULL, n);
    maker_bytes(tar, packed, n);
    libdeflate_free_compressor(c);
}

/* A deb of package "x" with these files, "PATH TEXT" each. */
static void make_deb(struct buf *ret, const char *const *files)
{
    CLEANUP(buf_release) struct buf control = BUF_INIT(0), data = BUF_INIT(0);

    maker_control(&control, "x", "", "");
    for (; *files; files++) {
        const char *blank = strchr(*files, ' ');
        CLEANUP(free_ptr) char *path = xstrndup(*files, (size_t)(blank - *files));
        gz_file(&data, path, blank + 1);
    }
    maker_file(&data, "./usr/share/z", 0644, "z");
    maker_deb(ret, &control, &data);
}

#define DOC "./usr/share/doc/x/"

static void expect(struct unpacker *u, const char *const *files, const char *text)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(buf_release) struct buf deb = BUF_INIT(0), got = BUF_INIT(0);
    CLEANUP(package_cleanup) struct package *p = NULL;

    make_deb(&deb, files);
    struct sha256 digest = sha256_of(deb.data, deb.len);
    assert_int_equal(package_changelog(u->cache, &digest, &got, &err), -ERR_NOT_FOUND);
    err_clear(&err);
    assert_ok(unpacker_get(u, &deb, "x", &p, &err), &err);
    assert_ok(package_changelog(u->cache, &digest, &got, &err), &err);
    assert_string_equal(buf_str(&got), text);
}

static void test_kept(void **state)
{
    CLEANUP(unpacker_end) struct unpacker u;
    const char *const debian[] = {DOC "changelog.gz upstream\n", DOC "changelog.Debian.gz x (1)\n",
                                  "./usr/share/doc/y/changelog.Debian.gz y\n",
                                  DOC "sub/changelog.Debian.gz z\n", NULL};
    const char *const native[] = {DOC "changelog.gz native\n", DOC "README.gz no\n", NULL};
    const char *const rebuilt[] = {DOC "changelog.Debian.gz x (1)\n",
                                   DOC "changelog.Debian.amd64.gz x (1+b1)\n", NULL};
    const char *const none[] = {NULL};

    (void)state;
    unpacker_start(&u);
    expect(&u, debian, "x (1)\n");
    unpacker_policy(&u, "drop usr/share/doc/**");
    expect(&u, native, "native\n");
    expect(&u, rebuilt, "x (1+b1)\nx (1)\n");
    expect(&u, none, "");
}

static void test_read_from_deb(void **state)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(unpacker_end) struct unpacker u;
    CLEANUP(buf_release) struct buf deb = BUF_INIT(0), got = BUF_INIT(0);
    const char *const files[] = {DOC "changelog.Debian.gz x (1)\n", NULL};
    char name[] = "x", version[] = "1.0", all[] = "all";

    (void)state;
    unpacker_start(&u);
    make_deb(&deb, files);
    struct lock_package p = {.name = name, .version = version, .arch = all, .size = deb.len};
    p.sha256 = sha256_of(deb.data, deb.len);
    assert_fails(package_changelog_read(CTX(&u.session, NULL, u.cache), &p, &err), &err,
                 "x_1.0_all.deb");
    assert_ok(cache_blob_put(u.cache, deb.data, deb.len, NULL, &err), &err);
    assert_ok(package_changelog_read(CTX(&u.session, NULL, u.cache), &p, &err), &err);
    assert_ok(package_changelog(u.cache, &p.sha256, &got, &err), &err);
    assert_string_equal(buf_str(&got), "x (1)\n");
}

static void test_damaged_is_none(void **state)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(unpacker_end) struct unpacker u;
    CLEANUP(buf_release) struct buf got = BUF_INIT(0);
    CLEANUP(doc_release) struct doc d;
    struct sha256 deb = sha256_of("d", 1);

    (void)state;
    unpacker_start(&u);
    doc_init(&d);
    doc_file(&d, "x", "usr/share/doc/x/changelog.gz");
    doc_add(&d, "not gzip", 8);
    assert_ok(doc_keep(&d, u.cache, &deb, &err), &err);
    assert_ok(package_changelog(u.cache, &deb, &got, &err), &err);
    assert_int_equal(got.len, 0);
}

/* Changelogs are kept under DOC_FORMAT. Here is which files they were made of when it was raised
 * last: if this fails and the change is meant, raise it, and write the new digest here. */
static void test_files_are_what_they_were(void **state)
{
    static const char *const meant = "1 e90817d7ef13c1ce";
    static const char *const paths[] = {
        "usr/share/doc/x/changelog.gz",
        "usr/share/doc/x/changelog.Debian.gz",
        "usr/share/doc/x/changelog.Debian.i386.gz",
        "usr/share/doc/x/changelog.Debian.arm64.gz",
        "usr/share/doc/x/changelog.Debian",
        "usr/share/doc/x/changelog.Debian.",
        "usr/share/doc/x/changelog.Debian.amd64",
        "usr/share/doc/x/Changelog.gz",
        "usr/share/doc/x/changelog",
        "usr/share/doc/x/NEWS.Debian.gz",
        "usr/share/doc/x1/changelog.gz",
        "usr/share/doc/x/a/changelog.gz",
        "usr/share/changelog.gz",
        "usr/share/doc/y/changelog.Debian.gz",
    };
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(unpacker_end) struct unpacker u;
    CLEANUP(hasher_release) struct hasher h = {0};
    struct libdeflate_compressor *c = libdeflate_alloc_compressor(6);

    (void)state;
    unpacker_start(&u);
    hasher_start(&h);
    for (size_t i = 0; i < ARRAY_SIZE(paths) * ARRAY_SIZE(paths); i++) {
        const char *const pair[] = {paths[i / ARRAY_SIZE(paths)], paths[i % ARRAY_SIZE(paths)]};
        CLEANUP(doc_release) struct doc d;
        CLEANUP(buf_release) struct buf got = BUF_INIT(0);
        struct sha256 deb = sha256_of(&i, sizeof(i));
        doc_init(&d);
        for (size_t k = 0; k < 2; k++) {
            char packed[512];
            size_t n = libdeflate_gzip_compress(c, pair[k], strlen(pair[k]), packed,
                                                sizeof(packed));
            doc_file(&d, "x", pair[k]);
            doc_add(&d, packed, n);
        }
        assert_ok(doc_keep(&d, u.cache, &deb, &err), &err);
        assert_ok(package_changelog(u.cache, &deb, &got, &err), &err);
        hasher_add(&h, buf_str(&got), got.len + 1);
    }
    libdeflate_free_compressor(c);
    const struct sha256 digest = hasher_end(&h);
    CLEANUP(free_ptr) char *now = xasprintf("%d %.16s", DOC_FORMAT, sha256_hex(&digest).s);
    assert_string_equal(now, meant);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kept),
        cmocka_unit_test(test_read_from_deb),
        cmocka_unit_test(test_damaged_is_none),
        cmocka_unit_test(test_files_are_what_they_were),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
