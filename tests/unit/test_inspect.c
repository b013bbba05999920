/* SPDX-License-Identifier: Apache-2.0 */
#include "images.h"
#include "report/inspect.h"
#include <jansson.h>

struct shown {
    struct buf text, json;
};

static void shown_release(struct shown *s)
{
    buf_release(&s->text);
    buf_release(&s->json);
}

/* Writes the images, reads them again, and shows what was read. */
static void show(struct bench *t, const char *transport, const struct test_image *images, size_t n,
                 struct shown *ret)
{
    CLEANUP(free_ptr) char *place = xasprintf("%s:%s/x", transport, t->scratch);
    CLEANUP(location_release) struct location from;
    assert_ok(bench_write(t, place, images, n, NULL), &t->err);
    assert_ok(location_parse(place, &from, &t->err), &t->err);
    struct reader *r;
    CLEANUP(read_set_release) struct read_set set = {0};
    const struct inspection i = {.location = "oci:x", .set = &set};
    assert_ok(reader_open(&t->session, &from, &r, &t->err), &t->err);
    assert_ok(reader_images(r, NULL, &set, &t->err), &t->err);
    FILE *sink = tmpfile();
    assert_non_null(sink);
    struct log *log = log_new(sink, LOG_INFO);
    *ret = (struct shown){0};
    inspect_text(&i, log, &ret->text);
    inspect_json(&i, &ret->json);
    log_free(log);
    fclose(sink);
    reader_free(r);
}

static void decorate(struct image *i)
{
    strv_add(&i->env, "PATH=/usr/bin");
    strv_add(&i->env, "LANG=C.UTF-8");
    strv_add(&i->entrypoint, "/usr/bin/x");
    strv_add(&i->entrypoint, "a \"b\"");
    strv_add(&i->ports, "8080/tcp");
    strv_add(&i->labels, "team=web");
    strv_add(&i->annotations, "org.opencontainers.image.title=X");
    i->workdir = xstrdup("/srv");
    free(i->layers[1].created_by);
    i->layers[1].created_by = xstrdup("mkimage libc6=2.41-12 libssl3t64=3.5.1-1+deb13u1");
}

static void test_text(void **state)
{
    (void)state;
    struct bench t;
    bench_start(&t, 0);
    CLEANUP(test_image_release) struct test_image i;
    CLEANUP(shown_release) struct shown s;
    CLEANUP(buf_release) struct buf want = BUF_INIT(0);
    test_image_make(&t, "arm64", CODEC_ZSTD, "app", 3, &i);
    decorate(&i.image);
    free(i.image.layers[2].created_by);
    i.image.layers[2].created_by = xstrdup("mkimage (the image's own files)");
    test_image_seal(&i);
    show(&t, "oci", &i, 1, &s);
    buf_addf(&want, "oci:x@%s\n\nlinux/arm64/v8\n  manifest     %s\n",
             sha256_digest(&i.built.manifest_digest).s, sha256_digest(&i.built.manifest_digest).s);
    buf_addf(&want, "  config       %s\n", sha256_digest(&i.built.config_digest).s);
    uint64_t sum = 0;
    for (int k = 0; k < 3; k++)
        sum += i.image.layers[k].layer.size;
    buf_addf(&want,
             "  created      2023-11-14T22:13:20Z\n"
             "  user         5000:5000\n"
             "  entrypoint   [\"/usr/bin/x\",\"a \\\"b\\\"\"]\n"
             "  workdir      /srv\n"
             "  env          PATH=/usr/bin\n"
             "               LANG=C.UTF-8\n"
             "  ports        8080/tcp\n"
             "  labels       team=web\n"
             "  annotations  org.opencontainers.image.title=X\n"
             "  layers       3, %s\n",
             size_text(sum).s);
    static const char *const what[] = {"app 1.0", "libc6 2.41-12, libssl3t64 3.5.1-1+deb13u1",
                                       "mkimage (the image's own files)"};
    for (int k = 0; k < 3; k++) {
        const struct layer *l = &i.image.layers[k].layer;
        buf_addf(&want, "    %d %10s  %.19s  %s\n", k + 1, size_text(l->size).s,
                 sha256_digest(&l->digest).s, what[k]);
    }
    assert_string_equal(s.text.data, want.data);
    bench_end(&t);
}

static const char *text_at(const json_t *o, const char *key)
{
    const char *s = json_string_value(json_object_get(o, key));
    return s ? s : "(none)";
}

static void test_json(void **state)
{
    (void)state;
    struct bench t;
    bench_start(&t, 0);
    struct test_image i[2];
    CLEANUP(shown_release) struct shown s;
    test_image_make(&t, "amd64", CODEC_ZSTD, "app", 2, &i[0]);
    test_image_make(&t, "armhf", CODEC_ZSTD, "app", 1, &i[1]);
    decorate(&i[0].image);
    test_image_seal(&i[0]);
    show(&t, "oci", i, 2, &s);

    assert_int_equal(strcspn(s.json.data, "\n"), s.json.len - 1);
    json_t *o = json_loadb(s.json.data, s.json.len, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(o);
    assert_string_equal(text_at(o, "location"), "oci:x");
    const json_t *images = json_object_get(o, "images");
    assert_int_equal(json_array_size(images), 2);
    const json_t *a = json_array_get(images, 0), *b = json_array_get(images, 1);
    assert_string_equal(text_at(a, "architecture"), "amd64");
    assert_true(json_is_null(json_object_get(a, "variant")));
    assert_string_equal(text_at(b, "variant"), "v7");
    assert_string_equal(text_at(a, "manifest"), sha256_digest(&i[0].built.manifest_digest).s);
    assert_int_equal(json_integer_value(json_object_get(a, "manifest_size")),
                     i[0].built.manifest.len);
    assert_int_equal(json_integer_value(json_object_get(a, "packed")),
                     i[0].image.layers[0].layer.size + i[0].image.layers[1].layer.size);
    assert_string_equal(
        text_at(json_object_get(json_object_get(a, "config_document"), "config"), "User"),
        "5000:5000");
    assert_true(json_is_array(json_object_get(json_object_get(a, "manifest_document"), "layers")));
    const json_t *layer = json_array_get(json_object_get(a, "layers"), 1);
    assert_string_equal(text_at(layer, "digest"),
                        sha256_digest(&i[0].image.layers[1].layer.digest).s);
    assert_string_equal(text_at(layer, "diff_id"),
                        sha256_digest(&i[0].image.layers[1].layer.diff_id).s);
    const json_t *packages = json_object_get(layer, "packages");
    assert_int_equal(json_array_size(packages), 2);
    assert_string_equal(text_at(json_array_get(packages, 1), "name"), "libssl3t64");
    assert_string_equal(text_at(json_array_get(packages, 1), "version"), "3.5.1-1+deb13u1");
    json_decref(o);
    test_image_release(&i[0]);
    test_image_release(&i[1]);
    bench_end(&t);
}

static void check_harmless(const struct buf *b)
{
    for (size_t i = 0; i < b->len; i++)
        if (b->data[i] != '\n' && (b->data[i] < 0x20 || b->data[i] > 0x7e))
            fail_msg("byte 0x%02x at %zu", (uint8_t)b->data[i], i);
}

/* Nothing in an image can speak to the terminal. */
static void test_hostile_texts(void **state)
{
    (void)state;
    static const char evil[] = "\033[2J\x7f\r\n\xc2\x9b\xe2\x80\xae";
    struct bench t;
    bench_start(&t, 0);
    CLEANUP(test_image_release) struct test_image i;
    CLEANUP(shown_release) struct shown s;
    test_image_make(&t, "amd64", CODEC_ZSTD, "app", 2, &i);
    free(i.image.user);
    i.image.user = xstrdup(evil);
    i.image.workdir = xstrdup(evil);
    i.image.stop_signal = xstrdup(evil);
    strv_add(&i.image.env, evil);
    strv_add(&i.image.cmd, evil);
    strv_add(&i.image.entrypoint, evil);
    strv_add(&i.image.ports, evil);
    strv_add(&i.image.volumes, evil);
    strv_addf(&i.image.labels, "%s=%s", evil, evil);
    strv_addf(&i.image.annotations, "%s=%s", evil, evil);
    free(i.image.layers[0].created_by);
    free(i.image.layers[1].created_by);
    i.image.layers[0].created_by = xasprintf("mkimage %s=%s", evil, evil);
    i.image.layers[1].created_by = xasprintf("RUN %s", evil);
    test_image_seal(&i);
    show(&t, "oci", &i, 1, &s);
    check_harmless(&s.text);
    check_harmless(&s.json);
    assert_non_null(strstr(s.text.data, "user         \\x1b[2J\\x7f\\x0d\\x0a\\xc2\\x9b"));
    assert_non_null(strstr(s.json.data, "RUN \\u001B[2J\\u007f\\r\\n\\u009B\\u202E"));
    json_t *o = json_loadb(s.json.data, s.json.len, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(o);
    const json_t *image = json_array_get(json_object_get(o, "images"), 0);
    assert_string_equal(
        text_at(json_object_get(json_object_get(image, "config_document"), "config"), "User"),
        evil);
    json_decref(o);
    bench_end(&t);
}

static void test_docker_archive(void **state)
{
    (void)state;
    struct bench t;
    bench_start(&t, 0);
    CLEANUP(test_image_release) struct test_image i;
    CLEANUP(shown_release) struct shown s;
    test_image_make(&t, "amd64", CODEC_ZSTD, "app", 1, &i);
    show(&t, "docker-archive", &i, 1, &s);
    assert_null(strstr(s.text.data, "manifest "));
    assert_non_null(strstr(s.json.data, "\"manifest\":null,\"manifest_size\":null"));
    assert_non_null(strstr(s.text.data, sha256_digest(&i.built.config_digest).s));

    /* A digest that was given with the location isn't shown twice. */
    CLEANUP(free_ptr) char *place = xasprintf("oci:y@%s", sha256_digest(&i.built.config_digest).s);
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    const struct read_set nothing = {.digest = i.built.config_digest};
    inspect_text(&(struct inspection){.location = place, .set = &nothing}, NULL, &text);
    buf_addch(&text, '\0');
    assert_int_equal(strlen(text.data), strlen(place) + 1);
    bench_end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_hostile_texts),
        cmocka_unit_test(test_docker_archive),
    };
    return cmocka_run_group_tests_name("inspect", tests, NULL, NULL);
}
