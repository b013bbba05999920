/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"
#include "oci/read.h"
#include "oci/write.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_archive(struct reader *r, const struct session *s, struct err *err)
{
    int result = members_open(s, r->path, &r->members, err);
    if (strcmp(r->path, "-") == 0) {
        free(r->path);
        r->path = xstrdup("stdin");
    }
    return result;
}

static int open_place(struct reader *r, const struct session *s, struct err *err)
{
    if (r->transport != TRANSPORT_OCI)
        return open_archive(r, s, err);
    r->dir = open(r->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return r->dir < 0 ? err_errno(err, errno, "%s", r->path) : 0;
}

struct reader *reader_new(const struct reader_ops *ops, void *user, const char *path)
{
    struct reader *r = xcalloc(1, sizeof(*r));
    r->ops = ops;
    r->user = user;
    r->path = xstrdup(path);
    r->dir = -1;
    return r;
}

int reader_open(const struct session *s, const struct location *from, struct reader **ret,
                struct err *err)
{
    if (from->transport == TRANSPORT_DOCKER)
        return err_code(err, ERR_USAGE, "docker:%s: can't be read from a registry here",
                        from->path);
    const struct reader_ops *ops = from->transport == TRANSPORT_DOCKER_ARCHIVE ? &docker_ops
                                                                               : &layout_ops;
    struct reader *r = reader_new(ops, NULL, from->path);
    r->transport = from->transport;
    r->ref = from->ref ? xstrdup(from->ref) : NULL;
    r->wanted = from->digest;
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
    if (r->ops->free)
        r->ops->free(r);
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
    return xasprintf("%s%s%s", r->path, r->members ? ": " : "/", file);
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

struct source *reader_fd_source(int fd, const char *name, uint64_t size)
{
    struct file_source *f = xcalloc(1, sizeof(*f));
    f->base = (struct source){file_read_some, file_free, false};
    f->inner = source_range(fd, name, 0, size);
    f->fd = fd;
    return &f->base;
}

static int open_plain(const struct reader *r, const char *file, const char *name,
                      uint64_t *ret_size, struct err *err)
{
    struct stat st;
    CLEANUP(close_fd) int fd = openat(r->dir, file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &st) < 0)
        return err_errno(err, errno, "%s", name);
    if (!S_ISREG(st.st_mode))
        return err_set(err, "%s: isn't a regular file", name);
    *ret_size = (uint64_t)st.st_size;
    int kept = fd;
    fd = -1;
    return kept;
}

static int open_file(const struct reader *r, const char *file, const char *name,
                     struct source **ret, uint64_t *ret_size, struct err *err)
{
    int fd = open_plain(r, file, name, ret_size, err);
    if (fd < 0)
        return fd;
    *ret = reader_fd_source(fd, name, *ret_size);
    return 0;
}

/* A file of the layout or archive as a source. size may be UINT64_MAX (any), else another size is
 * an error. */
static int reader_file(const struct reader *r, const char *file, uint64_t size, struct source **ret,
                       uint64_t *ret_size, struct err *err)
{
    CLEANUP(free_ptr) char *name = reader_name(r, file);
    struct source *s = NULL;
    if (r->members) {
        int fd;
        uint64_t offset;
        if (members_find(r->members, file, &fd, &offset, ret_size, err) < 0)
            return err_ret(err);
        s = source_range(fd, name, offset, *ret_size);
    } else if (open_file(r, file, name, &s, ret_size, err) < 0) {
        return err_ret(err);
    }
    if (size != UINT64_MAX && *ret_size != size) {
        source_free(s);
        return err_set(err, "%s: has %" PRIu64 " bytes, but should have %" PRIu64, name, *ret_size,
                       size);
    }
    *ret = s;
    return 0;
}

int reader_range(const struct reader *r, const char *file, uint64_t size, int *ret_fd,
                 uint64_t *ret_offset, struct err *err)
{
    CLEANUP(free_ptr) char *name = reader_name(r, file);
    CLEANUP(close_fd) int fd = -1;
    uint64_t have = 0;
    *ret_offset = 0;
    if (r->members) {
        int shared;
        if (members_find(r->members, file, &shared, ret_offset, &have, err) < 0)
            return err_ret(err);
        fd = fcntl(shared, F_DUPFD_CLOEXEC, 0);
        if (fd < 0)
            return err_errno(err, errno, "%s", name);
    } else if ((fd = open_plain(r, file, name, &have, err)) < 0) {
        return fd;
    }
    if (have != size)
        return err_set(err, "%s: has %" PRIu64 " bytes, but should have %" PRIu64, name, have,
                       size);
    *ret_fd = fd;
    fd = -1;
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
        return err_ret(err);
    return document_parse(buf_str(ret_bytes), ret_bytes->len, name, ret, err);
}

int reader_bytes(struct reader *r, const struct descriptor *d, const char *name, struct buf *ret,
                 struct err *err)
{
    CLEANUP(source_cleanup) struct source *s = NULL;
    if (count(r, d->size, name, err) < 0 || r->ops->blob(r, d, &s, err) < 0)
        return err_ret(err);
    return source_read_buf(s, ret, err);
}

int reader_document(struct reader *r, const struct descriptor *d, const char *name, json_t **ret,
                    struct err *err)
{
    CLEANUP(buf_release) struct buf b = BUF_INIT(MANIFEST_BYTES_MAX);
    if (reader_bytes(r, d, name, &b, err) < 0)
        return err_ret(err);
    return document_parse(buf_str(&b), b.len, name, ret, err);
}

int reader_verified(const struct reader *r, const char *file, const struct descriptor *d,
                    struct source **ret, struct err *err)
{
    struct source *s;
    uint64_t have;
    if (reader_file(r, file, d->size, &s, &have, err) < 0)
        return err_ret(err);
    CLEANUP(free_ptr) char *name = reader_name(r, file);
    *ret = source_verified(s, d->size, &d->digest, name);
    return 0;
}

int reader_blob(struct reader *r, const struct sha256 *digest, uint64_t size, struct source **ret,
                struct err *err)
{
    const struct descriptor d = {NULL, *digest, size};
    return r->ops->blob(r, &d, ret, err);
}

int reader_save(struct reader *r, const struct sha256 *digest, uint64_t size, int fd,
                struct progress *progress, struct err *err)
{
    const struct descriptor d = {NULL, *digest, size};
    if (r->ops->save)
        return r->ops->save(r, &d, fd, progress, err);
    CLEANUP(source_cleanup) struct source *s = NULL;
    if (r->ops->blob(r, &d, &s, err) < 0 || source_copy_fd(s, fd, r->path, err) < 0)
        return err_ret(err);
    progress_add(progress, size);
    return 0;
}

int reader_file_range(struct reader *r, const struct sha256 *digest, uint64_t size, int *ret_fd,
                      uint64_t *ret_offset, struct err *err)
{
    const struct descriptor d = {NULL, *digest, size};
    if (r->ops->file)
        return r->ops->file(r, &d, ret_fd, ret_offset, err);
    return err_code(err, ERR_NOT_FOUND, "%s: has no file of it", r->path);
}

int reader_root(struct reader *r, struct read_root *ret, struct err *err)
{
    *ret = (struct read_root){0};
    r->documents = r->bytes = 0;
    int result = r->ops->root(r, ret, err);
    if (result < 0)
        read_root_release(ret);
    return result;
}

void read_root_take(struct read_root *ret, const char *media_type, const struct sha256 *digest,
                    const struct buf *bytes)
{
    ret->media_type = xstrdup(media_type);
    ret->digest = *digest;
    ret->bytes.max = MANIFEST_BYTES_MAX;
    buf_add(&ret->bytes, bytes->data, bytes->len);
}

int reader_cached(struct cache *c, const struct descriptor *d, struct source **ret, struct err *err)
{
    CLEANUP(free_ptr) char *name = xasprintf("blob %s", sha256_digest(&d->digest).s);
    int fd = cache_open_blob(c, &d->digest, d->size, NULL, err);
    if (fd < 0)
        return fd;
    *ret = source_verified(reader_fd_source(fd, name, d->size), d->size, &d->digest, name);
    return 0;
}

void read_root_release(struct read_root *root)
{
    free(root->media_type);
    buf_release(&root->bytes);
    *root = (struct read_root){0};
}

static int images_of_root(struct reader *r, const struct strv *arches, struct read_set *ret,
                          struct err *err)
{
    CLEANUP(read_root_release) struct read_root root = {0};
    if (r->ops->root(r, &root, err) < 0)
        return err_ret(err);
    const struct descriptor d = {root.media_type, root.digest, root.bytes.len};
    const struct platform unnamed = {0};
    ret->digest = root.digest;
    return reader_follow(r, &d, &unnamed, arches, false, ret, err);
}

static int hint_list(struct err *err, const char *what, const struct strv *list)
{
    CLEANUP(buf_release) struct buf text = BUF_INIT(1000);
    strv_each (item, list)
        buf_addf(&text, "%s%s", text.len ? ", " : "", *item);
    return text.len ? err_hint(err, "%s%s", what, buf_str(&text)) : err_ret(err);
}

static int nothing_for(const struct reader *r, const char *arch, const struct read_set *set,
                       struct err *err)
{
    CLEANUP(strv_release) struct strv have = STRV_INIT;
    err_code(err, ERR_NOT_FOUND, "%s: holds no image%s%s", r->path, arch ? " for " : "",
             arch ? arch : "");
    for (size_t i = 0; i < set->n; i++) {
        const struct platform p = {set->images[i].os, set->images[i].arch, set->images[i].variant,
                                   false};
        CLEANUP(free_ptr) char *name = platform_name(&p);
        strv_add(&have, name);
    }
    strv_each (name, &set->others)
        strv_add(&have, *name);
    hint_list(err, "it has ", &have);
    return hint_list(err, "named, but not there: ", &set->absent);
}

static int check_set(const struct reader *r, const struct strv *arches, const struct read_set *set,
                     struct err *err)
{
    for (size_t k = 0; arches && k < arches->n; k++) {
        struct strv one = {.v = &arches->v[k], .n = 1};
        bool any = false;
        for (size_t i = 0; i < set->n; i++) {
            const struct platform p = {set->images[i].os, set->images[i].arch,
                                       set->images[i].variant, false};
            any = any || platform_wanted(&p, &one);
        }
        if (!any)
            return nothing_for(r, arches->v[k], set, err);
    }
    return set->n ? 0 : nothing_for(r, NULL, set, err);
}

int reader_images(struct reader *r, const struct strv *arches, struct read_set *ret,
                  struct err *err)
{
    *ret = (struct read_set){0};
    r->documents = r->bytes = 0;
    int result = r->ops->images ? r->ops->images(r, arches, ret, err)
                                : images_of_root(r, arches, ret, err);
    if (result == 0)
        result = check_set(r, arches, ret, err);
    if (result < 0)
        read_set_release(ret);
    return result;
}

/* ---- readers before readers ------------------------------------------------------------------ */

struct reader *inner_reader(const struct reader *r)
{
    return *(struct reader *const *)r->user;
}

int inner_blob(struct reader *r, const struct descriptor *d, struct source **ret, struct err *err)
{
    struct reader *from = inner_reader(r);
    return from->ops->blob(from, d, ret, err);
}

int inner_save(struct reader *r, const struct descriptor *d, int fd, struct progress *progress,
               struct err *err)
{
    return reader_save(inner_reader(r), &d->digest, d->size, fd, progress, err);
}

int inner_file(struct reader *r, const struct descriptor *d, int *ret_fd, uint64_t *ret_offset,
               struct err *err)
{
    return reader_file_range(inner_reader(r), &d->digest, d->size, ret_fd, ret_offset, err);
}
