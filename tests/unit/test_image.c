/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/image.h"
#include "unit.h"
#include <jansson.h>
#include <locale.h>

static const struct sha256 AAAA = {{0xaa}}, BBBB = {{0xbb}}, CCCC = {{0xcc}}, DDDD = {{0xdd}};

#define ZEROS62 "00000000000000000000000000000000000000000000000000000000000000"

static void add_layer(struct image *i, const struct layer *layer, const char *by,
                      const char *comment)
{
    GROW(i->layers, i->n_layers, i->cap_layers);
    i->layers[i->n_layers++] = (struct image_layer){*layer, xstrdup(by),
                                                    comment ? xstrdup(comment) : NULL};
}

static void full_image(struct image *i)
{
    *i = (struct image){.arch = "arm64", .created = 1763716544, .user = xstrdup("5000:5000")};
    strv_add(&i->env, "PATH=/usr/bin");
    strv_add(&i->env, "A=b=c");
    strv_add(&i->entrypoint, "/usr/bin/x");
    strv_add(&i->entrypoint, "--\"q\"\n");
    strv_add(&i->cmd, "serve");
    strv_add(&i->ports, "8080/tcp");
    strv_add(&i->ports, "9090/udp");
    strv_add(&i->volumes, "/data");
    strv_add(&i->labels, "a.b=x=y");
    strv_add(&i->labels, "empty=");
    strv_add(&i->annotations, "org.opencontainers.image.title=\xc3\x84pfel");
    i->workdir = xstrdup("/app");
    i->stop_signal = xstrdup("SIGINT");
    add_layer(i, &(struct layer){AAAA, BBBB, 10, 100, CODEC_ZSTD}, "mkimage libc6=2.41-12", NULL);
    add_layer(i, &(struct layer){CCCC, DDDD, 5000000000, 1, CODEC_GZIP}, "mkimage", "records");
}

static void test_config_of_everything(void **state)
{
    (void)state;
    CLEANUP(image_release) struct image i;
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    full_image(&i);
    image_config_json(&i, &b);
    assert_string_equal(
        b.data,
        "{\"created\":\"2025-11-21T09:15:44Z\",\"architecture\":\"arm64\",\"os\":\"linux\","
        "\"variant\":\"v8\",\"config\":{\"User\":\"5000:5000\",\"ExposedPorts\":{\"8080/tcp\":{},"
        "\"9090/udp\":{}},\"Env\":[\"PATH=/usr/bin\",\"A=b=c\"],\"Entrypoint\":[\"/usr/bin/x\","
        "\"--\\\"q\\\"\\n\"],\"Cmd\":[\"serve\"],\"Volumes\":{\"/data\":{}},\"WorkingDir\":\"/"
        "app\","
        "\"Labels\":{\"a.b\":\"x=y\",\"empty\":\"\"},\"StopSignal\":\"SIGINT\"},"
        "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"sha256:bb" ZEROS62 "\",\"sha256:dd" ZEROS62
        "\"]},\"history\":[{\"created\":\"2025-11-21T09:15:44Z\",\"created_by\":"
        "\"mkimage "
        "libc6=2.41-12\"},{\"created\":\"2025-11-21T09:15:44Z\",\"created_by\":\"mkimage\","
        "\"comment\":\"records\"}]}");
}

static void test_what_is_empty_is_left_out(void **state)
{
    (void)state;
    CLEANUP(image_release) struct image i = {.arch = "amd64"};
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    image_config_json(&i, &b);
    assert_string_equal(b.data, "{\"created\":\"1970-01-01T00:00:00Z\",\"architecture\":\"amd64\","
                                "\"os\":\"linux\",\"config\":{},\"rootfs\":{\"type\":\"layers\","
                                "\"diff_ids\":[]},\"history\":[]}");
    buf_reset(&b);
    image_manifest_json(&i, &AAAA, 7, &b);
    assert_string_equal(b.data,
                        "{\"schemaVersion\":2,\"mediaType\":\"" MEDIA_MANIFEST
                        "\",\"config\":{\"mediaType\":\"" MEDIA_CONFIG
                        "\",\"digest\":\"sha256:aa" ZEROS62 "\",\"size\":7},\"layers\":[]}");
}

static void test_manifest(void **state)
{
    (void)state;
    CLEANUP(image_release) struct image i;
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    full_image(&i);
    image_manifest_json(&i, &DDDD, 1234, &b);
    assert_string_equal(
        b.data, "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\","
                "\"config\":{\"mediaType\":\"application/vnd.oci.image.config.v1+json\","
                "\"digest\":\"sha256:dd" ZEROS62 "\",\"size\":1234},\"layers\":["
                "{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar+zstd\","
                "\"digest\":\"sha256:aa" ZEROS62 "\",\"size\":10},"
                "{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar+gzip\","
                "\"digest\":\"sha256:cc" ZEROS62 "\",\"size\":5000000000}],"
                "\"annotations\":{\"org.opencontainers.image.title\":\"\xc3\x84pfel\"}}");
}

static void test_index(void **state)
{
    (void)state;
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    CLEANUP(strv_release) struct strv annotations = STRV_INIT;
    strv_add(&annotations, "k=v");
    const struct index_entry entries[] = {{"amd64", AAAA, 1}, {"armhf", BBBB, 2}};
    image_index_json(entries, 2, &annotations, &b);
    assert_string_equal(
        b.data, "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.index.v1+json\","
                "\"manifests\":[{\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\","
                "\"digest\":\"sha256:aa" ZEROS62
                "\",\"size\":1,\"platform\":{\"architecture\":\"amd64\",\"os\":\"linux\"}},"
                "{\"mediaType\":\"application/"
                "vnd.oci.image.manifest.v1+json\",\"digest\":\"sha256:bb" ZEROS62
                "\",\"size\":2,\"platform\":{\"architecture\":\"arm\",\"os\":\"linux\",\"variant\":"
                "\"v7\"}}],"
                "\"annotations\":{\"k\":\"v\"}}");
    buf_reset(&b);
    image_index_json(entries, 0, NULL, &b);
    assert_string_equal(b.data,
                        "{\"schemaVersion\":2,\"mediaType\":\"" MEDIA_INDEX "\",\"manifests\":[]}");
}

/* Bytes that aren't UTF-8 never reach here by construction; if they do, JSON stays JSON. */
static void test_text_that_is_no_utf8(void **state)
{
    (void)state;
    CLEANUP(image_release) struct image i = {.arch = "amd64", .user = xstrdup("a\xff")};
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    strv_add(&i.volumes, "/\xfe");
    strv_add(&i.labels, "k\xfd=v");
    image_config_json(&i, &b);
    assert_non_null(strstr(b.data, "\"User\":\"a\\\\xff\""));
    assert_non_null(strstr(b.data, "\"Volumes\":{\"/\\\\xfe\":{}}"));
    assert_non_null(strstr(b.data, "\"Labels\":{\"k\\\\xfd\":\"v\"}"));
}

static void test_bytes_do_not_depend_on_the_locale(void **state)
{
    (void)state;
    CLEANUP(image_release) struct image i;
    CLEANUP(buf_release) struct buf a = BUF_INIT(0), b = BUF_INIT(0);
    full_image(&i);
    setlocale(LC_ALL, "C");
    image_config_json(&i, &a);
    image_manifest_json(&i, &DDDD, 1234, &a);
    assert_non_null(setlocale(LC_ALL, "C.UTF-8"));
    setenv("TZ", "GMT+12", 1);
    image_config_json(&i, &b);
    image_manifest_json(&i, &DDDD, 1234, &b);
    unsetenv("TZ");
    assert_string_equal(a.data, b.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_config_of_everything),
        cmocka_unit_test(test_what_is_empty_is_left_out),
        cmocka_unit_test(test_manifest),
        cmocka_unit_test(test_index),
        cmocka_unit_test(test_text_that_is_no_utf8),
        cmocka_unit_test(test_bytes_do_not_depend_on_the_locale),
    };
    return cmocka_run_group_tests_name("image", tests, NULL, NULL);
}
