/* SPDX-License-Identifier: Apache-2.0 */
/* manifest.json of docker save, from the time before its archives were OCI layouts and after. */
#include "base/path.h"
#include "oci/read.h"
#include <inttypes.h>

static void remember(struct reader *r, const struct sha256 *digest, const char *member)
{
    GROW(r->docker, r->n_docker, r->cap_docker);
    r->docker[r->n_docker++] = (struct docker_blob){*digest, xstrdup(member)};
}

static void forget(struct reader *r)
{
    while (r->n_docker)
        free(r->docker[--r->n_docker].member);
}

/* The digest that a member's name promises: "HEX.json", "blobs/sha256/HEX". */
static bool named_digest(const char *member, struct sha256 *ret)
{
    const char *base = path_base(member);
    size_t n = strcspn(base, ".");
    return (!base[n] || strcmp(base + n, ".json") == 0) &&
           sha256_parse_hex((struct slice){base, n}, ret);
}

static int read_config(struct reader *r, const json_t *entry, const char *name,
                       struct read_image *image, struct err *err)
{
    const char *member = json_string_value(json_object_get(entry, "Config"));
    if (!member)
        return err_set(err, "%s: an entry has no Config", name);
    CLEANUP(buf_release) struct buf bytes = BUF_INIT(MANIFEST_BYTES_MAX);
    CLEANUP(free_ptr) char *where = reader_name(r, member);
    if (reader_json(r, member, &bytes, &image->config_json, err) < 0)
        return -(int)err->code;
    image->config = sha256_of(bytes.data, bytes.len);
    struct sha256 named;
    if (named_digest(member, &named) && !sha256_eq(&named, &image->config))
        return err_set(err, "%s: has SHA-256 %s, not that of its name", where,
                       sha256_hex(&image->config).s);
    remember(r, &image->config, member);
    return config_read(image->config_json, where, image, err);
}

static int read_layers(struct reader *r, const json_t *entry, const char *name,
                       struct read_image *image, struct err *err)
{
    const json_t *layers = json_object_get(entry, "Layers");
    if (!json_is_array(layers) && !json_is_null(layers))
        return err_set(err, "%s: an entry has no list \"Layers\"", name);
    image->layers = xcalloc(json_array_size(layers) + 1, sizeof(*image->layers));
    size_t i;
    json_t *item;
    json_array_foreach(layers, i, item)
    {
        const char *member = json_string_value(item);
        int fd;
        uint64_t offset, size;
        if (!member)
            return err_set(err, "%s: a layer isn't a name", name);
        if (members_find(r->members, member, &fd, &offset, &size, err) < 0)
            return -(int)err->code;
        image->layers[image->n_layers++] = (struct read_layer){
            .size = size, .media_type = xstrdup(MEDIA_DOCKER_TAR)};
    }
    return 0;
}

/* Layers are plain tars, so a layer's digest is its diff_id; its bytes are checked when read. */
static void name_layers(struct reader *r, const json_t *entry, struct read_image *image)
{
    const json_t *layers = json_object_get(entry, "Layers");
    for (size_t i = 0; i < image->n_layers; i++) {
        image->layers[i].digest = image->layers[i].diff_id;
        remember(r, &image->layers[i].digest, json_string_value(json_array_get(layers, i)));
    }
}

static bool has_tag(const json_t *entry, const char *tag)
{
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(entry, "RepoTags"), i,
                       item) if (json_is_string(item) &&
                                 strcmp(json_string_value(item), tag) == 0) return true;
    return false;
}

static int read_entry(struct reader *r, json_t *entry, const char *name, struct read_list *ret,
                      struct err *err)
{
    if (!json_is_object(entry))
        return err_set(err, "%s: an entry isn't an object", name);
    struct read_image *image = read_list_add(ret);
    image->manifest_json = json_incref(entry);
    if (read_layers(r, entry, name, image, err) < 0 || read_config(r, entry, name, image, err) < 0)
        return -(int)err->code;
    name_layers(r, entry, image);
    return 0;
}

static int read_entries(struct reader *r, const json_t *document, struct read_list *ret,
                        struct err *err)
{
    CLEANUP(free_ptr) char *name = reader_name(r, "manifest.json");
    if (!json_is_array(document))
        return err_set(err, "%s: isn't a list", name);
    size_t i;
    json_t *entry;
    json_array_foreach(document, i,
                       entry) if (!r->ref ||
                                  has_tag(entry, r->ref)) if (read_entry(r, entry, name, ret, err) <
                                                              0) return -(int)err->code;
    if (r->ref && ret->n == 0)
        return err_code(err, ERR_NOT_FOUND, "%s: holds no image named %s", r->path, r->ref);
    return 0;
}

int docker_images(struct reader *r, struct read_list *ret, struct sha256 *ret_digest,
                  struct err *err)
{
    CLEANUP(buf_release) struct buf bytes = BUF_INIT(MANIFEST_BYTES_MAX);
    json_t *document;
    forget(r);
    if (reader_json(r, "manifest.json", &bytes, &document, err) < 0)
        return -(int)err->code;
    int result = read_entries(r, document, ret, err);
    json_decref(document);
    if (result < 0)
        return result;
    *ret_digest = ret->n == 1 ? ret->items[0].config : sha256_of(bytes.data, bytes.len);
    if (sha256_is_zero(&r->wanted) || sha256_eq(&r->wanted, ret_digest))
        return 0;
    err_code(err, ERR_NOT_FOUND, "%s: holds no image with digest %s", r->path,
             sha256_digest(&r->wanted).s);
    return err_hint(err, "a docker archive keeps no manifest, only the config's digest");
}
