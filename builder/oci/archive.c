/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/tar.h"
#include "oci/write.h"
#include <sys/stat.h>
#include <unistd.h>

#define PENDING_MAX (1u << 20)

static int flush(struct tar_output *t, struct err *err)
{
    int r = write_all(t->fd, t->pending.data, t->pending.len, t->name, err);
    buf_reset(&t->pending);
    return r;
}

static int put(void *arg, const void *p, size_t n, struct err *err)
{
    struct tar_output *t = arg;
    buf_add(&t->pending, p, n);
    return t->pending.len < PENDING_MAX ? 0 : flush(t, err);
}

int tar_output_directory(struct tar_output *t, const char *path, struct err *err)
{
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    tar_header(&b, &(struct tar_entry){
                       .path = path, .type = TAR_DIRECTORY, .mode = 0755, .mtime = t->mtime});
    return put(t, b.data, b.len, err);
}

static int put_header(struct tar_output *t, const char *path, uint64_t size, struct err *err)
{
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    tar_header(&b,
               &(struct tar_entry){
                   .path = path, .type = TAR_FILE, .mode = 0644, .mtime = t->mtime, .size = size});
    return put(t, b.data, b.len, err);
}

static int put_padding(struct tar_output *t, uint64_t size, struct err *err)
{
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    tar_padding(&b, size);
    return put(t, b.data, b.len, err);
}

int tar_output_file(struct tar_output *t, const char *path, const void *p, size_t n,
                    struct err *err)
{
    if (put_header(t, path, n, err) < 0 || put(t, p, n, err) < 0)
        return err_ret(err);
    return put_padding(t, n, err);
}

int tar_output_blob(struct tar_output *t, const char *path, const struct blob *b, bool decoded,
                    struct err *err)
{
    uint64_t size = decoded ? b->layer->tar_size : b->size;
    if (put_header(t, path, size, err) < 0 || blob_send(t->w, b, decoded, put, t, err) < 0)
        return err_ret(err);
    return put_padding(t, size, err);
}

static int fill_whole(struct tar_output *t, fill_fn fill, struct err *err)
{
    if (fill(t, err) < 0)
        return err_ret(err);
    tar_end(&t->pending);
    return flush(t, err);
}

int archive_write(const struct writing *w, fill_fn fill, struct err *err)
{
    const char *path = w->to->path;
    struct tar_output t = {
        .w = w,
        .fd = STDOUT_FILENO,
        .name = "stdout",
        .mtime = output_created(w->output),
    };
    CLEANUP(tmpfile_release) struct tmpfile file = TMPFILE_INIT;
    bool to_file = strcmp(path, "-") != 0;
    if (to_file) {
        struct stat st;
        if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
            err_set(err, "%s: is there and isn't a regular file", path);
            return err_hint(err, "choose another name, or \"-\" for stdout");
        }
        if (tmpfile_create(&file, path, 0644, err) < 0)
            return err_ret(err);
        t.fd = file.fd;
        t.name = path;
    }
    int r = fill_whole(&t, fill, err);
    buf_release(&t.pending);
    if (r < 0)
        return r;
    return to_file ? tmpfile_commit(&file, err) : 0;
}

static int fill_oci(struct tar_output *t, struct err *err)
{
    const struct output *o = t->w->output;
    CLEANUP(blobs_release) struct blobs blobs;
    blobs_of(o, &blobs);
    if (tar_output_directory(t, "blobs", err) < 0 ||
        tar_output_directory(t, "blobs/sha256", err) < 0)
        return err_ret(err);
    for (size_t i = 0; i < blobs.n; i++) {
        CLEANUP(free_ptr)
        char *path = xasprintf("blobs/sha256/%s", sha256_hex(&blobs.items[i].digest).s);
        if (tar_output_blob(t, path, &blobs.items[i], false, err) < 0)
            return err_ret(err);
    }
    CLEANUP(buf_release) struct buf index = BUF_INIT(0);
    layout_index_json(o, t->w->to->ref, &index);
    if (tar_output_file(t, "index.json", index.data, index.len, err) < 0)
        return err_ret(err);
    return tar_output_file(t, "oci-layout", LAYOUT_MARKER, strlen(LAYOUT_MARKER), err);
}

int oci_archive_write(const struct writing *w, struct err *err)
{
    return archive_write(w, fill_oci, err);
}
