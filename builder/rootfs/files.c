/* SPDX-License-Identifier: Apache-2.0 */
#include "rootfs/files.h"
#include "base/path.h"
#include "rootfs/content.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#define CHUNK (128u << 10)

static char *origin_of(const struct origin *at)
{
    return xasprintf("%s:%u", at->file, at->line);
}

int files_look_at(const struct session *s, struct source *from, uint64_t size,
                  struct node_spec *spec, struct err *err)
{
    CLEANUP(free_ptr) char *bytes = xmalloc(CHUNK);
    CLEANUP(content_release) struct content_scan scan = {.fd = -1};
    content_start(&scan, spec->path, size, CONTENT_FACTS);
    for (uint64_t seen = 0;;) {
        ssize_t n = source_read(from, bytes, CHUNK, err);
        if (n < 0)
            return (int)n;
        if (n == 0 && seen != size)
            return err_set(err, "changed while it was read");
        if (n == 0)
            break;
        if (content_add(&scan, bytes, (size_t)n, err) < 0 || session_check(s, err) < 0)
            return err_ret(err);
        seen += (uint64_t)n;
    }
    struct entry e = {.size = size};
    if (content_end(&scan, &e, NULL, err) < 0) {
        file_facts_free(e.facts);
        return err_ret(err);
    }
    spec->size = size;
    spec->sha256 = e.sha256;
    spec->facts = e.facts;
    return 0;
}

/* ---- files ---- */

static int from_host(struct assembly *a, const struct recipe_file *f, struct node_spec *spec,
                     struct err *err)
{
    CLEANUP(close_fd)
    int fd = recipe_open(a->recipe, f->root, f->source, O_RDONLY | O_NONBLOCK | O_NOCTTY, &f->at,
                         err);
    if (fd < 0)
        return fd;
    struct stat st;
    if (fstat(fd, &st) < 0)
        return err_errno(err, errno, "%s: %s", spec->origin, f->source);
    if (!S_ISREG(st.st_mode)) {
        (void)err_set(err, "%s: %s is no file", spec->origin, f->source);
        return S_ISDIR(st.st_mode) ? err_hint(err, "a directory is copied by a tree section")
                                   : err_ret(err);
    }
    if (f->mode == MODE_DEFAULT)
        spec->mode = st.st_mode & S_IXUSR ? 0755 : 0644;
    CLEANUP(source_cleanup) struct source *from = source_fd(fd, f->source);
    if (files_look_at(a->ctx->session, from, (uint64_t)st.st_size, spec, err) < 0)
        return err_wrap(err, "%s: %s", spec->origin, f->source);
    if (!sha256_is_zero(&f->sha256) && !sha256_eq(&f->sha256, &spec->sha256))
        return err_set(err, "%s: %s has the digest %s, not the sha256 that the recipe gives",
                       spec->origin, f->source, sha256_hex(&spec->sha256).s);
    spec->content.from = FROM_HOST;
    spec->content.bytes = path_join(f->root, f->source);
    return 0;
}

static int from_cache(struct assembly *a, const struct recipe_file *f, struct node_spec *spec,
                      struct err *err)
{
    uint64_t size;
    CLEANUP(close_fd) int fd = cache_open_blob(a->ctx->cache, &f->sha256, UINT64_MAX, &size, err);
    if (fd < 0)
        return err_wrap(err, "%s: %s", spec->origin, f->url);
    CLEANUP(source_cleanup)
    struct source *from = source_verified(source_range(fd, f->url, 0, size), size, &f->sha256,
                                          f->url);
    if (files_look_at(a->ctx->session, from, size, spec, err) < 0)
        return err_wrap(err, "%s", spec->origin);
    spec->content.from = FROM_CACHE;
    return 0;
}

static int from_recipe(struct assembly *a, const struct recipe_file *f, struct node_spec *spec,
                       struct err *err)
{
    size_t n = strlen(f->content);
    CLEANUP(source_cleanup) struct source *from = source_mem(f->content, n);
    if (files_look_at(a->ctx->session, from, n, spec, err) < 0)
        return err_wrap(err, "%s", spec->origin);
    spec->content.from = FROM_MEMORY;
    spec->content.bytes = xmemdup(f->content, n + 1);
    return 0;
}

static int put_file(struct assembly *a, struct tree *t, const struct recipe_file *f,
                    struct err *err)
{
    CLEANUP(free_ptr) char *origin = origin_of(&f->at);
    struct node_spec spec = {
        .path = f->path,
        .type = ENTRY_FILE,
        .mode = f->mode == MODE_DEFAULT ? 0644 : (uint16_t)f->mode,
        .uid = f->uid,
        .gid = f->gid,
        .mtime = tree_epoch(t),
        .content.fd = -1,
        .replace = f->replace,
        .origin = origin,
    };
    int r;
    switch (f->kind) {
    case CONTENT_SOURCE:
        r = from_host(a, f, &spec, err);
        break;
    case CONTENT_INLINE:
        r = from_recipe(a, f, &spec, err);
        break;
    default:
        r = from_cache(a, f, &spec, err);
        break;
    }
    return r < 0 ? r : tree_put(t, &spec, err);
}

static int put_tree(struct assembly *a, struct tree *t, const struct recipe_file *f,
                    struct err *err)
{
    CLEANUP(free_ptr) char *origin = origin_of(&f->at);
    CLEANUP(free_ptr) char *host_path = path_join(f->root, f->source);
    int fd = recipe_open(a->recipe, f->root, f->source, O_RDONLY | O_DIRECTORY, &f->at, err);
    if (fd < 0)
        return fd;
    return files_put_tree(a, t, f, fd, host_path, origin, err);
}

/* ---- directories and links ---- */

/* Only what packages bring below the directory: the recipe's own paths have owners of their own. */
static void give_below(struct tree *t, const char *path, uint32_t uid, uint32_t gid)
{
    size_t n;
    struct node *const *nodes = tree_nodes(t, &n);
    for (size_t i = 0; i < n; i++) {
        if (!nodes[i]->package || !path_below(nodes[i]->path, path) ||
            (nodes[i]->uid == uid && nodes[i]->gid == gid))
            continue;
        nodes[i]->uid = uid;
        nodes[i]->gid = gid;
        nodes[i]->own_layer = true;
    }
}

static int put_directory(struct tree *t, const struct recipe_directory *d, struct err *err)
{
    CLEANUP(free_ptr) char *origin = origin_of(&d->at);
    const struct node *there = tree_resolve(t, d->path);
    bool keep = there && there->type == ENTRY_DIRECTORY;
    uint16_t mode = d->mode != MODE_DEFAULT ? (uint16_t)d->mode : keep ? there->mode : 0755;
    uint32_t uid = d->has_owner ? d->uid : keep ? there->uid : 0;
    uint32_t gid = d->has_owner ? d->gid : keep ? there->gid : 0;
    if (tree_put_directory(t, d->path, mode, uid, gid, origin, err) < 0)
        return err_ret(err);
    const struct node *now = tree_resolve(t, d->path);
    if (d->recursive && d->has_owner && now)
        give_below(t, now->path, uid, gid);
    return 0;
}

static int put_link(struct tree *t, const struct recipe_link *l, struct err *err)
{
    CLEANUP(free_ptr) char *origin = origin_of(&l->at);
    struct node_spec spec = {
        .path = l->path,
        .type = ENTRY_SYMLINK,
        .mode = 0777,
        .mtime = tree_epoch(t),
        .target = l->target,
        .content.fd = -1,
        .replace = l->replace,
        .origin = origin,
    };
    return tree_put(t, &spec, err);
}

int assemble_files(struct assembly *a, struct tree *t, struct err *err)
{
    const struct recipe *r = a->recipe;
    for (size_t i = 0; i < r->n_directories; i++)
        if (put_directory(t, &r->directories[i], err) < 0)
            return err_ret(err);
    for (size_t i = 0; i < r->n_files; i++)
        if (put_file(a, t, &r->files[i], err) < 0)
            return err_ret(err);
    for (size_t i = 0; i < r->n_trees; i++)
        if (put_tree(a, t, &r->trees[i], err) < 0)
            return err_ret(err);
    for (size_t i = 0; i < r->n_links; i++)
        if (put_link(t, &r->links[i], err) < 0)
            return err_ret(err);
    return 0;
}
