/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"
#include "oci/compress.h"
#include "scratch.h"
#include "unit.h"
#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/time.h>
#include <unistd.h>
#include <zstd.h>

/* Bytes that compress to about half: words of a small generator. */
static void fill(char *p, size_t n, uint64_t seed)
{
    uint64_t x = seed * 2 + 1;
    for (size_t i = 0; i < n; i++) {
        x = x * 6364136223846793005u + 1442695040888963407u;
        p[i] = (char)("abcdefghijklmnopqrstuvwxyz012345"[(x >> 59) & 31] + (i % 64 == 0));
    }
}

struct result {
    struct buf packed;
    uint64_t raw_n, packed_n;
    struct sha256 hashed;
};

static void result_release(struct result *r)
{
    buf_release(&r->packed);
}

/* Compresses in writes of `step` bytes on `threads` threads. */
static void compress(const struct compressor *c, unsigned threads, const char *p, size_t n,
                     size_t step, struct result *ret)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(close_fd) int fd = spool_open(&err);
    assert_ok(fd, &err);
    struct session s = {.pool = pool_new(threads)};
    struct hasher h = {0};
    hasher_start(&h);
    struct piece_writer *w = piece_writer_new(&s, c, fd, "out");
    piece_hash(w, &h);
    for (size_t at = 0; at < n; at += step)
        assert_ok(piece_write(w, p + at, n - at < step ? n - at : step, &err), &err);
    assert_ok(piece_end(w, &ret->raw_n, &ret->packed_n, &err), &err);
    piece_writer_free(w);
    ret->hashed = hasher_end(&h);
    hasher_release(&h);
    pool_end(s.pool);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    buf_init(&ret->packed, 0);
    assert_ok(file_read_fd(fd, "out", SIZE_MAX / 2, &ret->packed, &err), &err);
}

static void check_decodes(const struct result *r, enum encoding encoding, const char *p, size_t n)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    CLEANUP(source_cleanup)
    struct source *s = source_decode(source_mem(r->packed.data, r->packed.len), encoding, "x", n,
                                     1);
    assert_ok(source_read_buf(s, &b, &err), &err);
    assert_int_equal(b.len, n);
    assert_memory_equal(b.data, p, n);
}

static void test_bytes_do_not_depend_on_threads_or_writes(void **state)
{
    (void)state;
    static const struct compressor compressors[] = {
        {CODEC_ZSTD, 1}, {CODEC_ZSTD, 3}, {CODEC_GZIP, 1}, {CODEC_GZIP, 6}};
    size_t n = 5 * (size_t)PIECE_BYTES / 2;
    CLEANUP(free_ptr) char *p = xmalloc(n);
    fill(p, n, 1);
    for (size_t i = 0; i < ARRAY_SIZE(compressors); i++) {
        CLEANUP(result_release) struct result a = {0}, b = {0}, c = {0};
        compress(&compressors[i], 0, p, n, n, &a);
        compress(&compressors[i], 1, p, n, 1000003, &b);
        compress(&compressors[i], 4, p, n, 7777, &c);
        assert_int_equal(a.raw_n, n);
        assert_int_equal(a.packed_n, a.packed.len);
        assert_true(a.packed_n < n * 3 / 4);
        struct sha256 d = sha256_of(a.packed.data, a.packed.len);
        assert_true(sha256_eq(&d, &a.hashed));
        assert_true(sha256_eq(&b.hashed, &a.hashed));
        assert_true(sha256_eq(&c.hashed, &a.hashed));
        assert_int_equal(b.packed_n, a.packed_n);
        check_decodes(&a, compressors[i].codec == CODEC_ZSTD ? ENCODING_ZSTD : ENCODING_GZIP, p, n);
    }
}

/* A piece's frame is what the library gives for these bytes alone, whatever its context did
 * before. */
static void test_zstd_frames_are_independent(void **state)
{
    (void)state;
    size_t n = (size_t)PIECE_BYTES + 1000;
    CLEANUP(free_ptr) char *p = xmalloc(n);
    fill(p, n, 2);
    for (int level = 1; level <= 13; level += 4) {
        const struct compressor c = {CODEC_ZSTD, level};
        CLEANUP(result_release) struct result all = {0}, tail = {0};
        compress(&c, 0, p, n, n, &all);
        compress(&c, 0, p + PIECE_BYTES, 1000, 1000, &tail);
        size_t first = ZSTD_findFrameCompressedSize(all.packed.data, all.packed.len);
        assert_false(ZSTD_isError(first));
        assert_int_equal(ZSTD_getFrameContentSize(all.packed.data, first), PIECE_BYTES);
        assert_int_equal(all.packed.len - first, tail.packed.len);
        assert_memory_equal(all.packed.data + first, tail.packed.data, tail.packed.len);
        /* Content size and checksum are in the frame header's descriptor. */
        assert_true(((uint8_t)tail.packed.data[4] & 0x04) != 0);
        assert_int_equal(ZSTD_getFrameContentSize(tail.packed.data, tail.packed.len), 1000);
    }
}

static void test_gzip_header_has_no_time_and_no_name(void **state)
{
    (void)state;
    const struct compressor c = {CODEC_GZIP, 6};
    CLEANUP(result_release) struct result r = {0};
    compress(&c, 0, "hello", 5, 5, &r);
    static const uint8_t head[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255};
    assert_true(r.packed.len > 18);
    assert_memory_equal(r.packed.data, head, sizeof(head));
}

static void test_empty_and_cuts(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    const struct compressor c = {CODEC_ZSTD, 3};
    CLEANUP(result_release) struct result none = {0}, a = {0}, b = {0};
    compress(&c, 1, "", 0, 1, &none);
    assert_int_equal(none.packed_n, 0);
    assert_int_equal(none.packed.len, 0);
    compress(&c, 1, "one", 3, 3, &a);
    compress(&c, 1, "two", 3, 3, &b);

    CLEANUP(close_fd) int fd = spool_open(&err);
    assert_ok(fd, &err);
    struct session s = {.pool = pool_new(1)};
    struct piece_writer *w = piece_writer_new(&s, &c, fd, "out");
    uint64_t raw, packed;
    assert_ok(piece_cut(w, &err), &err);
    assert_ok(piece_write(w, "one", 3, &err), &err);
    assert_ok(piece_cut(w, &err), &err);
    assert_ok(piece_cut(w, &err), &err);
    assert_ok(piece_write(w, "tw", 2, &err), &err);
    assert_ok(piece_write(w, "o", 1, &err), &err);
    assert_ok(piece_end(w, &raw, &packed, &err), &err);
    assert_int_equal(raw, 6);
    assert_int_equal(packed, a.packed.len + b.packed.len);
    assert_int_equal(lseek(fd, 0, SEEK_CUR), packed);
    /* It goes on after piece_end, and counts on. */
    assert_ok(piece_write(w, "one", 3, &err), &err);
    assert_ok(piece_end(w, &raw, NULL, &err), &err);
    assert_int_equal(raw, 9);
    piece_writer_free(w);
    pool_end(s.pool);

    char have[200];
    assert_int_equal(pread(fd, have, sizeof(have), 0), packed + a.packed.len);
    assert_memory_equal(have, a.packed.data, a.packed.len);
    assert_memory_equal(have + a.packed.len, b.packed.data, b.packed.len);
    assert_memory_equal(have + packed, a.packed.data, a.packed.len);
}

static void test_other_programs_decode_it(void **state)
{
    (void)state;
    CLEANUP(scratch_cleanup) char *scratch = scratch_new();
    CLEANUP(free_ptr) char *p = xmalloc(PIECE_BYTES + 99999);
    fill(p, PIECE_BYTES + 99999, 3);
    struct sha256 d = sha256_of(p, PIECE_BYTES + 99999);
    static const struct {
        enum codec codec;
        const char *program;
    } peers[] = {{CODEC_ZSTD, "zstd"}, {CODEC_GZIP, "gzip"}};
    for (size_t i = 0; i < ARRAY_SIZE(peers); i++) {
        const struct compressor c = {peers[i].codec, 3};
        CLEANUP(result_release) struct result r = {0};
        CLEANUP(buf_release) struct buf out = BUF_INIT(0);
        compress(&c, 2, p, PIECE_BYTES + 99999, 65536, &r);
        if (have_command(peers[i].program)) {
            scratch_write(scratch, "x", r.packed.data, r.packed.len);
            assert_int_equal(scratch_run(scratch, &out, "%s -dc <x | sha256sum", peers[i].program),
                             0);
            assert_memory_equal(out.data, sha256_hex(&d).s, SHA256_HEX_LEN);
        }
        struct archive *a = archive_read_new();
        struct archive_entry *entry;
        archive_read_support_filter_zstd(a);
        archive_read_support_filter_gzip(a);
        archive_read_support_format_raw(a);
        assert_int_equal(archive_read_open_memory(a, r.packed.data, r.packed.len), ARCHIVE_OK);
        assert_int_equal(archive_read_next_header(a, &entry), ARCHIVE_OK);
        CLEANUP(free_ptr) char *have = xmalloc(PIECE_BYTES + 100000);
        assert_int_equal(archive_read_data(a, have, PIECE_BYTES + 100000), PIECE_BYTES + 99999);
        assert_memory_equal(have, p, PIECE_BYTES + 99999);
        archive_read_free(a);
    }
}

static void test_levels(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    static const struct {
        struct compressor c;
        bool valid;
    } cases[] = {{{CODEC_ZSTD, 1}, true},   {{CODEC_ZSTD, 19}, true},  {{CODEC_ZSTD, 0}, false},
                 {{CODEC_ZSTD, 20}, false}, {{CODEC_ZSTD, -1}, false}, {{CODEC_GZIP, 12}, true},
                 {{CODEC_GZIP, 13}, false}, {{CODEC_GZIP, 0}, false}};
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_int_equal(compressor_valid(&cases[i].c, &err), cases[i].valid);
        assert_int_equal(err.code == ERR_NONE, cases[i].valid);
        err_clear(&err);
    }
    assert_string_equal(codec_name(CODEC_ZSTD), "zstd");
    assert_string_equal(codec_name(CODEC_GZIP), "gzip");
    assert_string_equal(codec_version(CODEC_ZSTD), ZSTD_versionString());
}

/* An error leaves nothing behind: no thread still at work on freed memory. */
static void test_write_errors_and_stops(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    const struct compressor c = {CODEC_ZSTD, 1};
    size_t n = 3 * (size_t)PIECE_BYTES;
    CLEANUP(free_ptr) char *p = xmalloc(n);
    fill(p, n, 4);
    atomic_int stop = 0;
    struct session s = {.pool = pool_new(2), .stop = &stop};

    CLEANUP(close_fd) int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    assert_true(full >= 0);
    struct piece_writer *w = piece_writer_new(&s, &c, full, "out");
    assert_ok(piece_write(w, p, n, &err), &err);
    assert_fails(piece_end(w, NULL, NULL, &err), &err, "out: write: No space left");
    piece_writer_free(w);

    w = piece_writer_new(&s, &c, full, "out");
    assert_ok(piece_write(w, p, n, &err), &err);
    stop = SIGINT;
    assert_int_equal(piece_write(w, p, n, &err), -ERR_STOPPED);
    piece_writer_free(w);
    pool_end(s.pool);
}

static int collect(void *arg, struct slice raw, struct slice packed, struct err *err)
{
    struct buf *all = arg;
    (void)err;
    buf_addslice(&all[0], raw);
    buf_addslice(&all[1], packed);
    return 0;
}

static int refuse(void *arg, struct slice raw, struct slice packed, struct err *err)
{
    unsigned *left = arg;
    (void)raw;
    (void)packed;
    return (*left)-- ? 0 : err_set(err, "no more");
}

/* Held in memory or in a file: what is replayed is what would have been written. */
static void check_held(const struct compressor *c, unsigned threads, size_t n)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(free_ptr) char *p = xmalloc(n + 1);
    CLEANUP(result_release) struct result want = {0};
    struct buf got[2] = {BUF_INIT(0), BUF_INIT(0)};
    fill(p, n, n);
    compress(c, threads, p, n, 100000, &want);
    struct session s = {.pool = pool_new(threads)};
    struct piece_writer *w = piece_writer_new(&s, c, -1, "held");
    uint64_t raw, packed;
    assert_ok(piece_write(w, p, n, &err), &err);
    assert_ok(piece_end(w, &raw, &packed, &err), &err);
    assert_int_equal(raw, n);
    assert_int_equal(packed, want.packed.len);
    for (int i = 0; i < 2; i++) {
        buf_reset(&got[0]);
        buf_reset(&got[1]);
        assert_ok(piece_replay(w, collect, got, &err), &err);
        assert_int_equal(got[0].len, n);
        assert_memory_equal(buf_str(&got[0]), p, n);
        assert_int_equal(got[1].len, want.packed.len);
        assert_memory_equal(buf_str(&got[1]), buf_str(&want.packed), got[1].len);
    }
    unsigned left = 1;
    if (n > PIECE_BYTES)
        assert_fails(piece_replay(w, refuse, &left, &err), &err, "no more");
    piece_writer_free(w);
    pool_end(s.pool);
    buf_release(&got[0]);
    buf_release(&got[1]);
}

static void test_held_pieces(void **state)
{
    (void)state;
    static const struct compressor compressors[] = {{CODEC_ZSTD, 1}, {CODEC_GZIP, 1}};
    for (size_t i = 0; i < ARRAY_SIZE(compressors); i++) {
        check_held(&compressors[i], 1, 0);
        check_held(&compressors[i], 1, 1);
        check_held(&compressors[i], 0, PIECE_BYTES);
        check_held(&compressors[i], 1, PIECE_BYTES + 1);
        check_held(&compressors[i], 0, 3 * (size_t)PIECE_BYTES + 5);
        check_held(&compressors[i], 2, 5 * (size_t)PIECE_BYTES);
    }
}

static atomic_int rung;

static void ring(int signal)
{
    rung = signal;
}

/* At the slow levels a piece that is under way is left off. */
static void test_a_slow_piece_stops(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    const struct compressor c = {CODEC_ZSTD, 19};
    CLEANUP(free_ptr) char *p = xmalloc(PIECE_BYTES);
    fill(p, PIECE_BYTES, 5);
    struct session s = {.pool = pool_new(0), .stop = &rung};
    CLEANUP(close_fd) int fd = spool_open(&err);
    assert_ok(fd, &err);
    struct piece_writer *w = piece_writer_new(&s, &c, fd, "out");
    assert_ok(piece_write(w, p, PIECE_BYTES, &err), &err); /* queued, not begun */
    signal(SIGALRM, ring);
    const struct itimerval soon = {.it_value.tv_usec = 20000};
    assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
    assert_int_equal(piece_end(w, NULL, NULL, &err), -ERR_STOPPED);
    signal(SIGALRM, SIG_DFL);
    piece_writer_free(w);
    pool_end(s.pool);
    assert_int_equal(lseek(fd, 0, SEEK_CUR), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_do_not_depend_on_threads_or_writes),
        cmocka_unit_test(test_zstd_frames_are_independent),
        cmocka_unit_test(test_gzip_header_has_no_time_and_no_name),
        cmocka_unit_test(test_empty_and_cuts),
        cmocka_unit_test(test_other_programs_decode_it),
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_write_errors_and_stops),
        cmocka_unit_test(test_held_pieces),
        cmocka_unit_test(test_a_slow_piece_stops),
    };
    return cmocka_run_group_tests_name("compress", tests, NULL, NULL);
}
