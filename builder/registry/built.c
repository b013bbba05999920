/* SPDX-License-Identifier: Apache-2.0 */
/* Images that were just built, as a reader: documents in memory, layers in the cache. */
#include "base/file.h"
#include "oci/read.h"
#include "registry/copy.h"
#include <unistd.h>

struct built {
    struct cache *cache;
    const struct output *output;
};

static int root(struct reader *r, struct read_root *ret, struct err *err)
{
    const struct built *b = r->user;
    const struct output *o = b->output;
    (void)err;
    if (o->index)
        read_root_take(ret, MEDIA_INDEX, &o->index_digest, o->index);
    else
        read_root_take(ret, MEDIA_MANIFEST, &o->images[0].manifest_digest, &o->images[0].manifest);
    return 0;
}

static const struct buf *find_document(const struct output *o, const struct sha256 *digest)
{
    for (size_t i = 0; i < o->n_images; i++) {
        if (sha256_eq(&o->images[i].manifest_digest, digest))
            return &o->images[i].manifest;
        if (sha256_eq(&o->images[i].config_digest, digest))
            return &o->images[i].config;
    }
    return o->index && sha256_eq(&o->index_digest, digest) ? o->index : NULL;
}

static int blob(struct reader *r, const struct descriptor *d, struct source **ret, struct err *err)
{
    const struct built *b = r->user;
    const struct buf *bytes = find_document(b->output, &d->digest);
    if (!bytes)
        return reader_cached(b->cache, d, ret, err);
    CLEANUP(free_ptr) char *name = xasprintf("blob %s", sha256_digest(&d->digest).s);
    *ret = source_verified(source_mem(bytes->data, bytes->len), d->size, &d->digest, name);
    return 0;
}

static void built_free(struct reader *r)
{
    free(r->user);
}

static const struct reader_ops built_ops = {.root = root, .blob = blob, .free = built_free};

struct reader *output_reader(struct cache *c, const struct output *o)
{
    struct built *b = xcalloc(1, sizeof(*b));
    *b = (struct built){c, o};
    return reader_new(&built_ops, b, "the image");
}
