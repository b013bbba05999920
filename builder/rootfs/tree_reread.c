/* SPDX-License-Identifier: Apache-2.0 */
#include "rootfs/tree_reread.h"
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>

#define CHUNK (128u << 10)

static struct pathmap *files_of(struct reread *r, const struct package *p)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->packages[i] == p)
            return &r->files[i];
    size_t cap = r->cap;
    GROW(r->packages, r->n, cap);
    if (cap != r->cap)
        r->files = xrealloc(r->files, cap, sizeof(*r->files));
    r->cap = cap;
    r->packages[r->n] = p;
    r->files[r->n] = (struct pathmap){0};
    return &r->files[r->n++];
}

static void want(struct reread *r, struct tree_item *i)
{
    bool copy = i->node.content.from == FROM_COPY;
    char *path = copy                             ? i->node.content.bytes
                 : i->node.type == ENTRY_HARDLINK ? i->node.target
                                                  : i->node.path;
    const struct package *package = copy ? i->node.content.package : i->node.package;
    struct pathmap *files = files_of(r, package);
    struct wanted *w = pathmap_find(files, path);
    if (!w) {
        w = xcalloc(1, sizeof(*w));
        w->path = path;
        w->package = package;
        pathmap_add(files, w);
    }
    i->data = w;
}

/* A source as libarchive wants it. */
struct feed {
    struct source *source;
    struct err *err;
    char bytes[CHUNK];
};

static la_ssize_t feed_read(struct archive *a, void *arg, const void **p)
{
    struct feed *f = arg;
    ssize_t n = source_read(f->source, f->bytes, sizeof(f->bytes), f->err);
    if (n < 0)
        archive_set_error(a, EIO, "%s", f->err->message);
    *p = f->bytes;
    return n < 0 ? -1 : n;
}

static void archive_cleanup(struct archive **a)
{
    archive_read_free(*a);
}

static int archive_failed(struct archive *a, struct err *err)
{
    if (err->code)
        return err_ret(err);
    const char *why = archive_error_string(a);
    return err_set(err, "can't be read again: %s", why ? why : "damaged");
}

static int spool_file(struct archive *a, int fd, uint64_t *offset, struct wanted *w,
                      struct err *err)
{
    CLEANUP(free_ptr) char *bytes = xmalloc(CHUNK);
    w->offset = *offset;
    for (;;) {
        la_ssize_t n = archive_read_data(a, bytes, CHUNK);
        if (n < 0)
            return archive_failed(a, err);
        if (n == 0)
            break;
        if (write_all(fd, bytes, (size_t)n, "temporary file", err) < 0)
            return err_ret(err);
        *offset += (uint64_t)n;
    }
    w->size = *offset - w->offset;
    w->found = true;
    return 0;
}

static int read_fragment(struct feed *f, const struct session *s, struct pathmap *files, int fd,
                         uint64_t *offset, struct err *err)
{
    CLEANUP(archive_cleanup) struct archive *a = archive_read_new();
    if (!a || archive_read_support_format_tar(a) != ARCHIVE_OK ||
        archive_read_open(a, f, NULL, feed_read, NULL) != ARCHIVE_OK)
        return archive_failed(a, err);
    for (;;) {
        struct archive_entry *e;
        int r = archive_read_next_header(a, &e);
        if (r == ARCHIVE_EOF)
            return 0;
        if (r != ARCHIVE_OK)
            return archive_failed(a, err);
        if (session_check(s, err) < 0)
            return err_ret(err);
        const char *path = archive_entry_pathname(e);
        struct wanted *w = path && !archive_entry_hardlink(e) ? pathmap_find(files, path) : NULL;
        if (w && spool_file(a, fd, offset, w, err) < 0)
            return err_ret(err);
    }
}

static int read_package(const struct context *ctx, const struct package *p, struct pathmap *files,
                        int spool, uint64_t *offset, struct err *err)
{
    CLEANUP(close_fd)
    int fd = cache_open_blob(ctx->cache, &p->layer.digest, p->layer.size, NULL, err);
    if (fd < 0)
        return fd;
    enum encoding encoding = p->layer.codec == CODEC_ZSTD ? ENCODING_ZSTD : ENCODING_GZIP;
    struct source *packed = source_range(fd, p->name, p->files_offset, p->files_packed);
    CLEANUP(source_cleanup)
    struct source *tar = source_decode(packed, encoding, p->name, p->files_raw, 1);
    CLEANUP(free_ptr) struct feed *f = xcalloc(1, sizeof(*f));
    f->source = tar;
    f->err = err;
    return read_fragment(f, ctx->session, files, spool, offset, err);
}

int reread_files(struct reread *r, const struct context *ctx, struct node *const *nodes, size_t n,
                 struct err *err)
{
    for (size_t k = 0; k < n; k++)
        if (nodes[k]->own_layer && (nodes[k]->package || nodes[k]->content.from == FROM_COPY) &&
            (nodes[k]->type == ENTRY_FILE || nodes[k]->type == ENTRY_HARDLINK))
            want(r, (struct tree_item *)nodes[k]);
    if (r->n == 0)
        return 0;
    r->spool = spool_open(err);
    if (r->spool < 0)
        return r->spool;
    uint64_t offset = 0;
    for (size_t k = 0; k < r->n; k++)
        if (read_package(ctx, r->packages[k], &r->files[k], r->spool, &offset, err) < 0)
            return err_wrap(err, "package %s", r->packages[k]->name);
    return 0;
}

void reread_release(struct reread *r)
{
    for (size_t k = 0; k < r->n; k++)
        pathmap_release(&r->files[k], free);
    free(r->files);
    free(r->packages);
    close_fd(&r->spool);
    *r = (struct reread)REREAD_INIT;
}
