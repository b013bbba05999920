/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"
#include "oci/read.h"
#include "oci/write.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_place(struct reader *r, const struct session *s, struct err *err)
{
    if (strcmp(r->path, "-") == 0 && r->transport != TRANSPORT_OCI)
        return err_code(err, ERR_USAGE, "%s:-: can't be read from stdin",
                        transport_name(r->transport));
    if (r->transport != TRANSPORT_OCI)
        return members_open(s, r->path, &r->members, err);
    r->dir = open(r->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return r->dir < 0 ? err_errno(err, errno, "%s", r->path) : 0;
}

int reader_open(const struct session *s, const struct location *from, struct reader **ret,
                struct err *err)
{
    struct reader *r = xcalloc(1, sizeof(*r));
    r->transport = from->transport;
    r->path = xstrdup(from->path);
    r->ref = from->ref ? xstrdup(from->ref) : NULL;
    r->wanted = from->digest;
    r->dir = -1;
    int result = open_place(r, s, err);
    if (result < 0) {
        reader_free(r);
        return result;
    }
    *ret = r;
    return 0;
}

void reader_free(struct reader *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->n_docker; i++)
        free(r->docker[i].member);
    free(r->docker);
    members_free(r->members);
    close_fd(&r->dir);
    free(r->path);
    free(r->ref);
    free(r);
}

char *reader_name(const struct reader *r, const char *file)
{
    CLEANUP(free_ptr) char *shown = text_escape(file, strlen(file));
    return xasprintf("%s%s%s", r->path, r->members ? ": " : "/", shown);
}

/* source_range over a file that closes with it. */
struct file_source {
    struct source base;
    struct source *inner;
    int fd;
};

static ssize_t file_read_some(struct source *s, void *p, size_t n, struct err *err)
{
    return source_read(((struct file_source *)s)->inner, p, n, err);
}

static void file_free(struct source *s)
{
    struct file_source *f = (struct file_source *)s;
    source_free(f->inner);
    close_fd(&f->fd);
    free(f);
}

static int open_file(const struct reader *r, const char *file, const char *name,
                     struct source **ret, uint64_t *ret_size, struct err *err)
{
    struct stat st;
    CLEANUP(close_fd) int fd = openat(r->dir, file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &st) < 0)
        return err_errno(err, errno, "%s", name);
    if (!S_ISREG(st.st_mode))
        return err_set(err, "%s: isn't a regular file", name);
    *ret_size = (uint64_t)st.st_size;
    struct file_source *f = xcalloc(1, sizeof(*f));
    f->base = (struct source){file_read_some, file_free, false};
    f->inner = source_range(fd, name, 0, *ret_size);
    f->fd = fd;
    fd = -1;
    *ret = &f->base;
    return 0;
}

int reader_file(const struct reader *r, const char *file, uint64_t size, struct source **ret,
                uint64_t *ret_size, struct err *err)
{
    CLEANUP(free_ptr) char *name = reader_name(r, file);
    struct source *s = NULL;
    if (r->members) {
        int fd;
        uint64_t offset;
        if (members_find(r->members, file, &fd, &offset, ret_size, err) < 0)
            return -(int)err->code;
        s = source_range(fd, name, offset, *ret_size);
    } else if (open_file(r, file, name, &s, ret_size, err) < 0) {
        return -(int)err->code;
    }
    if (size != UINT64_MAX && *ret_size != size) {
        source_free(s);
        return err_set(err, "%s: has %" PRIu64 " bytes, but should have %" PRIu64, name, *ret_size,
                       size);
    }
    *ret = s;
    return 0;
}

/* So that a small location can't make much work: a document named a thousand times, say. */
static int count(struct reader *r, uint64_t size, const char *name, struct err *err)
{
    if (size > MANIFEST_BYTES_MAX)
        return err_set(err, "%s: is larger than %u bytes", name, MANIFEST_BYTES_MAX);
    r->bytes += size;
    if (++r->documents > READ_DOCUMENTS_MAX || r->bytes > READ_BYTES_MAX)
        return err_set(err, "%s: leads to too many documents", r->path);
    return 0;
}

int reader_json(struct reader *r, const char *file, struct buf *ret_bytes, json_t **ret,
                struct err *err)
{
    CLEANUP(free_ptr) char *name = reader_name(r, file);
    CLEANUP(source_cleanup) struct source *s = NULL;
    uint64_t size;
    if (reader_file(r, file, UINT64_MAX, &s, &size, err) < 0 || count(r, size, name, err) < 0 ||
        source_read_buf(s, ret_bytes, err) < 0)
        return -(int)err->code;
    return document_parse(buf_str(ret_bytes), ret_bytes->len, name, ret, err);
}

int reader_document(struct reader *r, const struct descriptor *d, const char *name, json_t **ret,
                    struct err *err)
{
    CLEANUP(source_cleanup) struct source *s = NULL;
    CLEANUP(buf_release) struct buf b = BUF_INIT(MANIFEST_BYTES_MAX);
    if (count(r, d->size, name, err) < 0 || reader_blob(r, &d->digest, d->size, &s, err) < 0 ||
        source_read_buf(s, &b, err) < 0)
        return -(int)err->code;
    return document_parse(buf_str(&b), b.len, name, ret, err);
}

static int find_docker(const struct reader *r, const struct sha256 *digest, const char **ret,
                       struct err *err)
{
    for (size_t i = 0; i < r->n_docker; i++)
        if (sha256_eq(&r->docker[i].digest, digest)) {
            *ret = r->docker[i].member;
            return 0;
        }
    return err_code(err, ERR_NOT_FOUND, "%s: holds no blob %s", r->path, sha256_digest(digest).s);
}

int reader_blob(struct reader *r, const struct sha256 *digest, uint64_t size, struct source **ret,
                struct err *err)
{
    CLEANUP(free_ptr) char *path = xasprintf("blobs/sha256/%s", sha256_hex(digest).s);
    const char *file = path;
    if (r->transport == TRANSPORT_DOCKER_ARCHIVE && find_docker(r, digest, &file, err) < 0)
        return -(int)err->code;
    struct source *s;
    uint64_t have;
    if (reader_file(r, file, size, &s, &have, err) < 0)
        return -(int)err->code;
    CLEANUP(free_ptr) char *name = reader_name(r, file);
    *ret = source_verified(s, size, digest, name);
    return 0;
}

struct read_image *read_list_add(struct read_list *l)
{
    GROW(l->items, l->n, l->cap);
    l->items[l->n] = (struct read_image){0};
    return &l->items[l->n++];
}

int reader_images(struct reader *r, struct read_image **ret, size_t *ret_n,
                  struct sha256 *ret_digest, struct err *err)
{
    struct read_list list = {0};
    r->documents = r->bytes = 0;
    int result = r->transport == TRANSPORT_DOCKER_ARCHIVE
                     ? docker_images(r, &list, ret_digest, err)
                     : layout_images(r, &list, ret_digest, err);
    if (result == 0 && list.n == 0)
        result = err_code(err, ERR_NOT_FOUND, "%s: holds no image", r->path);
    if (result < 0) {
        read_images_free(list.items, list.n);
        return result;
    }
    *ret = list.items;
    *ret_n = list.n;
    return 0;
}
