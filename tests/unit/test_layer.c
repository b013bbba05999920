/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"
#include "base/stream.h"
#include "oci/layer.h"
#include "scratch.h"
#include "unit.h"
#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <unistd.h>

struct bench {
    char *scratch;
    struct session session;
    struct cache *cache;
    struct err err;
};

static void bench_start(struct bench *t)
{
    *t = (struct bench){.scratch = scratch_new()};
    t->session.pool = pool_new(1);
    CLEANUP(free_ptr) char *dir = path_join(t->scratch, "cache");
    assert_ok(cache_open(dir, &t->cache, &t->err), &t->err);
}

static void bench_end(struct bench *t)
{
    cache_free(t->cache);
    pool_end(t->session.pool);
    err_release(&t->err);
    scratch_remove(t->scratch);
}

/* An entry with its content and padding. */
static void add_file(struct buf *tar, const char *path, const char *content)
{
    struct tar_entry e = {.path = path, .type = TAR_FILE, .mode = 0644, .size = strlen(content)};
    tar_header(tar, &e);
    buf_addstr(tar, content);
    tar_padding(tar, e.size);
}

/* A fragment as unpack makes it: an fd with compressed pieces of raw behind some other bytes. */
static int make_fragment(struct bench *t, const struct compressor *c, const struct buf *raw,
                         uint64_t *ret_length)
{
    int fd = spool_open(&t->err);
    assert_ok(fd, &t->err);
    assert_ok(write_all(fd, "before", 6, "f", &t->err), &t->err);
    struct piece_writer *w = piece_writer_new(&t->session, c, fd, "f");
    assert_ok(piece_write(w, raw->data, raw->len, &t->err), &t->err);
    assert_ok(piece_end(w, NULL, ret_length, &t->err), &t->err);
    piece_writer_free(w);
    assert_ok(write_all(fd, "behind", 6, "f", &t->err), &t->err);
    return fd;
}

/* The blob's bytes, decoded; checks digest, size and diff_id. */
static void check_blob(struct bench *t, const struct layer *layer, struct buf *ret_blob,
                       struct buf *ret_tar)
{
    CLEANUP(close_fd)
    int fd = cache_open_blob(t->cache, &layer->digest, layer->size, NULL, &t->err);
    assert_ok(fd, &t->err);
    buf_init(ret_blob, 0);
    buf_init(ret_tar, 0);
    assert_ok(file_read_fd(fd, "blob", SIZE_MAX / 2, ret_blob, &t->err), &t->err);
    assert_int_equal(ret_blob->len, layer->size);
    struct sha256 d = sha256_of(ret_blob->data, ret_blob->len);
    assert_string_equal(sha256_hex(&d).s, sha256_hex(&layer->digest).s);
    CLEANUP(source_cleanup)
    struct source *s = source_decode(source_mem(ret_blob->data, ret_blob->len),
                                     layer->codec == CODEC_ZSTD ? ENCODING_ZSTD : ENCODING_GZIP,
                                     "blob", UINT64_MAX, 1);
    assert_ok(source_read_buf(s, ret_tar, &t->err), &t->err);
    assert_int_equal(ret_tar->len, layer->tar_size);
    d = sha256_of(ret_tar->data, ret_tar->len);
    assert_string_equal(sha256_hex(&d).s, sha256_hex(&layer->diff_id).s);
}

static void check_members(const struct buf *blob, const char *want)
{
    struct archive *a = archive_read_new();
    struct archive_entry *entry;
    archive_read_support_filter_zstd(a);
    archive_read_support_filter_gzip(a);
    archive_read_support_format_tar(a);
    assert_int_equal(archive_read_open_memory(a, blob->data, blob->len), ARCHIVE_OK);
    CLEANUP(buf_release) struct buf have = BUF_INIT(0);
    int r;
    while ((r = archive_read_next_header(a, &entry)) == ARCHIVE_OK) {
        char content[64];
        la_ssize_t n = archive_read_data(a, content, sizeof(content));
        assert_true(n >= 0);
        buf_addf(&have, "%s=%.*s\n", archive_entry_pathname(entry), (int)n, content);
    }
    assert_int_equal(r, ARCHIVE_EOF);
    assert_string_equal(have.data, want);
    archive_read_free(a);
}

static void layer_of_parts(enum codec codec)
{
    struct bench t;
    bench_start(&t);
    const struct compressor c = {codec, 3};
    CLEANUP(buf_release) struct buf dirs = BUF_INIT(0), one = BUF_INIT(0), two = BUF_INIT(0);
    CLEANUP(buf_release) struct buf blob = BUF_INIT(0), tar = BUF_INIT(0), all = BUF_INIT(0);
    tar_header(&dirs, &(struct tar_entry){.path = "d", .type = TAR_DIRECTORY, .mode = 0755});
    add_file(&one, "d/one", "first");
    add_file(&two, "d/two", "second");
    uint64_t one_n, two_n, at_one, at_two, at_none;
    CLEANUP(close_fd) int one_fd = make_fragment(&t, &c, &one, &one_n);
    CLEANUP(close_fd) int two_fd = make_fragment(&t, &c, &two, &two_n);

    struct layer_builder *b;
    struct layer layer;
    assert_ok(layer_start(CTX(&t.session, NULL, t.cache), &c, &b, &t.err), &t.err);
    assert_ok(layer_tar(b, dirs.data, 100, &t.err), &t.err);
    assert_ok(layer_tar(b, dirs.data + 100, dirs.len - 100, &t.err), &t.err);
    assert_ok(layer_fragment(b, one_fd, 6, one_n, one.len, "one", &at_one, &t.err), &t.err);
    assert_ok(layer_fragment(b, one_fd, 6, 0, 0, "none", &at_none, &t.err), &t.err);
    assert_ok(layer_fragment(b, two_fd, 6, two_n, two.len, "two", &at_two, &t.err), &t.err);
    assert_ok(layer_finish(b, &layer, &t.err), &t.err);
    layer_builder_free(b);

    check_blob(&t, &layer, &blob, &tar);
    buf_add(&all, dirs.data, dirs.len);
    buf_add(&all, one.data, one.len);
    buf_add(&all, two.data, two.len);
    tar_end(&all);
    assert_int_equal(tar.len, all.len);
    assert_memory_equal(tar.data, all.data, all.len);
    check_members(&blob, "d/=\nd/one=first\nd/two=second\n");

    /* The fragments lie in it as they were given. */
    char *bytes = xmalloc(two_n);
    assert_ok(pread_all(two_fd, bytes, two_n, 6, "two", &t.err), &t.err);
    assert_int_equal(at_none, at_one + one_n);
    assert_int_equal(at_two, at_one + one_n);
    assert_memory_equal(blob.data + at_two, bytes, two_n);
    free(bytes);
    bench_end(&t);
}

static void layer_of_pieces(struct bench *t, const struct compressor *c, const struct buf *raw,
                            bool held, struct layer *ret, uint64_t *ret_at)
{
    struct layer_builder *b;
    uint64_t length;
    assert_ok(layer_start(CTX(&t->session, NULL, t->cache), c, &b, &t->err), &t->err);
    assert_ok(layer_tar(b, "head", 4, &t->err), &t->err);
    if (held) {
        struct piece_writer *w = piece_writer_new(&t->session, c, -1, "f");
        assert_ok(piece_write(w, raw->data, raw->len, &t->err), &t->err);
        assert_ok(piece_end(w, NULL, NULL, &t->err), &t->err);
        assert_ok(layer_pieces(b, w, ret_at, &t->err), &t->err);
        piece_writer_free(w);
    } else {
        CLEANUP(close_fd) int fd = make_fragment(t, c, raw, &length);
        assert_ok(layer_fragment(b, fd, 6, length, raw->len, "f", ret_at, &t->err), &t->err);
    }
    assert_ok(layer_tar(b, "tail", 4, &t->err), &t->err);
    assert_ok(layer_finish(b, ret, &t->err), &t->err);
    layer_builder_free(b);
}

/* By way of memory, of a file, or of another blob: the same layer. */
static void test_held_pieces_are_the_same_layer(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, PIECE_BYTES, 7 * (size_t)PIECE_BYTES + 1};
    struct bench t;
    bench_start(&t);
    for (size_t i = 0; i < 2 * ARRAY_SIZE(sizes); i++) {
        const struct compressor c = {i % 2 ? CODEC_ZSTD : CODEC_GZIP, 1};
        CLEANUP(buf_release) struct buf raw = BUF_INIT(0), blob = BUF_INIT(0), tar = BUF_INIT(0);
        struct layer held, copied;
        uint64_t held_at, copied_at;
        buf_zero(&raw, sizes[i / 2]);
        memcpy(raw.data + raw.len - 1, "x", 1);
        layer_of_pieces(&t, &c, &raw, true, &held, &held_at);
        layer_of_pieces(&t, &c, &raw, false, &copied, &copied_at);
        assert_string_equal(sha256_hex(&held.digest).s, sha256_hex(&copied.digest).s);
        assert_string_equal(sha256_hex(&held.diff_id).s, sha256_hex(&copied.diff_id).s);
        assert_int_equal(held.size, copied.size);
        assert_int_equal(held.tar_size, copied.tar_size);
        assert_int_equal(held_at, copied_at);
        check_blob(&t, &held, &blob, &tar);
    }
    bench_end(&t);
}

static void test_parts_in_zstd(void **state)
{
    (void)state;
    layer_of_parts(CODEC_ZSTD);
    assert_string_equal(layer_media_type(CODEC_ZSTD),
                        "application/vnd.oci.image.layer.v1.tar+zstd");
}

static void test_parts_in_gzip(void **state)
{
    (void)state;
    layer_of_parts(CODEC_GZIP);
    assert_string_equal(layer_media_type(CODEC_GZIP),
                        "application/vnd.oci.image.layer.v1.tar+gzip");
}

static void test_an_empty_layer_is_an_empty_archive(void **state)
{
    (void)state;
    struct bench t;
    bench_start(&t);
    struct layer_builder *b;
    struct layer layer;
    const struct compressor c = {CODEC_ZSTD, 3};
    assert_ok(layer_start(CTX(&t.session, NULL, t.cache), &c, &b, &t.err), &t.err);
    assert_ok(layer_finish(b, &layer, &t.err), &t.err);
    layer_builder_free(b);
    assert_int_equal(layer.tar_size, 1024);
    /* 1024 zeros */
    assert_string_equal(sha256_hex(&layer.diff_id).s,
                        "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef");
    CLEANUP(buf_release) struct buf blob = BUF_INIT(0), tar = BUF_INIT(0);
    check_blob(&t, &layer, &blob, &tar);
    bench_end(&t);
}

/* Names below the cache's blobs that aren't blobs: what an unfinished layer would leave. */
static size_t files_below(const char *dir)
{
    CLEANUP(buf_release) struct buf n = BUF_INIT(0);
    assert_int_equal(scratch_run(dir, &n, "find . -type f | wc -l"), 0);
    return strtoul(n.data, NULL, 10);
}

static int try_fragment(struct bench *t, enum codec codec, int fd, uint64_t length, uint64_t raw)
{
    struct layer_builder *b;
    const struct compressor c = {codec, 3};
    assert_ok(layer_start(CTX(&t->session, NULL, t->cache), &c, &b, &t->err), &t->err);
    int r = layer_fragment(b, fd, 6, length, raw, "libx: fragment", NULL, &t->err);
    layer_builder_free(b);
    return r;
}

static void test_bad_fragments_are_refused(void **state)
{
    (void)state;
    struct bench t;
    bench_start(&t);
    const struct compressor c = {CODEC_ZSTD, 3};
    CLEANUP(buf_release) struct buf raw = BUF_INIT(0);
    for (int i = 0; i < 20000; i++)
        buf_addf(&raw, "%d ", i * i);
    uint64_t n;
    CLEANUP(close_fd) int fd = make_fragment(&t, &c, &raw, &n);
    struct err *err = &t.err;
    assert_ok(try_fragment(&t, CODEC_ZSTD, fd, n, raw.len), err);
    assert_fails(try_fragment(&t, CODEC_ZSTD, fd, n, raw.len - 1), err,
                 "libx: fragment: gives more");
    assert_fails(try_fragment(&t, CODEC_ZSTD, fd, n, raw.len + 1), err,
                 "libx: fragment: decodes to");
    assert_fails(try_fragment(&t, CODEC_ZSTD, fd, 0, raw.len), err, "libx: fragment: decodes to");
    assert_fails(try_fragment(&t, CODEC_ZSTD, fd, n - 1, raw.len), err,
                 "libx: fragment: ends early");
    assert_fails(try_fragment(&t, CODEC_ZSTD, fd, n + 6, raw.len), err, "libx: fragment: zstd");
    assert_fails(try_fragment(&t, CODEC_ZSTD, fd, n + 600, raw.len), err, "libx: fragment");
    assert_fails(try_fragment(&t, CODEC_GZIP, fd, n, raw.len), err, "libx: fragment: gzip");
    /* A flipped bit is seen by the frame's checksum, if not before. */
    assert_int_equal(pwrite(fd, "X", 1, 6 + (off_t)n / 2), 1);
    assert_fails(try_fragment(&t, CODEC_ZSTD, fd, n, raw.len), err, "libx: fragment: zstd");
    assert_int_equal(files_below(t.scratch), 0);
    bench_end(&t);
}

static void test_a_stop_leaves_nothing(void **state)
{
    (void)state;
    struct bench t;
    bench_start(&t);
    atomic_int stop = 0;
    t.session.stop = &stop;
    struct layer_builder *b;
    struct layer layer;
    const struct compressor c = {CODEC_ZSTD, 3};
    assert_ok(layer_start(CTX(&t.session, NULL, t.cache), &c, &b, &t.err), &t.err);
    assert_ok(layer_tar(b, "abc", 3, &t.err), &t.err);
    stop = SIGTERM;
    assert_int_equal(layer_finish(b, &layer, &t.err), -ERR_STOPPED);
    layer_builder_free(b);
    assert_int_equal(files_below(t.scratch), 0);
    bench_end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts_in_zstd),
        cmocka_unit_test(test_held_pieces_are_the_same_layer),
        cmocka_unit_test(test_parts_in_gzip),
        cmocka_unit_test(test_an_empty_layer_is_an_empty_archive),
        cmocka_unit_test(test_bad_fragments_are_refused),
        cmocka_unit_test(test_a_stop_leaves_nothing),
    };
    return cmocka_run_group_tests_name("layer", tests, NULL, NULL);
}
