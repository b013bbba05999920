/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/companions.h"
#include "base/json.h"
#include "oci/read.h"
#include "oci/write.h"
#include "registry/private.h"

#define LEVELS_MAX     4
#define COMPANIONS_MAX 1000

static void companion_release(struct companion *c)
{
    free(c->at.suffix);
    free(c->at.media_type);
    read_root_release(&c->root);
    graph_release(&c->graph);
}

void companions_release(struct companions *c)
{
    for (size_t i = 0; i < c->n; i++)
        companion_release(&c->v[i]);
    free(c->v);
    *c = (struct companions){0};
}

/* ---- finding -------------------------------------------------------------------------------- */

struct subjects {
    struct sha256 *v;
    size_t n, cap;
};

static void subjects_release(struct subjects *s)
{
    free(s->v);
}

static void subjects_add(struct subjects *s, const struct sha256 *digest)
{
    for (size_t i = 0; i < s->n; i++)
        if (sha256_eq(&s->v[i], digest))
            return;
    GROW(s->v, s->n, s->cap);
    s->v[s->n++] = *digest;
}

static int add_children(struct reader *from, const struct buf *bytes, unsigned depth,
                        struct subjects *ret, struct err *err);

/* A child of an index, and of one that is an index itself its children. */
static int add_child(struct reader *from, const json_t *entry, unsigned depth, struct subjects *ret,
                     struct err *err)
{
    CLEANUP(buf_release) struct buf bytes = BUF_INIT(MANIFEST_BYTES_MAX);
    struct descriptor d;
    if (descriptor_read(entry, "index", &d, err) < 0)
        return err_ret(err);
    subjects_add(ret, &d.digest);
    if (document_kind(d.media_type) != DOCUMENT_INDEX || depth >= INDEX_DEPTH_MAX)
        return 0;
    CLEANUP(free_ptr) char *name = xasprintf("index %s", sha256_digest(&d.digest).s);
    if (reader_bytes(from, &d, name, &bytes, err) < 0)
        return err_ret(err);
    return add_children(from, &bytes, depth + 1, ret, err);
}

static int add_children(struct reader *from, const struct buf *bytes, unsigned depth,
                        struct subjects *ret, struct err *err)
{
    json_t *document;
    size_t i;
    const json_t *entry;
    int result = document_parse(buf_str(bytes), bytes->len, "index", &document, err);
    if (result < 0)
        return result;
    json_array_foreach(json_object_get(document, "manifests"), i, entry)
    {
        if (result == 0)
            result = add_child(from, entry, depth, ret, err);
    }
    json_decref(document);
    return result;
}

/* The root, and what its index names. */
static int subjects_of(struct reader *from, const struct read_root *root, struct subjects *ret,
                       struct err *err)
{
    subjects_add(ret, &root->digest);
    return document_kind(root->media_type) == DOCUMENT_INDEX
               ? add_children(from, &root->bytes, 0, ret, err)
               : 0;
}

void companions_say_left(const struct session *s, const struct beside *b, const char *why)
{
    CLEANUP(free_ptr) char *tag = b->suffix ? beside_tag(&b->subject, b->suffix) : NULL;
    log_warn(s->log, "%s, attached to %s, is left behind: %s",
             tag ? tag : sha256_digest(&b->digest).s, sha256_digest(&b->subject).s, why);
}

static int read_companion(struct reader *from, const struct beside *b, struct companion *ret,
                          struct err *err)
{
    const struct descriptor d = {b->media_type, b->digest, b->size};
    CLEANUP(free_ptr) char *name = xasprintf("manifest %s", sha256_digest(&b->digest).s);
    *ret = (struct companion){.root = {.bytes = BUF_INIT(MANIFEST_BYTES_MAX)}};
    if (reader_bytes(from, &d, name, &ret->root.bytes, err) < 0)
        return err_ret(err);
    ret->root.media_type = xstrdup(b->media_type);
    ret->root.digest = b->digest;
    return graph_read(from, &ret->root, &ret->graph, err);
}

static bool fits_subject(const struct companion *c, const struct beside *b)
{
    const struct graph_document *root = &c->graph.documents[c->graph.n_documents - 1];
    return b->suffix || (root->has_subject && sha256_eq(&root->subject, &b->subject));
}

/* Takes one, or says why not. */
static int take(const struct session *s, struct reader *from, struct beside *b,
                struct companions *ret, struct err *err)
{
    struct companion c;
    if (document_kind(b->media_type) == DOCUMENT_OTHER) {
        CLEANUP(free_ptr) char *why = xasprintf("it is of media type \"%.200s\"", b->media_type);
        companions_say_left(s, b, why);
        return 0;
    }
    int result = read_companion(from, b, &c, err);
    const char *why = result == -ERR_NOT_FOUND              ? err->message
                      : result == 0 && !fits_subject(&c, b) ? "its subject is another manifest"
                                                            : NULL;
    if (why)
        companions_say_left(s, b, why);
    if (result == -ERR_NOT_FOUND)
        err_clear(err);
    if (result < 0 || why) {
        companion_release(&c);
        return why ? 0 : result;
    }
    c.at = *b;
    *b = (struct beside){0};
    GROW(ret->v, ret->n, ret->cap);
    ret->v[ret->n++] = c;
    return 0;
}

static bool is_taken(const struct companions *c, const struct beside *b)
{
    for (size_t i = 0; i < c->n; i++)
        if (sha256_eq(&c->v[i].at.digest, &b->digest) &&
            sha256_eq(&c->v[i].at.subject, &b->subject) && !c->v[i].at.suffix == !b->suffix)
            return true;
    return false;
}

/* What is kept beside these, and beside that. */
static int find(const struct session *s, struct reader *from, struct subjects *subjects,
                struct companions *ret, struct err *err)
{
    for (unsigned level = 0; level < LEVELS_MAX && subjects->n; level++) {
        CLEANUP(beside_list_release) struct beside_list list = {0};
        const size_t before = ret->n;
        if (reader_beside(from, subjects->v, subjects->n, &list, err) < 0)
            return err_ret(err);
        for (size_t i = 0; i < list.n; i++) {
            if (session_check(s, err) < 0)
                return err_ret(err);
            if (ret->n >= COMPANIONS_MAX)
                return err_set(err, "has more than %d attachments", COMPANIONS_MAX);
            if (!is_taken(ret, &list.v[i]) && take(s, from, &list.v[i], ret, err) < 0)
                return err_ret(err);
        }
        subjects->n = 0;
        for (size_t i = before; i < ret->n; i++)
            subjects_add(subjects, &ret->v[i].at.digest);
    }
    return 0;
}

/* Of an index that isn't taken whole. */
static int say_of_whole(const struct session *s, struct reader *from, const struct sha256 *whole,
                        struct err *err)
{
    CLEANUP(beside_list_release) struct beside_list list = {0};
    if (reader_beside(from, whole, 1, &list, err) < 0)
        return err_ret(err);
    for (size_t i = 0; i < list.n; i++)
        companions_say_left(s, &list.v[i], "only part of that index is copied");
    return 0;
}

int companions_find(const struct session *s, struct reader *from, const struct strv *arches,
                    struct companions *ret, struct sha256 *ret_image, struct err *err)
{
    CLEANUP(read_root_release) struct read_root root = {0};
    CLEANUP(subjects_release) struct subjects subjects = {0};
    *ret = (struct companions){0};
    if (!from->ops->beside)
        return 0;
    if (reader_root(from, &root, err) < 0)
        return err_ret(err);
    const struct sha256 whole = root.digest;
    if (graph_select(from, &root, arches, err) < 0)
        return err_ret(err);
    *ret_image = root.digest;
    int result = subjects_of(from, &root, &subjects, err);
    if (result == 0 && !sha256_eq(&whole, &root.digest))
        result = say_of_whole(s, from, &whole, err);
    if (result == 0)
        result = find(s, from, &subjects, ret, err);
    if (result == 0 || err->code == ERR_STOPPED)
        return result;
    companions_release(ret);
    err_wrap(err, "looking for what is attached to the image");
    return err_hint(err, "--no-referrers leaves signatures, SBOMs and the like behind");
}

/* ---- to a layout ---------------------------------------------------------------------------- */

static void add_blob(struct companions_output *o, const struct sha256 *digest, uint64_t size,
                     const struct buf *bytes)
{
    GROW(o->blobs, o->n_blobs, o->cap_blobs);
    o->blobs[o->n_blobs++] = (struct output_blob){*digest, size, bytes};
}

static void add_entry(struct companions_output *o, char *ref, const char *media_type,
                      const struct sha256 *digest, uint64_t size)
{
    strv_take(&o->refs, ref);
    GROW(o->entries, o->n_entries, o->cap_entries);
    o->entries[o->n_entries++] = (struct output_entry){ref, media_type, *digest, size};
}

/* The index of all referrers of the subject of the i-th, if that is the first of them. */
static void add_index(const struct companions *c, size_t i, struct companions_output *o)
{
    const struct sha256 *subject = &c->v[i].at.subject;
    json_t *index = referrers_index();
    for (size_t k = 0; k < c->n; k++) {
        const struct companion *one = &c->v[k];
        if (one->at.suffix || !sha256_eq(&one->at.subject, subject))
            continue;
        if (k < i) {
            json_decref(index);
            return;
        }
        json_add(json_object_get(index, "manifests"),
                 referrer_entry(one->graph.documents[one->graph.n_documents - 1].json,
                                &one->root.bytes, one->root.media_type));
    }
    struct buf *bytes = &o->indexes[o->n_indexes++];
    *bytes = (struct buf)BUF_INIT(0);
    json_bytes(index, bytes);
    json_decref(index);
    const struct sha256 digest = sha256_of(bytes->data, bytes->len);
    add_blob(o, &digest, bytes->len, bytes);
    add_entry(o, beside_tag(subject, NULL), MEDIA_INDEX, &digest, bytes->len);
}

void companions_output(const struct companions *c, struct companions_output *ret)
{
    *ret = (struct companions_output){.indexes = xcalloc(c->n + 1, sizeof(*ret->indexes))};
    for (size_t i = 0; i < c->n; i++) {
        const struct companion *one = &c->v[i];
        for (size_t k = 0; k < one->graph.n_blobs; k++)
            add_blob(ret, &one->graph.blobs[k].digest, one->graph.blobs[k].size, NULL);
        for (size_t k = 0; k < one->graph.n_documents; k++)
            add_blob(ret, &one->graph.documents[k].digest, one->graph.documents[k].bytes.len,
                     &one->graph.documents[k].bytes);
        if (one->at.suffix)
            add_entry(ret, beside_tag(&one->at.subject, one->at.suffix), one->root.media_type,
                      &one->root.digest, one->root.bytes.len);
        else
            add_index(c, i, ret);
    }
}

void companions_output_release(struct companions_output *o)
{
    for (size_t i = 0; i < o->n_indexes; i++)
        buf_release(&o->indexes[i]);
    free(o->indexes);
    free(o->entries);
    free(o->blobs);
    strv_release(&o->refs);
    *o = (struct companions_output){0};
}
