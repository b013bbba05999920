/* SPDX-License-Identifier: Apache-2.0 */
/* source_decode against streams made by the codecs' own encoders: whole, cut at every byte, with
 * bytes behind, with bits flipped, and bombs. */
#include "base/stream.h"
#include "unit.h"
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#define CAP (1u << 20)

static void pack_gzip(const void *p, size_t n, struct buf *out)
{
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    uLong bound = deflateBound(&z, n);
    z.next_in = (Bytef *)(uintptr_t)p;
    z.avail_in = (uInt)n;
    z.next_out = (Bytef *)buf_reserve(out, bound);
    z.avail_out = (uInt)bound;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    buf_filled(out, z.total_out);
    deflateEnd(&z);
}

static void pack_xz(const void *p, size_t n, struct buf *out)
{
    size_t bound = lzma_stream_buffer_bound(n);
    size_t len = 0;
    uint8_t *room = (uint8_t *)buf_reserve(out, bound);
    assert_int_equal(lzma_easy_buffer_encode(1, LZMA_CHECK_CRC64, NULL, p, n, room, &len, bound),
                     LZMA_OK);
    buf_filled(out, len);
}

/* Several blocks with their sizes in the headers, as dpkg-deb writes large members. */
static void pack_xz_blocks(const void *p, size_t n, size_t block, struct buf *out)
{
    lzma_stream z = LZMA_STREAM_INIT;
    lzma_mt mt = {.threads = 2, .block_size = block, .preset = 0, .check = LZMA_CHECK_CRC32};
    assert_int_equal(lzma_stream_encoder_mt(&z, &mt), LZMA_OK);
    size_t bound = n + n / 2 + 65536;
    z.next_in = p;
    z.avail_in = n;
    z.next_out = (uint8_t *)buf_reserve(out, bound);
    z.avail_out = bound;
    assert_int_equal(lzma_code(&z, LZMA_FINISH), LZMA_STREAM_END);
    buf_filled(out, bound - z.avail_out);
    lzma_end(&z);
}

static void pack_zstd(const void *p, size_t n, struct buf *out)
{
    size_t bound = ZSTD_compressBound(n);
    size_t len = ZSTD_compress(buf_reserve(out, bound), bound, p, n, 3);
    assert_false(ZSTD_isError(len));
    buf_filled(out, len);
}

typedef void (*pack_fn)(const void *p, size_t n, struct buf *out);

static const struct codec {
    const char *name;
    enum encoding encoding;
    pack_fn pack;
} codecs[] = {
    {"gzip", ENCODING_GZIP, pack_gzip},
    {"xz", ENCODING_XZ, pack_xz},
    {"zstd", ENCODING_ZSTD, pack_zstd},
};

static void fill_text(struct buf *b, size_t n)
{
    uint32_t x = 1;
    while (b->len < n) {
        x = x * 1664525 + 1013904223;
        buf_addf(b, "line %u\n", x >> 20);
    }
}

static int decode(const struct buf *in, enum encoding encoding, uint64_t cap, unsigned threads,
                  struct buf *out, struct err *err)
{
    CLEANUP(free_ptr) char *exact = xmemdup(buf_str(in), in->len);
    CLEANUP(source_cleanup)
    struct source *s = source_decode(source_mem(exact, in->len), encoding, "x", cap, threads);
    return source_read_buf(s, out, err);
}

static void assert_same(const struct buf *a, const struct buf *b)
{
    assert_int_equal(a->len, b->len);
    assert_memory_equal(buf_str(a), buf_str(b), a->len);
}

static void test_round_trips(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 100, 65536, 300000};
    CLEANUP(err_release) struct err err = ERR_INIT;
    for (size_t c = 0; c < ARRAY_SIZE(codecs); c++) {
        for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
            CLEANUP(buf_release) struct buf text = BUF_INIT(0);
            CLEANUP(buf_release) struct buf packed = BUF_INIT(0);
            CLEANUP(buf_release) struct buf out = BUF_INIT(0);
            fill_text(&text, sizes[i]);
            codecs[c].pack(buf_str(&text), text.len, &packed);
            assert_int_equal(encoding_of(packed.data, packed.len), codecs[c].encoding);
            assert_ok(decode(&packed, codecs[c].encoding, CAP, 1, &out, &err), &err);
            assert_same(&out, &text);
            assert_ok(decode(&packed, codecs[c].encoding, CAP, 3, &out, &err), &err);
            assert_same(&out, &text);
        }
    }
}

static void test_frames_in_a_row(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    for (size_t c = 0; c < ARRAY_SIZE(codecs); c++) {
        CLEANUP(buf_release) struct buf packed = BUF_INIT(0);
        CLEANUP(buf_release) struct buf out = BUF_INIT(0);
        codecs[c].pack("one", 3, &packed);
        codecs[c].pack("", 0, &packed);
        codecs[c].pack("two", 3, &packed);
        assert_ok(decode(&packed, codecs[c].encoding, CAP, 1, &out, &err), &err);
        assert_string_equal(buf_str(&out), "onetwo");
    }
}

static void test_cut_at_every_byte(void **state)
{
    (void)state;
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    fill_text(&text, 2000);
    for (size_t c = 0; c < ARRAY_SIZE(codecs); c++) {
        for (unsigned threads = 1; threads <= 2; threads++) {
            if (threads > 1 && codecs[c].encoding != ENCODING_XZ)
                continue;
            CLEANUP(buf_release) struct buf packed = BUF_INIT(0);
            codecs[c].pack(buf_str(&text), text.len, &packed);
            while (packed.len--) {
                CLEANUP(err_release) struct err err = ERR_INIT;
                CLEANUP(buf_release) struct buf out = BUF_INIT(0);
                if (decode(&packed, codecs[c].encoding, CAP, threads, &out, &err) >= 0)
                    fail_msg("%s cut at %zu was taken", codecs[c].name, packed.len);
                if (!packed.len)
                    break;
            }
        }
    }
}

static void test_bytes_behind_the_end(void **state)
{
    (void)state;
    for (size_t c = 0; c < ARRAY_SIZE(codecs); c++) {
        CLEANUP(err_release) struct err err = ERR_INIT;
        CLEANUP(buf_release) struct buf packed = BUF_INIT(0);
        CLEANUP(buf_release) struct buf out = BUF_INIT(0);
        codecs[c].pack("text", 4, &packed);
        buf_addstr(&packed, "trailing");
        if (decode(&packed, codecs[c].encoding, CAP, 1, &out, &err) >= 0)
            fail_msg("%s with bytes behind it was taken", codecs[c].name);
    }
}

static void test_other_bytes_are_refused(void **state)
{
    (void)state;
    CLEANUP(buf_release) struct buf noise = BUF_INIT(0);
    fill_text(&noise, 500);
    for (size_t c = 0; c < ARRAY_SIZE(codecs); c++) {
        CLEANUP(err_release) struct err err = ERR_INIT;
        CLEANUP(buf_release) struct buf out = BUF_INIT(0);
        assert_fails(decode(&noise, codecs[c].encoding, CAP, 1, &out, &err), &err, "x: ");
        assert_int_equal(out.len, 0);
    }
}

/* A flipped bit is an error or the same text, never other text. (gzip's header holds a time and
 * flags that nothing checks; zstd's frames made here carry no checksum, so they are left out.) */
static void test_flipped_bits(void **state)
{
    (void)state;
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    fill_text(&text, 300);
    for (size_t c = 0; c < ARRAY_SIZE(codecs); c++) {
        if (codecs[c].encoding == ENCODING_ZSTD)
            continue;
        CLEANUP(buf_release) struct buf packed = BUF_INIT(0);
        codecs[c].pack(buf_str(&text), text.len, &packed);
        size_t refused = 0;
        for (size_t bit = 0; bit < packed.len * 8; bit++) {
            CLEANUP(err_release) struct err err = ERR_INIT;
            CLEANUP(buf_release) struct buf out = BUF_INIT(0);
            packed.data[bit / 8] ^= (char)(1 << bit % 8);
            if (decode(&packed, codecs[c].encoding, CAP, 1, &out, &err) < 0)
                refused++;
            else
                assert_same(&out, &text);
            packed.data[bit / 8] ^= (char)(1 << bit % 8);
        }
        assert_true(refused > packed.len * 8 / 2);
    }
}

static void test_cap(void **state)
{
    (void)state;
    CLEANUP(buf_release) struct buf zeros = BUF_INIT(0);
    buf_zero(&zeros, 4u << 20);
    for (size_t c = 0; c < ARRAY_SIZE(codecs); c++) {
        CLEANUP(err_release) struct err err = ERR_INIT;
        CLEANUP(buf_release) struct buf packed = BUF_INIT(0);
        CLEANUP(buf_release) struct buf out = BUF_INIT(0);
        codecs[c].pack(zeros.data, zeros.len, &packed);
        assert_true(packed.len < 8192);
        assert_ok(decode(&packed, codecs[c].encoding, zeros.len, 1, &out, &err), &err);
        assert_same(&out, &zeros);
        assert_fails(decode(&packed, codecs[c].encoding, zeros.len - 1, 1, &out, &err), &err,
                     "x: gives more than 4194303 bytes");
        assert_true(out.len < zeros.len);
    }
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(buf_release) struct buf out = BUF_INIT(0);
    assert_ok(decode(&zeros, ENCODING_NONE, zeros.len, 1, &out, &err), &err);
    assert_same(&out, &zeros);
    assert_fails(decode(&zeros, ENCODING_NONE, 7, 1, &out, &err), &err, "more than 7 bytes");
}

static void test_many_empty_frames_end(void **state)
{
    (void)state;
    for (size_t c = 0; c < ARRAY_SIZE(codecs); c++) {
        CLEANUP(err_release) struct err err = ERR_INIT;
        CLEANUP(buf_release) struct buf packed = BUF_INIT(0);
        CLEANUP(buf_release) struct buf out = BUF_INIT(0);
        CLEANUP(buf_release) struct buf one = BUF_INIT(0);
        codecs[c].pack("", 0, &one);
        for (int i = 0; i < 10000; i++)
            buf_add(&packed, one.data, one.len);
        assert_ok(decode(&packed, codecs[c].encoding, CAP, 1, &out, &err), &err);
        assert_int_equal(out.len, 0);
    }
}

static void test_xz_blocks_on_threads(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    CLEANUP(buf_release) struct buf packed = BUF_INIT(0);
    CLEANUP(buf_release) struct buf out = BUF_INIT(0);
    fill_text(&text, 700000);
    pack_xz_blocks(buf_str(&text), text.len, 65536, &packed);
    for (unsigned threads = 1; threads <= 4; threads++) {
        assert_ok(decode(&packed, ENCODING_XZ, CAP, threads, &out, &err), &err);
        assert_same(&out, &text);
    }
    /* A damaged block in the middle, seen whatever the threads do. */
    packed.data[packed.len / 2] ^= 0x40;
    for (unsigned threads = 1; threads <= 4; threads++)
        assert_fails(decode(&packed, ENCODING_XZ, CAP, threads, &out, &err), &err, "x: xz: ");
    packed.data[packed.len / 2] ^= 0x40;
    packed.len /= 2;
    for (unsigned threads = 1; threads <= 4; threads++)
        assert_fails(decode(&packed, ENCODING_XZ, CAP, threads, &out, &err), &err, "ends early");
}

/* A frame that asks for a window beyond 128 MiB is refused before any memory is spent on it. */
static void test_zstd_window(void **state)
{
    (void)state;
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(buf_release) struct buf out = BUF_INIT(0);
    /* Magic, descriptor (no single segment), window byte, a last raw block of one byte. */
    static const char tail[] = {0x09, 0, 0, 'x'};
    CLEANUP(buf_release) struct buf in = BUF_INIT(0);
    buf_add(&in, "\x28\xb5\x2f\xfd\x00", 5);
    buf_addch(&in, (char)((27 - 10) << 3));
    buf_add(&in, tail, sizeof(tail));
    assert_ok(decode(&in, ENCODING_ZSTD, CAP, 1, &out, &err), &err);
    assert_string_equal(buf_str(&out), "x");
    in.data[5] = (char)((28 - 10) << 3);
    assert_fails(decode(&in, ENCODING_ZSTD, CAP, 1, &out, &err), &err, "too much memory");
}

static void test_encoding_of(void **state)
{
    (void)state;
    assert_int_equal(encoding_of("", 0), ENCODING_NONE);
    assert_int_equal(encoding_of("\x1f", 1), ENCODING_NONE);
    assert_int_equal(encoding_of("\x1f\x8b", 2), ENCODING_GZIP);
    assert_int_equal(encoding_of("\xfd"
                                 "7zXZ",
                                 5),
                     ENCODING_NONE);
    assert_int_equal(encoding_of("\xfd"
                                 "7zXZ\0",
                                 6),
                     ENCODING_XZ);
    assert_int_equal(encoding_of("\x28\xb5\x2f\xfd", 4), ENCODING_ZSTD);
    assert_int_equal(encoding_of("\x5a\x2a\x4d\x18", 4), ENCODING_ZSTD);
    assert_int_equal(encoding_of("BZh9", 4), ENCODING_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_frames_in_a_row),
        cmocka_unit_test(test_cut_at_every_byte),
        cmocka_unit_test(test_bytes_behind_the_end),
        cmocka_unit_test(test_other_bytes_are_refused),
        cmocka_unit_test(test_flipped_bits),
        cmocka_unit_test(test_cap),
        cmocka_unit_test(test_many_empty_frames_end),
        cmocka_unit_test(test_xz_blocks_on_threads),
        cmocka_unit_test(test_zstd_window),
        cmocka_unit_test(test_encoding_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
