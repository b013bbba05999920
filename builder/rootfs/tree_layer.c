/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"
#include "rootfs/facts.h"
#include "rootfs/tree_private.h"
#include "rootfs/tree_reread.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK (256u << 10)

struct writer {
    const struct context *ctx;
    struct tree *tree;
    struct layer_builder *builder;
    struct reread reread;
    struct buf header;
};

static void writer_release(struct writer *w)
{
    layer_builder_free(w->builder);
    reread_release(&w->reread);
    buf_release(&w->header);
}

static int write_header(struct writer *w, const struct node *n, enum tar_type type, struct err *err)
{
    struct tar_entry e = {
        .path = n->path,
        .type = type,
        .mode = n->mode,
        .uid = n->uid,
        .gid = n->gid,
        .mtime = n->mtime,
        .size = type == TAR_FILE ? n->size : 0,
        .target = type == TAR_SYMLINK ? n->target : NULL,
    };
    buf_reset(&w->header);
    tar_header(&w->header, &e);
    return layer_tar(w->builder, buf_str(&w->header), w->header.len, err);
}

static int copy_content(struct writer *w, struct source *from, struct err *err)
{
    CLEANUP(free_ptr) char *bytes = xmalloc(CHUNK);
    for (;;) {
        ssize_t n = source_read(from, bytes, CHUNK, err);
        if (n <= 0)
            return (int)n;
        if (layer_tar(w->builder, bytes, (size_t)n, err) < 0 ||
            session_check(w->ctx->session, err) < 0)
            return err_ret(err);
    }
}

/* Whatever a path leads to by now: only a file of the same size is opened for reading, and only
 * the same bytes are taken. */
static int open_host(const struct node *n, int *ret, struct err *err)
{
    const char *path = n->content.bytes;
    int fd = n->content.fd >= 0 ? fcntl(n->content.fd, F_DUPFD_CLOEXEC, 0)
                                : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return err_errno(err, errno, "%s", path);
    *ret = fd;
    struct stat st;
    if (fstat(fd, &st) < 0)
        return err_errno(err, errno, "%s", path);
    if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size != n->size)
        return err_set(err, "%s: changed while the image was built", path);
    return 0;
}

static int write_content(struct writer *w, const struct tree_item *i, struct err *err)
{
    const struct node *n = &i->node;
    CLEANUP(close_fd) int fd = -1;
    struct source *from = NULL;
    const char *name = n->path;
    if (i->data) {
        if (!i->data->found || i->data->size != n->size)
            return err_set(err, "package %s: its layer doesn't hold /%s as it was",
                           i->data->package->name, i->data->path);
        from = source_range(w->reread.spool, name, i->data->offset, n->size);
    } else if (n->content.from == FROM_MEMORY) {
        from = source_mem(n->content.bytes ? n->content.bytes : "", n->size);
    } else if (n->content.from == FROM_CACHE) {
        fd = cache_open_blob(w->ctx->cache, &n->sha256, n->size, NULL, err);
        if (fd < 0)
            return fd;
        from = source_range(fd, name, 0, n->size);
    } else if (n->content.from == FROM_HOST) {
        if (open_host(n, &fd, err) < 0)
            return err_ret(err);
        name = n->content.bytes;
        from = source_range(fd, name, 0, n->size);
    } else {
        return err_set(err, "/%s has no content", n->path);
    }
    CLEANUP(source_cleanup)
    struct source *verified = source_verified(from, n->size, &n->sha256, name);
    return copy_content(w, verified, err);
}

/* A hard link's size and digest are its target's. */
static void complete_hardlink(struct tree *t, struct node *n)
{
    const struct node *target = tree_find(t, n->target);
    if (target && target->package == n->package) {
        n->size = target->size;
        n->sha256 = target->sha256;
        return;
    }
    const struct entry *e = package_find(n->package, n->target);
    if (e) {
        n->size = e->size;
        n->sha256 = e->sha256;
    }
}

static int write_file(struct writer *w, struct tree_item *i, struct err *err)
{
    if (write_header(w, &i->node, TAR_FILE, err) < 0 || write_content(w, i, err) < 0)
        return err_ret(err);
    buf_reset(&w->header);
    tar_padding(&w->header, i->node.size);
    return layer_tar(w->builder, buf_str(&w->header), w->header.len, err);
}

static void mark(struct tree *t, struct tree_item *i)
{
    i->written = true;
    struct slice above = path_dir(i->node.path);
    while (above.n) {
        struct tree_item *dir = tree_item(t, above);
        if (!dir || dir->written)
            return;
        dir->written = true;
        const char *slash = memrchr(above.p, '/', above.n);
        above.n = slash ? (size_t)(slash - above.p) : 0;
    }
}

/* Decides which nodes are written, and completes them. */
static void mark_all(struct tree *t, struct node *const *nodes, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        ((struct tree_item *)nodes[k])->written = false;
        ((struct tree_item *)nodes[k])->data = NULL;
    }
    for (size_t k = 0; k < n; k++) {
        if (!nodes[k]->own_layer)
            continue;
        mark(t, (struct tree_item *)nodes[k]);
        if (nodes[k]->type == ENTRY_HARDLINK)
            complete_hardlink(t, nodes[k]);
    }
}

static int write_nodes(struct writer *w, struct node *const *nodes, size_t n, struct err *err)
{
    if (reread_files(&w->reread, w->ctx, nodes, n, err) < 0)
        return err_ret(err);

    for (size_t k = 0; k < n; k++)
        if (((struct tree_item *)nodes[k])->written && nodes[k]->type == ENTRY_DIRECTORY &&
            write_header(w, nodes[k], TAR_DIRECTORY, err) < 0)
            return err_ret(err);
    for (size_t k = 0; k < n; k++) {
        struct tree_item *i = (struct tree_item *)nodes[k];
        if (!i->written || i->node.type == ENTRY_DIRECTORY)
            continue;
        int r = i->node.type == ENTRY_SYMLINK ? write_header(w, &i->node, TAR_SYMLINK, err)
                                              : write_file(w, i, err);
        if (r < 0)
            return r;
    }
    return 0;
}

static int make_layer(const struct context *ctx, struct tree *t, struct node *const *nodes,
                      size_t n, const struct compressor *compressor, struct layer *ret,
                      struct err *err)
{
    CLEANUP(writer_release)
    struct writer w = {.ctx = ctx, .tree = t, .reread = REREAD_INIT};
    if (layer_start(ctx, compressor, &w.builder, err) < 0 || write_nodes(&w, nodes, n, err) < 0)
        return err_ret(err);
    return layer_finish(w.builder, ret, err);
}

/* A function of all that the layer's bytes are made of. */
static struct sha256 layer_key(struct node *const *nodes, size_t n,
                               const struct compressor *compressor)
{
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    buf_addf(&text, "mkimage own %d\ncodec %s %s %d\n", PACKAGE_FORMAT,
             codec_name(compressor->codec), codec_version(compressor->codec), compressor->level);
    for (size_t k = 0; k < n; k++) {
        const struct node *o = nodes[k];
        if (!((const struct tree_item *)o)->written)
            continue;
        const char *target = o->target ? o->target : "";
        buf_addf(&text, "%d %o %" PRIu32 " %" PRIu32 " %" PRId64 " %" PRIu64 " %zu %zu ",
                 (int)o->type, (unsigned)o->mode, o->uid, o->gid, o->mtime, o->size,
                 strlen(o->path), strlen(target));
        buf_addstr(&text, o->path);
        buf_addstr(&text, target);
        buf_add(&text, o->sha256.bytes, sizeof(o->sha256.bytes));
    }
    return sha256_of(text.data, text.len);
}

int tree_own_layer(const struct context *ctx, struct tree *t, const struct compressor *compressor,
                   struct layer *ret, struct err *err)
{
    size_t n;
    struct node *const *nodes = tree_nodes(t, &n);
    mark_all(t, nodes, n);
    struct sha256 key = layer_key(nodes, n, compressor);
    if (session_check(ctx->session, err) < 0)
        return err_ret(err);
    if (layer_known(ctx->cache, "own", &key, ret))
        return 0;
    int r = make_layer(ctx, t, nodes, n, compressor, ret, err);
    for (size_t k = 0; k < n; k++)
        ((struct tree_item *)nodes[k])->data = NULL;
    if (r == 0)
        r = layer_keep(ctx->cache, "own", &key, ret, err);
    return r < 0 ? err_wrap(err, "the image's own layer") : 0;
}
