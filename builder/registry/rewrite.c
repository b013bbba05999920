/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/rewrite.h"
#include "base/file.h"
#include "base/json.h"
#include "oci/compress.h"
#include "oci/graph.h"
#include "oci/read.h"
#include "oci/write.h"

#define LEVEL       6
#define CHUNK_BYTES 65536

/* A document, and what it was before. */
struct made {
    struct sha256 before, digest;
    const char *media_type;
    struct buf bytes;
};

/* What the reader of a rewritten image is about: the root is the last document. */
struct rewritten {
    struct reader *from; /* first: inner_reader */
    struct made *v;
    size_t n, cap;
};

static const struct made *find_before(const struct rewritten *w, const struct sha256 *digest)
{
    for (size_t i = 0; i < w->n; i++)
        if (sha256_eq(&w->v[i].before, digest))
            return &w->v[i];
    return NULL;
}

static void add(struct rewritten *w, const struct sha256 *before, const char *media_type,
                const json_t *document)
{
    GROW(w->v, w->n, w->cap);
    struct made *one = &w->v[w->n++];
    *one = (struct made){.before = *before, .media_type = media_type, .bytes = BUF_INIT(0)};
    json_bytes(document, &one->bytes);
    one->digest = sha256_of(one->bytes.data, one->bytes.len);
}

/* ---- its reader ----------------------------------------------------------------------------- */

static int made_root(struct reader *r, struct read_root *ret, struct err *err)
{
    const struct rewritten *w = r->user;
    const struct made *root = &w->v[w->n - 1];
    (void)err;
    read_root_take(ret, root->media_type, &root->digest, &root->bytes);
    return 0;
}

static int made_blob(struct reader *r, const struct descriptor *d, struct source **ret,
                     struct err *err)
{
    const struct rewritten *w = r->user;
    for (size_t i = 0; i < w->n; i++)
        if (sha256_eq(&w->v[i].digest, &d->digest)) {
            *ret = source_mem(w->v[i].bytes.data, w->v[i].bytes.len);
            return 0;
        }
    return inner_blob(r, d, ret, err);
}

static void made_free(struct reader *r)
{
    struct rewritten *w = r->user;
    for (size_t i = 0; i < w->n; i++)
        buf_release(&w->v[i].bytes);
    free(w->v);
    free(w);
}

static const struct reader_ops made_ops = {.root = made_root,
                                           .blob = made_blob,
                                           .save = inner_save,
                                           .file = inner_file,
                                           .free = made_free};

/* NULL and nothing left where there is nothing new. */
static struct reader *made_reader(struct rewritten *w, bool any)
{
    struct reader *r = reader_new(&made_ops, w, w->from->path);
    if (any)
        return r;
    reader_free(r);
    return NULL;
}

/* ---- compressing ---------------------------------------------------------------------------- */

struct packed {
    struct sha256 digest;
    uint64_t size;
};

static struct sha256 packed_key(const struct sha256 *plain)
{
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    buf_addf(&text, "mkimage packed 1\n%s %s %d\n%s\n", codec_name(CODEC_GZIP),
             codec_version(CODEC_GZIP), LEVEL, sha256_hex(plain).s);
    return sha256_of(text.data, text.len);
}

/* What an earlier push made of it. */
static bool is_packed(struct cache *c, const struct sha256 *plain, struct packed *ret)
{
    CLEANUP(err_release) struct err ignored = ERR_INIT;
    CLEANUP(buf_release) struct buf fact = BUF_INIT(SHA256_HEX_LEN);
    const struct sha256 key = packed_key(plain);
    if (cache_fact_get(c, "packed", &key, &fact, &ignored) < 0 ||
        !sha256_parse_hex((struct slice){buf_str(&fact), fact.len}, &ret->digest))
        return false;
    CLEANUP(close_fd)
    int fd = cache_open_blob(c, &ret->digest, UINT64_MAX, &ret->size, &ignored);
    return fd >= 0;
}

static int pack_stream(const struct session *s, struct source *from, struct piece_writer *to,
                       struct err *err)
{
    CLEANUP(free_ptr) char *chunk = xmalloc(CHUNK_BYTES);
    ssize_t n;
    while ((n = source_read(from, chunk, CHUNK_BYTES, err)) > 0)
        if (session_check(s, err) < 0 || piece_write(to, chunk, (size_t)n, err) < 0)
            return err_ret(err);
    return (int)n;
}

static int pack(const struct context *ctx, struct reader *from, const struct descriptor *d,
                struct packed *ret, struct err *err)
{
    static const struct compressor gzip = {CODEC_GZIP, LEVEL};
    CLEANUP(err_release) struct err ignored = ERR_INIT;
    CLEANUP(tmpfile_release) struct tmpfile t = TMPFILE_INIT;
    CLEANUP(hasher_release) struct hasher h = {0};
    CLEANUP(source_cleanup) struct source *plain = NULL;
    if (is_packed(ctx->cache, &d->digest, ret))
        return 0;
    if (cache_blob_begin(ctx->cache, &t, err) < 0 ||
        reader_blob(from, &d->digest, d->size, &plain, err) < 0)
        return err_ret(err);
    hasher_start(&h);
    struct piece_writer *w = piece_writer_new(ctx->session, &gzip, t.fd, "layer");
    piece_hash(w, &h);
    int r = pack_stream(ctx->session, plain, w, err);
    if (r == 0)
        r = piece_end(w, NULL, &ret->size, err);
    piece_writer_free(w);
    if (r < 0)
        return r;
    ret->digest = hasher_end(&h);
    if (cache_blob_commit(ctx->cache, &t, &ret->digest, err) < 0)
        return err_ret(err);
    const struct sha256 key = packed_key(&d->digest);
    const struct sha256_text hex = sha256_hex(&ret->digest);
    (void)!cache_fact_put(ctx->cache, "packed", &key, hex.s, strlen(hex.s), &ignored);
    return 0;
}

static int pack_layers(const struct context *ctx, struct reader *from, json_t *document,
                       bool *ret_any, struct err *err)
{
    size_t i;
    json_t *layer;
    json_array_foreach(json_object_get(document, "layers"), i, layer)
    {
        struct descriptor d;
        struct packed packed;
        if (descriptor_read(layer, "manifest", &d, err) < 0)
            return err_ret(err);
        if (strcmp(d.media_type, MEDIA_TAR) != 0)
            continue;
        if (pack(ctx, from, &d, &packed, err) < 0)
            return err_wrap(err, "layer %s", sha256_digest(&d.digest).s);
        json_put(layer, "mediaType", text_json(MEDIA_TAR "+gzip"));
        json_put(layer, "digest", digest_json(&packed.digest));
        json_put(layer, "size", number_json(packed.size));
        *ret_any = true;
    }
    return 0;
}

int rewrite_packed(const struct context *ctx, struct reader *from, struct reader **ret,
                   struct err *err)
{
    CLEANUP(read_root_release) struct read_root root = {0};
    json_t *document;
    bool any = false;
    *ret = NULL;
    if (reader_root(from, &root, err) < 0 ||
        document_parse(buf_str(&root.bytes), root.bytes.len, "manifest", &document, err) < 0)
        return err_ret(err);
    int result = pack_layers(ctx, from, document, &any, err);
    if (result == 0) {
        struct rewritten *w = xcalloc(1, sizeof(*w));
        w->from = from;
        add(w, &root.digest, MEDIA_MANIFEST, document);
        *ret = made_reader(w, any);
    }
    json_decref(document);
    return result;
}

/* ---- OCI's media types ---------------------------------------------------------------------- */

#define DOCKER_LAYER  "application/vnd.docker.image.rootfs.diff.tar"
#define FOREIGN_LAYER "application/vnd.docker.image.rootfs.foreign.diff.tar"
#define OCI_FOREIGN   "application/vnd.oci.image.layer.nondistributable.v1.tar"

static const struct {
    const char *docker, *oci;
} media_types[] = {
    {MEDIA_DOCKER_LIST, MEDIA_INDEX},
    {MEDIA_DOCKER_MANIFEST, MEDIA_MANIFEST},
    {MEDIA_DOCKER_CONFIG, MEDIA_CONFIG},
    {DOCKER_LAYER, MEDIA_TAR},
    {DOCKER_LAYER ".gzip", MEDIA_TAR "+gzip"},
    {DOCKER_LAYER ".zstd", MEDIA_TAR "+zstd"},
    {FOREIGN_LAYER, OCI_FOREIGN},
    {FOREIGN_LAYER ".gzip", OCI_FOREIGN "+gzip"},
};

static const char *oci_type(const char *type)
{
    for (size_t i = 0; type && i < ARRAY_SIZE(media_types); i++)
        if (strcmp(type, media_types[i].docker) == 0)
            return media_types[i].oci;
    return NULL;
}

/* A document's own type, or a descriptor's. */
static bool convert_type(json_t *object)
{
    const char *type = oci_type(json_string_value(json_object_get(object, "mediaType")));
    if (type)
        json_put(object, "mediaType", text_json(type));
    return type;
}

/* What an index names is another one by now. */
static bool convert_child(const struct rewritten *w, json_t *entry)
{
    const char *text = json_string_value(json_object_get(entry, "digest"));
    struct sha256 before;
    const struct made *child = text && sha256_parse_digest(slice_of(text), &before)
                                   ? find_before(w, &before)
                                   : NULL;
    bool any = convert_type(entry);
    if (!child || sha256_eq(&child->digest, &child->before))
        return any;
    json_put(entry, "digest", digest_json(&child->digest));
    json_put(entry, "size", number_json(child->bytes.len));
    return true;
}

static void convert(struct rewritten *w, const struct graph_document *d, bool *any)
{
    json_t *document = json_deep_copy(d->json), *item;
    const char *type = oci_type(d->media_type);
    size_t i;
    bool changed = convert_type(document) || type;
    changed = convert_type(json_object_get(document, "config")) || changed;
    json_array_foreach(json_object_get(document, "layers"), i, item)
        changed = convert_type(item) || changed;
    json_array_foreach(json_object_get(document, "manifests"), i, item)
        changed = convert_child(w, item) || changed;
    add(w, &d->digest, type ? type : d->media_type, document);
    struct made *one = &w->v[w->n - 1];
    if (!changed) { /* to the byte */
        buf_reset(&one->bytes);
        buf_add(&one->bytes, d->bytes.data, d->bytes.len);
        one->digest = d->digest;
    }
    *any = *any || changed;
    json_decref(document);
}

int rewrite_to_oci(struct reader *from, const struct read_root *root, struct reader **ret,
                   struct err *err)
{
    struct graph graph;
    bool any = false;
    *ret = NULL;
    if (graph_read(from, root, &graph, err) < 0)
        return err_ret(err);
    struct rewritten *w = xcalloc(1, sizeof(*w));
    w->from = from;
    for (size_t i = 0; i < graph.n_documents; i++)
        convert(w, &graph.documents[i], &any);
    for (size_t i = 0; i < w->n; i++) /* the graph goes, and its words with it */
        w->v[i].media_type = document_kind(w->v[i].media_type) == DOCUMENT_INDEX ? MEDIA_INDEX
                                                                                 : MEDIA_MANIFEST;
    graph_release(&graph);
    *ret = made_reader(w, any);
    return 0;
}
