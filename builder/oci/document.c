/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/document.h"
#include "base/json.h"
#include "base/path.h"
#include "base/text.h"
#include <inttypes.h>

enum document_kind document_kind(const char *media_type)
{
    if (strcmp(media_type, MEDIA_MANIFEST) == 0 || strcmp(media_type, MEDIA_DOCKER_MANIFEST) == 0)
        return DOCUMENT_MANIFEST;
    if (strcmp(media_type, MEDIA_INDEX) == 0 || strcmp(media_type, MEDIA_DOCKER_LIST) == 0)
        return DOCUMENT_INDEX;
    return DOCUMENT_OTHER;
}

int document_parse(const void *p, size_t n, const char *name, json_t **ret, struct err *err)
{
    if (n > MANIFEST_BYTES_MAX)
        return err_set(err, "%s: is larger than %u bytes", name, MANIFEST_BYTES_MAX);
    json_error_t why;
    *ret = json_loadb(n ? p : "", n, JSON_REJECT_DUPLICATES, &why);
    if (*ret)
        return 0;
    return err_set(err, "%s:%d: %s", name, why.line, why.text);
}

/* Keys that Go's decoder would take for `key` though they aren't equal: with them the same bytes
 * say one thing to us and another to an engine. */
static int check_case(const json_t *object, const char *const *keys, size_t n, const char *name,
                      struct err *err)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, key,
                        value) for (size_t i = 0; i < n; i++) if (strcasecmp(key, keys[i]) == 0 &&
                                                                  strcmp(key, keys[i]) != 0)
    {
        return err_set(err, "%s: has \"%s\" instead of \"%s\"", name, key, keys[i]);
    }
    return 0;
}

json_t *descriptor_json(const char *media_type, const struct sha256 *digest, uint64_t size)
{
    return object_json("mediaType", text_json(media_type), "digest",
                       text_json(sha256_digest(digest).s), "size", number_json(size), NULL);
}

int descriptor_read(const json_t *json, const char *name, struct descriptor *ret, struct err *err)
{
    static const char *const keys[] = {"mediaType", "digest", "size"};
    if (!json_is_object(json))
        return err_set(err, "%s: a descriptor isn't an object", name);
    if (check_case(json, keys, ARRAY_SIZE(keys), name, err) < 0)
        return err_ret(err);
    const char *digest = json_string_value(json_object_get(json, "digest"));
    const json_t *size = json_object_get(json, "size");
    ret->media_type = json_string_value(json_object_get(json, "mediaType"));
    if (!ret->media_type)
        return err_set(err, "%s: a descriptor has no mediaType", name);
    if (!digest)
        return err_set(err, "%s: a descriptor has no digest", name);
    if (!sha256_parse_digest(slice_of(digest), &ret->digest)) {
        return err_set(err, "%s: \"%s\" isn't a SHA-256 digest", name, digest);
    }
    if (!json_is_integer(size) || json_integer_value(size) < 0)
        return err_set(err, "%s: the descriptor of %s has no size", name, digest);
    ret->size = (uint64_t)json_integer_value(size);
    return 0;
}

/* Go's encoder writes null for a list that is empty, and its decoder takes null for nothing. */
static const json_t *get(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_null(value) ? NULL : value;
}

int document_check(const json_t *document, const char *media_type, const char *name,
                   struct err *err)
{
    static const char *const keys[] = {"schemaVersion", "mediaType", "config",
                                       "layers",        "manifests", "annotations"};
    if (!json_is_object(document))
        return err_set(err, "%s: isn't an object", name);
    if (check_case(document, keys, ARRAY_SIZE(keys), name, err) < 0)
        return err_ret(err);
    const json_t *version = json_object_get(document, "schemaVersion");
    if (!json_is_integer(version) || json_integer_value(version) != 2)
        return err_set(err, "%s: its schemaVersion isn't 2", name);
    const json_t *inner = get(document, "mediaType");
    if (inner && (!json_is_string(inner) || strcmp(json_string_value(inner), media_type) != 0)) {
        return err_set(err, "%s: says it is \"%s\", but was named as \"%s\"", name,
                       json_is_string(inner) ? json_string_value(inner) : "", media_type);
    }
    bool index = document_kind(media_type) == DOCUMENT_INDEX;
    const json_t *manifests = get(document, "manifests"), *layers = get(document, "layers");
    if (manifests && (layers || !index))
        return err_set(err, "%s: is a manifest with \"manifests\"", name);
    if (index && (layers || get(document, "config")))
        return err_set(err, "%s: is an index with \"layers\" or \"config\"", name);
    const json_t *list = json_object_get(document, index ? "manifests" : "layers");
    if (!json_is_array(list) && !json_is_null(list))
        return err_set(err, "%s: has no list \"%s\"", name, index ? "manifests" : "layers");
    return 0;
}

/* What signs or describes an image, kept as its only layers by cosign, BuildKit and others. */
static bool is_statement(const char *media_type)
{
    static const char *const prefixes[] = {
        "application/vnd.in-toto",     "application/vnd.dsse.envelope", "application/spdx",
        "application/vnd.dev.cosign.", "application/vnd.dev.sigstore.", "text/spdx",
        "application/vnd.cncf.notary", "application/vnd.cyclonedx",     "application/vnd.syft",
    };
    for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
        if (starts_with(media_type, prefixes[i]))
            return true;
    return false;
}

bool manifest_is_image(const json_t *manifest)
{
    const char *type = json_string_value(
        json_object_get(json_object_get(manifest, "config"), "mediaType"));
    const char *artifact = json_string_value(json_object_get(manifest, "artifactType"));
    const json_t *layers = json_object_get(manifest, "layers"), *layer;
    bool statements = json_array_size(layers) > 0;
    size_t i;
    json_array_foreach(layers, i, layer)
    {
        statements = statements &&
                     is_statement(json_string_value(json_object_get(layer, "mediaType")));
    }
    return type && (!artifact || !*artifact) && !statements &&
           (strcmp(type, MEDIA_CONFIG) == 0 || strcmp(type, MEDIA_DOCKER_CONFIG) == 0);
}

int manifest_layers(const json_t *manifest, const char *name, struct read_image *ret,
                    struct err *err)
{
    const json_t *layers = json_object_get(manifest, "layers");
    ret->layers = xcalloc(json_array_size(layers) + 1, sizeof(*ret->layers));
    size_t i;
    json_t *layer;
    json_array_foreach(layers, i, layer)
    {
        struct descriptor d;
        if (descriptor_read(layer, name, &d, err) < 0)
            return err_ret(err);
        ret->layers[ret->n_layers++] = (struct read_layer){
            .digest = d.digest, .size = d.size, .media_type = xstrdup(d.media_type)};
    }
    return 0;
}

static int check_text(const json_t *object, const char *key, const char *name, struct err *err)
{
    const json_t *value = json_object_get(object, key);
    return !value || json_is_null(value) || json_is_string(value)
               ? 0
               : err_set(err, "%s: its \"%s\" isn't a text", name, key);
}

bool config_is_empty(const json_t *config, size_t n_layers)
{
    return n_layers == 0 && json_is_object(config) && !json_object_get(config, "rootfs");
}

static int read_diff_ids(const json_t *config, const char *name, struct read_image *ret,
                         struct err *err)
{
    const json_t *ids = json_object_get(json_object_get(config, "rootfs"), "diff_ids");
    size_t n = json_array_size(ids);
    if (!json_is_array(ids) && !json_is_null(ids))
        return err_set(err, "%s: has no list of diff_ids", name);
    if (n != ret->n_layers)
        return err_set(err, "%s: has %zu diff_ids for %zu layers", name, n, ret->n_layers);
    for (size_t i = 0; i < n; i++) {
        const char *text = json_string_value(json_array_get(ids, i));
        if (!text || !sha256_parse_digest(slice_of(text), &ret->layers[i].diff_id)) {
            return err_set(err, "%s: \"%s\" isn't a SHA-256 diff_id", name, text ? text : "");
        }
    }
    return 0;
}

/* The entries that made a layer belong to the layers in order; if they aren't as many, nobody can
 * tell which is which. */
static void read_history(const json_t *config, struct read_image *ret)
{
    const json_t *history = json_object_get(config, "history");
    size_t n = 0, i;
    json_t *entry;
    json_array_foreach(history, i, entry) n += !json_is_true(json_object_get(entry, "empty_layer"));
    if (n != ret->n_layers)
        return;
    n = 0;
    json_array_foreach(history, i, entry)
    {
        if (json_is_true(json_object_get(entry, "empty_layer")))
            continue;
        const char *by = json_string_value(json_object_get(entry, "created_by"));
        ret->layers[n++].created_by = by ? xstrdup(by) : NULL;
    }
}

int config_read(const json_t *config, const char *name, struct read_image *ret, struct err *err)
{
    static const char *const keys[] = {"architecture", "os",     "variant",
                                       "config",       "rootfs", "history"};
    if (!json_is_object(config))
        return err_set(err, "%s: isn't an object", name);
    if (check_case(config, keys, ARRAY_SIZE(keys), name, err) < 0 ||
        check_text(config, "os", name, err) < 0 ||
        check_text(config, "architecture", name, err) < 0 ||
        check_text(config, "variant", name, err) < 0 || read_diff_ids(config, name, ret, err) < 0)
        return err_ret(err);
    read_history(config, ret);
    return 0;
}

void read_image_release(struct read_image *image)
{
    for (size_t i = 0; i < image->n_layers; i++) {
        free(image->layers[i].media_type);
        free(image->layers[i].created_by);
    }
    free(image->layers);
    free(image->os);
    free(image->arch);
    free(image->variant);
    free(image->own_platform);
    strv_release(&image->names);
    free(image->manifest_type);
    json_decref(image->manifest_json);
    json_decref(image->config_json);
    *image = (struct read_image){0};
}

void read_set_release(struct read_set *s)
{
    for (size_t i = 0; i < s->n; i++)
        read_image_release(&s->images[i]);
    for (size_t i = 0; i < s->n_beside; i++)
        read_image_release(&s->beside[i]);
    free(s->images);
    free(s->beside);
    strv_release(&s->absent);
    strv_release(&s->others);
    *s = (struct read_set){0};
}
