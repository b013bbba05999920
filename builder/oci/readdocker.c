/* SPDX-License-Identifier: Apache-2.0 */
/* manifest.json of docker save, from the time before its archives were OCI layouts and after. */
#include "base/json.h"
#include "base/path.h"
#include "base/text.h"
#include "oci/read.h"
#include "oci/write.h"

#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

static void remember(struct reader *r, const struct sha256 *digest, uint64_t size,
                     const char *member)
{
    GROW(r->docker, r->n_docker, r->cap_docker);
    r->docker[r->n_docker++] = (struct docker_blob){*digest, size, xstrdup(member)};
}

static void forget(struct reader *r)
{
    while (r->n_docker)
        free(r->docker[--r->n_docker].member);
}

/* A key of manifest.json, which Go's decoder takes in any case: jib writes all in lower case. Two
 * that differ in nothing else mean one thing to us and another to an engine. */
static int find_key(const json_t *entry, const char *key, const char *name, const json_t **ret,
                    struct err *err)
{
    const char *have;
    json_t *value;
    *ret = NULL;
    json_object_foreach((json_t *)(uintptr_t)entry, have, value)
    {
        if (strcasecmp(have, key) != 0)
            continue;
        if (*ret)
            return err_set(err, "%s: an entry has \"%s\" twice, in different case", name, key);
        *ret = value;
    }
    return 0;
}

/* "blobs/sha256/HEX" promises a digest. A name "HEX.json" doesn't: some tools give another one. */
static bool named_digest(const char *member, struct sha256 *ret)
{
    return starts_with(member, "blobs/sha256/") &&
           sha256_parse_hex(slice_of(path_base(member)), ret);
}

static int read_config(struct reader *r, const char *member, const char *name,
                       struct read_image *image, struct err *err)
{
    if (!member)
        return err_set(err, "%s: an entry has no Config", name);
    CLEANUP(buf_release) struct buf bytes = BUF_INIT(MANIFEST_BYTES_MAX);
    CLEANUP(free_ptr) char *where = reader_name(r, member);
    if (reader_json(r, member, &bytes, &image->config_json, err) < 0)
        return err_ret(err);
    image->config = sha256_of(bytes.data, bytes.len);
    struct sha256 named;
    if (named_digest(member, &named) && !sha256_eq(&named, &image->config))
        return err_set(err, "%s: has SHA-256 %s, not that of its name", where,
                       sha256_hex(&image->config).s);
    remember(r, &image->config, bytes.len, member);
    if (config_read(image->config_json, where, image, err) < 0)
        return err_ret(err);
    read_image_settle(image, &(struct platform){0});
    return 0;
}

static int hash_range(int fd, uint64_t offset, uint64_t size, const char *name, struct sha256 *ret,
                      struct err *err)
{
    CLEANUP(source_cleanup) struct source *s = source_range(fd, name, offset, size);

    return source_hash(s, NULL, ret, err);
}

/* docker save writes layers as plain tars; other tools (crane, jib) as they are in a registry, and
 * then a layer's digest is that of the packed bytes. */
static int find_layer(struct reader *r, const char *member, struct read_layer *ret, struct err *err)
{
    static const char *const packings[] = {[ENCODING_NONE] = "",
                                           [ENCODING_GZIP] = ".gzip",
                                           [ENCODING_XZ] = ".xz",
                                           [ENCODING_ZSTD] = ".zstd"};
    CLEANUP(free_ptr) char *where = reader_name(r, member);
    uint8_t head[8];
    int fd;
    uint64_t offset;
    if (members_find(r->members, member, &fd, &offset, &ret->size, err) < 0)
        return err_ret(err);
    size_t n = ret->size < sizeof(head) ? (size_t)ret->size : sizeof(head);
    ssize_t got = pread(fd, head, n, (off_t)offset);
    if (got < 0)
        return err_errno(err, errno, "%s: read", where);
    enum encoding encoding = encoding_of(head, (size_t)got);
    ret->media_type = xasprintf("%s%s", MEDIA_DOCKER_TAR, packings[encoding]);
    return encoding == ENCODING_NONE ? 0
                                     : hash_range(fd, offset, ret->size, where, &ret->digest, err);
}

static int read_layers(struct reader *r, const json_t *layers, const char *name,
                       struct read_image *image, struct err *err)
{
    if (!json_is_array(layers) && !json_is_null(layers))
        return err_set(err, "%s: an entry has no list \"Layers\"", name);
    image->layers = xcalloc(json_array_size(layers) + 1, sizeof(*image->layers));
    size_t i;
    json_t *item;
    json_array_foreach(layers, i, item)
    {
        const char *member = json_string_value(item);
        if (!member)
            return err_set(err, "%s: a layer isn't a name", name);
        if (find_layer(r, member, &image->layers[image->n_layers++], err) < 0)
            return err_ret(err);
    }
    return 0;
}

/* A plain tar's digest is its diff_id; its bytes are checked when read. */
static void name_layers(struct reader *r, const json_t *layers, struct read_image *image)
{
    for (size_t i = 0; i < image->n_layers; i++) {
        if (sha256_is_zero(&image->layers[i].digest))
            image->layers[i].digest = image->layers[i].diff_id;
        remember(r, &image->layers[i].digest, image->layers[i].size,
                 json_string_value(json_array_get(layers, i)));
    }
}

static void take_tags(const json_t *tags, struct strv *ret)
{
    size_t i;
    json_t *item;
    json_array_foreach(tags, i, item)
    {
        if (json_is_string(item))
            strv_add(ret, json_string_value(item));
    }
}

/* Keeps the image of the entry in the set, if it is the one that the location means. */
static int read_entry(struct reader *r, json_t *entry, const char *name, struct strv *all_names,
                      struct read_set *ret, struct err *err)
{
    CLEANUP(strv_release) struct strv tags = STRV_INIT;
    const json_t *config, *layers, *names;
    if (!json_is_object(entry))
        return err_set(err, "%s: an entry isn't an object", name);
    if (find_key(entry, "Config", name, &config, err) < 0 ||
        find_key(entry, "Layers", name, &layers, err) < 0 ||
        find_key(entry, "RepoTags", name, &names, err) < 0)
        return err_ret(err);
    take_tags(names, &tags);
    take_tags(names, all_names);
    if (r->ref && !strv_has(&tags, r->ref))
        return 0;
    struct read_image *image = read_set_add(ret);
    image->manifest_json = json_incref(entry);
    image->names = tags;
    tags = (struct strv)STRV_INIT;
    if (read_layers(r, layers, name, image, err) < 0 ||
        read_config(r, json_string_value(config), name, image, err) < 0)
        return err_ret(err);
    name_layers(r, layers, image);
    return 0;
}

static int hint_names(const char *before, const struct strv *names, const char *after,
                      struct err *err)
{
    CLEANUP(buf_release) struct buf text = BUF_INIT(2000);
    strv_each (name, names)
        buf_addf(&text, "%s%s", text.len ? ", " : "", *name);
    return text.len || *after
               ? err_hint(err, "%s%s%s", text.len ? before : "", buf_str(&text), after)
               : err_ret(err);
}

static int read_entries(struct reader *r, const json_t *document, struct read_set *ret,
                        struct err *err)
{
    CLEANUP(free_ptr) char *name = reader_name(r, "manifest.json");
    CLEANUP(strv_release) struct strv names = STRV_INIT;
    if (!json_is_array(document))
        return err_set(err, "%s: isn't a list", name);
    size_t i;
    json_t *entry;
    json_array_foreach(document, i, entry)
    {
        if (read_entry(r, entry, name, &names, ret, err) < 0)
            return err_ret(err);
    }
    if (r->ref && ret->n == 0) {
        err_code(err, ERR_NOT_FOUND, "%s: holds no image named %s", r->path, r->ref);
        return hint_names("it holds ", &names, "", err);
    }
    return 0;
}

/* Those of other architectures go again: their configs say what they are for. */
static void keep_wanted(const struct strv *arches, struct read_set *ret)
{
    size_t kept = 0;
    for (size_t i = 0; i < ret->n; i++) {
        struct read_image *image = &ret->images[i];
        const struct platform p = {image->os, *image->arch ? image->arch : NULL, image->variant,
                                   false};
        if (platform_wanted(&p, arches)) {
            ret->images[kept++] = *image;
            continue;
        }
        CLEANUP(free_ptr) char *name = platform_name(&p);
        strv_add(&ret->others, name);
        read_image_release(image);
    }
    ret->n = kept;
}

static int docker_images(struct reader *r, const struct strv *arches, struct read_set *ret,
                         struct err *err)
{
    CLEANUP(buf_release) struct buf bytes = BUF_INIT(MANIFEST_BYTES_MAX);
    json_t *document;
    forget(r);
    if (reader_json(r, "manifest.json", &bytes, &document, err) < 0) {
        if (err->code == ERR_NOT_FOUND)
            err_hint(err, "docker save writes one since 1.10: load an older archive there and save "
                          "it again");
        return err_ret(err);
    }
    int result = read_entries(r, document, ret, err);
    json_decref(document);
    if (result < 0)
        return result;
    ret->digest = ret->n == 1 ? ret->images[0].config : sha256_of(bytes.data, bytes.len);
    keep_wanted(arches, ret);
    if (sha256_is_zero(&r->wanted) || sha256_eq(&r->wanted, &ret->digest))
        return 0;
    err_code(err, ERR_NOT_FOUND, "%s: holds no image with digest %s", r->path,
             sha256_digest(&r->wanted).s);
    return err_hint(err, "a docker archive keeps no manifest, only the config's digest");
}

static int find(const struct reader *r, const struct sha256 *digest, const struct docker_blob **ret,
                struct err *err)
{
    for (size_t i = 0; i < r->n_docker; i++)
        if (sha256_eq(&r->docker[i].digest, digest)) {
            *ret = &r->docker[i];
            return 0;
        }
    return err_code(err, ERR_NOT_FOUND, "%s: holds no blob %s", r->path, sha256_digest(digest).s);
}

static int docker_blob(struct reader *r, const struct descriptor *d, struct source **ret,
                       struct err *err)
{
    const struct docker_blob *blob;
    if (find(r, &d->digest, &blob, err) < 0)
        return err_ret(err);
    return reader_verified(r, blob->member, d, ret, err);
}

static int docker_file(struct reader *r, const struct descriptor *d, int *ret_fd,
                       uint64_t *ret_offset, struct err *err)
{
    const struct docker_blob *blob;
    if (find(r, &d->digest, &blob, err) < 0)
        return err_ret(err);
    return reader_range(r, blob->member, d->size, ret_fd, ret_offset, err);
}

/* The manifest that the archive lacks, with the layers as they are. */
static int make_manifest(struct reader *r, const struct read_image *image, struct read_root *ret,
                         struct err *err)
{
    const struct docker_blob *config;
    if (find(r, &image->config, &config, err) < 0)
        return err_ret(err);
    json_t *layers = json_array();
    for (size_t i = 0; i < image->n_layers; i++) {
        const struct read_layer *l = &image->layers[i];
        const char *packing = l->media_type + strlen(MEDIA_DOCKER_TAR);
        CLEANUP(free_ptr)
        char *type = xasprintf("%s%s%s", MEDIA_TAR, *packing ? "+" : "", packing + !!*packing);
        json_add(layers, descriptor_json(type, &l->digest, l->size));
    }
    json_t *document = object_json(
        "schemaVersion", number_json(2), "mediaType", text_json(MEDIA_MANIFEST), "config",
        descriptor_json(MEDIA_CONFIG, &image->config, config->size), "layers", layers, NULL);
    json_bytes(document, &ret->bytes);
    json_decref(document);
    ret->media_type = xstrdup(MEDIA_MANIFEST);
    ret->digest = sha256_of(ret->bytes.data, ret->bytes.len);
    return 0;
}

static int docker_root(struct reader *r, struct read_root *ret, struct err *err)
{
    CLEANUP(read_set_release) struct read_set set = {0};
    if (docker_images(r, NULL, &set, err) < 0)
        return err_ret(err);
    if (set.n == 1)
        return make_manifest(r, &set.images[0], ret, err);
    CLEANUP(strv_release) struct strv names = STRV_INIT;
    for (size_t i = 0; i < set.n; i++)
        strv_each (name, &set.images[i].names)
            strv_add(&names, *name);
    err_code(err, ERR_USAGE, "%s: holds %zu images", r->path, set.n);
    return hint_names("it holds ", &names, "; name one behind it, as :NAME:TAG", err);
}

const struct reader_ops docker_ops = {
    .root = docker_root,
    .images = docker_images,
    .blob = docker_blob,
    .file = docker_file,
};
