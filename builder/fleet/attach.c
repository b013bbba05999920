/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/attach.h"
#include "base/json.h"

#include "base/file.h"
#include "oci/document.h"
#include "oci/image.h"

#include <errno.h>
#include <unistd.h>

#define MEDIA_EMPTY         "application/vnd.oci.empty.v1+json"
#define ANNOTATION_INPUT    "org.mkimage.input"
#define ANNOTATION_REPLACED "org.mkimage.replaced"

/* ---- attaching ------------------------------------------------------------------------------ */

/* blind: HEAD isn't believed. */
static int put_blob(struct registry *r, const char *repository, const void *p, size_t n, bool blind,
                    struct sha256 *ret, struct err *err)
{
    CLEANUP(close_fd) int fd = -1;
    bool there = false;

    *ret = sha256_of(p, n);
    if (!blind && registry_has_blob(r, repository, ret, &there, err) < 0)
        return err_ret(err);
    if (there)
        return 0;
    fd = spool_open(err);
    if (fd < 0 || write_all(fd, p, n, "record", err) < 0)
        return err_ret(err);
    return registry_upload(r, repository, ret, fd, n, NULL, err);
}

static json_t *descriptor(const char *media_type, const struct sha256 *digest, uint64_t size)
{
    return object_json("mediaType", text_json(media_type), "digest",
                       text_json(sha256_digest(digest).s), "size", number_json(size), NULL);
}

static void manifest_of(const struct subject *subject, const struct record *record, json_t *config,
                        json_t *layer, struct buf *ret)
{
    json_t *annotations = object_json(ANNOTATION_INPUT, text_json(sha256_digest(&record->input).s),
                                      NULL);
    json_t *o = object_json("schemaVersion", number_json(2), "mediaType", text_json(MEDIA_MANIFEST),
                            "artifactType", text_json(RECORD_TYPE), "config", config, "layers",
                            array_json(layer, NULL), "subject",
                            descriptor(subject->media_type, &subject->digest, subject->size),
                            "annotations", annotations, NULL);
    if (!sha256_is_zero(&record->replaced))
        json_put(annotations, ANNOTATION_REPLACED, text_json(sha256_digest(&record->replaced).s));
    char *text = json_dumps(o, JSON_COMPACT);

    if (!text)
        abort(); /* no memory: mem.h */
    buf_addstr(ret, text);
    free(text);
    json_decref(o);
}

/* *ret_lost: the registry misses a blob that it had said to have. */
static int attach(struct registry *r, const struct subject *subject, const struct record *record,
                  const struct buf *text, bool blind, bool *ret_lost, struct err *err)
{
    CLEANUP(buf_release) struct buf manifest = BUF_INIT(0);
    struct reference name = {.host = (char *)(uintptr_t)registry_host(r),
                             .repository = (char *)(uintptr_t)subject->repository,
                             .has_digest = true};
    struct sha256 empty, layer;

    *ret_lost = false;
    if (put_blob(r, subject->repository, "{}", 2, blind, &empty, err) < 0 ||
        put_blob(r, subject->repository, text->data, text->len, blind, &layer, err) < 0)
        return err_ret(err);
    manifest_of(subject, record, descriptor(MEDIA_EMPTY, &empty, 2),
                descriptor(RECORD_TYPE, &layer, text->len), &manifest);
    name.digest = sha256_of(manifest.data, manifest.len);
    return registry_put(r, &name, &manifest, MEDIA_MANIFEST, &subject->digest, ret_lost, err);
}

int record_attach(struct registry *r, const struct subject *subject, const struct record *record,
                  struct err *err)
{
    CLEANUP(buf_release) struct buf text = BUF_INIT(RECORD_BYTES_MAX);
    bool lost;

    record_format(record, &text);
    if (text.overflow)
        return err_set(err, "the record of %s is too large", record->name);
    int result = attach(r, subject, record, &text, false, &lost, err);
    if (result < 0 && lost) {
        err_clear(err);
        result = attach(r, subject, record, &text, true, &lost, err);
    }
    return result < 0 ? err_wrap(err, "record") : 0;
}

/* ---- fetching ------------------------------------------------------------------------------- */

struct fetching {
    const struct session *session;
    struct cache *cache;
    struct registry *registry;
    const char *repository;
};

static int blob_bytes(const struct fetching *f, const struct descriptor *d, struct buf *ret,
                      struct err *err)
{
    CLEANUP(err_release) struct err none = ERR_INIT;
    CLEANUP(tmpfile_release) struct tmpfile t = TMPFILE_INIT;
    CLEANUP(close_fd) int fd = cache_open_blob(f->cache, &d->digest, d->size, NULL, &none);

    if (fd >= 0 && file_read_fd(fd, "record", RECORD_BYTES_MAX, ret, &none) == 0) {
        const struct sha256 digest = sha256_of(buf_str(ret), ret->len);
        if (sha256_eq(&digest, &d->digest))
            return 0;
        cache_blob_drop(f->cache, &d->digest);
    }
    if (cache_blob_begin(f->cache, &t, err) < 0 ||
        registry_download(f->registry, f->repository, &d->digest, d->size, t.fd, NULL, err) < 0)
        return err_ret(err);
    buf_reset(ret);
    if (lseek(t.fd, 0, SEEK_SET) < 0)
        return err_errno(err, errno, "record");
    if (file_read_fd(t.fd, "record", RECORD_BYTES_MAX, ret, err) < 0)
        return err_ret(err);
    return cache_blob_commit(f->cache, &t, &d->digest, err);
}

static int read_record(const struct fetching *f, const struct sha256 *manifest, struct record *ret,
                       struct err *err)
{
    CLEANUP(buf_release) struct buf bytes = BUF_INIT(MANIFEST_BYTES_MAX);
    CLEANUP(buf_release) struct buf text = BUF_INIT(RECORD_BYTES_MAX);
    CLEANUP(free_ptr) char *type = NULL;
    CLEANUP(free_ptr) char *where = NULL;
    struct descriptor layer;
    struct sha256 digest;
    json_t *document = NULL;
    struct reference name = {.host = (char *)(uintptr_t)registry_host(f->registry),
                             .repository = (char *)(uintptr_t)f->repository,
                             .has_digest = true,
                             .digest = *manifest};

    where = reference_text(&name);
    if (registry_get(f->registry, &name, &bytes, &type, &digest, err) < 0 ||
        document_parse(buf_str(&bytes), bytes.len, where, &document, err) < 0)
        return err_ret(err);
    int r = document_check(document, MEDIA_MANIFEST, where, err);
    if (r == 0)
        r = descriptor_read(json_array_get(json_object_get(document, "layers"), 0), where, &layer,
                            err);
    if (r == 0 && layer.size > RECORD_BYTES_MAX)
        r = err_set(err, "%s: a record can't be as large", where);
    if (r == 0)
        r = blob_bytes(f, &layer, &text, err);
    json_decref(document);
    return r < 0 ? r : record_parse(buf_str(&text), text.len, where, ret, err);
}

/* The manifests of the records, the one with this input key behind all others. */
static void order_records(const json_t *index, const struct sha256 *input, struct strv *ret)
{
    CLEANUP(strv_release) struct strv asked = STRV_INIT;
    size_t i;
    const json_t *entry;

    json_array_foreach(json_object_get(index, "manifests"), i, entry)
    {
        const char *digest = json_string_value(json_object_get(entry, "digest"));
        const char *key = json_string_value(
            json_object_get(json_object_get(entry, "annotations"), ANNOTATION_INPUT));
        bool same = input && key && strcmp(key, sha256_digest(input).s) == 0;
        if (digest)
            strv_add(same ? &asked : ret, digest);
    }
    strv_copy(ret, &asked);
}

/* The last one that can be read. */
static int read_one_of(const struct fetching *f, const struct strv *manifests,
                       const struct sha256 *image, struct record *ret, bool *ret_found,
                       struct err *err)
{
    for (size_t i = manifests->n; i-- > 0 && !*ret_found;) {
        CLEANUP(err_release) struct err why = ERR_INIT;
        struct sha256 digest;
        if (!sha256_parse_digest(slice_of(manifests->v[i]), &digest))
            continue;
        if (read_record(f, &digest, ret, &why) == 0) {
            *ret_found = sha256_eq(&ret->image, image);
            if (*ret_found)
                break;
            err_set(&why, "it describes another image");
        }
        record_release(ret);
        if (why.code == ERR_STOPPED)
            return err_move(err, &why);
        log_warn(f->session->log, "%s/%s: the record %s can't be used: %s",
                 registry_host(f->registry), f->repository, manifests->v[i], why.message);
    }
    return 0;
}

int record_fetch(const struct session *s, struct cache *c, struct registry *r,
                 const char *repository, const struct sha256 *image, const struct sha256 *input,
                 struct record *ret, bool *ret_found, struct err *err)
{
    CLEANUP(buf_release) struct buf bytes = BUF_INIT(0);
    CLEANUP(strv_release) struct strv manifests = STRV_INIT;
    const struct fetching f = {s, c, r, repository};
    json_t *index = NULL;

    *ret = (struct record){0};
    *ret_found = false;
    if (registry_referrers(r, repository, image, RECORD_TYPE, &bytes, err) < 0 ||
        document_parse(buf_str(&bytes), bytes.len, "referrers", &index, err) < 0)
        return err_ret(err);
    order_records(index, input, &manifests);
    json_decref(index);
    return read_one_of(&f, &manifests, image, ret, ret_found, err);
}

int record_replaced(struct registry *r, const char *repository, const struct sha256 *image,
                    struct strv *ret, bool *ret_any, struct err *err)
{
    CLEANUP(buf_release) struct buf bytes = BUF_INIT(0);
    json_t *index = NULL;
    size_t i;
    const json_t *entry;

    if (registry_referrers(r, repository, image, RECORD_TYPE, &bytes, err) < 0 ||
        document_parse(buf_str(&bytes), bytes.len, "referrers", &index, err) < 0)
        return err_ret(err);
    *ret_any = json_array_size(json_object_get(index, "manifests"));
    json_array_foreach(json_object_get(index, "manifests"), i, entry)
    {
        const char *text = json_string_value(
            json_object_get(json_object_get(entry, "annotations"), ANNOTATION_REPLACED));
        if (text)
            strv_add(ret, text);
    }
    json_decref(index);
    return 0;
}
