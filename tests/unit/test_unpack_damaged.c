/* SPDX-License-Identifier: Apache-2.0 */
/* Debs and caches that are damaged, and one that grows: nothing is made of them. */
#include "rootfs/content.h"
#include "unpacker.h"

#include "base/path.h"
#include "scratch.h"
#include "unit.h"
#include <dirent.h>
#include <zstd.h>

/* A tar of one file of this many zeros, as zstd. */
static void zeros_as_zstd(struct buf *ret, size_t n)
{
    CLEANUP(buf_release) struct buf tar = BUF_INIT(0);
    maker_header(&tar, "./zeros", '0', 0644, NULL, n);
    buf_zero(&tar, n);
    maker_end(&tar);
    size_t bound = ZSTD_compressBound(tar.len);
    char *room = buf_reserve(ret, bound);
    size_t packed = ZSTD_compress(room, bound, tar.data, tar.len, 1);
    assert_false(ZSTD_isError(packed));
    buf_filled(ret, packed);
}

static void test_bomb(void **state)
{
    (void)state;
    CLEANUP(buf_release) struct buf control = BUF_INIT(0);
    CLEANUP(buf_release) struct buf data = BUF_INIT(0);
    CLEANUP(buf_release) struct buf deb = BUF_INIT(0);
    maker_control(&control, "x", "", NULL);
    maker_end(&control);
    zeros_as_zstd(&data, 65u << 20);
    maker_deb_of(&deb, &control, &data, "data.tar.zst");
    expect_refused("a bomb", &deb, "67108864 bytes");
}

static void test_cut_member(void **state)
{
    (void)state;
    CLEANUP(buf_release) struct buf control = BUF_INIT(0);
    CLEANUP(buf_release) struct buf data = BUF_INIT(0);
    CLEANUP(buf_release) struct buf deb = BUF_INIT(0);
    maker_control(&control, "x", "", NULL);
    maker_end(&control);
    zeros_as_zstd(&data, 1u << 20);
    data.len -= 3;
    maker_deb_of(&deb, &control, &data, "data.tar.zst");
    expect_refused("a cut member", &deb, "data.tar: ends early");
}

static void test_cut_deb(void **state)
{
    (void)state;
    CLEANUP(buf_release) struct buf control = BUF_INIT(0);
    CLEANUP(buf_release) struct buf data = BUF_INIT(0);
    CLEANUP(buf_release) struct buf deb = BUF_INIT(0);
    maker_control(&control, "x", "", NULL);
    maker_file(&data, "./x", 0644, "x");
    maker_deb(&deb, &control, &data);
    deb.len -= 600;
    expect_refused("an ar size beyond the file", &deb, "bytes");
}

/* The cached file isn't what the lock says: seen before a byte is parsed, and dropped. */
static void test_damaged_cache(void **state)
{
    (void)state;
    CLEANUP(unpacker_end) struct unpacker u;
    CLEANUP(err_release) struct err err = ERR_INIT;
    unpacker_start(&u);
    char name[] = "x", version[] = "1.0", arch[] = "all";
    struct lock_package want = {.name = name, .version = version, .arch = arch, .size = 9};
    want.sha256 = sha256_of("not a deb", 9);
    struct unpack_request request = {&want, u.policy, u.compressor, content_tables_digest()};
    struct package *p = NULL;
    assert_int_equal(package_get(CTX(&u.session, NULL, u.cache), &request, &p, NULL, &err),
                     -ERR_NOT_FOUND);
    err_clear(&err);

    CLEANUP(tmpfile_release) struct tmpfile t = TMPFILE_INIT;
    assert_ok(cache_blob_begin(u.cache, &t, &err), &err);
    assert_ok(write_all(t.fd, "not a dxb", 9, "x", &err), &err);
    assert_ok(cache_blob_commit(u.cache, &t, &want.sha256, &err), &err);
    assert_true(cache_has_blob(u.cache, &want.sha256, 9));
    assert_true(package_get(CTX(&u.session, NULL, u.cache), &request, &p, NULL, &err) < 0);
    assert_non_null(strstr(err.message, "x_1.0_all.deb"));
    assert_non_null(strstr(err.hint, "run again"));
    assert_false(cache_has_blob(u.cache, &want.sha256, 9));
}

static void test_interrupted(void **state)
{
    (void)state;
    CLEANUP(unpacker_end) struct unpacker u;
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(buf_release) struct buf control = BUF_INIT(0);
    CLEANUP(buf_release) struct buf data = BUF_INIT(0);
    CLEANUP(buf_release) struct buf deb = BUF_INIT(0);
    unpacker_start(&u);
    maker_control(&control, "x", "", NULL);
    maker_file(&data, "./x", 0644, "x");
    maker_deb(&deb, &control, &data);
    u.stop = 2;
    struct package *p = NULL;
    assert_int_equal(unpacker_get(&u, &deb, "x", &p, &err), -ERR_STOPPED);
    expect_nothing_made(&u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bomb),        cmocka_unit_test(test_cut_member),
        cmocka_unit_test(test_cut_deb),     cmocka_unit_test(test_damaged_cache),
        cmocka_unit_test(test_interrupted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
