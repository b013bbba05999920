/* SPDX-License-Identifier: Apache-2.0 */
/* Archives, and what skopeo makes of them and of layouts. */
#include "base/stream.h"
#include "images.h"
#include "oci/reader.h"
#include <fcntl.h>
#include <jansson.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* skopeo as a second opinion: the digest that we print, and the diff_ids. */
static void test_skopeo_reads_the_same(void **state)
{
    (void)state;
    if (!have_command("skopeo"))
        skip();
    struct bench t;
    bench_start(&t, 1);
    CLEANUP(test_image_release) struct test_image i;
    test_image_make(&t, "amd64", CODEC_ZSTD, "app", 2, &i);
    CLEANUP(buf_release) struct buf out = BUF_INIT(0), diff_ids = BUF_INIT(0);
    for (int k = 0; k < 2; k++)
        buf_addf(&diff_ids, "%s\n", sha256_digest(&i.image.layers[k].layer.diff_id).s);
    static const char *const places[][2] = {
        {"oci", "x"}, {"oci-archive", "x.tar"}, {"docker-archive", "y.tar"}};
    for (size_t k = 0; k < ARRAY_SIZE(places); k++) {
        CLEANUP(free_ptr) char *to = LOCATION(&t, places[k][0], places[k][1]);
        assert_ok(bench_write(&t, to, &i, 1, NULL), &t.err);
        assert_int_equal(scratch_run(t.scratch, &out,
                                     "skopeo inspect --config %s | jq -r '.rootfs.diff_ids[]'", to),
                         0);
        assert_string_equal(out.data, diff_ids.data);
        assert_int_equal(
            scratch_run(t.scratch, NULL, "skopeo --insecure-policy copy -q %s dir:out%zu", to, k),
            0);
        if (k == 2)
            continue; /* it makes a manifest of its own */
        assert_int_equal(scratch_run(t.scratch, &out, "skopeo inspect %s | jq -r .Digest", to), 0);
        assert_memory_equal(out.data, sha256_digest(&i.built.manifest_digest).s, DIGEST_STRING_LEN);
    }
    bench_end(&t);
}

/* Under an index each architecture's image is found. */
static void test_skopeo_chooses_by_architecture(void **state)
{
    (void)state;
    if (!have_command("skopeo"))
        skip();
    struct bench t;
    bench_start(&t, 0);
    struct test_image i[2];
    test_image_make(&t, "amd64", CODEC_ZSTD, "one", 1, &i[0]);
    test_image_make(&t, "arm64", CODEC_ZSTD, "two", 1, &i[1]);
    CLEANUP(free_ptr) char *to = LOCATION(&t, "oci-archive", "x.tar");
    assert_ok(bench_write(&t, to, i, 2, NULL), &t.err);
    for (int k = 0; k < 2; k++) {
        CLEANUP(buf_release) struct buf out = BUF_INIT(0), want = BUF_INIT(0);
        assert_int_equal(scratch_run(t.scratch, &out,
                                     "skopeo --override-arch %s inspect --config %s | "
                                     "jq -r '.architecture + \" \" + .rootfs.diff_ids[0]'",
                                     i[k].image.arch, to),
                         0);
        buf_addf(&want, "%s %s\n", i[k].image.arch,
                 sha256_digest(&i[k].image.layers[0].layer.diff_id).s);
        assert_string_equal(out.data, want.data);
        test_image_release(&i[k]);
    }
    bench_end(&t);
}

static void check_same_file(const struct bench *t, const char *a, const char *b)
{
    assert_int_equal(scratch_run(t->scratch, NULL, "cmp %s %s", a, b), 0);
}

static void test_an_oci_archive(void **state)
{
    (void)state;
    struct bench t;
    bench_start(&t, 1);
    struct test_image i[2];
    test_image_make(&t, "amd64", CODEC_ZSTD, "one", 2, &i[0]);
    test_image_make(&t, "armhf", CODEC_GZIP, "two", 1, &i[1]);
    CLEANUP(free_ptr) char *a = LOCATION(&t, "oci-archive", "a.tar:v1");
    CLEANUP(free_ptr) char *b = LOCATION(&t, "oci-archive", "b.tar:v1");
    CLEANUP(free_ptr) char *dir = LOCATION(&t, "oci", "dir:v1");
    assert_ok(bench_write(&t, a, i, 2, NULL), &t.err);
    assert_ok(bench_write(&t, b, i, 2, NULL), &t.err);
    assert_ok(bench_write(&t, b, i, 2, NULL), &t.err);
    assert_ok(bench_write(&t, dir, i, 2, NULL), &t.err);
    check_same_file(&t, "a.tar", "b.tar");
    CLEANUP(buf_release) struct buf out = BUF_INIT(0);
    assert_int_equal(scratch_run(t.scratch, &out,
                                 "mkdir x && tar -xpf a.tar -C x && diff -r x dir && tar -tf a.tar "
                                 ">n && sort -c n && tar --full-time -tvf a.tar | "
                                 "awk '{print $1, $2, $4, $5}' | sort -u"),
                     0);
    assert_string_equal(out.data, "-rw-r--r-- 0/0 2023-11-14 22:13:20\n"
                                  "drwxr-xr-x 0/0 2023-11-14 22:13:20\n");
    test_image_release(&i[0]);
    test_image_release(&i[1]);
    bench_end(&t);
}

static void test_a_docker_archive(void **state)
{
    (void)state;
    struct bench t;
    bench_start(&t, 1);
    CLEANUP(test_image_release) struct test_image i;
    test_image_make(&t, "amd64", CODEC_ZSTD, "one", 2, &i);
    /* The first layer once more: its path stands twice in the list, the file once. */
    GROW(i.image.layers, i.image.n_layers, i.image.cap_layers);
    i.image.layers[i.image.n_layers++] = (struct image_layer){i.image.layers[0].layer,
                                                              xstrdup("again"), NULL};
    test_image_seal(&i);
    CLEANUP(free_ptr) char *to = LOCATION(&t, "docker-archive", "a.tar:app");
    assert_ok(bench_write(&t, to, &i, 1, NULL), &t.err);

    CLEANUP(buf_release) struct buf out = BUF_INIT(0), want = BUF_INIT(0);
    assert_int_equal(
        scratch_run(t.scratch, &out,
                    "tar -tf a.tar >n && sort -c n && wc -l <n && mkdir x && tar -xf a.tar -C x && "
                    "cat x/manifest.json && cd x && for f in */layer.tar; do "
                    "[ \"$(sha256sum <$f)\" = \"${f%%/layer.tar}  -\" ] || echo bad; done"),
        0);
    CLEANUP(free_ptr) char *one = xstrdup(sha256_hex(&i.image.layers[0].layer.diff_id).s);
    buf_addf(
        &want,
        "6\n[{\"Config\":\"%s.json\",\"RepoTags\":[\"app:latest\"],\"Layers\":[\"%s/layer.tar\","
        "\"%s/layer.tar\",\"%s/layer.tar\"]}]",
        sha256_hex(&i.built.config_digest).s, one, sha256_hex(&i.image.layers[1].layer.diff_id).s,
        one);
    assert_string_equal(out.data, want.data);
    CLEANUP(free_ptr) char *config = xasprintf("x/%s.json", sha256_hex(&i.built.config_digest).s);
    scratch_read(t.scratch, config, &out);
    assert_int_equal(out.len, i.built.config.len);
    assert_memory_equal(out.data, i.built.config.data, out.len);
    bench_end(&t);
}

static void test_archives_refuse(void **state)
{
    (void)state;
    struct bench t;
    bench_start(&t, 0);
    struct test_image i[2];
    test_image_make(&t, "amd64", CODEC_ZSTD, "one", 1, &i[0]);
    test_image_make(&t, "arm64", CODEC_ZSTD, "two", 1, &i[1]);
    CLEANUP(free_ptr) char *two = LOCATION(&t, "docker-archive", "a.tar");
    assert_int_equal(bench_write(&t, two, i, 2, NULL), -ERR_USAGE);
    assert_non_null(strstr(t.err.hint, "--arch"));
    err_clear(&t.err);
    assert_fails(bench_write(&t, "oci-archive:/dev/null", i, 2, NULL), &t.err,
                 "isn't a regular file");
    CLEANUP(free_ptr) char *cache = LOCATION(&t, "oci-archive", "cache");
    assert_fails(bench_write(&t, cache, i, 2, NULL), &t.err, "isn't a regular file");
    CLEANUP(free_ptr) char *nowhere = LOCATION(&t, "oci-archive", "no/x.tar");
    assert_fails(bench_write(&t, nowhere, i, 2, NULL), &t.err, "no/x.tar");
    test_image_release(&i[0]);
    test_image_release(&i[1]);
    bench_end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_skopeo_reads_the_same),
        cmocka_unit_test(test_skopeo_chooses_by_architecture),
        cmocka_unit_test(test_an_oci_archive),
        cmocka_unit_test(test_a_docker_archive),
        cmocka_unit_test(test_archives_refuse),
    };
    return cmocka_run_group_tests_name("output", tests, NULL, NULL);
}
