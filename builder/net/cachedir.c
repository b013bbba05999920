/* SPDX-License-Identifier: Apache-2.0 */
#include "net/cachedir.h"
#include "base/beneath.h"
#include <errno.h>
#include <unistd.h>

char *cachedir_path(const struct cachedir *d, const char *name)
{
    return path_join(d->path, name);
}

static int copy(struct err *to, const struct err *from)
{
    *to = (struct err){from->code, xstrdup(from->message), xstrdup(from->hint)};
    return err_ret(to);
}

/* Keeps a refusal for cachedir_check. */
static int keep(struct cachedir *d, const struct err *err)
{
    pthread_mutex_lock(&d->mutex);
    if (!d->refused.code)
        copy(&d->refused, err);
    pthread_mutex_unlock(&d->mutex);
    return err_ret(err);
}

int cachedir_check(struct cachedir *d, struct err *err)
{
    pthread_mutex_lock(&d->mutex);
    int r = d->refused.code ? copy(err, &d->refused) : 0;
    pthread_mutex_unlock(&d->mutex);
    return r;
}

int cachedir_check_writable(struct cachedir *d, struct err *err)
{
    if (cachedir_check(d, err) < 0)
        return err_ret(err);
    if (!d->read_only)
        return 0;
    err_set(err, "%s: the cache can't be written, and doesn't hold all that is needed", d->path);
    return err_hint(err, "name another one with --cache or MKIMAGE_CACHE");
}

int cachedir_trust(struct cachedir *d, const char *name, const struct stat *st, struct err *err)
{
    bool ours = st->st_uid == d->uid || st->st_uid == 0;
    if (ours && !(st->st_mode & (S_IWGRP | S_IWOTH)))
        return 0;
    CLEANUP(free_ptr) char *path = cachedir_path(d, name);
    unsigned mode = st->st_mode & 07777;
    if (!ours) {
        err_set(
            err,
            "%s: belongs to user %u (mode %04o), not to user %u or root: an image isn't made of "
            "what others can write",
            path, st->st_uid, mode, d->uid);
        err_hint(err, "if nobody else wrote in the cache: chown -R %u '%s'", d->uid, d->path);
    } else {
        err_set(err,
                "%s: %s may write it (user %u, mode %04o): an image isn't made of what others can "
                "write",
                path, st->st_mode & S_IWOTH ? "everybody" : "its group", st->st_uid, mode);
        err_hint(err, "if nobody else wrote in the cache: chmod -R go-w '%s'", d->path);
    }
    err_hint(err, "else empty it: what is missing is fetched and made again");
    return keep(d, err);
}

static int refuse_link(struct cachedir *d, const char *name, struct err *err)
{
    CLEANUP(free_ptr) char *path = cachedir_path(d, name);
    struct stat st = {0};
    (void)!lstat(path, &st);
    err_set(err,
            "%s: is a link (user %u, mode %04o), or is reached through one: in the cache there are "
            "none",
            path, st.st_uid, (unsigned)st.st_mode & 07777);
    err_hint(err, "remove the link; the cache's own directory may be one");
    return keep(d, err);
}

/* What open's errno means here. */
static int not_opened(struct cachedir *d, const char *name, int errnum, struct err *err)
{
    struct stat st;
    if (errnum == ELOOP)
        return refuse_link(d, name, err);
    /* Of another user, most often, and that is the better thing to say. */
    CLEANUP(close_fd) int fd = errnum == EACCES ? beneath_strict(d->fd, name, O_PATH) : -1;
    if (fd >= 0 && fstat(fd, &st) == 0 && cachedir_trust(d, name, &st, err) < 0)
        return err_ret(err);
    CLEANUP(free_ptr) char *path = cachedir_path(d, name);
    return err_errno(err, errnum, "%s", path);
}

/* The directories between the top and a file: who may write in one could put our own files in each
 * other's place. One that isn't there, or is no directory, is for who opens the file. */
static int trust_above(struct cachedir *d, const char *name, struct err *err)
{
    for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
        struct stat st;
        CLEANUP(free_ptr) char *above = xstrndup(name, (size_t)(slash - name));
        CLEANUP(close_fd) int fd = beneath_strict(d->fd, above, O_PATH | O_DIRECTORY);
        if (fd < 0)
            return 0;
        if (fstat(fd, &st) == 0 && cachedir_trust(d, above, &st, err) < 0)
            return err_ret(err);
    }
    return 0;
}

int cachedir_get(struct cachedir *d, const char *name, struct stat *ret, struct err *err)
{
    if (cachedir_check(d, err) < 0)
        return err_ret(err);
    if (trust_above(d, name, err) < 0)
        return err_ret(err);
    /* O_NONBLOCK: a fifo must not hold us up before it is refused. */
    CLEANUP(close_fd) int fd = beneath_strict(d->fd, name, O_RDONLY | O_NONBLOCK);
    CLEANUP(free_ptr) char *path = NULL;
    if (fd < 0 && errno != ENOTDIR && errno != ENXIO)
        return not_opened(d, name, errno, err);
    if (fd >= 0 && fstat(fd, ret) < 0) {
        path = cachedir_path(d, name);
        return err_errno(err, errno, "%s", path);
    }
    if (fd >= 0 && cachedir_trust(d, name, ret, err) < 0)
        return err_ret(err);
    if (fd < 0 || !S_ISREG(ret->st_mode)) {
        path = cachedir_path(d, name);
        cachedir_drop(d, name);
        return err_code(err, ERR_NOT_FOUND, "%s: was no file, removed", path);
    }
    int opened = fd;
    fd = -1;
    return opened;
}

/* Removes a file of ours where a directory belongs. Not at the top: that may be a directory of
 * somebody who gave a wrong --cache. */
static int clear_way(struct cachedir *d, int at, const char *part, const char *name,
                     struct err *err)
{
    struct stat st;
    CLEANUP(free_ptr) char *path = cachedir_path(d, name);
    if (fstatat(at, part, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? 0 : err_errno(err, errno, "%s", path);
    if (S_ISDIR(st.st_mode))
        return 0;
    if (cachedir_trust(d, name, &st, err) < 0)
        return err_ret(err);
    if (at == d->fd) {
        err_set(err, "%s: is no directory", path);
        return err_hint(err, "if it is the cache's, remove it");
    }
    if (unlinkat(at, part, 0) < 0 && errno != ENOENT)
        return err_errno(err, errno, "%s", path);
    return 0;
}

/* Opens a directory in another one, made if it isn't there. */
static int step(struct cachedir *d, int at, const char *part, const char *name, struct err *err)
{
    CLEANUP(free_ptr) char *path = cachedir_path(d, name);
    for (int i = 0; i < 10; i++) {
        struct stat st;
        CLEANUP(close_fd) int fd = beneath_strict(at, part, O_RDONLY | O_DIRECTORY);
        if (fd >= 0) {
            if (fstat(fd, &st) < 0)
                return err_errno(err, errno, "%s", path);
            if (cachedir_trust(d, name, &st, err) < 0)
                return err_ret(err);
            int opened = fd;
            fd = -1;
            return opened;
        }
        if (errno == ENOTDIR) {
            if (clear_way(d, at, part, name, err) < 0)
                return err_ret(err);
        } else if (errno != ENOENT) {
            return not_opened(d, name, errno, err);
        } else if (mkdirat(at, part, 0700) == 0) {
            if (fchmodat(at, part, 0700, 0) < 0)
                return err_errno(err, errno, "%s", path);
        } else if (errno != EEXIST) {
            return err_errno(err, errno, "%s: can't create the directory", path);
        }
    }
    return err_set(err, "%s: keeps going away", path);
}

/* Opens the directory that name is in, made as mkdir -p does. */
static int parent_of(struct cachedir *d, const char *name, struct err *err)
{
    CLEANUP(close_fd) int at = -1;
    const char *part = name;
    for (const char *slash; (slash = strchr(part, '/')); part = slash + 1) {
        CLEANUP(free_ptr) char *one = xstrndup(part, (size_t)(slash - part));
        CLEANUP(free_ptr) char *so_far = xstrndup(name, (size_t)(slash - name));
        int fd = step(d, at < 0 ? d->fd : at, one, so_far, err);
        close_fd(&at);
        if (fd < 0)
            return err_ret(err);
        at = fd;
    }
    int opened = at;
    at = -1;
    return opened;
}

int cachedir_put(struct cachedir *d, struct tmpfile *t, const char *name, bool durable,
                 struct err *err)
{
    if (cachedir_check(d, err) < 0)
        return err_ret(err);
    CLEANUP(close_fd) int parent = parent_of(d, name, err);
    if (parent < 0)
        return err_ret(err);
    struct stat st;
    const char *last = strrchr(name, '/') + 1;
    if (fstatat(parent, last, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode))
        cachedir_drop(d, name);
    free(t->destination);
    t->destination = cachedir_path(d, name);
    t->to = parent;
    return durable ? tmpfile_commit(t, err) : tmpfile_rename(t, err);
}

void cachedir_drop(struct cachedir *d, const char *name)
{
    CLEANUP(err_release) struct err ignored = ERR_INIT;
    const char *slash = strrchr(name, '/');
    CLEANUP(free_ptr) char *above = xstrndup(name, (size_t)(slash - name));
    CLEANUP(close_fd) int parent = beneath_strict(d->fd, above, O_PATH | O_DIRECTORY);
    if (parent >= 0)
        (void)!dir_remove_at(parent, slash + 1, name, &ignored);
}

int cachedir_open(struct cachedir *d, const char *path, struct err *err)
{
    *d = (struct cachedir){.path = xstrdup(path),
                           .fd = -1,
                           .partial = -1,
                           .uid = geteuid(),
                           .mutex = PTHREAD_MUTEX_INITIALIZER};
    if (dir_make(path, 0700, err) < 0)
        return err_ret(err);
    d->fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (d->fd < 0)
        return err_errno(err, errno, "%s", path);
    static const char *const below[] = {"blobs/sha256/", "facts/", "partial/"};
    for (size_t i = 0; i < ARRAY_SIZE(below); i++) {
        close_fd(&d->partial);
        if ((d->partial = parent_of(d, below[i], err)) < 0)
            return err_ret(err);
    }
    d->read_only = faccessat(d->partial, ".", W_OK, AT_EACCESS) < 0 &&
                   (errno == EROFS || errno == EACCES);
    return 0;
}

void cachedir_release(struct cachedir *d)
{
    close_fd(&d->fd);
    close_fd(&d->partial);
    err_clear(&d->refused);
    pthread_mutex_destroy(&d->mutex);
    free(d->path);
}

/* Looks at a path and at all above it. */
static char *doubt_above(const char *path)
{
    for (size_t n = strlen(path); n; n--) {
        if (path[n] && path[n] != '/' && !(n == 1 && path[0] == '/'))
            continue;
        struct stat st;
        CLEANUP(free_ptr) char *dir = xstrndup(path, n);
        if (stat(dir, &st) == 0 && st.st_mode & S_IWOTH && !(st.st_mode & S_ISVTX))
            return xasprintf(
                "everybody may write in %s (user %u, mode %04o), and so can put another "
                "cache in this one's place: chmod o-w '%s'",
                dir, st.st_uid, (unsigned)st.st_mode & 07777, dir);
    }
    return NULL;
}

char *cachedir_doubt(const struct cachedir *d)
{
    CLEANUP(free_ptr) char *real = realpath(d->path, NULL);
    if (d->read_only)
        return xasprintf("nothing can be written in %s: only what is there already is used, and "
                         "the dates of archives aren't remembered",
                         d->path);
    char *doubt = doubt_above(d->path);
    return doubt || !real || strcmp(real, d->path) == 0 ? doubt : doubt_above(real);
}
