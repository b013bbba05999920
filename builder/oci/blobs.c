/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/write.h"
#include <inttypes.h>
#include <unistd.h>

#define COPY_CHUNK 65536

static void add(struct blobs *b, struct blob blob)
{
    GROW(b->items, b->n, b->cap);
    b->items[b->n++] = blob;
}

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct sha256));
}

void blobs_of(const struct output *o, struct blobs *ret)
{
    *ret = (struct blobs){0};
    for (size_t i = 0; i < o->n_images; i++) {
        const struct built_image *image = &o->images[i];
        add(ret, (struct blob){image->config_digest, image->config.len, &image->config, NULL});
        add(ret,
            (struct blob){image->manifest_digest, image->manifest.len, &image->manifest, NULL});
        for (size_t k = 0; k < image->image->n_layers; k++) {
            const struct layer *l = &image->image->layers[k].layer;
            add(ret, (struct blob){l->digest, l->size, NULL, l});
        }
    }
    if (o->index)
        add(ret, (struct blob){o->index_digest, o->index->len, o->index, NULL});
    for (size_t i = 0; i < o->n_extras; i++)
        add(ret, (struct blob){o->extras[i].digest, o->extras[i].size, o->extras[i].bytes, NULL});

    blobs_sort(ret);
}

void blobs_sort(struct blobs *b)
{
    if (b->n)
        qsort(b->items, b->n, sizeof(*b->items), compare);
    size_t kept = 0;
    for (size_t i = 0; i < b->n; i++)
        if (i == 0 || compare(&b->items[i], &b->items[kept - 1]) != 0)
            b->items[kept++] = b->items[i];
    b->n = kept;
}

void blobs_release(struct blobs *b)
{
    free(b->items);
    *b = (struct blobs){0};
}

bool blobs_have(const struct blobs *b, const struct sha256 *digest)
{
    return b->n && bsearch(digest, b->items, b->n, sizeof(*b->items), compare);
}

/* Reads s to its end into the sink, and hashes; *ret_damaged tells reading from writing. */
static int send_source(const struct writing *w, struct source *s, sink_fn sink, void *arg,
                       struct sha256 *ret_digest, uint64_t *ret_n, bool *ret_damaged,
                       struct err *err)
{
    CLEANUP(free_ptr) char *chunk = xmalloc(COPY_CHUNK);
    CLEANUP(hasher_release) struct hasher h = {0};
    hasher_start(&h);
    for (*ret_n = 0;;) {
        if (session_check(w->ctx->session, err) < 0)
            return err_ret(err);
        ssize_t got = source_read(s, chunk, COPY_CHUNK, err);
        if (got < 0) {
            *ret_damaged = true;
            return (int)got;
        }
        if (got == 0)
            break;
        hasher_add(&h, chunk, (size_t)got);
        *ret_n += (uint64_t)got;
        if (sink(arg, chunk, (size_t)got, err) < 0)
            return err_ret(err);
    }
    *ret_digest = hasher_end(&h);
    return 0;
}

static int check_decoded(const struct layer *l, const struct sha256 *have, uint64_t n,
                         const char *name, struct err *err)
{
    if (n != l->tar_size)
        return err_set(err, "%s: decodes to %" PRIu64 " bytes instead of %" PRIu64, name, n,
                       l->tar_size);
    if (!sha256_eq(have, &l->diff_id))
        return err_set(err, "%s: its diff_id is %s instead of %s", name, sha256_digest(have).s,
                       sha256_digest(&l->diff_id).s);
    return 0;
}

/* By its first bytes: a layer from elsewhere may be of any codec, or of none. */
static enum encoding encoding_of_file(int fd)
{
    uint8_t head[8];
    ssize_t n = pread(fd, head, sizeof(head), 0);
    return n > 0 ? encoding_of(head, (size_t)n) : ENCODING_NONE;
}

static int send_cached(const struct writing *w, const struct blob *b, bool decoded, sink_fn sink,
                       void *arg, bool *ret_damaged, struct err *err)
{
    CLEANUP(free_ptr) char *name = xasprintf("layer %s", sha256_digest(&b->digest).s);
    CLEANUP(close_fd) int fd = cache_open_blob(w->ctx->cache, &b->digest, b->size, NULL, err);
    if (fd < 0) {
        err_wrap(err, "%s", name);
        return err_hint(err, "somebody emptied the cache meanwhile: run it again");
    }
    CLEANUP(source_cleanup)
    struct source *s = source_verified(source_range(fd, name, 0, b->size), b->size, &b->digest,
                                       name);
    if (decoded)
        s = source_decode(s, encoding_of_file(fd), name, b->layer->tar_size, 1);
    struct sha256 have;
    uint64_t n;
    if (send_source(w, s, sink, arg, &have, &n, ret_damaged, err) < 0)
        return err_ret(err);
    return decoded ? check_decoded(b->layer, &have, n, name, err) : 0;
}

int blob_send(const struct writing *w, const struct blob *b, bool decoded, sink_fn sink, void *arg,
              struct err *err)
{
    if (b->bytes)
        return sink(arg, b->bytes->data, b->bytes->len, err);
    bool damaged = false;
    if (send_cached(w, b, decoded, sink, arg, &damaged, err) < 0) {
        if (damaged) {
            cache_blob_drop(w->ctx->cache, &b->digest);
            err_hint(err, "it was damaged in the cache, and is removed from there: run it again");
        }
        return err_ret(err);
    }
    return 0;
}
