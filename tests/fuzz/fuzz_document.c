/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a manifest, an index and a config. What is taken as one kind isn't taken as
 * another, and what is shown of it is harmless to a terminal. */
#include "oci/document.h"
#include "report/inspect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool taken_as(const json_t *document, const char *media_type)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    return document_check(document, media_type, "x", &err) == 0;
}

static void read_entries(const json_t *index)
{
    size_t i;
    json_t *entry;
    json_array_foreach(json_object_get(index, "manifests"), i, entry)
    {
        CLEANUP(err_release) struct err err = ERR_INIT;
        struct descriptor d;
        if (descriptor_read(entry, "x", &d, &err) == 0 && d.size > INT64_MAX)
            abort();
    }
}

static void show(struct read_image *image)
{
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    const struct read_set set = {.images = image, .n = 1};
    const struct inspection i = {.location = "x", .set = &set};
    inspect_text(&i, NULL, &b);
    inspect_json(&i, &b);
    for (size_t k = 0; k < b.len; k++)
        if (((uint8_t)b.data[k] < 0x20 && b.data[k] != '\n') || b.data[k] == 0x7f)
            abort();
}

/* As the manifest of an image whose config are the same bytes, and as a config alone. */
static void read_image(json_t *document, bool manifest)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    struct read_image image = {.manifest_json = json_incref(document),
                               .config_json = json_incref(document)};
    int r = 0;
    if (manifest) {
        r = manifest_layers(document, "x", &image, &err);
    } else {
        image.n_layers = json_array_size(
            json_object_get(json_object_get(document, "rootfs"), "diff_ids"));
        image.layers = xcalloc(image.n_layers + 1, sizeof(*image.layers));
        r = config_read(document, "x", &image, &err);
    }
    if (r == 0) {
        image.os = image.os ? image.os : xstrdup("linux");
        image.arch = image.arch ? image.arch : xstrdup("amd64");
        show(&image);
    }
    read_image_release(&image);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    json_t *document;
    if (document_parse(data, size, "x", &document, &err) < 0)
        return 0;
    bool manifest = taken_as(document, MEDIA_MANIFEST);
    bool index = taken_as(document, MEDIA_INDEX);
    if (manifest && index)
        abort();
    if (manifest) {
        manifest_is_image(document);
        read_image(document, true);
    }
    if (index)
        read_entries(document);
    read_image(document, false);
    json_decref(document);
    return 0;
}
