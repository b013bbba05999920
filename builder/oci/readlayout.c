/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/path.h"
#include "oci/read.h"
#include "oci/write.h"

static int check_marker(struct reader *r, struct err *err)
{
    CLEANUP(buf_release) struct buf b = BUF_INIT(MANIFEST_BYTES_MAX);
    json_t *marker;
    int result = reader_json(r, "oci-layout", &b, &marker, err);
    if (result < 0) {
        if (result == -ERR_NOT_FOUND)
            err_hint(err, "an image layout has this file (image-layout.md)%s",
                     r->members ? "; for an archive of docker save write docker-archive:FILE" : "");
        return result;
    }
    const char *version = json_string_value(json_object_get(marker, "imageLayoutVersion"));
    bool ok = version && strcmp(version, "1.0.0") == 0;
    json_decref(marker);
    CLEANUP(free_ptr) char *name = reader_name(r, "oci-layout");
    return ok ? 0 : err_set(err, "%s: isn't of a layout of version 1.0.0", name);
}

static int read_config(struct reader *r, struct read_image *image, const char *above,
                       struct err *err)
{
    struct descriptor d;
    if (descriptor_read(json_object_get(image->manifest_json, "config"), above, &d, err) < 0)
        return err_ret(err);
    CLEANUP(free_ptr) char *name = xasprintf("config %s", sha256_digest(&d.digest).s);
    image->config = d.digest;
    if (reader_document(r, &d, name, &image->config_json, err) < 0)
        return err_ret(err);
    return config_read(image->config_json, name, image, err);
}

/* Takes over the document. */
static int add_image(struct reader *r, const struct descriptor *d, json_t *document,
                     const char *name, struct read_list *ret, struct err *err)
{
    struct read_image *image = read_list_add(ret);
    image->manifest = d->digest;
    image->manifest_size = d->size;
    image->manifest_type = xstrdup(d->media_type);
    image->manifest_json = document;
    if (manifest_layers(document, name, image, err) < 0)
        return err_ret(err);
    return read_config(r, image, name, err);
}

static int follow(struct reader *r, const struct descriptor *d, unsigned depth,
                  struct read_list *ret, struct err *err);

static int follow_list(struct reader *r, const json_t *manifests, const char *name, unsigned depth,
                       struct read_list *ret, struct err *err)
{
    size_t i;
    json_t *entry;
    json_array_foreach(manifests, i, entry)
    {
        struct descriptor d;
        if (descriptor_read(entry, name, &d, err) < 0 || follow(r, &d, depth, ret, err) < 0)
            return err_ret(err);
    }
    return 0;
}

/* What isn't an image or a list of images is passed over, as image-index.md has it. */
static int follow(struct reader *r, const struct descriptor *d, unsigned depth,
                  struct read_list *ret, struct err *err)
{
    enum document_kind kind = document_kind(d->media_type);
    if (strncmp(d->media_type, MEDIA_DOCKER_SCHEMA1, strlen(MEDIA_DOCKER_SCHEMA1)) == 0) {
        err_set(err, "manifest %s: is of Docker's schema 1, which isn't read",
                sha256_digest(&d->digest).s);
        return err_hint(err, "pull it with a current engine and push it again");
    }
    if (kind == DOCUMENT_OTHER)
        return 0;
    bool index = kind == DOCUMENT_INDEX;
    CLEANUP(free_ptr)
    char *name = xasprintf("%s %s", index ? "index" : "manifest", sha256_digest(&d->digest).s);
    if (depth > INDEX_DEPTH_MAX)
        return err_set(err, "%s: is nested deeper than %d indexes", name, INDEX_DEPTH_MAX);
    json_t *document;
    if (reader_document(r, d, name, &document, err) < 0)
        return err_ret(err);
    int result = document_check(document, d->media_type, name, err);
    if (result == 0 && !index && manifest_is_image(document))
        return add_image(r, d, document, name, ret, err);
    if (result == 0 && index)
        result = follow_list(r, json_object_get(document, "manifests"), name, depth + 1, ret, err);
    json_decref(document);
    return result;
}

int reader_follow(struct reader *r, const struct descriptor *d, struct read_list *ret,
                  struct err *err)
{
    return follow(r, d, 0, ret, err);
}

static const char *ref_of(const json_t *entry)
{
    return json_string_value(
        json_object_get(json_object_get(entry, "annotations"), ANNOTATION_REF));
}

static int no_such_ref(const struct reader *r, const json_t *manifests, struct err *err)
{
    CLEANUP(buf_release) struct buf names = BUF_INIT(1000);
    size_t i;
    json_t *entry;
    json_array_foreach(manifests, i, entry)
    {
        const char *ref = ref_of(entry);
        CLEANUP(free_ptr) char *shown = ref ? text_escape(ref, strlen(ref)) : NULL;
        if (shown)
            buf_addf(&names, "%s%s", names.len ? ", " : "", shown);
    }
    err_code(err, ERR_NOT_FOUND, "%s: holds no image named %s", r->path, r->ref);
    return names.len ? err_hint(err, "it holds %s", names.data) : err_ret(err);
}

/* What is kept beside an image is none itself, unless it is named. */
static bool is_beside(const char *ref)
{
    struct sha256 subject;
    const char *suffix;
    return ref && beside_tag_read(ref, &subject, &suffix);
}

/* The entries that the location means: those of its name, all if it names none; of these the one
 * of its digest, if one has it. */
static int choose(const struct reader *r, const json_t *manifests, json_t *ret, struct err *err)
{
    size_t i;
    json_t *entry;
    json_array_foreach(manifests, i, entry)
    {
        const char *ref = ref_of(entry);
        if (!r->ref ? !is_beside(ref) : (ref && strcmp(ref, r->ref) == 0))
            json_add(ret, json_incref(entry));
    }
    if (r->ref && json_array_size(ret) == 0)
        return no_such_ref(r, manifests, err);
    if (sha256_is_zero(&r->wanted))
        return 0;
    json_array_foreach(ret, i, entry)
    {
        const char *digest = json_string_value(json_object_get(entry, "digest"));
        if (digest && strcmp(digest, sha256_digest(&r->wanted).s) == 0) {
            json_incref(entry);
            json_array_clear(ret);
            json_add(ret, entry);
            return 0;
        }
    }
    return 0;
}

/* Leaves only the image of the location's digest, where that isn't what the index named. */
static int pick(const struct reader *r, struct read_list *list, struct sha256 *ret_digest,
                struct err *err)
{
    if (sha256_is_zero(&r->wanted) || sha256_eq(&r->wanted, ret_digest))
        return 0;
    for (size_t i = 0; i < list->n; i++)
        if (sha256_eq(&list->items[i].manifest, &r->wanted)) {
            struct read_image found = list->items[i];
            list->items[i] = (struct read_image){0};
            for (size_t k = 0; k < list->n; k++)
                read_image_release(&list->items[k]);
            list->items[0] = found;
            list->n = 1;
            *ret_digest = r->wanted;
            return 0;
        }
    return err_code(err, ERR_NOT_FOUND, "%s: holds no image with digest %s", r->path,
                    sha256_digest(&r->wanted).s);
}

static int read_index(struct reader *r, const json_t *document, const struct buf *bytes,
                      json_t *chosen, struct read_list *ret, struct sha256 *ret_digest,
                      struct err *err)
{
    CLEANUP(free_ptr) char *name = reader_name(r, "index.json");
    if (document_check(document, MEDIA_INDEX, name, err) < 0 ||
        choose(r, json_object_get(document, "manifests"), chosen, err) < 0 ||
        follow_list(r, chosen, name, 0, ret, err) < 0)
        return err_ret(err);
    struct descriptor only;
    if (json_array_size(chosen) != 1)
        *ret_digest = sha256_of(bytes->data, bytes->len);
    else if (descriptor_read(json_array_get(chosen, 0), name, &only, err) < 0)
        return err_ret(err);
    else
        *ret_digest = only.digest;
    return pick(r, ret, ret_digest, err);
}

static int read_bytes(struct reader *r, const struct descriptor *d, struct read_root *ret,
                      struct err *err)
{
    CLEANUP(source_cleanup) struct source *s = NULL;
    ret->media_type = xstrdup(d->media_type);
    ret->digest = d->digest;
    ret->bytes.max = MANIFEST_BYTES_MAX;
    if (reader_blob(r, &d->digest, d->size, &s, err) < 0)
        return err_ret(err);
    return source_read_buf(s, &ret->bytes, err);
}

/* The location's digest is that of an image inside of what the index names. */
static int root_inside(struct reader *r, struct read_root *ret, struct err *err)
{
    struct read_list list = {0};
    struct sha256 digest;
    int result = layout_images(r, &list, &digest, err);
    if (result == 0) {
        const struct read_image *i = &list.items[0];
        const struct descriptor d = {i->manifest_type, i->manifest, i->manifest_size};
        result = read_bytes(r, &d, ret, err);
    }
    read_images_free(list.items, list.n);
    return result;
}

static int root_of(struct reader *r, const json_t *document, json_t *chosen, struct read_root *ret,
                   struct err *err)
{
    CLEANUP(free_ptr) char *name = reader_name(r, "index.json");
    struct descriptor d;
    if (document_check(document, MEDIA_INDEX, name, err) < 0 ||
        choose(r, json_object_get(document, "manifests"), chosen, err) < 0)
        return err_ret(err);
    if (json_array_size(chosen) == 0)
        return err_code(err, ERR_NOT_FOUND, "%s: holds no image", r->path);
    if (json_array_size(chosen) > 1) {
        err_code(err, ERR_USAGE, "%s: holds %zu images", r->path, json_array_size(chosen));
        return err_hint(err, "name one behind it, as :NAME or @sha256:DIGEST");
    }
    if (descriptor_read(json_array_get(chosen, 0), name, &d, err) < 0)
        return err_ret(err);
    if (sha256_is_zero(&r->wanted) || sha256_eq(&r->wanted, &d.digest))
        return read_bytes(r, &d, ret, err);
    return root_inside(r, ret, err);
}

static int layout_root(struct reader *r, struct read_root *ret, struct err *err)
{
    CLEANUP(buf_release) struct buf bytes = BUF_INIT(MANIFEST_BYTES_MAX);
    json_t *document;
    if (check_marker(r, err) < 0 || reader_json(r, "index.json", &bytes, &document, err) < 0)
        return err_ret(err);
    json_t *chosen = json_array();
    int result = root_of(r, document, chosen, ret, err);
    json_decref(chosen);
    json_decref(document);
    return result;
}

static char *blob_file(const struct sha256 *digest)
{
    return xasprintf("blobs/sha256/%s", sha256_hex(digest).s);
}

static int layout_blob(struct reader *r, const struct descriptor *d, struct source **ret,
                       struct err *err)
{
    CLEANUP(free_ptr) char *file = blob_file(&d->digest);
    return reader_verified(r, file, d, ret, err);
}

static int layout_file(struct reader *r, const struct descriptor *d, int *ret_fd,
                       uint64_t *ret_offset, struct err *err)
{
    CLEANUP(free_ptr) char *file = blob_file(&d->digest);
    return reader_range(r, file, d->size, ret_fd, ret_offset, err);
}

const struct reader_ops layout_ops = {
    .root = layout_root,
    .images = layout_images,
    .blob = layout_blob,
    .file = layout_file,
    .beside = layout_beside,
};

int layout_images(struct reader *r, struct read_list *ret, struct sha256 *ret_digest,
                  struct err *err)
{
    CLEANUP(buf_release) struct buf bytes = BUF_INIT(MANIFEST_BYTES_MAX);
    json_t *document;
    if (check_marker(r, err) < 0 || reader_json(r, "index.json", &bytes, &document, err) < 0)
        return err_ret(err);
    json_t *chosen = json_array();
    int result = read_index(r, document, &bytes, chosen, ret, ret_digest, err);
    json_decref(chosen);
    json_decref(document);
    return result;
}
