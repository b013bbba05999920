/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"
#include "fake.h"
#include "rootfs/tree.h"
#include "unit.h"
#include <archive.h>
#include <archive_entry.h>
#include <unistd.h>

struct fixture {
    struct session session;
    atomic_int stop;
    struct cache *cache;
    struct package *p;
    struct tree *tree;
    struct compressor compressor;
    struct err err;
    char *dir;
};

static int setup(void **state)
{
    struct fixture *f = xcalloc(1, sizeof(*f));
    const char *tmp = getenv("TMPDIR");
    f->dir = xasprintf("%s/layer.XXXXXX", tmp ? tmp : "/tmp");
    assert_non_null(mkdtemp(f->dir));
    CLEANUP(free_ptr) char *cache = path_join(f->dir, "cache");
    assert_ok(cache_open(cache, &f->cache, &f->err), &f->err);
    f->session.pool = pool_new(0);
    f->session.stop = &f->stop;
    f->compressor = (struct compressor){CODEC_ZSTD, 3};
    f->p = fake_package("x", "1");
    f->tree = tree_new();
    tree_set_epoch(f->tree, 2000);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    tree_free(f->tree);
    package_free(f->p);
    cache_free(f->cache);
    pool_end(f->session.pool);
    (void)!dir_remove(f->dir, &f->err);
    err_release(&f->err);
    free(f->dir);
    free(f);
    return 0;
}

/* The package's layer: its files between a directory and an end, as unpacking leaves it. */
static void make_package_layer(struct fixture *f, const char *const (*files)[2], size_t n)
{
    CLEANUP(free_ptr) char *path = path_join(f->dir, "fragment");
    CLEANUP(buf_release) struct buf tar = BUF_INIT(0);
    for (size_t i = 0; i < n; i++) {
        size_t size = strlen(files[i][1]);
        tar_header(&tar, &(struct tar_entry){
                             .path = files[i][0], .type = TAR_FILE, .mode = 0644, .size = size});
        buf_add(&tar, files[i][1], size);
        tar_padding(&tar, size);
    }
    struct tmpfile t = TMPFILE_INIT;
    assert_ok(tmpfile_create(&t, path, 0600, &f->err), &f->err);
    struct piece_writer *w = piece_writer_new(&f->session, &f->compressor, t.fd, "fragment");
    assert_ok(piece_write(w, tar.data, tar.len, &f->err), &f->err);
    assert_ok(piece_end(w, &f->p->files_raw, &f->p->files_packed, &f->err), &f->err);
    piece_writer_free(w);

    struct layer_builder *b = NULL;
    CLEANUP(buf_release) struct buf dir = BUF_INIT(0);
    tar_header(&dir, &(struct tar_entry){.path = "usr", .type = TAR_DIRECTORY, .mode = 0755});
    assert_ok(layer_start(CTX(&f->session, NULL, f->cache), &f->compressor, &b, &f->err), &f->err);
    assert_ok(layer_tar(b, dir.data, dir.len, &f->err), &f->err);
    assert_ok(layer_fragment(b, t.fd, 0, f->p->files_packed, f->p->files_raw, "fragment",
                             &f->p->files_offset, &f->err),
              &f->err);
    assert_ok(layer_finish(b, &f->p->layer, &f->err), &f->err);
    layer_builder_free(b);
    tmpfile_release(&t);
}

static la_ssize_t feed(struct archive *a, void *arg, const void **p)
{
    static char bytes[4096];
    struct err err = ERR_INIT;
    (void)a;
    *p = bytes;
    return source_read(arg, bytes, sizeof(bytes), &err);
}

/* "PATH TYPE MODE UID:GID MTIME [= CONTENT]\n" for each entry, as libarchive reads it. */
static char *list(struct fixture *f, const struct layer *layer)
{
    struct buf out = BUF_INIT(0);
    int fd = cache_open_blob(f->cache, &layer->digest, layer->size, NULL, &f->err);
    assert_true(fd >= 0);
    struct source *s = source_decode(source_range(fd, "layer", 0, layer->size), ENCODING_ZSTD,
                                     "layer", layer->tar_size, 1);
    struct archive *a = archive_read_new();
    archive_read_support_format_tar(a);
    assert_int_equal(archive_read_open(a, s, NULL, feed, NULL), ARCHIVE_OK);
    struct archive_entry *e;
    while (archive_read_next_header(a, &e) == ARCHIVE_OK) {
        char bytes[100] = "";
        buf_addf(&out, "%s %o %o %d:%d %d", archive_entry_pathname(e),
                 (unsigned)archive_entry_filetype(e) >> 12, (unsigned)archive_entry_perm(e),
                 (int)archive_entry_uid(e), (int)archive_entry_gid(e), (int)archive_entry_mtime(e));
        la_ssize_t n = archive_read_data(a, bytes, sizeof(bytes) - 1);
        if (archive_entry_symlink(e))
            buf_addf(&out, " -> %s", archive_entry_symlink(e));
        else if (n > 0)
            buf_addf(&out, " = %s", bytes);
        buf_addch(&out, '\n');
    }
    archive_read_free(a);
    source_free(s);
    close_fd(&fd);
    return buf_detach(&out);
}

static void assert_layer(struct fixture *f, const char *want)
{
    struct layer layer;
    assert_ok(
        tree_own_layer(CTX(&f->session, NULL, f->cache), f->tree, &f->compressor, &layer, &f->err),
        &f->err);
    CLEANUP(free_ptr) char *got = list(f, &layer);
    assert_string_equal(got, want);
}

static void put_host(struct fixture *f, const char *path, const char *text)
{
    struct node_spec spec = {
        .path = "srv/host",
        .type = ENTRY_FILE,
        .mode = 0600,
        .mtime = 2000,
        .size = strlen(text),
        .sha256 = sha256_of(text, strlen(text)),
        .content = {.from = FROM_HOST, .bytes = xstrdup(path), .fd = -1},
        .origin = "test",
    };
    assert_ok(tree_put(f->tree, &spec, &f->err), &f->err);
}

static void test_own_paths_with_the_directories_above(void **state)
{
    struct fixture *f = *state;
    CLEANUP(free_ptr) char *host = path_join(f->dir, "host");
    assert_ok(file_write(host, "from the host", 13, 0644, &f->err), &f->err);
    fake_dir(f->p, "srv", 0711);
    fake_dir(f->p, "usr", 0755);
    fake_file(f->p, "usr/theirs", "1");
    assert_ok(tree_add_package(f->tree, f->p, &f->err), &f->err);
    put_host(f, host, "from the host");
    assert_ok(tree_put_text(f->tree, "etc/x", 0644, "memory", 6, "test", &f->err), &f->err);
    assert_ok(tree_put_link(f->tree, "etc/a", "x", "test", &f->err), &f->err);
    assert_ok(tree_put_directory(f->tree, "data/deep", 0770, 5000, 7, "test", &f->err), &f->err);
    struct node_spec cached = {.path = "srv/cached",
                               .type = ENTRY_FILE,
                               .mode = 0755,
                               .size = 6,
                               .content = {.from = FROM_CACHE, .fd = -1},
                               .origin = "test"};
    assert_ok(cache_blob_put(f->cache, "cached", 6, &cached.sha256, &f->err), &f->err);
    assert_ok(tree_put(f->tree, &cached, &f->err), &f->err);
    assert_layer(f, "data/ 4 755 0:0 2000\n"
                    "data/deep/ 4 770 5000:7 2000\n"
                    "etc/ 4 755 0:0 2000\n"
                    "srv/ 4 711 0:0 900\n"
                    "etc/a 12 777 0:0 2000 -> x\n"
                    "etc/x 10 644 0:0 2000 = memory\n"
                    "srv/cached 10 755 0:0 0 = cached\n"
                    "srv/host 10 600 0:0 2000 = from the host\n");
}

static void test_a_host_file_must_be_what_it_was(void **state)
{
    struct fixture *f = *state;
    struct layer layer;
    CLEANUP(free_ptr) char *host = path_join(f->dir, "host");
    assert_ok(file_write(host, "before", 6, 0644, &f->err), &f->err);
    put_host(f, host, "before");
    assert_ok(file_write(host, "behind", 6, 0644, &f->err), &f->err);
    assert_fails(
        tree_own_layer(CTX(&f->session, NULL, f->cache), f->tree, &f->compressor, &layer, &f->err),
        &f->err, host);
    assert_ok(file_write(host, "longer than before", 18, 0644, &f->err), &f->err);
    assert_fails(
        tree_own_layer(CTX(&f->session, NULL, f->cache), f->tree, &f->compressor, &layer, &f->err),
        &f->err, "changed while the image was built");
    assert_int_equal(unlink(host), 0);
    assert_fails(
        tree_own_layer(CTX(&f->session, NULL, f->cache), f->tree, &f->compressor, &layer, &f->err),
        &f->err, "No such file");
}

static void test_packaged_files_with_other_attributes(void **state)
{
    struct fixture *f = *state;
    static const char *const files[][2] = {
        {"usr/other", "zzz"}, {"usr/b", "second"}, {"usr/a", "first"}};
    make_package_layer(f, files, 3);
    fake_file(f->p, "usr/b", "second")->mtime = 800;
    fake_file(f->p, "usr/a", "first")->uid = 3;
    struct entry *link = fake_link(f->p, "usr/hard", "usr/b");
    link->type = ENTRY_HARDLINK;
    link->mode = 0644;
    fake_link(f->p, "usr/soft", "b");
    fake_file(f->p, "usr/other", "zzz");
    assert_ok(tree_add_package(f->tree, f->p, &f->err), &f->err);
    static const char *const changed[] = {"usr/a", "usr/b", "usr/hard", "usr/soft"};
    for (size_t i = 0; i < ARRAY_SIZE(changed); i++) {
        struct node *n = tree_find(f->tree, changed[i]);
        n->uid = 5000;
        n->own_layer = true;
    }
    assert_layer(f, "usr/ 4 755 0:0 1000\n"
                    "usr/a 10 644 5000:0 900 = first\n"
                    "usr/b 10 644 5000:0 800 = second\n"
                    "usr/hard 10 644 5000:0 900 = second\n"
                    "usr/soft 12 777 5000:0 900 -> b\n");

    struct layer layer;
    memset(&tree_find(f->tree, "usr/a")->sha256, 1, sizeof(struct sha256));
    assert_fails(
        tree_own_layer(CTX(&f->session, NULL, f->cache), f->tree, &f->compressor, &layer, &f->err),
        &f->err, "usr/a");
}

static void test_the_same_tree_is_the_same_layer(void **state)
{
    struct fixture *f = *state;
    struct layer first, second;
    assert_ok(tree_put_text(f->tree, "a/b/c", 0644, "x", 1, "test", &f->err), &f->err);
    assert_ok(tree_put_text(f->tree, "a/d", 0644, "y", 1, "test", &f->err), &f->err);
    assert_ok(
        tree_own_layer(CTX(&f->session, NULL, f->cache), f->tree, &f->compressor, &first, &f->err),
        &f->err);
    cache_blob_drop(f->cache, &first.digest); /* so that it is made again */
    tree_free(f->tree);
    f->tree = tree_new();
    tree_set_epoch(f->tree, 2000);
    assert_ok(tree_put_text(f->tree, "a/d", 0644, "y", 1, "test", &f->err), &f->err);
    assert_ok(tree_put_text(f->tree, "a/b/c", 0644, "x", 1, "other", &f->err), &f->err);
    assert_ok(
        tree_own_layer(CTX(&f->session, NULL, f->cache), f->tree, &f->compressor, &second, &f->err),
        &f->err);
    assert_true(sha256_eq(&first.digest, &second.digest));
    f->stop = SIGTERM;
    int r = tree_own_layer(CTX(&f->session, NULL, f->cache), f->tree, &f->compressor, &second,
                           &f->err);
    assert_int_equal(r, -ERR_STOPPED);
    err_clear(&f->err);
}

static void make_again(struct fixture *f, const char *host, uint16_t mode, struct layer *ret)
{
    tree_free(f->tree);
    f->tree = tree_new();
    tree_set_epoch(f->tree, 2000);
    put_host(f, host, "from the host");
    tree_find(f->tree, "srv/host")->mode = mode;
    (void)!tree_own_layer(CTX(&f->session, NULL, f->cache), f->tree, &f->compressor, ret, &f->err);
}

static void test_a_layer_made_before_reads_no_file(void **state)
{
    struct fixture *f = *state;
    struct layer first, again;
    CLEANUP(free_ptr) char *host = path_join(f->dir, "host");
    assert_ok(file_write(host, "from the host", 13, 0644, &f->err), &f->err);
    make_again(f, host, 0600, &first);
    assert_int_equal(f->err.code, ERR_NONE);
    assert_int_equal(unlink(host), 0);
    make_again(f, host, 0600, &again);
    assert_int_equal(f->err.code, ERR_NONE);
    assert_true(sha256_eq(&first.digest, &again.digest));
    assert_true(sha256_eq(&first.diff_id, &again.diff_id));
    assert_int_equal(first.size, again.size);
    assert_int_equal(first.tar_size, again.tar_size);
    assert_int_equal(first.codec, again.codec);

    make_again(f, host, 0640, &again);
    assert_int_equal(f->err.code, ERR_NOT_FOUND);
    err_clear(&f->err);
    f->compressor.level = 2;
    make_again(f, host, 0600, &again);
    assert_int_equal(f->err.code, ERR_NOT_FOUND);
    err_clear(&f->err);
    f->compressor.level = 3;
    cache_blob_drop(f->cache, &first.digest);
    make_again(f, host, 0600, &again);
    assert_int_equal(f->err.code, ERR_NOT_FOUND);
    err_clear(&f->err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_own_paths_with_the_directories_above, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_host_file_must_be_what_it_was, setup, teardown),
        cmocka_unit_test_setup_teardown(test_packaged_files_with_other_attributes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_same_tree_is_the_same_layer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_layer_made_before_reads_no_file, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
