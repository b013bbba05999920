/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/attach.h"
#include "base/json.h"
#include "base/number.h"

#include "base/file.h"
#include "oci/document.h"
#include "oci/image.h"

#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

#define MEDIA_EMPTY         "application/vnd.oci.empty.v1+json"
#define ANNOTATION_INPUT    "org.mkimage.input"
#define ANNOTATION_REPLACED "org.mkimage.replaced"
#define ANNOTATION_DIGEST   "org.mkimage.record.digest"
#define ANNOTATION_SIZE     "org.mkimage.record.size"

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

static json_t *annotations_of(const struct record *record, const struct record_blob *blob)
{
    CLEANUP(free_ptr) char *size = xasprintf("%" PRIu64, blob->size);
    json_t *o = object_json(ANNOTATION_INPUT, text_json(sha256_digest(&record->input).s),
                            ANNOTATION_DIGEST, text_json(sha256_digest(&blob->digest).s),
                            ANNOTATION_SIZE, text_json(size), NULL);
    if (!sha256_is_zero(&record->replaced))
        json_put(o, ANNOTATION_REPLACED, text_json(sha256_digest(&record->replaced).s));
    return o;
}

static void manifest_of(const struct subject *subject, const struct record *record,
                        const struct sha256 *empty, const struct record_blob *blob, struct buf *ret)
{
    json_t *layer = descriptor_json(RECORD_TYPE, &blob->digest, blob->size);
    json_t *o = object_json("schemaVersion", number_json(2), "mediaType", text_json(MEDIA_MANIFEST),
                            "artifactType", text_json(RECORD_TYPE), "config",
                            descriptor_json(MEDIA_EMPTY, empty, 2), "layers",
                            array_json(layer, NULL), "subject",
                            descriptor_json(subject->media_type, &subject->digest, subject->size),
                            "annotations", annotations_of(record, blob), NULL);
    json_bytes(o, ret);
    json_decref(o);
}

/* *ret_lost: the registry misses a blob that it had said to have. */
static int attach(struct registry *r, const struct subject *subject, const struct record *record,
                  const struct buf *text, bool blind, struct record_blob *ret, bool *ret_lost,
                  struct err *err)
{
    CLEANUP(buf_release) struct buf manifest = BUF_INIT(0);
    struct reference name = {.host = (char *)(uintptr_t)registry_host(r),
                             .repository = (char *)(uintptr_t)subject->repository,
                             .has_digest = true};
    struct sha256 empty;

    ret->size = text->len;
    *ret_lost = false;
    if (put_blob(r, subject->repository, "{}", 2, blind, &empty, err) < 0 ||
        put_blob(r, subject->repository, text->data, text->len, blind, &ret->digest, err) < 0)
        return err_ret(err);
    manifest_of(subject, record, &empty, ret, &manifest);
    name.digest = sha256_of(manifest.data, manifest.len);
    return registry_put(r, &name, &manifest, MEDIA_MANIFEST, &subject->digest, ret_lost, err);
}

int record_attach(struct registry *r, const struct subject *subject, const struct record *record,
                  struct record_blob *ret, struct err *err)
{
    CLEANUP(buf_release) struct buf text = BUF_INIT(RECORD_BYTES_MAX);
    bool lost;

    record_format(record, &text);
    if (text.overflow)
        return err_set(err, "the record of %s is too large", record->name);
    int result = attach(r, subject, record, &text, false, ret, &lost, err);
    if (result < 0 && lost) {
        err_clear(err);
        result = attach(r, subject, record, &text, true, ret, &lost, err);
    }
    return result < 0 ? err_wrap(err, "record") : 0;
}

/* ---- fetching ------------------------------------------------------------------------------- */

/* The blob of a record; from the cache if it is there. */
static int blob_bytes(const struct record_query *q, const struct record_blob *b, struct buf *ret,
                      struct err *err)
{
    CLEANUP(err_release) struct err none = ERR_INIT;
    CLEANUP(tmpfile_release) struct tmpfile t = TMPFILE_INIT;
    CLEANUP(close_fd) int fd = cache_open_blob(q->ctx->cache, &b->digest, b->size, NULL, &none);

    if (fd >= 0 && file_read_fd(fd, "record", RECORD_BYTES_MAX, ret, &none) == 0) {
        const struct sha256 digest = sha256_of(buf_str(ret), ret->len);
        if (sha256_eq(&digest, &b->digest))
            return 0;
        cache_blob_drop(q->ctx->cache, &b->digest);
    }
    if (cache_blob_begin(q->ctx->cache, &t, err) < 0 ||
        registry_download(q->registry, q->repository, &b->digest, b->size, t.fd, NULL, err) < 0)
        return err_ret(err);
    buf_reset(ret);
    if (lseek(t.fd, 0, SEEK_SET) < 0)
        return err_errno(err, errno, "record");
    if (file_read_fd(t.fd, "record", RECORD_BYTES_MAX, ret, err) < 0)
        return err_ret(err);
    return cache_blob_commit(q->ctx->cache, &t, &b->digest, err);
}

/* What the record's manifest says of its blob; for records whose annotations don't. */
static int read_manifest(const struct record_query *q, const struct sha256 *manifest,
                         struct record_blob *ret, struct err *err)
{
    CLEANUP(buf_release) struct buf bytes = BUF_INIT(MANIFEST_BYTES_MAX);
    CLEANUP(free_ptr) char *type = NULL;
    CLEANUP(free_ptr) char *where = NULL;
    struct descriptor layer;
    struct sha256 digest;
    json_t *document = NULL;
    struct reference name = {.host = (char *)(uintptr_t)registry_host(q->registry),
                             .repository = (char *)(uintptr_t)q->repository,
                             .has_digest = true,
                             .digest = *manifest};

    where = reference_text(&name);
    if (registry_get(q->registry, &name, &bytes, &type, &digest, err) < 0 ||
        document_parse(buf_str(&bytes), bytes.len, where, &document, err) < 0)
        return err_ret(err);
    int r = document_check(document, MEDIA_MANIFEST, where, err);
    if (r == 0)
        r = descriptor_read(json_array_get(json_object_get(document, "layers"), 0), where, &layer,
                            err);
    json_decref(document);
    if (r == 0)
        *ret = (struct record_blob){layer.digest, layer.size};
    return r;
}

/* One record, as the list of referrers names it. */
struct listed {
    struct sha256 manifest;
    bool has_blob, has_annotations;
    struct record_blob blob; /* as its annotations say */
};

static int read_blob(const struct record_query *q, const struct record_blob *b,
                     struct record_answer *ret, struct err *err)
{
    CLEANUP(buf_release) struct buf text = BUF_INIT(RECORD_BYTES_MAX);

    if (b->size == 0 || b->size > RECORD_BYTES_MAX)
        return err_set(err, "a record of %" PRIu64 " bytes isn't one", b->size);
    if (blob_bytes(q, b, &text, err) < 0 ||
        record_parse(buf_str(&text), text.len, "record", &ret->record, err) < 0)
        return err_ret(err);
    if (!sha256_eq(&ret->record.image, q->image))
        return err_set(err, "it describes another image");
    ret->blob = *b;
    ret->state = RECORD_FOUND;
    return 0;
}

static int read_listed(const struct record_query *q, const struct listed *l,
                       struct record_answer *ret, struct err *err)
{
    struct record_blob blob = l->blob;

    if (l->has_annotations && !l->has_blob)
        return err_set(err, "its annotations name no blob");
    if (!l->has_blob && read_manifest(q, &l->manifest, &blob, err) < 0)
        return err_ret(err);
    return read_blob(q, &blob, ret, err);
}

/* An entry of the list. False for one that names no manifest. */
static bool take_listed(const json_t *entry, struct listed *ret)
{
    const json_t *annotations = json_object_get(entry, "annotations");
    const char *manifest = json_string_value(json_object_get(entry, "digest"));
    const char *digest = json_string_value(json_object_get(annotations, ANNOTATION_DIGEST));
    const char *size = json_string_value(json_object_get(annotations, ANNOTATION_SIZE));

    *ret = (struct listed){.has_annotations = digest || size};
    ret->has_blob = digest && size && sha256_parse_digest(slice_of(digest), &ret->blob.digest) &&
                    number_parse(slice_of(size), RECORD_BYTES_MAX, &ret->blob.size);
    return manifest && sha256_parse_digest(slice_of(manifest), &ret->manifest);
}

/* The records, the one with this input key behind all others. *ret: as many as the list has. */
static size_t order_records(const json_t *index, const struct sha256 *input, struct listed **ret)
{
    const json_t *list = json_object_get(index, "manifests");
    size_t n = 0, i;
    const json_t *entry;

    *ret = xcalloc(json_array_size(list) + 1, sizeof(**ret));
    for (unsigned asked = 0; asked < 2; asked++) {
        json_array_foreach(list, i, entry)
        {
            const char *key = json_string_value(
                json_object_get(json_object_get(entry, "annotations"), ANNOTATION_INPUT));
            bool same = input && key && strcmp(key, sha256_digest(input).s) == 0;
            if (same == (asked == 1) && take_listed(entry, &(*ret)[n]))
                n++;
        }
    }
    return n;
}

/* The last one that can be read. */
static int read_one_of(const struct record_query *q, const struct listed *all, size_t n,
                       struct record_answer *ret, struct err *err)
{
    for (size_t i = n; i-- > 0 && ret->state != RECORD_FOUND;) {
        CLEANUP(err_release) struct err why = ERR_INIT;
        if (read_listed(q, &all[i], ret, &why) == 0)
            break;
        record_release(&ret->record);
        if (why.code == ERR_STOPPED)
            return err_move(err, &why);
        ret->state = RECORD_UNREADABLE;
        log_warn(q->ctx->session->log, "%s/%s: the record %s can't be used: %s",
                 registry_host(q->registry), q->repository, sha256_digest(&all[i].manifest).s,
                 why.message);
    }
    return 0;
}

/* What this machine knows of it: where the list has none that can be read. */
static int read_remembered(const struct record_query *q, struct record_answer *ret, struct err *err)
{
    CLEANUP(err_release) struct err why = ERR_INIT;
    const enum record_state before = ret->state;

    if (ret->state != RECORD_UNREADABLE || !q->remembered || !q->remembered->size)
        return 0;
    if (read_blob(q, q->remembered, ret, &why) == 0)
        return 0;
    record_release(&ret->record);
    ret->state = before;
    return why.code == ERR_STOPPED ? err_move(err, &why) : 0;
}

void record_answer_release(struct record_answer *a)
{
    record_release(&a->record);
    *a = (struct record_answer){0};
}

int record_fetch(const struct record_query *q, struct record_answer *ret, struct err *err)
{
    CLEANUP(buf_release) struct buf bytes = BUF_INIT(0);
    CLEANUP(free_ptr) struct listed *all = NULL;
    json_t *index = NULL;

    *ret = (struct record_answer){0};
    if (registry_referrers(q->registry, q->repository, q->image, RECORD_TYPE, &bytes, err) < 0 ||
        document_parse(buf_str(&bytes), bytes.len, "referrers", &index, err) < 0)
        return err_ret(err);
    size_t n = order_records(index, q->input, &all);
    json_decref(index);
    if (read_one_of(q, all, n, ret, err) < 0)
        return err_ret(err);
    return read_remembered(q, ret, err);
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

int record_exists(struct registry *r, const char *repository, const struct sha256 *image, bool *ret,
                  struct err *err)
{
    CLEANUP(strv_release) struct strv ignored = STRV_INIT;

    return record_replaced(r, repository, image, &ignored, ret, err);
}
