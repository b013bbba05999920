/* SPDX-License-Identifier: Apache-2.0 */
#include "base/stream.h"
#include "images.h"
#include "oci/reader.h"
#include <fcntl.h>
#include <jansson.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void check_location(const char *text, enum transport transport, const char *path,
                           const char *ref)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(location_release) struct location l;
    assert_ok(location_parse(text, &l, &err), &err);
    assert_int_equal(l.transport, transport);
    assert_string_equal(l.path, path);
    assert_string_equal(l.ref ? l.ref : "(none)", ref ? ref : "(none)");
}

static void test_locations(void **state)
{
    (void)state;
    check_location("oci:python3.oci", TRANSPORT_OCI, "python3.oci", NULL);
    check_location("oci:/a/b//:1.0", TRANSPORT_OCI, "/a/b", "1.0");
    check_location("oci:/", TRANSPORT_OCI, "/", NULL);
    check_location("oci-archive:x.tar:a/b@c--d+e", TRANSPORT_OCI_ARCHIVE, "x.tar", "a/b@c--d+e");
    check_location("oci-archive:-", TRANSPORT_OCI_ARCHIVE, "-", NULL);
    check_location("docker-archive:x.tar", TRANSPORT_DOCKER_ARCHIVE, "x.tar", NULL);
    check_location("docker-archive:x.tar:team/app", TRANSPORT_DOCKER_ARCHIVE, "x.tar",
                   "team/app:latest");
    check_location("docker-archive:x.tar:reg.Example:5000/a__b/c---d:v1_X.2-y",
                   TRANSPORT_DOCKER_ARCHIVE, "x.tar", "reg.Example:5000/a__b/c---d:v1_X.2-y");
    assert_string_equal(transport_name(TRANSPORT_OCI_ARCHIVE), "oci-archive");
}

static void test_bad_locations(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "python3.oci",
                                      "oci",
                                      "oci:",
                                      ":x",
                                      "OCI:x",
                                      "dir:x",
                                      "oci::ref",
                                      "oci:x:",
                                      "oci:x:a b",
                                      "oci:x:-a",
                                      "oci:x:a..b",
                                      "oci:x:a/",
                                      "oci-archive:",
                                      "oci-archive:d/",
                                      "oci:x:../y",
                                      "oci:x:a\nb",
                                      "docker-archive:x:Name:1",
                                      "docker-archive:x:a:",
                                      "docker-archive:x::1",
                                      "docker-archive:x:a:b:c",
                                      "docker-archive:x:a/",
                                      "docker-archive:x:a:.b",
                                      "docker-archive:x:a..b:1",
                                      "docker-archive:x:a@sha256:00"};
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        CLEANUP(err_release) struct err err = ERR_INIT;
        struct location l;
        if (location_parse(bad[i], &l, &err) != -ERR_USAGE)
            fail_msg("\"%s\" was taken", bad[i]);
        assert_null(l.path);
        assert_null(strchr(err.message, '\n'));
    }
    CLEANUP(err_release) struct err err = ERR_INIT;
    struct location l;
    assert_int_equal(location_parse("x.oci", &l, &err), -ERR_USAGE);
    assert_non_null(strstr(err.hint, "oci:DIR"));
    assert_non_null(strstr(err.hint, "docker-archive:FILE"));
}

static char *listing(const struct bench *t, const char *dir)
{
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    assert_int_equal(
        scratch_run(t->scratch, &b, "find %s -printf '%%P %%y %%m %%s\\n' | sort", dir), 0);
    return buf_detach(&b);
}

static bool has_blob(const struct bench *t, const char *dir, const struct sha256 *d)
{
    CLEANUP(free_ptr)
    char *path = xasprintf("%s/%s/blobs/sha256/%s", t->scratch, dir, sha256_hex(d).s);
    return access(path, F_OK) == 0;
}

static void test_a_new_layout(void **state)
{
    (void)state;
    struct bench t;
    bench_start(&t, 1);
    CLEANUP(test_image_release) struct test_image i;
    test_image_make(&t, "arm64", CODEC_ZSTD, "app", 2, &i);
    CLEANUP(free_ptr) char *to = LOCATION(&t, "oci", "x.oci");
    bool unchanged = true;
    mode_t before = umask(077);
    assert_ok(bench_write(&t, to, &i, 1, &unchanged), &t.err);
    umask(before);
    assert_false(unchanged);

    CLEANUP(buf_release) struct buf b = BUF_INIT(0), want = BUF_INIT(0);
    scratch_read(t.scratch, "x.oci/oci-layout", &b);
    assert_string_equal(b.data, "{\"imageLayoutVersion\":\"1.0.0\"}");
    scratch_read(t.scratch, "x.oci/index.json", &b);
    buf_addf(&want,
             "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.index.v1+json\","
             "\"manifests\":[{\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\","
             "\"digest\":\"%s\",\"size\":%zu,\"platform\":{\"architecture\":\"arm64\","
             "\"os\":\"linux\",\"variant\":\"v8\"}}]}",
             sha256_digest(&i.built.manifest_digest).s, i.built.manifest.len);
    assert_string_equal(b.data, want.data);

    /* Every blob's name is its digest; modes don't follow the umask; nothing else is there. */
    assert_int_equal(scratch_run(t.scratch, &b,
                                 "cd x.oci/blobs/sha256 && sha256sum * | awk '$1 != $2' && "
                                 "stat -c %%a . ../.. * ../../index.json | sort | uniq -c && ls -A "
                                 "../.. && ls -A .. && ls -A ../../.. && ls | wc -l"),
                     0);
    assert_string_equal(b.data, "      5 644\n      2 755\nblobs\nindex.json\noci-layout\nsha256\n"
                                "cache\nx.oci\n4\n");
    bench_end(&t);
}

static void test_a_second_run_writes_nothing(void **state)
{
    (void)state;
    struct bench t;
    bench_start(&t, 1);
    struct test_image i[2];
    test_image_make(&t, "amd64", CODEC_ZSTD, "one", 2, &i[0]);
    test_image_make(&t, "arm64", CODEC_ZSTD, "two", 2, &i[1]);
    CLEANUP(free_ptr) char *to = LOCATION(&t, "oci", "x.oci");
    bool unchanged = true;
    assert_ok(bench_write(&t, to, i, 2, &unchanged), &t.err);
    assert_false(unchanged);
    CLEANUP(buf_release) struct buf a = BUF_INIT(0), b = BUF_INIT(0);
    const char *all = "find x.oci -printf '%p %i %T@ %C@\\n' | sort";
    assert_int_equal(scratch_run(t.scratch, &a, "%s", all), 0);
    /* The cache isn't even looked at. */
    assert_int_equal(scratch_run(t.scratch, NULL, "rm -rf cache"), 0);
    assert_ok(bench_write(&t, to, i, 2, &unchanged), &t.err);
    assert_true(unchanged);
    assert_int_equal(scratch_run(t.scratch, &b, "%s", all), 0);
    assert_string_equal(a.data, b.data);

    /* A blob that is too short is no blob; now the cache is needed. */
    CLEANUP(free_ptr)
    char *blob = xasprintf("%s/x.oci/blobs/sha256/%s", t.scratch,
                           sha256_hex(&i[1].image.layers[0].layer.digest).s);
    assert_int_equal(truncate(blob, 5), 0);
    assert_fails(bench_write(&t, to, i, 2, &unchanged), &t.err, "layer sha256:");
    test_image_release(&i[0]);
    test_image_release(&i[1]);
    bench_end(&t);
}

static void test_an_update_replaces_and_cleans(void **state)
{
    (void)state;
    struct bench t;
    bench_start(&t, 2);
    CLEANUP(test_image_release) struct test_image a, b;
    test_image_make(&t, "amd64", CODEC_ZSTD, "app", 2, &a);
    test_image_make(&t, "amd64", CODEC_ZSTD, "app", 3, &b);
    CLEANUP(free_ptr) char *to = LOCATION(&t, "oci", "x.oci");
    assert_ok(bench_write(&t, to, &a, 1, NULL), &t.err);
    assert_int_equal(
        scratch_run(t.scratch, NULL,
                    "cd x.oci && ln -s x.oci ../link && echo >blobs/sha256/README && "
                    "touch blobs/sha256/.%064d.mkimage-abcdef && touch blobs/sha256/%064d",
                    1, 2),
        0);
    free(to);
    to = LOCATION(&t, "oci", "link");
    assert_ok(bench_write(&t, to, &b, 1, NULL), &t.err);
    assert_false(has_blob(&t, "x.oci", &a.built.manifest_digest));
    assert_false(has_blob(&t, "x.oci", &a.built.config_digest));
    assert_true(has_blob(&t, "x.oci", &b.built.manifest_digest));
    assert_true(has_blob(&t, "x.oci", &a.image.layers[0].layer.digest));
    CLEANUP(buf_release) struct buf out = BUF_INIT(0);
    assert_int_equal(scratch_run(t.scratch, &out, "ls -A x.oci/blobs/sha256 | wc -l"), 0);
    assert_string_equal(out.data, "6\n"); /* 3 layers, 2 documents, and README */
    bench_end(&t);
}

static void test_names_in_one_layout(void **state)
{
    (void)state;
    struct bench t;
    bench_start(&t, 0);
    CLEANUP(test_image_release) struct test_image a, b, c;
    test_image_make(&t, "amd64", CODEC_ZSTD, "a", 1, &a);
    test_image_make(&t, "amd64", CODEC_ZSTD, "b", 1, &b);
    test_image_make(&t, "amd64", CODEC_ZSTD, "c", 1, &c);
    CLEANUP(free_ptr) char *one = LOCATION(&t, "oci", "x:1");
    CLEANUP(free_ptr) char *two = LOCATION(&t, "oci", "x:2");
    CLEANUP(free_ptr) char *none = LOCATION(&t, "oci", "x");
    bool unchanged;
    assert_ok(bench_write(&t, one, &a, 1, NULL), &t.err);
    assert_ok(bench_write(&t, two, &b, 1, NULL), &t.err);
    assert_true(has_blob(&t, "x", &a.built.manifest_digest));
    assert_true(has_blob(&t, "x", &a.image.layers[0].layer.digest));
    assert_ok(bench_write(&t, one, &c, 1, &unchanged), &t.err);
    assert_false(unchanged);
    assert_ok(bench_write(&t, one, &c, 1, &unchanged), &t.err);
    assert_true(unchanged);
    assert_false(has_blob(&t, "x", &a.built.manifest_digest));
    assert_true(has_blob(&t, "x", &b.image.layers[0].layer.digest));
    CLEANUP(buf_release) struct buf out = BUF_INIT(0), want = BUF_INIT(0);
    const char *names =
        "jq -r '.manifests[] | .digest + \" \" + "
        "(.annotations.\"org.opencontainers.image.ref.name\" // \"-\")' x/index.json";
    assert_ok(bench_write(&t, none, &a, 1, NULL), &t.err);
    assert_int_equal(scratch_run(t.scratch, &out, "%s", names), 0);
    buf_addf(&want, "%s 1\n%s 2\n%s -\n", sha256_digest(&c.built.manifest_digest).s,
             sha256_digest(&b.built.manifest_digest).s, sha256_digest(&a.built.manifest_digest).s);
    assert_string_equal(out.data, want.data);

    /* Where a kept image's document can't be read, no blob is removed. */
    CLEANUP(free_ptr)
    char *blob = xasprintf("%s/x/blobs/sha256/%s", t.scratch,
                           sha256_hex(&b.built.manifest_digest).s);
    assert_int_equal(unlink(blob), 0);
    assert_ok(bench_write(&t, one, &a, 1, NULL), &t.err);
    assert_true(has_blob(&t, "x", &c.built.manifest_digest));
    bench_end(&t);
}

static void test_what_is_no_layout_is_refused(void **state)
{
    (void)state;
    struct bench t;
    bench_start(&t, 0);
    CLEANUP(test_image_release) struct test_image i;
    test_image_make(&t, "amd64", CODEC_ZSTD, "app", 1, &i);
    assert_int_equal(
        scratch_run(t.scratch, NULL,
                    "mkdir full empty old bad dup list && echo x >full/precious && echo x >file && "
                    "echo '{\"imageLayoutVersion\":\"2.0.0\"}' >old/oci-layout && "
                    "for d in bad dup list; do "
                    "echo '{\"imageLayoutVersion\":\"1.0.0\"}' >$d/oci-layout; done && "
                    "echo '{' >bad/index.json && echo '{\"manifests\":{}}' >list/index.json && "
                    "echo '{\"manifests\":[],\"manifests\":[]}' >dup/index.json"),
        0);
    static const struct {
        const char *dir, *says;
    } cases[] = {{"full", "is neither empty nor an OCI layout"},
                 {"file", "file: Not a directory"},
                 {"old", "isn't of a layout of version 1.0.0"},
                 {"bad", "bad/index.json:"},
                 {"dup", "duplicate object key"},
                 {"list", "no list \"manifests\""},
                 {"no/where", "no/where: can't create a directory beside it"}};
    for (size_t k = 0; k < ARRAY_SIZE(cases); k++) {
        CLEANUP(free_ptr) char *to = LOCATION(&t, "oci", cases[k].dir);
        CLEANUP(free_ptr) char *before = listing(&t, ".");
        assert_fails(bench_write(&t, to, &i, 1, NULL), &t.err, cases[k].says);
        CLEANUP(free_ptr) char *after = listing(&t, ".");
        assert_string_equal(before, after);
    }
    CLEANUP(free_ptr) char *to = LOCATION(&t, "oci", "empty");
    assert_ok(bench_write(&t, to, &i, 1, NULL), &t.err);
    assert_true(has_blob(&t, "empty", &i.built.manifest_digest));
    bench_end(&t);
}

/* Whatever goes wrong, what was there before is there after, and nothing more. */
static void test_failures_leave_the_old_output(void **state)
{
    (void)state;
    static const char *const places[][2] = {
        {"oci", "x"}, {"oci-archive", "x.tar"}, {"docker-archive", "y.tar"}, {"oci", "new"}};
    struct bench t;
    bench_start(&t, 1);
    CLEANUP(test_image_release) struct test_image a, b;
    test_image_make(&t, "amd64", CODEC_ZSTD, "a", 2, &a);
    test_image_make(&t, "amd64", CODEC_ZSTD, "b", 3, &b);
    const struct sha256 *victim = &b.image.layers[2].layer.digest;
    CLEANUP(free_ptr) char *blob = cache_blob_path(t.cache, victim);
    CLEANUP(buf_release) struct buf good = BUF_INIT(0);
    assert_ok(file_read(blob, SIZE_MAX / 2, &good, &t.err), &t.err);

    for (size_t k = 0; k < ARRAY_SIZE(places); k++) {
        CLEANUP(free_ptr) char *to = LOCATION(&t, places[k][0], places[k][1]);
        if (k < 3)
            assert_ok(bench_write(&t, to, &a, 1, NULL), &t.err);
        const char *all = "find x x.tar y.tar new -type f 2>/dev/null | grep -v "
                          "blobs/sha256/ | sort | xargs sha256sum; ls -A";
        CLEANUP(buf_release) struct buf before = BUF_INIT(0), after = BUF_INIT(0);
        assert_int_equal(scratch_run(t.scratch, &before, "%s", all), 0);

        good.data[good.len / 2] ^= 1;
        assert_ok(file_write(blob, good.data, good.len, 0444, &t.err), &t.err);
        good.data[good.len / 2] ^= 1;
        assert_int_equal(bench_write(&t, to, &b, 1, NULL), -ERR_FAIL);
        assert_non_null(strstr(t.err.message, sha256_hex(victim).s));
        assert_non_null(strstr(t.err.hint, "damaged in the cache"));
        err_clear(&t.err);
        assert_false(cache_has_blob(t.cache, victim, UINT64_MAX));
        assert_fails(bench_write(&t, to, &b, 1, NULL), &t.err, sha256_hex(victim).s);

        assert_ok(file_write(blob, good.data, good.len, 0444, &t.err), &t.err);
        t.stop = SIGTERM;
        assert_int_equal(bench_write(&t, to, &b, 1, NULL), -ERR_STOPPED);
        err_clear(&t.err);
        t.stop = 0;
        assert_int_equal(scratch_run(t.scratch, &after, "%s", all), 0);
        assert_string_equal(before.data, after.data);
    }
    bench_end(&t);
}

/* Every blob that the layout's images name is there and is what its digest says. */
static void check_whole(struct bench *t, const char *place)
{
    CLEANUP(location_release) struct location from;
    assert_ok(location_parse(place, &from, &t->err), &t->err);
    struct reader *r;
    CLEANUP(read_set_release) struct read_set set = {0};
    assert_ok(reader_open(&t->session, &from, &r, &t->err), &t->err);
    assert_ok(reader_images(r, NULL, &set, &t->err), &t->err);
    for (size_t i = 0; i < set.images[0].n_layers; i++) {
        CLEANUP(source_cleanup) struct source *s = NULL;
        CLEANUP(buf_release) struct buf b = BUF_INIT(0);
        const struct read_layer *l = &set.images[0].layers[i];
        assert_ok(reader_blob(r, &l->digest, l->size, &s, &t->err), &t->err);
        assert_ok(source_read_buf(s, &b, &t->err), &t->err);
    }
    reader_free(r);
}

/* Killed at any instant, the layout is the one or the other image, whole; and a run that isn't
 * killed leaves nothing of the others. */
static void test_killed_at_any_instant(void **state)
{
    (void)state;
    struct bench t;
    bench_start(&t, 0);
    struct test_image i[2];
    test_image_make(&t, "amd64", CODEC_ZSTD, "a", 5, &i[0]);
    test_image_make(&t, "amd64", CODEC_ZSTD, "b", 3, &i[1]);
    CLEANUP(free_ptr) char *to = LOCATION(&t, "oci", "x");
    assert_ok(bench_write(&t, to, &i[0], 1, NULL), &t.err);
    bool changed = false;
    for (int round = 0; round < 20 || (!changed && round < 200); round++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            for (unsigned k = 1;; k++)
                if (bench_write(&t, to, &i[k % 2], 1, NULL) < 0)
                    _exit(1);
        usleep(1000 + 1700 * (unsigned)round);
        assert_int_equal(kill(child, SIGKILL), 0);
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        check_whole(&t, to);
        bool unchanged;
        assert_ok(bench_write(&t, to, &i[0], 1, &unchanged), &t.err);
        changed |= !unchanged;
        CLEANUP(buf_release) struct buf files = BUF_INIT(0);
        assert_int_equal(scratch_run(t.scratch, &files, "ls -A x && ls -A x/blobs/sha256 | wc -l"),
                         0);
        assert_string_equal(files.data, "blobs\nindex.json\noci-layout\n7\n");
    }
    assert_true(changed);
    test_image_release(&i[0]);
    test_image_release(&i[1]);
    bench_end(&t);
}

/* Several that write the same place at once: all succeed, none disturbs another. */
static void test_writers_at_once(void **state)
{
    (void)state;
    struct bench t;
    bench_start(&t, 0);
    struct test_image i[2];
    test_image_make(&t, "amd64", CODEC_ZSTD, "a", 2, &i[0]);
    test_image_make(&t, "amd64", CODEC_ZSTD, "b", 3, &i[1]);
    CLEANUP(free_ptr) char *to = LOCATION(&t, "oci", "x");
    pid_t children[4];
    for (unsigned c = 0; c < 4; c++) {
        children[c] = fork();
        assert_true(children[c] >= 0);
        if (children[c] > 0)
            continue;
        for (unsigned k = 0;; k++) {
            if (bench_write(&t, to, &i[(k + c) % 2], 1, NULL) < 0) {
                fprintf(stderr, "%s\n", t.err.message);
                _exit(1);
            }
            if (k == 4)
                _exit(0);
        }
    }
    for (unsigned c = 0; c < 4; c++) {
        int status;
        assert_int_equal(waitpid(children[c], &status, 0), children[c]);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    }
    check_whole(&t, to);
    CLEANUP(buf_release) struct buf names = BUF_INIT(0);
    assert_int_equal(scratch_run(t.scratch, &names, "ls -A && ls -A x"), 0);
    assert_string_equal(names.data, "cache\nx\nblobs\nindex.json\noci-layout\n");
    test_image_release(&i[0]);
    test_image_release(&i[1]);
    bench_end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_locations),
        cmocka_unit_test(test_bad_locations),
        cmocka_unit_test(test_a_new_layout),
        cmocka_unit_test(test_a_second_run_writes_nothing),
        cmocka_unit_test(test_an_update_replaces_and_cleans),
        cmocka_unit_test(test_names_in_one_layout),
        cmocka_unit_test(test_what_is_no_layout_is_refused),
        cmocka_unit_test(test_failures_leave_the_old_output),
        cmocka_unit_test(test_killed_at_any_instant),
        cmocka_unit_test(test_writers_at_once),
    };
    return cmocka_run_group_tests_name("output", tests, NULL, NULL);
}
