/* SPDX-License-Identifier: Apache-2.0 */
/* Archives made by hand: what is refused of them. */
#include "base/arch.h"
#include "base/stream.h"
#include "images.h"
#include "oci/reader.h"
#include <sys/stat.h>
#include <unistd.h>

static void add(struct buf *tar, enum tar_type type, const char *path, const char *text)
{
    struct tar_entry e = {.path = path, .type = type, .mode = 0644};
    if (type == TAR_FILE)
        e.size = strlen(text);
    else
        e.target = text;
    tar_header(tar, &e);
    if (type == TAR_FILE)
        buf_addstr(tar, text);
    tar_padding(tar, e.size);
}

static int read_tar(struct bench *t, const char *transport, struct buf *tar, struct read_set *ret)
{
    tar_end(tar);
    scratch_write(t->scratch, "x.tar", tar->data, tar->len);
    return read_at(t, transport, "x.tar", ret);
}

static void test_hostile_archives_are_refused(void **state)
{
    (void)state;
    static const struct {
        enum tar_type type;
        const char *path, *text, *says;
    } cases[] = {
        {TAR_FILE, "../etc/x", "a", ".."},
        {TAR_FILE, "/etc/x", "a", "/etc/x"},
        {TAR_FILE, "a/./b", "a", "a/./b"},
        {TAR_FILE, "oci-layout", "{}", "oci-layout: stands twice in it"},
        {TAR_HARDLINK, "oci", "../oci-layout", ".."},
        {TAR_FILE, "index.json", "{}", "schemaVersion"},
        {TAR_SYMLINK, "index.json", "index.json", "holds no file index.json"},
        {TAR_SYMLINK, "index.json", "/etc/passwd", "holds no file index.json"},
        {TAR_SYMLINK, "index.json", "../../etc/passwd", "holds no file index.json"},
        {TAR_DIRECTORY, "index.json", NULL, "holds no file index.json"},
    };
    struct bench t;
    bench_start(&t, 0);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(buf_release) struct buf tar = BUF_INIT(0);
        CLEANUP(read_set_release) struct read_set r;
        add(&tar, TAR_FILE, "oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}");
        add(&tar, cases[i].type, cases[i].path, cases[i].text);
        assert_fails(read_tar(&t, "oci-archive", &tar, &r), &t.err, cases[i].says);
    }
    CLEANUP(read_set_release) struct read_set r;
    assert_fails(read_at(&t, "oci-archive", "cache", &r), &t.err, "isn't a regular file");
    assert_fails(read_at(&t, "oci-archive", "none.tar", &r), &t.err, "No such file");
    assert_fails(read_place(&t, "oci-archive:-", &r), &t.err, "stdin");
    scratch_write(t.scratch, "text", "this is no tar archive at all, not at all\n", 42);
    assert_fails(read_at(&t, "oci-archive", "text", &r), &t.err, "text:");
    bench_end(&t);
}

static void test_sparse_and_cut_archives_are_refused(void **state)
{
    (void)state;
    struct bench t;
    bench_start(&t, 0);
    CLEANUP(test_image_release) struct test_image i;
    test_image_make(&t, "amd64", CODEC_ZSTD, "app", 2, &i);
    write_at(&t, "oci-archive", "x.tar", &i, 1);
    CLEANUP(read_set_release) struct read_set cut, sparse;
    assert_int_equal(scratch_run(t.scratch, NULL,
                                 "head -c 3000 x.tar >cut.tar && truncate -s 1M hole && "
                                 "printf x >>hole && tar --sparse --format=pax -cf sparse.tar hole "
                                 "&& zstd -q x.tar -o x.zst && head -c 700 x.zst >cut.zst"),
                     0);
    assert_int_equal(read_at(&t, "oci-archive", "cut.tar", &cut), -ERR_FAIL);
    err_clear(&t.err);
    assert_fails(read_at(&t, "oci-archive", "cut.zst", &cut), &t.err, "ends early");
    assert_fails(read_at(&t, "oci-archive", "sparse.tar", &sparse), &t.err, "sparse");
    t.stop = SIGINT;
    assert_int_equal(read_at(&t, "oci-archive", "x.zst", &cut), -ERR_STOPPED);
    bench_end(&t);
}

static void test_docker_manifests_that_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *manifest, *config_name, *says;
    } cases[] = {
        {"{}", "c.json", "isn't a list"},
        {"[7]", "c.json", "an entry isn't an object"},
        {"[]", "c.json", "holds no image"},
        {"[{\"Layers\":[]}]", "c.json", "has no Config"},
        {"[{\"Config\":\"c.json\"}]", "c.json", "has no list \"Layers\""},
        {"[{\"Config\":\"c.json\",\"Layers\":[]}]", "c.json", "has 1 diff_ids for 0 layers"},
        {"[{\"Config\":\"c.json\",\"Layers\":[7]}]", "c.json", "a layer isn't a name"},
        {"[{\"Config\":\"c.json\",\"Layers\":[\"no\"]}]", "c.json", "holds no file no"},
        {"[{\"Config\":\"../c.json\",\"Layers\":[\"l\"]}]", "c.json", "holds no file ../c.json"},
        {"[{\"Config\":\"c.json\",\"Config\":\"d\",\"Layers\":[\"l\"]}]", "c.json", "duplicate"},
        {"[{\"Config\":\"c.json\",\"config\":\"c.json\",\"Layers\":[\"l\"]}]", "c.json",
         "has \"Config\" twice, in different case"},
        {"[{\"Config\":\"blobs/sha256/" Z64 "\",\"Layers\":[\"l\"]}]", "blobs/sha256/" Z64,
         "not that of its name"},
    };
    struct bench t;
    bench_start(&t, 0);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(buf_release) struct buf tar = BUF_INIT(0);
        CLEANUP(read_set_release) struct read_set r;
        add(&tar, TAR_FILE, cases[i].config_name, CONFIG);
        add(&tar, TAR_FILE, "l", "layer");
        add(&tar, TAR_FILE, "manifest.json", cases[i].manifest);
        assert_fails(read_tar(&t, "docker-archive", &tar, &r), &t.err, cases[i].says);
    }
    bench_end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hostile_archives_are_refused),
        cmocka_unit_test(test_sparse_and_cut_archives_are_refused),
        cmocka_unit_test(test_docker_manifests_that_are_refused),
    };
    return cmocka_run_group_tests_name("reader", tests, NULL, NULL);
}
