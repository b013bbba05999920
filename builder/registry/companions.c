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

/* The root, and what its index names. */
static int subjects_of(const struct read_root *root, struct subjects *ret, struct err *err)
{
    json_t *document;
    size_t i;
    const json_t *entry;
    subjects_add(ret, &root->digest);
    if (document_kind(root->media_type) != DOCUMENT_INDEX)
        return 0;
    if (document_parse(buf_str(&root->bytes), root->bytes.len, "index", &document, err) < 0)
        return err_ret(err);
    json_array_foreach(json_object_get(document, "manifests"), i, entry)
    {
        const char *text = json_string_value(json_object_get(entry, "digest"));
        struct sha256 digest;
        if (text && sha256_parse_digest(slice_of(text), &digest))
            subjects_add(ret, &digest);
    }
    json_decref(document);
    return 0;
}

static void say_left(const struct session *s, const struct beside *b, const char *why)
{
    CLEANUP(free_ptr) char *tag = b->suffix ? beside_tag(&b->subject, b->suffix) : NULL;
    log_warn(s->log, "%s, kept beside %s, is left behind: %s",
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
        say_left(s, b, why);
        return 0;
    }
    int result = read_companion(from, b, &c, err);
    const char *why = result == -ERR_NOT_FOUND              ? err->message
                      : result == 0 && !fits_subject(&c, b) ? "it names another subject"
                                                            : NULL;
    if (why)
        say_left(s, b, why);
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
                return err_set(err, "more than %d are kept beside it", COMPANIONS_MAX);
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
        say_left(s, &list.v[i], "not all of that index is taken");
    return 0;
}

int companions_find(const struct session *s, struct reader *from, const struct strv *arches,
                    struct companions *ret, struct err *err)
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
    int result = subjects_of(&root, &subjects, err);
    if (result == 0 && !sha256_eq(&whole, &root.digest))
        result = say_of_whole(s, from, &whole, err);
    if (result == 0)
        result = find(s, from, &subjects, ret, err);
    if (result == 0 || err->code == ERR_STOPPED)
        return result;
    companions_release(ret);
    err_wrap(err, "looking for what is kept beside the image");
    return err_hint(err, "--no-referrers leaves signatures, SBOMs and the like behind");
}

/* ---- to a registry -------------------------------------------------------------------------- */

/* A reader whose root is a companion, and all else the image's. */
struct beside_reader {
    struct reader *from;
    const struct companion *companion;
};

static int beside_root(struct reader *r, struct read_root *ret, struct err *err)
{
    const struct read_root *root = &((const struct beside_reader *)r->user)->companion->root;
    (void)err;
    ret->media_type = xstrdup(root->media_type);
    ret->digest = root->digest;
    ret->bytes.max = MANIFEST_BYTES_MAX;
    buf_add(&ret->bytes, root->bytes.data, root->bytes.len);
    return 0;
}

static struct reader *inner(const struct reader *r)
{
    return ((const struct beside_reader *)r->user)->from;
}

static int beside_blob(struct reader *r, const struct descriptor *d, struct source **ret,
                       struct err *err)
{
    return inner(r)->ops->blob(inner(r), d, ret, err);
}

static int beside_save(struct reader *r, const struct descriptor *d, int fd,
                       struct progress *progress, struct err *err)
{
    return reader_save(inner(r), &d->digest, d->size, fd, progress, err);
}

static int beside_file(struct reader *r, const struct descriptor *d, int *ret_fd,
                       uint64_t *ret_offset, struct err *err)
{
    return reader_file_range(inner(r), &d->digest, d->size, ret_fd, ret_offset, err);
}

static const struct reader_ops beside_ops = {
    .root = beside_root, .blob = beside_blob, .save = beside_save, .file = beside_file};

static int push_one(const struct companions_to *where, const struct companion *c,
                    const struct reference *to, struct push_result *total, bool *ret_unchanged,
                    struct err *err)
{
    CLEANUP(push_result_release) struct push_result result = {0};
    const struct push_options options = {
        .verify = where->verify,
        .mounts_from = registry_reader_repository(where->from, where->to->host)};
    struct beside_reader b = {where->from, c};
    struct reader *r = reader_new(&beside_ops, &b, where->from->path);
    int pushed = push_image(where->session, where->cache, r, where->registry, to, &options, &result,
                            err);
    reader_free(r);
    total->uploaded += result.uploaded;
    total->blobs += result.blobs;
    total->mounted += result.mounted;
    total->had += result.had;
    *ret_unchanged = result.unchanged;
    return pushed;
}

static bool lists(const json_t *entries, const char *digest)
{
    size_t i;
    const json_t *entry;
    json_array_foreach(entries, i, entry)
    {
        const char *have = json_string_value(json_object_get(entry, "digest"));
        if (have && strcmp(have, digest) == 0)
            return true;
    }
    return false;
}

/* What the registry lists of the newest subject that was asked for. */
struct listing {
    struct sha256 subject;
    json_t *index; /* NULL: none was asked for */
};

static void listing_release(struct listing *l)
{
    json_decref(l->index);
}

/* Whether the registry lists it as a referrer already. */
static int is_listed(const struct companions_to *where, struct listing *l,
                     const struct companion *c, bool *ret, struct err *err)
{
    CLEANUP(buf_release) struct buf bytes = BUF_INIT(0);
    if (!l->index || !sha256_eq(&l->subject, &c->at.subject)) {
        json_decref(l->index);
        l->index = NULL;
        l->subject = c->at.subject;
        if (registry_referrers(where->registry, where->to->repository, &l->subject, NULL, &bytes,
                               err) < 0 ||
            document_parse(buf_str(&bytes), bytes.len, "referrers", &l->index, err) < 0)
            return err_ret(err);
    }
    *ret = lists(json_object_get(l->index, "manifests"), sha256_digest(&c->at.digest).s);
    return 0;
}

/* One that is there but isn't listed, as a run was cut off between the two, is put once more. */
static int push_referrer(const struct companions_to *where, struct listing *l,
                         const struct companion *c, struct push_result *total, struct err *err)
{
    const struct reference to = {.host = where->to->host,
                                 .repository = where->to->repository,
                                 .has_digest = true,
                                 .digest = c->at.digest};
    bool listed = false, unchanged = false;
    if (is_listed(where, l, c, &listed, err) < 0)
        return err_ret(err);
    if (!listed && push_one(where, c, &to, total, &unchanged, err) < 0)
        return err_ret(err);
    if (!unchanged)
        return 0;
    return registry_put(where->registry, &to, &c->root.bytes, c->root.media_type, &c->at.subject,
                        NULL, err);
}

/* Whether each layer of what the tag names there (a signature, an attestation) is among ours. */
static int is_less(const struct companions_to *where, const struct reference *name,
                   const struct companion *c, bool *ret, struct err *err)
{
    CLEANUP(buf_release) struct buf bytes = BUF_INIT(MANIFEST_BYTES_MAX);
    CLEANUP(free_ptr) char *type = NULL;
    struct sha256 digest;
    json_t *there;
    if (registry_get(where->registry, name, &bytes, &type, &digest, err) < 0 ||
        document_parse(buf_str(&bytes), bytes.len, name->tag, &there, err) < 0)
        return err_ret(err);
    const json_t *ours = json_object_get(c->graph.documents[c->graph.n_documents - 1].json,
                                         "layers");
    const json_t *layers = json_object_get(there, "layers");
    size_t i;
    const json_t *layer;
    *ret = json_is_array(layers);
    json_array_foreach(layers, i, layer)
    {
        const char *have = json_string_value(json_object_get(layer, "digest"));
        *ret = *ret && have && lists(ours, have);
    }
    json_decref(there);
    return 0;
}

static int push_tagged(const struct companions_to *where, const struct companion *c,
                       struct push_result *total, struct err *err)
{
    CLEANUP(free_ptr) char *tag = beside_tag(&c->at.subject, c->at.suffix);
    const struct reference to = {
        .host = where->to->host, .repository = where->to->repository, .tag = tag};
    struct manifest_head head;
    bool known, less = true, ignored;
    int result = registry_head(where->registry, &to, &head, &known, err);
    bool there = result == 0 && known, same = there && sha256_eq(&head.digest, &c->at.digest);
    free(head.media_type);
    if (result == -ERR_NOT_FOUND)
        err_clear(err);
    else if (result < 0)
        return result;
    if (same)
        return 0;
    if (there && is_less(where, &to, c, &less, err) < 0)
        return err_ret(err);
    if (less)
        return push_one(where, c, &to, total, &ignored, err);
    say_left(where->session, &c->at, "the registry has others under that tag");
    total->referrers--;
    return 0;
}

int companions_push(const struct companions_to *where, const struct companions *c,
                    struct push_result *ret, struct err *err)
{
    CLEANUP(listing_release) struct listing listing = {0};
    for (size_t i = 0; i < c->n; i++) {
        const struct companion *one = &c->v[i];
        ret->referrers++;
        if ((one->at.suffix ? push_tagged(where, one, ret, err)
                            : push_referrer(where, &listing, one, ret, err)) == 0)
            continue;
        if (err->code == ERR_STOPPED)
            return err_ret(err);
        err_wrap(err, "%s, kept beside %s", sha256_digest(&one->at.digest).s,
                 sha256_digest(&one->at.subject).s);
        return err_hint(err, "--no-referrers leaves signatures, SBOMs and the like behind");
    }
    return 0;
}

struct along {
    struct companions_to where;
    const struct companions *companions;
    struct push_result *result;
};

static int before_tags(void *user, const struct push_result *result, struct err *err)
{
    struct along *a = user;
    (void)result; /* a->result is the same */
    return companions_push(&a->where, a->companions, a->result, err);
}

int push_with_companions(const struct session *s, struct cache *c, struct reader *from,
                         struct registry *r, const struct reference *to,
                         const struct push_options *options, struct push_result *ret,
                         struct err *err)
{
    CLEANUP(companions_release) struct companions companions = {0};
    const char *own = registry_reader_repository(from, to->host);
    struct along along = {{s, c, from, r, to, options->verify}, &companions, ret};
    struct push_options all = *options;
    *ret = (struct push_result){0};
    if (!(own && strcmp(own, to->repository) == 0) &&
        companions_find(s, from, options->arches, &companions, err) < 0)
        return err_ret(err);
    if (companions.n) {
        all.before_tags = before_tags;
        all.user = &along;
    }
    int result = push_image(s, c, from, r, to, &all, ret, err);
    /* Nothing was to be tagged: what is kept beside it may be new all the same. */
    if (result == 0 && companions.n && !ret->referrers)
        result = companions_push(&along.where, &companions, ret, err);
    return result;
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
