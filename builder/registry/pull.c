/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arch.h"
#include "base/file.h"
#include "base/time.h"
#include "oci/read.h"
#include "registry/carry.h"
#include "registry/companions.h"
#include <unistd.h>

#define DECODED_MAX (UINT64_C(64) << 30) /* bytes of a layer */

/* What output_write takes, made of what was read. */
struct copied {
    struct read_root root;
    struct graph graph;
    struct read_set read;
    struct image *images;
    struct built_image *built;
    struct output_blob *extras;
    struct companions companions;
    struct companions_output beside;
    struct output output;
};

static void copied_release(struct copied *c)
{
    for (size_t i = 0; c->built && i < c->read.n; i++) {
        free(c->images[i].layers);
        buf_release(&c->built[i].config);
    }
    read_root_release(&c->root);
    graph_release(&c->graph);
    read_set_release(&c->read);
    free(c->images);
    free(c->built);
    free(c->extras);
    companions_output_release(&c->beside);
    companions_release(&c->companions);
}

struct fetch_job {
    const struct context *ctx;
    struct reader *from;
    const struct graph_blob *blob;
};

static int fetch_one(void *arg, struct err *err)
{
    const struct fetch_job *j = arg;
    return blob_fetch(j->ctx, j->from, j->blob, err);
}

static int fetch_all(const struct context *ctx, struct reader *from, const struct graph *g,
                     struct err *err)
{
    CLEANUP(free_ptr) struct fetch_job *jobs = xcalloc(g->n_blobs + 1, sizeof(*jobs));
    for (size_t i = 0; i < g->n_blobs; i++)
        jobs[i] = (struct fetch_job){ctx, from, &g->blobs[i]};
    return in_parallel(fetch_one, jobs, g->n_blobs, sizeof(*jobs), err);
}

/* config.md "created": RFC 3339; a fraction of a second plays no part. */
static int64_t created_of(const json_t *config)
{
    const char *text = json_string_value(json_object_get(config, "created"));
    int64_t at;
    return text && time_parse_loose(text, &at) && at > 0 ? at : 0;
}

/* How long a layer is decoded, for an archive that holds it so. */
static int measure(const struct context *ctx, struct layer *l, struct err *err)
{
    CLEANUP(free_ptr) char *name = xasprintf("layer %s", sha256_digest(&l->digest).s);
    CLEANUP(free_ptr) char *chunk = xmalloc(65536);
    uint8_t head[8];
    int fd = cache_open_blob(ctx->cache, &l->digest, l->size, NULL, err);
    if (fd < 0)
        return fd;
    ssize_t n = pread(fd, head, sizeof(head), 0);
    CLEANUP(source_cleanup)
    struct source *source = source_decode(
        source_verified(reader_fd_source(fd, name, l->size), l->size, &l->digest, name),
        n > 0 ? encoding_of(head, (size_t)n) : ENCODING_NONE, name, DECODED_MAX, 1);
    while ((n = source_read(source, chunk, 65536, err)) > 0) {
        l->tar_size += (uint64_t)n;
        if (session_check(ctx->session, err) < 0)
            return err_ret(err);
    }
    return (int)n;
}

/* graph_read leaves these out. */
static int check_there(struct cache *c, const struct read_layer *l, struct err *err)
{
    if ((!strstr(l->media_type, ".foreign.") && !strstr(l->media_type, ".nondistributable.")) ||
        cache_has_blob(c, &l->digest, l->size))
        return 0;
    return err_set(err,
                   "layer %s: its media type says that it isn't to be distributed, so it isn't "
                   "fetched from where it points, and the image can't be written whole",
                   sha256_digest(&l->digest).s);
}

/* Documents of the reader, and from the cache the bytes of the config. */
static int make_image(const struct context *ctx, struct copied *all, size_t i, bool measured,
                      struct err *err)
{
    const struct read_image *read = &all->read.images[i];
    struct image *image = &all->images[i];
    struct built_image *built = &all->built[i];
    const struct graph_document *manifest = graph_find(&all->graph, &read->manifest);
    CLEANUP(close_fd) int fd = cache_open_blob(ctx->cache, &read->config, UINT64_MAX, NULL, err);
    if (fd < 0 || file_read_fd(fd, "config", MANIFEST_BYTES_MAX, &built->config, err) < 0)
        return err_ret(err);
    const struct arch *arch = arch_of_platform(read->arch, read->variant);
    built->arch = image->arch = arch ? arch->name : read->arch;
    built->created = image->created = created_of(read->config_json);
    built->config_digest = read->config;
    built->manifest_digest = read->manifest;
    built->manifest = manifest->bytes; /* borrowed */
    built->image = image;
    image->layers = xcalloc(read->n_layers + 1, sizeof(*image->layers));
    for (size_t k = 0; k < read->n_layers; k++) {
        struct layer *l = &image->layers[image->n_layers++].layer;
        if (check_there(ctx->cache, &read->layers[k], err) < 0)
            return err_ret(err);
        *l = (struct layer){.digest = read->layers[k].digest,
                            .diff_id = read->layers[k].diff_id,
                            .size = read->layers[k].size};
        if (measured && measure(ctx, l, err) < 0)
            return err_ret(err);
    }
    return 0;
}

static void make_extras(struct copied *all)
{
    const struct graph *g = &all->graph;
    const struct companions_output *beside = &all->beside;
    all->extras = xcalloc(g->n_blobs + g->n_documents + beside->n_blobs + 1, sizeof(*all->extras));
    size_t n = 0;
    for (size_t i = 0; i < g->n_blobs; i++)
        all->extras[n++] = (struct output_blob){g->blobs[i].digest, g->blobs[i].size, NULL};
    for (size_t i = 0; i < g->n_documents; i++)
        all->extras[n++] = (struct output_blob){g->documents[i].digest, g->documents[i].bytes.len,
                                                &g->documents[i].bytes};
    for (size_t i = 0; i < beside->n_blobs; i++)
        all->extras[n++] = beside->blobs[i];
    all->output.extras = all->extras;
    all->output.n_extras = n;
    all->output.entries = beside->entries;
    all->output.n_entries = beside->n_entries;
}

static int make_output(const struct context *ctx, struct copied *all, bool measured,
                       struct err *err)
{
    const struct graph_document *root = &all->graph.documents[all->graph.n_documents - 1];
    all->images = xcalloc(all->read.n + 1, sizeof(*all->images));
    all->built = xcalloc(all->read.n + 1, sizeof(*all->built));
    for (size_t i = 0; i < all->read.n; i++)
        if (make_image(ctx, all, i, measured, err) < 0)
            return err_ret(err);
    make_extras(all);
    all->output.images = all->built;
    all->output.n_images = all->read.n;
    all->output.media_type = root->media_type;
    if (root->index || all->read.n == 0) { /* a chart, say, is one document of its own */
        all->output.index = &root->bytes;
        all->output.index_digest = root->digest;
    }
    return 0;
}

/* ---- reading again what was fetched ---------------------------------------------------------- */

struct fetched {
    struct cache *cache;
    const struct graph *graph;
};

static int fetched_blob(struct reader *r, const struct descriptor *d, struct source **ret,
                        struct err *err)
{
    const struct fetched *f = r->user;
    const struct graph_document *g = graph_find(f->graph, &d->digest);
    if (!g)
        return reader_cached(f->cache, d, ret, err);
    *ret = source_mem(g->bytes.data, g->bytes.len);
    return 0;
}

static const struct reader_ops fetched_ops = {.blob = fetched_blob};

/* The images of what was selected, which may be less than the location holds; none are fine where
 * it need not be an image. */
static int read_selected(struct reader *from, struct copied *all, bool needed, struct err *err)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < all->graph.n_documents; i++) {
        const struct graph_document *g = &all->graph.documents[i];
        const struct descriptor one = {g->media_type, g->digest, g->bytes.len};
        const struct platform unnamed = {0};
        if (!g->index)
            r = reader_follow(from, &one, &unnamed, NULL, false, &all->read, err);
    }
    if (r == 0 && all->read.n == 0 && needed)
        return err_code(err, ERR_NOT_FOUND, "%s: holds no image",
                        sha256_digest(&all->root.digest).s);
    return r;
}

/* What is kept beside the image; an archive for docker has no place for it. */
static int pull_beside(const struct context *ctx, struct reader *from, const struct location *to,
                       const struct strv *arches, struct copied *all, struct err *err)
{
    struct companions *beside = &all->companions;
    struct sha256 ignored;
    if (companions_find(ctx->session, from, arches, beside, &ignored, err) < 0)
        return err_ret(err);
    if (to->transport == TRANSPORT_DOCKER_ARCHIVE) {
        if (beside->n)
            log_warn(
                ctx->session->log,
                "docker-archive:%s: can't hold signatures, SBOMs and the like: %zu left behind",
                to->path, beside->n);
        companions_release(beside);
    }
    for (size_t i = 0; i < beside->n; i++)
        if (fetch_all(ctx, from, &beside->v[i].graph, err) < 0)
            return err_ret(err);
    companions_output(beside, &all->beside);
    return 0;
}

static int pull(const struct context *ctx, struct reader *from, const struct location *to,
                const struct pull_options *options, struct copied *all, bool *ret_unchanged,
                struct err *err)
{
    const bool docker = to->transport == TRANSPORT_DOCKER_ARCHIVE;
    if (reader_root(from, &all->root, err) < 0 ||
        graph_select(from, &all->root, options->arches, err) < 0 ||
        graph_read(from, &all->root, &all->graph, err) < 0 ||
        fetch_all(ctx, from, &all->graph, err) < 0)
        return err_ret(err);
    if (options->referrers && pull_beside(ctx, from, to, options->arches, all, err) < 0)
        return err_ret(err);
    struct fetched fetched = {ctx->cache, &all->graph};
    struct reader *again = reader_new(&fetched_ops, &fetched, "the image");
    int r = read_selected(again, all, docker, err);
    reader_free(again);
    if (r < 0 || make_output(ctx, all, docker, err) < 0)
        return err_ret(err);
    return output_write(ctx, to, &all->output, ret_unchanged, err);
}

int pull_image(const struct context *ctx, struct reader *from, const struct location *to,
               const struct pull_options *options, struct pull_result *ret, struct err *err)
{
    struct copied all = {0};
    *ret = (struct pull_result){0};
    int r = pull(ctx, from, to, options, &all, &ret->unchanged, err);
    ret->digest = all.root.digest;
    ret->referrers = all.companions.n;
    copied_release(&all);
    return r;
}
