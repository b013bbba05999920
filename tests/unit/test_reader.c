/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arch.h"
#include "base/stream.h"
#include "images.h"
#include "oci/reader.h"
#include <sys/stat.h>
#include <unistd.h>

static void check_image(const struct read_image *have, const struct test_image *want)
{
    const struct arch *arch = arch_find(want->image.arch);
    assert_non_null(arch);
    assert_string_equal(have->os, "linux");
    assert_string_equal(have->arch, arch->go);
    assert_string_equal(have->variant ? have->variant : "-", arch->variant ? arch->variant : "-");
    assert_true(sha256_eq(&have->config, &want->built.config_digest));
    assert_int_equal(have->n_layers, want->image.n_layers);
    for (size_t i = 0; i < have->n_layers; i++) {
        const struct layer *l = &want->image.layers[i].layer;
        assert_true(sha256_eq(&have->layers[i].diff_id, &l->diff_id));
        assert_string_equal(have->layers[i].created_by, want->image.layers[i].created_by);
        if (sha256_is_zero(&have->manifest))
            continue;
        assert_true(sha256_eq(&have->layers[i].digest, &l->digest));
        assert_int_equal(have->layers[i].size, l->size);
        assert_string_equal(have->layers[i].media_type, layer_media_type(l->codec));
    }
}

static void test_what_was_written_is_read(void **state)
{
    (void)state;
    static const char *const transports[] = {"oci", "oci-archive"};
    struct bench t;
    bench_start(&t, 1);
    struct test_image i[2];
    test_image_make(&t, "amd64", CODEC_ZSTD, "one", 2, &i[0]);
    test_image_make(&t, "armhf", CODEC_GZIP, "two", 3, &i[1]);
    for (size_t k = 0; k < 2; k++) {
        CLEANUP(read_set_release) struct read_set one, two;
        write_at(&t, transports[k], "x:first", &i[0], 1);
        assert_ok(read_at(&t, transports[k], "x", &one), &t.err);
        assert_int_equal(one.n, 1);
        check_image(&one.images[0], &i[0]);
        assert_true(sha256_eq(&one.digest, &i[0].built.manifest_digest));
        assert_true(sha256_eq(&one.images[0].manifest, &i[0].built.manifest_digest));
        assert_int_equal(one.images[0].manifest_size, i[0].built.manifest.len);
        assert_int_equal(scratch_run(t.scratch, NULL, "rm -r x"), 0);

        write_at(&t, transports[k], "x", i, 2);
        assert_ok(read_at(&t, transports[k], "x", &two), &t.err);
        assert_int_equal(two.n, 2);
        check_image(&two.images[0], &i[0]);
        check_image(&two.images[1], &i[1]);
        assert_false(sha256_eq(&two.digest, &i[0].built.manifest_digest));
        assert_int_equal(scratch_run(t.scratch, NULL, "rm -r x"), 0);
    }
    test_image_release(&i[0]);
    test_image_release(&i[1]);
    bench_end(&t);
}

static void test_names_and_digests_choose(void **state)
{
    (void)state;
    struct bench t;
    bench_start(&t, 0);
    struct test_image i[3];
    test_image_make(&t, "amd64", CODEC_ZSTD, "one", 1, &i[0]);
    test_image_make(&t, "arm64", CODEC_ZSTD, "two", 1, &i[1]);
    test_image_make(&t, "amd64", CODEC_ZSTD, "three", 1, &i[2]);
    write_at(&t, "oci", "x:both", i, 2);
    write_at(&t, "oci", "x:v3", &i[2], 1);

    CLEANUP(read_set_release) struct read_set all, v3, by_index, by_manifest, none;
    assert_ok(read_at(&t, "oci", "x", &all), &t.err);
    assert_int_equal(all.n, 3);
    CLEANUP(buf_release) struct buf index = BUF_INIT(0);
    scratch_read(t.scratch, "x/index.json", &index);
    struct sha256 d = sha256_of(index.data, index.len);
    assert_true(sha256_eq(&all.digest, &d));
    assert_ok(read_at(&t, "oci", "x:v3", &v3), &t.err);
    assert_int_equal(v3.n, 1);
    check_image(&v3.images[0], &i[2]);
    assert_fails(read_at(&t, "oci", "x:v4", &none), &t.err, "holds no image named v4");

    CLEANUP(free_ptr)
    char *manifest = xasprintf("x@%s", sha256_digest(&i[1].built.manifest_digest).s);
    assert_ok(read_at(&t, "oci", manifest, &by_manifest), &t.err);
    assert_int_equal(by_manifest.n, 1);
    check_image(&by_manifest.images[0], &i[1]);
    assert_true(sha256_eq(&by_manifest.digest, &i[1].built.manifest_digest));
    CLEANUP(free_ptr) char *top = xasprintf("x:v3@%s", sha256_digest(&v3.digest).s);
    assert_ok(read_at(&t, "oci", top, &by_index), &t.err);
    assert_int_equal(by_index.n, 1);
    CLEANUP(free_ptr) char *wrong = xasprintf("x:v3@%s", sha256_digest(&all.digest).s);
    assert_int_equal(read_at(&t, "oci", wrong, &none), -ERR_NOT_FOUND);
    err_clear(&t.err);
    CLEANUP(free_ptr) char *place = xasprintf("oci:%s/%s", t.scratch, top);
    assert_int_equal(bench_write(&t, place, &i[2], 1, NULL), -ERR_USAGE);
    for (size_t k = 0; k < 3; k++)
        test_image_release(&i[k]);
    bench_end(&t);
}

static void test_docker_archives(void **state)
{
    (void)state;
    struct bench t;
    bench_start(&t, 0);
    CLEANUP(test_image_release) struct test_image i;
    test_image_make(&t, "arm64", CODEC_ZSTD, "app", 2, &i);
    write_at(&t, "docker-archive", "x.tar:team/app:1", &i, 1);
    CLEANUP(read_set_release) struct read_set a, b, none;
    assert_ok(read_at(&t, "docker-archive", "x.tar", &a), &t.err);
    assert_ok(read_at(&t, "docker-archive", "x.tar:team/app:1", &b), &t.err);
    assert_int_equal(a.n, 1);
    assert_int_equal(b.n, 1);
    check_image(&a.images[0], &i);
    assert_true(sha256_eq(&a.digest, &i.built.config_digest));
    assert_int_equal(a.images[0].layers[1].size, i.image.layers[1].layer.tar_size);
    assert_fails(read_at(&t, "docker-archive", "x.tar:team/app:2", &none), &t.err,
                 "holds no image named team/app:2");
    assert_fails(read_at(&t, "oci-archive", "x.tar", &none), &t.err, "holds no file oci-layout");

    /* As docker saved them when it linked equal layers, and compressed by hand. */
    assert_int_equal(scratch_run(t.scratch, NULL,
                                 "mkdir d && tar -xf x.tar -C d && cd d && "
                                 "set -- */layer.tar && mkdir other && mv $1 other/layer.tar && "
                                 "ln -s ../other/layer.tar $1 && tar -cf ../old.tar . && cd .. && "
                                 "gzip -k old.tar && xz -k old.tar && zstd -q old.tar"),
                     0);
    static const char *const names[] = {"old.tar", "old.tar.gz", "old.tar.xz", "old.tar.zst"};
    for (size_t k = 0; k < ARRAY_SIZE(names); k++) {
        CLEANUP(read_set_release) struct read_set old;
        assert_ok(read_at(&t, "docker-archive", names[k], &old), &t.err);
        check_image(&old.images[0], &i);
    }
    bench_end(&t);
}

/* Every blob that reader_images names can be read, and gives what its diff_id says. */
static void test_blobs_are_verified_streams(void **state)
{
    (void)state;
    static const char *const transports[] = {"oci", "oci-archive", "docker-archive"};
    struct bench t;
    bench_start(&t, 0);
    CLEANUP(test_image_release) struct test_image i;
    test_image_make(&t, "amd64", CODEC_ZSTD, "app", 2, &i);
    for (size_t k = 0; k < ARRAY_SIZE(transports); k++) {
        CLEANUP(read_set_release) struct read_set got = {0};
        CLEANUP(location_release) struct location from;
        CLEANUP(free_ptr) char *place = xasprintf("%s:%s/%zu", transports[k], t.scratch, k);
        assert_ok(bench_write(&t, place, &i, 1, NULL), &t.err);
        assert_ok(location_parse(place, &from, &t.err), &t.err);
        struct reader *r;
        assert_ok(reader_open(&t.session, &from, &r, &t.err), &t.err);
        assert_ok(reader_images(r, NULL, &got, &t.err), &t.err);
        for (size_t l = 0; l < 2; l++) {
            const struct read_layer *layer = &got.images[0].layers[l];
            struct source *s;
            CLEANUP(buf_release) struct buf b = BUF_INIT(0);
            assert_ok(reader_blob(r, &layer->digest, layer->size, &s, &t.err), &t.err);
            s = source_decode(s, k == 2 ? ENCODING_NONE : ENCODING_ZSTD, "x", 1 << 20, 1);
            assert_ok(source_read_buf(s, &b, &t.err), &t.err);
            source_free(s);
            struct sha256 d = sha256_of(b.data, b.len);
            assert_true(sha256_eq(&d, &layer->diff_id));
            assert_fails(reader_blob(r, &layer->digest, layer->size + 1, &s, &t.err), &t.err,
                         "but should have");
        }
        struct source *s;
        assert_int_equal(reader_blob(r, &(struct sha256){{1}}, 3, &s, &t.err), -ERR_NOT_FOUND);
        err_clear(&t.err);
        reader_free(r);
    }
    bench_end(&t);
}

/* ---- documents by hand ---- */

static char *put_blob(struct bench *t, const char *text)
{
    struct sha256 d = sha256_of(text, strlen(text));
    CLEANUP(free_ptr) char *path = xasprintf("x/blobs/sha256/%s", sha256_hex(&d).s);
    scratch_write(t->scratch, path, text, strlen(text));
    return xasprintf("\"digest\":\"%s\",\"size\":%zu", sha256_digest(&d).s, strlen(text));
}

/* Puts each text where another names it by @: an index, a manifest, a config. */
struct documents {
    const char *index, *manifest, *config;
};

#define LAYER    "{\"mediaType\":\"l\",\"digest\":\"" DIFF "\",\"size\":1}"
#define TYPE     "\"mediaType\":\"" MEDIA_MANIFEST "\""
#define VERSION  "\"schemaVersion\":2"
#define CONF_REF "\"config\":{\"mediaType\":\"" MEDIA_CONFIG "\",@}"
#define INDEX    "{" VERSION ",\"manifests\":[{" TYPE ",@}]}"
#define MANIFEST "{" VERSION "," TYPE "," CONF_REF ",\"layers\":[" LAYER "]}"

static char *fill(const char *text, const char *descriptor)
{
    const char *at = strchr(text, '@');
    if (!at)
        return xstrdup(text);
    return xasprintf("%.*s%s%s", (int)(at - text), text, descriptor, at + 1);
}

static int read_documents(struct bench *t, const struct documents *d, struct read_set *ret)
{
    assert_int_equal(scratch_run(t->scratch, NULL,
                                 "rm -rf x && mkdir -p x/blobs/sha256 && "
                                 "printf '{\"imageLayoutVersion\":\"1.0.0\"}' >x/oci-layout"),
                     0);
    CLEANUP(free_ptr) char *config = put_blob(t, d->config ? d->config : CONFIG);
    CLEANUP(free_ptr) char *manifest_text = fill(d->manifest ? d->manifest : MANIFEST, config);
    CLEANUP(free_ptr) char *manifest = put_blob(t, manifest_text);
    CLEANUP(free_ptr) char *index = fill(d->index ? d->index : INDEX, manifest);
    scratch_write(t->scratch, "x/index.json", index, strlen(index));
    return read_at(t, "oci", "x", ret);
}

static void test_documents_that_are_taken(void **state)
{
    (void)state;
    struct bench t;
    bench_start(&t, 0);
    static const struct documents good[] = {
        {NULL, NULL, NULL},
        {NULL, "{" VERSION "," CONF_REF ",\"layers\":[" LAYER "]}", NULL}, /* no inner mediaType */
        {"{" VERSION ",\"mediaType\":\"" MEDIA_INDEX "\",\"manifests\":[{" TYPE ",@}]}", NULL,
         NULL},
        /* where a foreign layer's bytes would be: named, never fetched */
        {NULL,
         "{" VERSION "," CONF_REF ",\"layers\":[{\"mediaType\":\"l\",\"digest\":\"" DIFF
         "\",\"size\":1,\"urls\":[\"http://127.0.0.1:9/x\"]}]}",
         NULL},
        /* beside the image something that is none */
        {"{" VERSION ",\"manifests\":[{" TYPE ",@},{\"mediaType\":\"x/y\",\"digest\":\"" DIFF
         "\",\"size\":99999999999}]}",
         NULL, NULL},
    };
    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        CLEANUP(read_set_release) struct read_set r;
        if (read_documents(&t, &good[i], &r) < 0)
            fail_msg("case %zu: %s", i, t.err.message);
        assert_int_equal(r.n, 1);
        assert_string_equal(r.images[0].arch, "amd64");
        assert_int_equal(r.images[0].n_layers, 1);
    }
    bench_end(&t);
}

static void test_documents_that_are_refused(void **state)
{
    (void)state;
    static const struct {
        struct documents d;
        const char *says;
    } bad[] = {
        /* CVE-2021-41190: one document that is two things */
        {{NULL, "{" VERSION "," TYPE "," CONF_REF ",\"layers\":[],\"manifests\":[]}", NULL},
         "is a manifest with \"manifests\""},
        {{"{" VERSION ",\"layers\":[],\"manifests\":[{" TYPE ",@}]}", NULL, NULL},
         "is a manifest with \"manifests\""},
        {{"{" VERSION ",\"config\":{},\"manifests\":[{" TYPE ",@}]}", NULL, NULL},
         "index with \"layers\" or \"config\""},
        {{NULL,
          "{" VERSION ",\"mediaType\":\"" MEDIA_INDEX "\"," CONF_REF ",\"layers\":[" LAYER "]}",
          NULL},
         "says it is \"" MEDIA_INDEX "\", but was named as \"" MEDIA_MANIFEST "\""},
        {{NULL, "{" VERSION ",\"mediaType\":7," CONF_REF ",\"layers\":[" LAYER "]}", NULL},
         "says it is"},
        {{"{" VERSION "," TYPE ",\"manifests\":[{" TYPE ",@}]}", NULL, NULL}, "says it is"},
        /* a key twice, or nearly */
        {{NULL, "{" VERSION "," TYPE "," CONF_REF ",\"layers\":[],\"layers\":[" LAYER "]}", NULL},
         "duplicate object key"},
        {{NULL, "{" VERSION "," CONF_REF ",\"layers\":[" LAYER "],\"Layers\":[]}", NULL},
         "has \"Layers\" instead of \"layers\""},
        {{"{" VERSION ",\"manifests\":[{" TYPE ",@,\"Digest\":\"x\"}]}", NULL, NULL},
         "has \"Digest\" instead"},
        {{NULL, NULL, "{\"OS\":\"x\",\"architecture\":\"amd64\",\"os\":\"linux\"}"}, "has \"OS\""},
        /* digests that aren't (CVE-2024-3727) */
        {{"{" VERSION ",\"manifests\":[{" TYPE ",\"digest\":\"sha256:../../x\",\"size\":1}]}", NULL,
          NULL},
         "\"sha256:../../x\" isn't a SHA-256 digest"},
        {{"{" VERSION ",\"manifests\":[{" TYPE
          ",\"digest\":\"sha256:ABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCD\","
          "\"size\":1}]}",
          NULL, NULL},
         "isn't a SHA-256 digest"},
        {{"{" VERSION ",\"manifests\":[{" TYPE ",\"digest\":\"\\u001b[2J\",\"size\":1}]}", NULL,
          NULL},
         "\"\\x1b[2J\" isn't"},
        {{NULL, NULL,
          "{\"architecture\":\"a\",\"os\":\"l\",\"rootfs\":{\"diff_ids\":[\"sha512:" Z64 "\"]}}"},
         "isn't a SHA-256 diff_id"},
        {{"{" VERSION ",\"manifests\":[{" TYPE "}]}", NULL, NULL}, "has no digest"},
        {{"{" VERSION ",\"manifests\":[{\"digest\":\"" DIFF "\",\"size\":1}]}", NULL, NULL},
         "has no mediaType"},
        {{"{" VERSION ",\"manifests\":[7]}", NULL, NULL}, "a descriptor isn't an object"},
        /* sizes */
        {{"{" VERSION ",\"manifests\":[{" TYPE ",\"digest\":\"" DIFF "\",\"size\":-1}]}", NULL,
          NULL},
         "has no size"},
        {{"{" VERSION ",\"manifests\":[{" TYPE ",\"digest\":\"" DIFF "\",\"size\":1e3}]}", NULL,
          NULL},
         "has no size"},
        {{"{" VERSION ",\"manifests\":[{" TYPE ",\"digest\":\"" DIFF
          "\",\"size\":99999999999999999999}]}",
          NULL, NULL},
         "too big integer"},
        {{"{" VERSION ",\"manifests\":[{" TYPE ",\"digest\":\"" DIFF "\",\"size\":4194305}]}", NULL,
          NULL},
         "is larger than 4194304 bytes"},
        {{"{" VERSION ",\"manifests\":[{" TYPE ",@,\"size\":5}]}", NULL, NULL}, "duplicate"},
        /* what must be there */
        {{"{\"schemaVersion\":1,\"manifests\":[]}", NULL, NULL}, "schemaVersion isn't 2"},
        {{"{" VERSION "}", NULL, NULL}, "has no list \"manifests\""},
        {{"{" VERSION ",\"manifests\":[]}", NULL, NULL}, "holds no image"},
        {{"[]", NULL, NULL}, "isn't an object"},
        {{INDEX " x", NULL, NULL}, "end of file expected"},
        {{"", NULL, NULL}, "index.json:1:"},
        {{NULL, "{" VERSION "," CONF_REF "}", NULL}, "has no list \"layers\""},
        {{NULL, "{" VERSION "," CONF_REF ",\"layers\":[{}]}", NULL}, "has no mediaType"},
        {{NULL, NULL, "[]"}, "isn't an object"},
        {{NULL, NULL, "{\"os\":\"linux\"}"}, "has no list of diff_ids"},
        {{NULL, NULL, "{\"architecture\":[]}"}, "its \"architecture\" isn't a text"},
        {{NULL, NULL, "{\"os\":7}"}, "its \"os\" isn't a text"},
        {{NULL, NULL, "{\"architecture\":\"a\",\"os\":\"l\"}"}, "has no list of diff_ids"},
        {{NULL, NULL, "{\"architecture\":\"a\",\"os\":\"l\",\"rootfs\":{\"diff_ids\":[]}}"},
         "has 0 diff_ids for 1 layers"},
        {{NULL, NULL, "{\"architecture\":\"a\\u0000b\",\"os\":\"l\",\"rootfs\":{\"diff_ids\":[]}}"},
         "u0000 is not allowed"},
    };
    struct bench t;
    bench_start(&t, 0);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        CLEANUP(read_set_release) struct read_set r;
        if (read_documents(&t, &bad[i].d, &r) >= 0)
            fail_msg("case %zu was taken, instead of: %s", i, bad[i].says);
        assert_null(r.images);
        if (!strstr(t.err.message, bad[i].says))
            fail_msg("case %zu: \"%s\" doesn't say \"%s\"", i, t.err.message, bad[i].says);
        err_clear(&t.err);
    }
    bench_end(&t);
}

/* An index in an index in an index … */
static int read_nested(struct bench *t, unsigned depth, struct read_set *ret)
{
    CLEANUP(read_set_release) struct read_set plain;
    assert_ok(read_documents(t, &(struct documents){0}, &plain), &t->err);
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    for (unsigned i = 0; i < depth; i++) {
        scratch_read(t->scratch, "x/index.json", &b);
        CLEANUP(free_ptr) char *descriptor = put_blob(t, b.data);
        CLEANUP(free_ptr)
        char *index = xasprintf(
            "{" VERSION ",\"manifests\":[{\"mediaType\":\"" MEDIA_INDEX "\",%s}]}", descriptor);
        scratch_write(t->scratch, "x/index.json", index, strlen(index));
    }
    return read_at(t, "oci", "x", ret);
}

static void test_nested_indexes(void **state)
{
    (void)state;
    struct bench t;
    bench_start(&t, 0);
    CLEANUP(read_set_release) struct read_set four, five;
    assert_ok(read_nested(&t, 4, &four), &t.err);
    assert_int_equal(four.n, 1);
    assert_fails(read_nested(&t, 5, &five), &t.err, "is nested deeper than 4 indexes");
    bench_end(&t);
}

/* Many entries that name one document don't make a small layout large. */
static void test_many_entries_are_bounded(void **state)
{
    (void)state;
    struct bench t;
    bench_start(&t, 0);
    CLEANUP(read_set_release) struct read_set plain, many;
    assert_ok(read_documents(&t, &(struct documents){0}, &plain), &t.err);
    CLEANUP(buf_release) struct buf index = BUF_INIT(0);
    buf_addstr(&index, "{" VERSION ",\"manifests\":[");
    for (int i = 0; i < 600; i++)
        buf_addf(&index, "%s{" TYPE ",\"digest\":\"%s\",\"size\":%llu}", i ? "," : "",
                 sha256_digest(&plain.images[0].manifest).s,
                 (unsigned long long)plain.images[0].manifest_size);
    buf_addstr(&index, "]}");
    CLEANUP(free_ptr) char *inner = put_blob(&t, index.data);
    CLEANUP(free_ptr)
    char *outer = xasprintf("{" VERSION ",\"manifests\":[{\"mediaType\":\"" MEDIA_INDEX "\",%s}]}",
                            inner);
    scratch_write(t.scratch, "x/index.json", outer, strlen(outer));
    assert_fails(read_at(&t, "oci", "x", &many), &t.err, "leads to too many documents");
    bench_end(&t);
}

static void test_damaged_blobs_are_refused(void **state)
{
    (void)state;
    struct bench t;
    bench_start(&t, 0);
    static const struct {
        const char *command, *says;
    } cases[] = {
        {"printf x >>$f", "bytes, but should have"},
        {"truncate -s -1 $f", "bytes, but should have"},
        {"printf X | dd of=$f conv=notrunc bs=1 seek=20 2>/dev/null", "has SHA-256"},
        {"rm $f", "No such file"},
        {"rm $f && mkdir $f", "isn't a regular file"},
        {"rm $f && mkfifo $f", "isn't a regular file"},
        {"rm $f && ln -s /dev/zero $f", "isn't a regular file"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(read_set_release) struct read_set good, bad;
        assert_ok(read_documents(&t, &(struct documents){0}, &good), &t.err);
        assert_int_equal(scratch_run(t.scratch, NULL, "f=x/blobs/sha256/%s && %s",
                                     sha256_hex(&good.images[0].manifest).s, cases[i].command),
                         0);
        assert_fails(read_at(&t, "oci", "x", &bad), &t.err, cases[i].says);
    }
    bench_end(&t);
}

/* ---- archives by hand ---- */

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_written_is_read),
        cmocka_unit_test(test_names_and_digests_choose),
        cmocka_unit_test(test_docker_archives),
        cmocka_unit_test(test_blobs_are_verified_streams),
        cmocka_unit_test(test_documents_that_are_taken),
        cmocka_unit_test(test_documents_that_are_refused),
        cmocka_unit_test(test_nested_indexes),
        cmocka_unit_test(test_many_entries_are_bounded),
        cmocka_unit_test(test_damaged_blobs_are_refused),
    };
    return cmocka_run_group_tests_name("reader", tests, NULL, NULL);
}
