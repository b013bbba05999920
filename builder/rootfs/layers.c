/* SPDX-License-Identifier: Apache-2.0 */
#include "rootfs/dpkg.h"
#include "rootfs/facts.h"
#include "rootfs/unpacking.h"

/* A directory of a layer; `order` is of whom it is, the first one decides. */
struct layer_directory {
    const char *path;
    uint32_t mode, uid, gid;
    int64_t mtime;
    size_t order;
};

struct layer_directories {
    struct layer_directory *v;
    size_t n, cap;
};

static int compare_directory(const void *a, const void *b)
{
    const struct layer_directory *x = a, *y = b;
    int c = strcmp(x->path, y->path);
    return c ? c : (x->order > y->order) - (x->order < y->order);
}

static void add_directory(struct layer_directories *d, struct layer_directory one)
{
    GROW(d->v, d->n, d->cap);
    d->v[d->n++] = one;
}

static void collect(struct layer_directories *d, const struct package *p, size_t order)
{
    for (size_t i = 0; i < p->n_entries; i++) {
        const struct entry *e = &p->entries[i];
        if (!e->dropped && e->type == ENTRY_DIRECTORY)
            add_directory(
                d, (struct layer_directory){e->path, e->mode, e->uid, e->gid, p->time, order});
    }
}

static int64_t newest(const struct layer_part *parts, size_t n)
{
    int64_t time = 0;
    for (size_t i = 0; i < n; i++)
        time = parts[i].package->time > time ? parts[i].package->time : time;
    return time;
}

/* All directories, sorted, so that what is above comes first. */
static void directories_tar(const struct layer_part *parts, size_t n, struct buf *ret)
{
    struct layer_directories d = {0};
    CLEANUP(strv_release) struct strv records = STRV_INIT;
    for (size_t i = 0; i < n; i++)
        collect(&d, parts[i].package, i);
    dpkg_records_directories(&records);
    strv_each (path, &records)
        add_directory(&d, (struct layer_directory){*path, 0755, 0, 0, newest(parts, n), n});
    qsort(d.v, d.n, sizeof(*d.v), compare_directory);
    for (size_t i = 0; i < d.n; i++) {
        if (i && strcmp(d.v[i].path, d.v[i - 1].path) == 0)
            continue;
        struct tar_entry e = {.path = d.v[i].path,
                              .type = TAR_DIRECTORY,
                              .mode = d.v[i].mode,
                              .uid = d.v[i].uid,
                              .gid = d.v[i].gid,
                              .mtime = d.v[i].mtime};
        tar_header(ret, &e);
    }
    free(d.v);
}

static int add_fragments(struct layer_builder *b, struct layer_part *parts, size_t n,
                         struct err *err)
{
    for (size_t i = 0; i < n; i++) {
        if (parts[i].raw == 0)
            continue;
        int r = parts[i].pieces
                    ? layer_pieces(b, parts[i].pieces, &parts[i].at, err)
                    : layer_fragment(b, parts[i].fd, parts[i].offset, parts[i].packed, parts[i].raw,
                                     parts[i].package->name, &parts[i].at, err);
        if (r < 0)
            return r;
    }
    return 0;
}

static void add_records(const struct layer_part *parts, size_t n, struct buf *ret)
{
    union {
        const struct package **in;
        struct package *const *out; /* dpkg.h takes what it only reads so */
    } list = {.in = xcalloc(n ? n : 1, sizeof(*list.in))};
    for (size_t i = 0; i < n; i++)
        list.in[i] = parts[i].package;
    dpkg_records_tar(list.out, n, newest(parts, n), ret);
    free(list.in);
}

static void builder_cleanup(struct layer_builder **b)
{
    layer_builder_free(*b);
}

int layer_of_parts(const struct context *ctx, const struct compressor *compressor,
                   struct layer_part *parts, size_t n, struct layer *ret, struct err *err)
{
    CLEANUP(builder_cleanup) struct layer_builder *b = NULL;
    CLEANUP(buf_release) struct buf tar = BUF_INIT(0);
    int r = layer_start(ctx, compressor, &b, err);
    if (r < 0)
        return r;
    directories_tar(parts, n, &tar);
    r = layer_tar(b, tar.data, tar.len, err);
    if (r == 0)
        r = add_fragments(b, parts, n, err);
    if (r == 0) {
        buf_reset(&tar);
        add_records(parts, n, &tar);
        r = layer_tar(b, tar.data, tar.len, err);
    }
    return r == 0 ? layer_finish(b, ret, err) : r;
}

#define RECORD_MAX 4096

bool layer_known(struct cache *c, const char *kind, const struct sha256 *key, struct layer *ret)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(buf_release) struct buf record = BUF_INIT(RECORD_MAX);
    return cache_fact_get(c, kind, key, &record, &err) == 0 &&
           layer_decode(record.data, record.len, ret, &err) == 0 &&
           cache_has_blob(c, &ret->digest, ret->size);
}

int layer_keep(struct cache *c, const char *kind, const struct sha256 *key, const struct layer *l,
               struct err *err)
{
    CLEANUP(buf_release) struct buf record = BUF_INIT(RECORD_MAX);
    layer_encode(l, &record);
    return cache_fact_put(c, kind, key, record.data, record.len, err);
}
