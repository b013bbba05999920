/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/graph.h"
#include "base/arch.h"
#include "base/json.h"
#include "base/path.h"
#include "oci/read.h"
#include "oci/write.h"

static int follow(struct reader *r, const struct descriptor *d, const struct buf *bytes,
                  unsigned depth, struct graph *ret, struct err *err);

const struct graph_document *graph_find(const struct graph *g, const struct sha256 *digest)
{
    for (size_t i = 0; i < g->n_documents; i++)
        if (sha256_eq(&g->documents[i].digest, digest))
            return &g->documents[i];
    return NULL;
}

void graph_release(struct graph *g)
{
    for (size_t i = 0; i < g->n_documents; i++) {
        free(g->documents[i].media_type);
        buf_release(&g->documents[i].bytes);
        json_decref(g->documents[i].json);
    }
    free(g->documents);
    free(g->blobs);
    *g = (struct graph){0};
}

/* *ret_size of one that is there already must be the same. */
static int add_blob(struct graph *g, const struct descriptor *d, const char *name, struct err *err)
{
    for (size_t i = 0; i < g->n_blobs; i++)
        if (sha256_eq(&g->blobs[i].digest, &d->digest))
            return g->blobs[i].size == d->size
                       ? 0
                       : err_set(err, "%s: gives %s another size than before", name,
                                 sha256_digest(&d->digest).s);
    GROW(g->blobs, g->n_blobs, g->cap_blobs);
    g->blobs[g->n_blobs++] = (struct graph_blob){d->digest, d->size};
    return 0;
}

static bool is_foreign(const json_t *entry, const char *media_type)
{
    return json_array_size(json_object_get(entry, "urls")) > 0 &&
           (strstr(media_type, ".foreign.") || strstr(media_type, ".nondistributable."));
}

static int add_manifest(const json_t *document, const char *name, struct graph *g, struct err *err)
{
    const json_t *layers = json_object_get(document, "layers");
    struct descriptor d;
    size_t i;
    const json_t *layer;
    if (descriptor_read(json_object_get(document, "config"), name, &d, err) < 0 ||
        add_blob(g, &d, name, err) < 0)
        return err_ret(err);
    json_array_foreach(layers, i, layer)
    {
        if (descriptor_read(layer, name, &d, err) < 0)
            return err_ret(err);
        if (!is_foreign(layer, d.media_type) && add_blob(g, &d, name, err) < 0)
            return err_ret(err);
    }
    return 0;
}

static int add_children(struct reader *r, const json_t *document, const char *name, unsigned depth,
                        struct graph *g, struct err *err)
{
    size_t i;
    const json_t *entry;
    json_array_foreach(json_object_get(document, "manifests"), i, entry)
    {
        struct descriptor d;
        if (descriptor_read(entry, name, &d, err) < 0)
            return err_ret(err);
        if (follow(r, &d, NULL, depth + 1, g, err) < 0) {
            CLEANUP(free_ptr) char *platform = platform_text(entry);
            if (err->code == ERR_NOT_FOUND && platform)
                err_hint(err,
                         "the index names an image for %s that isn't here; choose one that is with "
                         "--arch",
                         platform);
            return err_ret(err);
        }
    }
    return 0;
}

static int read_subject(const json_t *document, const char *name, struct graph_document *ret,
                        struct err *err)
{
    struct descriptor d;
    const json_t *subject = json_object_get(document, "subject");
    if (!subject || json_is_null(subject))
        return 0;
    if (descriptor_read(subject, name, &d, err) < 0)
        return err_ret(err);
    ret->has_subject = true;
    ret->subject = d.digest;
    return 0;
}

/* Takes over bytes and json when it succeeds or not. */
static int add_document(struct reader *r, const struct descriptor *d, struct graph_document *now,
                        const char *name, unsigned depth, struct graph *g, struct err *err)
{
    int result = document_check(now->json, d->media_type, name, err);
    if (result == 0)
        result = read_subject(now->json, name, now, err);
    if (result == 0)
        result = now->index ? add_children(r, now->json, name, depth, g, err)
                            : add_manifest(now->json, name, g, err);
    /* Also what failed is kept, so that it is released with the rest. */
    GROW(g->documents, g->n_documents, g->cap_documents);
    g->documents[g->n_documents++] = *now;
    *now = (struct graph_document){0};
    return result;
}

static int follow(struct reader *r, const struct descriptor *d, const struct buf *bytes,
                  unsigned depth, struct graph *g, struct err *err)
{
    enum document_kind kind = document_kind(d->media_type);
    CLEANUP(free_ptr)
    char *name = xasprintf("%s %s", kind == DOCUMENT_INDEX ? "index" : "manifest",
                           sha256_digest(&d->digest).s);
    if (kind == DOCUMENT_OTHER)
        return add_blob(g, d, name, err);
    if (graph_find(g, &d->digest))
        return 0;
    if (depth > INDEX_DEPTH_MAX)
        return err_set(err, "%s: is nested deeper than %d indexes", name, INDEX_DEPTH_MAX);
    struct graph_document now = {.digest = d->digest,
                                 .index = kind == DOCUMENT_INDEX,
                                 .bytes = BUF_INIT(MANIFEST_BYTES_MAX)};
    int result = 0;
    if (bytes)
        buf_add(&now.bytes, bytes->data, bytes->len);
    else
        result = reader_bytes(r, d, name, &now.bytes, err);
    if (result == 0)
        result = document_parse(buf_str(&now.bytes), now.bytes.len, name, &now.json, err);
    if (result < 0) {
        buf_release(&now.bytes);
        return result;
    }
    now.media_type = xstrdup(d->media_type);
    return add_document(r, d, &now, name, depth, g, err);
}

int graph_read(struct reader *r, const struct read_root *root, struct graph *ret, struct err *err)
{
    const struct descriptor d = {root->media_type, root->digest, root->bytes.len};
    *ret = (struct graph){0};
    if (document_kind(root->media_type) == DOCUMENT_OTHER) {
        return err_set(err, "%s: is neither a manifest nor an index, but \"%.200s\"",
                       sha256_digest(&root->digest).s, root->media_type);
    }
    int result = follow(r, &d, &root->bytes, 0, ret, err);
    if (result < 0)
        graph_release(ret);
    return result;
}

/* ---- architectures -------------------------------------------------------------------------- */

char *platform_text(const json_t *entry)
{
    const struct platform p = platform_read(json_object_get(entry, "platform"));
    if (!p.arch || (p.os && strcmp(p.os, "linux") != 0))
        return NULL;
    const struct arch *known = p.variant ? arch_of_platform(p.arch, p.variant) : NULL;
    if (!p.variant || (known && known->implied))
        return xstrdup(p.arch);
    return xasprintf("%s/%s", p.arch, p.variant);
}

/* "arm" asks for any variant. */
static bool matches(const char *have, const char *want)
{
    return strcmp(have, want) == 0 ||
           (!strchr(want, '/') && strncmp(have, want, strlen(want)) == 0 &&
            have[strlen(want)] == '/');
}

static int none_of(const json_t *manifests, const char *want, struct err *err)
{
    CLEANUP(buf_release) struct buf names = BUF_INIT(1000);
    size_t i;
    const json_t *entry;
    json_array_foreach(manifests, i, entry)
    {
        const struct platform p = platform_read(json_object_get(entry, "platform"));
        CLEANUP(free_ptr) char *name = platform_text(entry);
        CLEANUP(free_ptr) char *other = name || !p.arch ? NULL : platform_name(&p);
        if (name || other)
            buf_addf(&names, "%s%s", names.len ? ", " : "", name ? name : other);
    }
    err_code(err, ERR_NOT_FOUND, "holds no image for %s", want);
    return names.len ? err_hint(err, "it has %s", buf_str(&names)) : err_ret(err);
}

static bool wanted(const json_t *entry, const struct strv *arches)
{
    CLEANUP(free_ptr) char *have = platform_text(entry);
    for (size_t i = 0; have && i < arches->n; i++)
        if (matches(have, arches->v[i]))
            return true;
    return false;
}

/* Those that are asked for, in the index's order. */
static int choose(const json_t *manifests, const struct strv *arches, json_t *ret, struct err *err)
{
    size_t i;
    json_t *entry;
    json_array_foreach(manifests, i, entry)
    {
        if (wanted(entry, arches))
            json_add(ret, json_incref(entry));
    }
    strv_each (want, arches) {
        struct strv one = {.v = (char **)(uintptr_t)want, .n = 1};
        bool any = false;
        json_array_foreach(ret, i, entry) any = any || wanted(entry, &one);
        if (!any)
            return none_of(manifests, *want, err);
    }
    return 0;
}

static int take_one(struct reader *r, const json_t *entry, struct read_root *root, struct err *err)
{
    struct descriptor d;
    if (descriptor_read(entry, "index", &d, err) < 0)
        return err_ret(err);
    CLEANUP(free_ptr) char *name = xasprintf("manifest %s", sha256_digest(&d.digest).s);
    buf_reset(&root->bytes);
    free(root->media_type);
    root->media_type = xstrdup(d.media_type);
    root->digest = d.digest;
    return reader_bytes(r, &d, name, &root->bytes, err);
}

static void take_several(json_t *document, json_t *chosen, struct read_root *root)
{
    json_put(document, "manifests", json_incref(chosen));
    buf_reset(&root->bytes);
    json_bytes(document, &root->bytes);
    root->digest = sha256_of(root->bytes.data, root->bytes.len);
}

static int select_of(struct reader *r, json_t *document, json_t *chosen, const struct strv *arches,
                     struct read_root *root, struct err *err)
{
    const json_t *manifests = json_object_get(document, "manifests");
    if (document_check(document, root->media_type, "index", err) < 0 ||
        choose(manifests, arches, chosen, err) < 0)
        return err_ret(err);
    if (json_array_size(chosen) == 1)
        return take_one(r, json_array_get(chosen, 0), root, err);
    if (json_array_size(chosen) < json_array_size(manifests))
        take_several(document, chosen, root);
    return 0;
}

int graph_select(struct reader *r, struct read_root *root, const struct strv *arches,
                 struct err *err)
{
    json_t *document;
    if (!arches || arches->n == 0 || document_kind(root->media_type) != DOCUMENT_INDEX)
        return 0;
    if (document_parse(buf_str(&root->bytes), root->bytes.len, "index", &document, err) < 0)
        return err_ret(err);
    json_t *chosen = json_array();
    int result = select_of(r, document, chosen, arches, root, err);
    json_decref(chosen);
    json_decref(document);
    return result < 0 ? err_wrap(err, "%s", r->path) : 0;
}
