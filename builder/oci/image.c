/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/image.h"
#include "base/arch.h"
#include "base/json.h"
#include <assert.h>
#include <jansson.h>

void image_release(struct image *i)
{
    free(i->user);
    free(i->workdir);
    free(i->stop_signal);
    strv_release(&i->env);
    strv_release(&i->entrypoint);
    strv_release(&i->cmd);
    strv_release(&i->ports);
    strv_release(&i->volumes);
    strv_release(&i->labels);
    strv_release(&i->annotations);
    for (size_t k = 0; k < i->n_layers; k++) {
        free(i->layers[k].created_by);
        free(i->layers[k].comment);
    }
    free(i->layers);
    *i = (struct image){0};
}

static void put_text(json_t *object, const char *key, const char *s)
{
    if (s)
        json_put(object, key, text_json(s));
}

static void put_list(json_t *object, const char *key, const struct strv *list)
{
    if (!list->n)
        return;
    json_t *array = json_array();
    strv_each (item, list)
        json_add(array, text_json(*item));
    json_put(object, key, array);
}

/* {"8080/tcp":{},…} */
static void put_set(json_t *object, const char *key, const struct strv *list)
{
    if (!list->n)
        return;
    json_t *set = json_object();
    strv_each (item, list)
        json_put(set, *item, json_object());
    json_put(object, key, set);
}

/* {"key":"value",…} of "key=value" strings */
static void put_map(json_t *object, const char *key, const struct strv *list)
{
    if (!list || !list->n)
        return;
    json_t *map = json_object();
    strv_each (item, list) {
        size_t n = strcspn(*item, "=");
        CLEANUP(free_ptr) char *name = xstrndup(*item, n);
        json_put(map, name, text_json((*item)[n] ? *item + n + 1 : ""));
    }
    json_put(object, key, map);
}

static json_t *digest(const struct sha256 *d)
{
    return text_json(sha256_digest(d).s);
}

static int add_bytes(const char *p, size_t n, void *ret)
{
    buf_add(ret, p, n);
    return 0;
}

/* Frees the document. */
static void dump(json_t *document, struct buf *ret)
{
    if (json_dump_callback(document, add_bytes, ret, JSON_COMPACT) < 0)
        abort();
    json_decref(document);
}

static json_t *config_section(const struct image *i)
{
    json_t *c = json_object();
    put_text(c, "User", i->user);
    put_set(c, "ExposedPorts", &i->ports);
    put_list(c, "Env", &i->env);
    put_list(c, "Entrypoint", &i->entrypoint);
    put_list(c, "Cmd", &i->cmd);
    put_set(c, "Volumes", &i->volumes);
    put_text(c, "WorkingDir", i->workdir);
    put_map(c, "Labels", &i->labels);
    put_text(c, "StopSignal", i->stop_signal);
    return c;
}

static void put_platform(json_t *object, const char *debian_arch)
{
    const struct arch *arch = arch_find(debian_arch);
    put_text(object, "architecture", arch ? arch->go : debian_arch);
    put_text(object, "os", "linux");
    put_text(object, "variant", arch ? arch->variant : NULL);
}

void image_config_json(const struct image *i, struct buf *ret)
{
    json_t *document = json_object();
    const struct time_text created = time_text(i->created < 0 ? 0 : i->created);
    put_text(document, "created", created.s);
    put_platform(document, i->arch);
    json_put(document, "config", config_section(i));

    json_t *diff_ids = json_array();
    json_t *history = json_array();
    for (size_t k = 0; k < i->n_layers; k++) {
        const struct image_layer *l = &i->layers[k];
        json_add(diff_ids, digest(&l->layer.diff_id));
        json_t *entry = json_object();
        put_text(entry, "created", created.s);
        put_text(entry, "created_by", l->created_by);
        put_text(entry, "comment", l->comment);
        json_add(history, entry);
    }
    json_t *rootfs = json_object();
    put_text(rootfs, "type", "layers");
    json_put(rootfs, "diff_ids", diff_ids);
    json_put(document, "rootfs", rootfs);
    json_put(document, "history", history);
    dump(document, ret);
}

static json_t *descriptor(const char *media_type, const struct sha256 *d, uint64_t size)
{
    json_t *object = json_object();
    put_text(object, "mediaType", media_type);
    json_put(object, "digest", digest(d));
    json_put(object, "size", number_json(size));
    return object;
}

static json_t *document_of(const char *media_type)
{
    json_t *document = json_object();
    json_put(document, "schemaVersion", json_integer(2));
    put_text(document, "mediaType", media_type);
    return document;
}

void image_manifest_json(const struct image *i, const struct sha256 *config, uint64_t config_size,
                         struct buf *ret)
{
    json_t *document = document_of(MEDIA_MANIFEST);
    json_put(document, "config", descriptor(MEDIA_CONFIG, config, config_size));
    json_t *layers = json_array();
    for (size_t k = 0; k < i->n_layers; k++) {
        const struct layer *l = &i->layers[k].layer;
        json_add(layers, descriptor(layer_media_type(l->codec), &l->digest, l->size));
    }
    json_put(document, "layers", layers);
    put_map(document, "annotations", &i->annotations);
    dump(document, ret);
}

void image_index_json(const struct index_entry *entries, size_t n, const struct strv *annotations,
                      struct buf *ret)
{
    json_t *document = document_of(MEDIA_INDEX);
    json_t *manifests = json_array();
    for (size_t k = 0; k < n; k++) {
        json_t *entry = descriptor(MEDIA_MANIFEST, &entries[k].digest, entries[k].size);
        json_t *platform = json_object();
        put_platform(platform, entries[k].arch);
        json_put(entry, "platform", platform);
        json_add(manifests, entry);
    }
    json_put(document, "manifests", manifests);
    put_map(document, "annotations", annotations);
    dump(document, ret);
}
