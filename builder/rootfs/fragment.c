/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/tar.h"
#include "rootfs/unpacking.h"

#define NAME "the files' fragment"

void fragment_start(struct fragment *f, const struct session *s,
                    const struct compressor *compressor)
{
    *f = (struct fragment){.dropped_fd = -1};
    f->pieces = piece_writer_new(s, compressor, -1, NAME);
}

void fragment_release(struct fragment *f)
{
    piece_writer_free(f->pieces);
    f->pieces = NULL;
    close_fd(&f->dropped_fd);
    free_ptr(&f->dropped_at);
    f->n_dropped_at = 0;
}

int fragment_header(struct fragment *f, const struct entry *e, struct err *err)
{
    static const enum tar_type types[] = {
        [ENTRY_FILE] = TAR_FILE, [ENTRY_SYMLINK] = TAR_SYMLINK, [ENTRY_HARDLINK] = TAR_HARDLINK};
    struct tar_entry header = {
        .path = e->path,
        .type = types[e->type],
        .mode = e->mode,
        .uid = e->uid,
        .gid = e->gid,
        .mtime = e->mtime,
        .size = e->type == ENTRY_FILE ? e->size : 0,
        .target = e->type == ENTRY_FILE ? NULL : e->target,
    };
    CLEANUP(buf_release) struct buf bytes = BUF_INIT(0);
    tar_header(&bytes, &header);
    return piece_write(f->pieces, bytes.data, bytes.len, err);
}

int fragment_data(struct fragment *f, const void *p, size_t n, struct err *err)
{
    return piece_write(f->pieces, p, n, err);
}

int fragment_padding(struct fragment *f, uint64_t size, struct err *err)
{
    static const char zeros[TAR_BLOCK];
    size_t n = (TAR_BLOCK - size % TAR_BLOCK) % TAR_BLOCK;
    return n ? piece_write(f->pieces, zeros, n, err) : 0;
}

int fragment_drop(struct fragment *f, size_t index, struct err *err)
{
    if (f->dropped_fd < 0) {
        f->dropped_fd = spool_open(err);
        if (f->dropped_fd < 0)
            return err_ret(err);
    }
    if (index >= f->n_dropped_at) {
        f->n_dropped_at = index * 2 + 64;
        f->dropped_at = xrealloc(f->dropped_at, f->n_dropped_at, sizeof(*f->dropped_at));
    }
    f->dropped_at[index] = f->dropped_size;
    return 0;
}

int fragment_drop_data(struct fragment *f, const void *p, size_t n, struct err *err)
{
    f->dropped_size += n;
    return write_all(f->dropped_fd, p, n, "bytes of dropped files", err);
}

struct source *fragment_dropped(const struct fragment *f, size_t index, uint64_t size)
{
    return source_range(f->dropped_fd, "bytes of dropped files", f->dropped_at[index], size);
}

int fragment_end(struct fragment *f, struct err *err)
{
    return piece_end(f->pieces, &f->raw, &f->packed, err);
}
