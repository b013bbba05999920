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

/* ---- which entries of index.json ------------------------------------------------------------- */

/* The names of an entry: its reference, and the whole one that containerd and docker write. */
static const char *const name_keys[] = {ANNOTATION_REF, "io.containerd.image.name"};

static const char *name_of(const json_t *entry, size_t key)
{
    const char *name = json_string_value(
        json_object_get(json_object_get(entry, "annotations"), name_keys[key]));
    return name && *name ? name : NULL;
}

static bool is_called(const json_t *entry, const char *name)
{
    for (size_t k = 0; k < ARRAY_SIZE(name_keys); k++) {
        const char *have = name_of(entry, k);
        if (have && strcmp(have, name) == 0)
            return true;
    }
    return false;
}

static bool has_digest(const json_t *entry, const struct sha256 *digest)
{
    const char *text = json_string_value(json_object_get(entry, "digest"));
    return text && strcmp(text, sha256_digest(digest).s) == 0;
}

static void add_names(const json_t *entry, struct strv *ret)
{
    for (size_t k = 0; k < ARRAY_SIZE(name_keys); k++) {
        const char *name = name_of(entry, k);
        if (name && !strv_has(ret, name))
            strv_add(ret, name);
    }
}

/* "it holds a, b": each entry's names, or else its digest. */
static int hint_entries(const json_t *entries, const char *what_to_do, struct err *err)
{
    CLEANUP(buf_release) struct buf names = BUF_INIT(2000);
    size_t i;
    json_t *entry;
    json_array_foreach(entries, i, entry)
    {
        CLEANUP(strv_release) struct strv own = STRV_INIT;
        const char *digest = json_string_value(json_object_get(entry, "digest"));
        add_names(entry, &own);
        if (own.n == 0 && digest)
            strv_addf(&own, "@%s", digest);
        strv_each (name, &own)
            buf_addf(&names, "%s%s", names.len ? ", " : "", *name);
    }
    return names.len ? err_hint(err, "it holds %s%s", buf_str(&names), what_to_do) : err_ret(err);
}

/* What is kept beside an image is none itself, unless it is named. */
static bool is_beside(const json_t *entry)
{
    const char *name = name_of(entry, 0), *suffix;
    struct sha256 subject;
    return name && beside_tag_read(name, &subject, &suffix);
}

/* The entries that the location means: those of its name, all if it names none; of these the one
 * of its digest, if one has it. What stands there under several names is one. */
static int choose(const struct reader *r, const json_t *manifests, json_t *ret, struct err *err)
{
    CLEANUP(strv_release) struct strv digests = STRV_INIT;
    size_t i;
    json_t *entry;
    json_array_foreach(manifests, i, entry)
    {
        const char *digest = json_string_value(json_object_get(entry, "digest"));
        bool meant = r->ref ? is_called(entry, r->ref) : !is_beside(entry);
        if (!meant || (digest && strv_has(&digests, digest)))
            continue;
        if (digest)
            strv_add(&digests, digest);
        json_add(ret, json_incref(entry));
    }
    if (r->ref && json_array_size(ret) == 0) {
        err_code(err, ERR_NOT_FOUND, "%s: holds no image named %s", r->path, r->ref);
        return hint_entries(manifests, "", err);
    }
    if (sha256_is_zero(&r->wanted))
        return 0;
    json_array_foreach(ret, i, entry)
    {
        if (has_digest(entry, &r->wanted)) {
            json_incref(entry);
            json_array_clear(ret);
            json_add(ret, entry);
            return 0;
        }
    }
    return 0;
}

/* Reads index.json, with what the location means of it; the caller frees both. */
static int read_index(struct reader *r, struct buf *bytes, json_t **ret_document,
                      json_t **ret_chosen, struct err *err)
{
    CLEANUP(free_ptr) char *name = reader_name(r, "index.json");
    if (check_marker(r, err) < 0 || reader_json(r, "index.json", bytes, ret_document, err) < 0)
        return err_ret(err);
    *ret_chosen = json_array();
    if (document_check(*ret_document, MEDIA_INDEX, name, err) == 0 &&
        choose(r, json_object_get(*ret_document, "manifests"), *ret_chosen, err) == 0)
        return 0;
    json_decref(*ret_document);
    json_decref(*ret_chosen);
    return err_ret(err);
}

/* ---- the images of them ---------------------------------------------------------------------- */

/* Leaves only the image of the location's digest, where that isn't what the index named. */
static int pick(const struct reader *r, struct read_set *set, struct err *err)
{
    if (sha256_is_zero(&r->wanted) || sha256_eq(&r->wanted, &set->digest))
        return 0;
    for (size_t i = 0; i < set->n; i++)
        if (sha256_eq(&set->images[i].manifest, &r->wanted)) {
            struct read_image found = set->images[i];
            set->images[i] = (struct read_image){0};
            while (set->n)
                read_image_release(&set->images[--set->n]);
            set->images[set->n++] = found;
            strv_release(&set->absent);
            set->digest = r->wanted;
            return 0;
        }
    return err_code(err, ERR_NOT_FOUND, "%s: holds no image with digest %s", r->path,
                    sha256_digest(&r->wanted).s);
}

static void take_names(const json_t *document, struct read_set *set)
{
    size_t i;
    json_t *entry;
    json_array_foreach(json_object_get(document, "manifests"), i, entry)
    {
        for (size_t k = 0; k < set->n; k++)
            if (has_digest(entry, &set->images[k].top))
                add_names(entry, &set->images[k].names);
    }
}

static int follow_entries(struct reader *r, const json_t *entries, const struct strv *arches,
                          struct read_set *ret, struct err *err)
{
    CLEANUP(free_ptr) char *name = reader_name(r, "index.json");
    size_t i;
    json_t *entry;
    json_array_foreach(entries, i, entry)
    {
        struct descriptor d;
        const struct platform named = platform_read(json_object_get(entry, "platform"));
        if (descriptor_read(entry, name, &d, err) < 0 ||
            reader_follow(r, &d, &named, arches, json_array_size(entries) > 1, ret, err) < 0)
            return err_ret(err);
        ret->digest = d.digest;
    }
    return 0;
}

static int layout_images(struct reader *r, const struct strv *arches, struct read_set *ret,
                         struct err *err)
{
    CLEANUP(buf_release) struct buf bytes = BUF_INIT(MANIFEST_BYTES_MAX);
    json_t *document, *chosen;
    if (read_index(r, &bytes, &document, &chosen, err) < 0)
        return err_ret(err);
    int result = follow_entries(r, chosen, arches, ret, err);
    if (json_array_size(chosen) != 1)
        ret->digest = sha256_of(bytes.data, bytes.len);
    take_names(document, ret);
    json_decref(chosen);
    json_decref(document);
    return result < 0 ? result : pick(r, ret, err);
}

/* ---- the one document of them ---------------------------------------------------------------- */

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
    CLEANUP(read_set_release) struct read_set set = {0};
    if (layout_images(r, NULL, &set, err) < 0)
        return err_ret(err);
    if (set.n != 1)
        return err_set(err, "%s: holds %zu images with digest %s", r->path, set.n,
                       sha256_digest(&r->wanted).s);
    const struct read_image *i = &set.images[0];
    const struct descriptor d = {i->manifest_type, i->manifest, i->manifest_size};
    return read_bytes(r, &d, ret, err);
}

/* Of several entries those that are images or indexes: what was saved with its signatures and
 * attestations (cosign save) is one image. None, if there are none. */
static int without_attachments(struct reader *r, json_t *chosen, struct err *err)
{
    CLEANUP(free_ptr) char *name = reader_name(r, "index.json");
    json_t *left = json_array();
    size_t i;
    json_t *entry;
    int result = 0;
    json_array_foreach(chosen, i, entry)
    {
        struct descriptor d;
        json_t *document = NULL;
        result = descriptor_read(entry, name, &d, err);
        if (result == 0 && document_kind(d.media_type) == DOCUMENT_MANIFEST)
            result = reader_document(r, &d, name, &document, err);
        if (result < 0)
            break;
        if (document_kind(d.media_type) == DOCUMENT_INDEX || manifest_is_image(document))
            json_add(left, json_incref(entry));
        json_decref(document);
    }
    if (result == 0 && json_array_size(left)) {
        json_array_clear(chosen);
        json_array_extend(chosen, left);
    }
    json_decref(left);
    return result;
}

static int root_of(struct reader *r, json_t *chosen, struct read_root *ret, struct err *err)
{
    CLEANUP(free_ptr) char *name = reader_name(r, "index.json");
    struct descriptor d;
    if (json_array_size(chosen) == 0)
        return err_code(err, ERR_NOT_FOUND, "%s: holds no image", r->path);
    if (json_array_size(chosen) > 1 && without_attachments(r, chosen, err) < 0)
        return err_ret(err);
    if (json_array_size(chosen) > 1) {
        err_code(err, ERR_USAGE, "%s: holds %zu images%s%s", r->path, json_array_size(chosen),
                 r->ref ? " named " : "", r->ref ? r->ref : "");
        return hint_entries(chosen, "; name one behind it, as :NAME or @sha256:DIGEST", err);
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
    json_t *document, *chosen;
    if (read_index(r, &bytes, &document, &chosen, err) < 0)
        return err_ret(err);
    int result = root_of(r, chosen, ret, err);
    json_decref(chosen);
    json_decref(document);
    return result;
}

/* ---- blobs ----------------------------------------------------------------------------------- */

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
