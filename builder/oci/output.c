/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arch.h"
#include "base/json.h"
#include "oci/document.h"
#include "oci/write.h"
#include <assert.h>

int64_t output_created(const struct output *o)
{
    int64_t newest = 0;
    for (size_t i = 0; i < o->n_images; i++)
        if (o->images[i].created > newest)
            newest = o->images[i].created;
    return newest;
}

/* The output's entry in index.json: its one manifest, or its index; named ref unless NULL. */
static json_t *index_entry_json(const struct output *o, const char *ref)
{
    const struct built_image *image = &o->images[0];
    const char *type = o->media_type ? o->media_type : o->index ? MEDIA_INDEX : MEDIA_MANIFEST;
    const struct sha256 *digest = o->index ? &o->index_digest : &image->manifest_digest;
    size_t size = o->index ? o->index->len : image->manifest.len;
    json_t *entry = descriptor_json(type, digest, size);
    if (ref)
        json_put(entry, "annotations", object_json(ANNOTATION_REF, text_json(ref), NULL));
    const struct arch *arch = o->index ? NULL : arch_find(image->arch);
    if (arch) {
        json_t *platform = object_json("architecture", text_json(arch->go), "os",
                                       text_json("linux"), NULL);
        if (arch->variant)
            json_put(platform, "variant", text_json(arch->variant));
        json_put(entry, "platform", platform);
    }
    return entry;
}

void add_index_entries(json_t *manifests, const struct output *o, const char *ref)
{
    json_add(manifests, index_entry_json(o, ref));
    for (size_t i = 0; i < o->n_entries; i++) {
        const struct output_entry *e = &o->entries[i];
        json_t *entry = descriptor_json(e->media_type, &e->digest, e->size);
        json_put(entry, "annotations", object_json(ANNOTATION_REF, text_json(e->ref), NULL));
        json_add(manifests, entry);
    }
}

void layout_index_json(const struct output *o, const char *ref, struct buf *ret)
{
    json_t *manifests = json_array();
    add_index_entries(manifests, o, ref);
    json_t *document = object_json("schemaVersion", number_json(2), "mediaType",
                                   text_json(MEDIA_INDEX), "manifests", manifests, NULL);
    json_bytes(document, ret);
    json_decref(document);
}

int output_write(const struct context *ctx, const struct location *to, const struct output *o,
                 bool *ret_unchanged, struct err *err)
{
    assert(o->n_images == 1 || o->index);
    const struct writing w = {ctx, to, o};
    bool unchanged = false;
    int r = 0;
    if (!sha256_is_zero(&to->digest))
        return err_code(err, ERR_USAGE, "%s:%s: an image can't be written to a digest",
                        transport_name(to->transport), to->path);
    switch (to->transport) {
    case TRANSPORT_OCI:
        r = layout_write(&w, &unchanged, err);
        break;
    case TRANSPORT_OCI_ARCHIVE:
        r = oci_archive_write(&w, err);
        break;
    case TRANSPORT_DOCKER_ARCHIVE:
        r = docker_archive_write(&w, err);
        break;
    case TRANSPORT_DOCKER:
        r = err_code(err, ERR_USAGE, "docker://%s: can't be written to a registry here", to->path);
        break;
    }
    if (ret_unchanged)
        *ret_unchanged = unchanged;
    return r;
}
