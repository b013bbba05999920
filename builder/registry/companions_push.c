/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/read.h"
#include "registry/companions.h"
#include "registry/private.h"

/* A reader whose root is a companion, and all else the image's. */
struct beside_reader {
    struct reader *from; /* first: inner_reader */
    const struct companion *companion;
};

static int beside_root(struct reader *r, struct read_root *ret, struct err *err)
{
    const struct read_root *root = &((const struct beside_reader *)r->user)->companion->root;
    (void)err;
    read_root_take(ret, root->media_type, &root->digest, &root->bytes);
    return 0;
}

static const struct reader_ops beside_ops = {
    .root = beside_root, .blob = inner_blob, .save = inner_save, .file = inner_file};

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
    int pushed = push_image(where->ctx, r, where->registry, to, &options, &result, err);
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
    companions_say_left(where->ctx->session, &c->at,
                        "the registry already has others under that tag");
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
        err_wrap(err, "%s, attached to %s", sha256_digest(&one->at.digest).s,
                 sha256_digest(&one->at.subject).s);
        return err_hint(err, "--no-referrers leaves signatures, SBOMs and the like behind");
    }
    return 0;
}

struct along {
    struct companions_to where;
    const struct companions *companions;
    struct push_result *result;
    struct sha256 image; /* beside which they are kept */
};

/* Of an image that has another digest there they say nothing. */
static int push_along(const struct along *a, const struct push_result *result, struct err *err)
{
    if (sha256_eq(&result->digest, &a->image))
        return companions_push(&a->where, a->companions, a->result, err);
    for (size_t i = 0; i < a->companions->n; i++)
        companions_say_left(a->where.ctx->session, &a->companions->v[i].at,
                            "the image was converted and has another digest");
    return 0;
}

static int before_tags(void *user, const struct push_result *result, struct err *err)
{
    return push_along(user, result, err);
}

int push_with_companions(const struct context *ctx, struct reader *from, struct registry *r,
                         const struct reference *to, const struct push_options *options,
                         struct push_result *ret, struct err *err)
{
    CLEANUP(companions_release) struct companions companions = {0};
    const char *own = registry_reader_repository(from, to->host);
    struct along along = {{ctx, from, r, to, options->verify}, &companions, ret, {{0}}};
    struct push_options all = *options;
    *ret = (struct push_result){0};
    if (!(own && strcmp(own, to->repository) == 0) &&
        companions_find(ctx->session, from, options->arches, &companions, &along.image, err) < 0)
        return err_ret(err);
    if (companions.n) {
        all.before_tags = before_tags;
        all.user = &along;
    }
    int result = push_image(ctx, from, r, to, &all, ret, err);
    /* Nothing was to be tagged: what is kept beside it may be new all the same. */
    if (result == 0 && companions.n && !ret->referrers)
        result = push_along(&along, ret, err);
    return result;
}
