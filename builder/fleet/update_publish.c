/* SPDX-License-Identifier: Apache-2.0 */
/* Blobs, manifest by digest, record, report entry, tags, lock: in this order. */
#include "base/json.h"
#include "fleet/build_record.h"
#include "fleet/steady.h"
#include "fleet/undelivered.h"
#include "fleet/update_private.h"
#include "oci/graph.h"
#include "registry/copy.h"

int update_record(struct work *w, const char *accepted, struct err *err)
{
    struct updater *u = w->u;
    struct record_facts facts = {.accepted = accepted, .stops = accepted ? &w->stops : NULL};

    record_release(&w->record);
    if (!sha256_eq(&w->published.digest, &w->b.digest))
        facts.replaced = w->published.digest;
    else if (w->published.has_record)
        facts.replaced = w->published.record.replaced;
    return build_record(u->ctx, &u->build, &w->b, &facts, &w->record, err);
}

int update_attach(struct work *w, struct err *err)
{
    const struct subject subject = build_subject(&w->b, w->to.repository);

    registry_write(w->u->registry);
    return record_attach(w->u->registry, &subject, &w->record, &w->blob, err);
}

/* The same bytes get no further tag: what has a record was published before. */
static int published_before(void *user, const struct sha256 *digest, bool *ret, struct err *err)
{
    const struct work *w = user;

    return record_exists(w->u->registry, w->to.repository, digest, ret, err);
}

/* ---- tags ----------------------------------------------------------------------------------- */

static void add_tags(json_t *entry, const struct strv *tags)
{
    json_t *list = json_array();

    strv_each (tag, tags)
        json_add(list, text_json(*tag));
    json_put(entry, "tags", list);
}

static int still_there(struct work *w, struct err *err)
{
    bool still;

    if (session_check(w->u->ctx->session, err) < 0 || update_still(w, &still, err) < 0)
        return err_ret(err);
    w->moved = !still;
    return still ? 0 : err_set(err, "another run moved its tags meanwhile");
}

/* In the journal it stands as a report is to have it, whatever comes in between. */
static void keep_entry(struct work *w, const struct strv *tags)
{
    if (!w->ret->entry)
        return;
    add_tags(w->ret->entry, tags);
    if (w->u->options->report)
        undelivered_put(w->u->ctx->cache, w->ret->name, w->ret->entry);
}

/* What the user wants done before. The entry has the tags that will be set by then. */
static int call_user(struct work *w, struct err *err)
{
    const struct update_options *o = w->u->options;

    if (!o->before_tags || o->before_tags(o->user, w->ret, err) == 0)
        return 0;
    w->held = err->code == ERR_POLICY;
    return err_ret(err);
}

/* The image is there under its digest. */
static int before_tags(void *user, const struct push_result *result, struct err *err)
{
    struct work *w = user;

    if (still_there(w, err) < 0 || update_attach(w, err) < 0)
        return err_ret(err);
    keep_entry(w, &result->tags);
    return call_user(w, err) < 0 ? err_ret(err) : still_there(w, err);
}

static int before_late_tags(void *user, const struct push_result *result, struct err *err)
{
    struct work *w = user;

    if (still_there(w, err) < 0)
        return err_ret(err);
    keep_entry(w, &result->tags);
    return call_user(w, err) < 0 ? err_ret(err) : still_there(w, err);
}

static int push(struct work *w, struct reader *from, const struct sha256 *digest,
                struct push_options *options, struct err *err)
{
    CLEANUP(push_result_release) struct push_result result = {0};
    struct updater *u = w->u;

    if (push_image(u->ctx, from, u->registry, &w->to, options, &result, err) < 0)
        return err_ret(err);
    if (u->options->report)
        undelivered_tagged(u->ctx->cache, w->ret->name, digest);
    strv_release(&w->ret->tags);
    strv_copy(&w->ret->tags, &result.tags);
    if (w->ret->entry)
        add_tags(w->ret->entry, &result.tags);
    update_keep(w, digest, &result.tags);
    return 0;
}

static int push_build(struct work *w, struct push_options *options, struct err *err)
{
    CLEANUP(free_ptr) struct built_image *images = xcalloc(w->b.n_arches + 1, sizeof(*images));
    struct output output = pipeline_output(&w->b, images);
    struct reader *from = output_reader(w->u->ctx->cache, &output);
    int r = push(w, from, &w->b.digest, options, err);

    reader_free(from);
    return r;
}

int update_publish(struct work *w, struct err *err)
{
    CLEANUP(strv_release) struct strv moving = STRV_INIT, fixed = STRV_INIT;
    struct push_options options = {.tags = &moving,
                                   .fixed = &fixed,
                                   .arch_tags = w->u->options->arch_tags,
                                   .before_tags = before_tags,
                                   .published_before = published_before,
                                   .user = w};

    if (update_tags(w, w->b.resolved.lock, &w->b.digest, &moving, &fixed, err) < 0)
        return err_ret(err);
    w->moved = false;
    return push_build(w, &options, err);
}

/* Whether the registry shows all manifests of an image; err says why not. */
static bool is_shown(struct reader *from, struct err *err)
{
    CLEANUP(read_root_release) struct read_root root = {0};
    CLEANUP(graph_release) struct graph graph = {0};

    return reader_root(from, &root, err) == 0 && graph_read(from, &root, &graph, err) == 0;
}

/* What a policy hides is tagged by its bytes, built anew: why not, where those are others. */
static int tag_hidden(struct work *w, struct push_options *options, struct err *why,
                      struct err *err)
{
    if (why->code == ERR_STOPPED)
        return err_move(err, why);
    if (update_make(w, err) < 0)
        return err_ret(err);
    if (!sha256_eq(&w->b.digest, &w->published.digest))
        return err_move(err, why);
    return push_build(w, options, err);
}

int update_tag(struct work *w, struct err *err)
{
    CLEANUP(strv_release) struct strv moving = STRV_INIT, fixed = STRV_INIT;
    CLEANUP(err_release) struct err why = ERR_INIT;
    const struct sha256 *digest = &w->published.digest;
    struct push_options options = {.tags = &moving,
                                   .fixed = &fixed,
                                   .arch_tags = w->u->options->arch_tags,
                                   .before_tags = before_late_tags,
                                   .published_before = published_before,
                                   .user = w};
    struct reader *from = NULL;
    struct reference name = {
        .host = w->to.host, .repository = w->to.repository, .has_digest = true, .digest = *digest};

    if (update_tags(w, w->b.resolved.lock, digest, &moving, &fixed, err) < 0 ||
        registry_reader(w->u->registry, &name, &from, err) < 0)
        return err_ret(err);
    int r = is_shown(from, &why) ? push(w, from, digest, &options, err)
                                 : tag_hidden(w, &options, &why, err);
    reader_free(from);
    return r;
}

/* Just attached, or read. */
static struct record_blob record_blob_of(const struct work *w, const struct sha256 *image)
{
    if (w->blob.size && sha256_eq(&w->record.image, image))
        return w->blob;
    if (w->published.blob.size && sha256_eq(&w->published.digest, image))
        return w->published.blob;
    if (w->has_known && sha256_eq(&w->known.image, image))
        return w->known.record;
    return (struct record_blob){0};
}

void update_keep(struct work *w, const struct sha256 *image, const struct strv *tags)
{
    struct updater *u = w->u;
    struct known now = {.input = w->key, .image = *image};

    pipeline_keep_lock(u->ctx->session, &u->build, &w->b);
    now.lock = lock_digest(w->b.resolved.lock);
    now.record = record_blob_of(w, image);
    strv_copy(&now.tags, tags);
    if (!w->has_known || !known_same(&now, &w->known))
        known_put(u->ctx->cache, w->ret->name, &now);
    known_release(&now);
}
