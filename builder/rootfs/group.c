/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"
#include "rootfs/facts.h"
#include "rootfs/unpacking.h"

#include <unistd.h>

static struct sha256 group_key(struct package *const *packages, size_t n,
                               const struct compressor *compressor)
{
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    buf_addf(&text, "mkimage group %d\ncodec %s %s %d\n", PACKAGE_FORMAT,
             codec_name(compressor->codec), codec_version(compressor->codec), compressor->level);
    for (size_t i = 0; i < n; i++)
        buf_addf(&text, "package %s\n", sha256_hex(&packages[i]->key).s);
    return sha256_of(text.data, text.len);
}

struct owned_path {
    const char *path;
    const struct package *package;
};

static int compare_path(const void *a, const void *b)
{
    const struct owned_path *x = a, *y = b;
    return strcmp(x->path, y->path);
}

/* No path stands twice in a layer: directories are put together, nothing else can be. */
static int check_paths(struct package *const *packages, size_t n, struct err *err)
{
    CLEANUP(free_ptr) struct owned_path *paths = NULL;
    size_t n_paths = 0, cap = 0;
    for (size_t i = 0; i < n; i++) {
        const struct package *p = packages[i];
        for (size_t j = 0; j < p->n_entries; j++) {
            if (p->entries[j].dropped || p->entries[j].type == ENTRY_DIRECTORY)
                continue;
            GROW(paths, n_paths, cap);
            paths[n_paths++] = (struct owned_path){p->entries[j].path, p};
        }
    }
    if (n_paths)
        qsort(paths, n_paths, sizeof(*paths), compare_path);
    for (size_t i = 1; i < n_paths; i++) {
        if (strcmp(paths[i].path, paths[i - 1].path) != 0)
            continue;
        return err_set(err, "/%s: packages %s and %s both bring it, and would share a layer",
                       paths[i].path, paths[i - 1].package->name, paths[i].package->name);
    }
    return 0;
}

static void close_parts(struct layer_part *parts, size_t n)
{
    for (size_t i = 0; i < n; i++)
        close_fd(&parts[i].fd);
    free(parts);
}

static int open_part(struct cache *c, const struct package *p, struct layer_part *ret,
                     struct err *err)
{
    uint64_t size;
    *ret = (struct layer_part){
        .package = p, .offset = p->files_offset, .packed = p->files_packed, .raw = p->files_raw};
    ret->fd = cache_open_blob(c, &p->layer.digest, p->layer.size, &size, err);
    return ret->fd < 0 ? err_wrap(err, "package %s", p->name) : 0;
}

static int make_group(const struct context *ctx, struct package *const *packages, size_t n,
                      const struct compressor *compressor, struct layer *ret, struct err *err)
{
    struct layer_part *parts = xcalloc(n ? n : 1, sizeof(*parts));
    size_t opened = 0;
    int r = check_paths(packages, n, err);
    while (r == 0 && opened < n) {
        r = open_part(ctx->cache, packages[opened], &parts[opened], err);
        opened += r == 0;
    }
    if (r == 0)
        r = layer_of_parts(ctx, compressor, parts, n, ret, err);
    close_parts(parts, opened);
    return r;
}

int package_group(const struct context *ctx, struct package *const *packages, size_t n,
                  const struct compressor *compressor, struct layer *ret, struct err *err)
{
    struct sha256 key = group_key(packages, n, compressor);
    if (layer_known(ctx->cache, "group", &key, ret))
        return 0;
    int r = make_group(ctx, packages, n, compressor, ret, err);
    return r < 0 ? r : layer_keep(ctx->cache, "group", &key, ret, err);
}
