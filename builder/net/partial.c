/* SPDX-License-Identifier: Apache-2.0 */
#include "net/cache_private.h"
#include <errno.h>
#include <sys/file.h>
#include <unistd.h>

static char *partial_path(const struct cache *c, const struct sha256 *sha256)
{
    return xasprintf("%s/partial/%s", c->place.path, sha256_hex(sha256).s);
}

static const char *part_of(const char *path)
{
    return strrchr(path, '/') + 1;
}

/* Whether the path still leads to the open file: its holder may have renamed it meanwhile. */
static bool still_there(int dir, const char *name, const struct stat *open)
{
    struct stat st;
    return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_dev == open->st_dev &&
           st.st_ino == open->st_ino;
}

/* Opens it, made if it isn't there; nothing but a file of ours. Returns the descriptor. */
static int open_file(struct cache *c, const char *path, struct stat *ret, struct err *err)
{
    struct cachedir *place = &c->place;
    const char *name = part_of(path);
    int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    CLEANUP(close_fd) int fd = openat(place->partial, name, flags, 0600);
    if (fd < 0 && errno == EISDIR) {
        if (dir_remove_at(place->partial, name, path, err) < 0)
            return err_ret(err);
        fd = openat(place->partial, name, flags, 0600);
    }
    if (fd < 0) {
        int errnum = errno;
        CLEANUP(free_ptr) char *below = xasprintf("partial/%s", name);
        if (fstatat(place->partial, name, ret, AT_SYMLINK_NOFOLLOW) == 0 &&
            cachedir_trust(place, below, ret, err) < 0)
            return err_ret(err);
        return err_errno(err, errnum, "%s", path);
    }
    if (fstat(fd, ret) < 0)
        return err_errno(err, errno, "%s", path);
    CLEANUP(free_ptr) char *below = xasprintf("partial/%s", name);
    if (cachedir_trust(place, below, ret, err) < 0)
        return err_ret(err);
    if (!S_ISREG(ret->st_mode))
        return err_set(err, "%s: is no file", path);
    int opened = fd;
    fd = -1;
    return opened;
}

int partial_open(struct cache *c, const struct sha256 *sha256, struct partial *ret,
                 uint64_t *ret_have, struct err *err)
{
    CLEANUP(free_ptr) char *path = partial_path(c, sha256);
    struct stat st;

    *ret = (struct partial)PARTIAL_INIT;
    if (cachedir_check_writable(&c->place, err) < 0)
        return err_ret(err);
    for (int i = 0; i < 100; i++) {
        CLEANUP(close_fd) int fd = open_file(c, path, &st, err);
        if (fd < 0)
            return err_ret(err);
        if (ret_have)
            *ret_have = (uint64_t)st.st_size;
        if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
            if (errno != EWOULDBLOCK && errno != EINTR)
                return err_errno(err, errno, "%s: flock", path);
            return 0;
        }
        if (!still_there(c->place.partial, part_of(path), &st) || fstat(fd, &st) < 0)
            continue;
        *ret = (struct partial){fd, path, c->place.partial, (uint64_t)st.st_size};
        fd = -1;
        path = NULL;
        return 1;
    }
    return err_set(err, "%s: keeps going away", path);
}

int partial_open_own(struct cache *c, const struct sha256 *sha256, struct partial *ret,
                     struct err *err)
{
    CLEANUP(tmpfile_release) struct tmpfile t = TMPFILE_INIT;
    if (cache_begin(c, &t, sha256_hex(sha256).s, 0600, err) < 0)
        return err_ret(err);
    *ret = (struct partial){t.fd, t.temporary, c->place.partial, 0};
    free(t.destination);
    t = (struct tmpfile)TMPFILE_INIT;
    return 0;
}

void partial_drop(struct partial *p)
{
    unlinkat(p->dir, part_of(p->path), 0);
}

void partial_close(struct partial *p)
{
    if (p->path && strchr(part_of(p->path), '.'))
        partial_drop(p);
    close_fd(&p->fd);
    free(p->path);
    *p = (struct partial)PARTIAL_INIT;
}

int partial_commit(struct cache *c, struct partial *p, const struct sha256 *sha256, struct err *err)
{
    CLEANUP(tmpfile_release) struct tmpfile t = {p->fd, p->path, NULL, p->dir, p->dir};
    *p = (struct partial)PARTIAL_INIT;
    if (fchmod(t.fd, BLOB_MODE) < 0)
        return err_errno(err, errno, "%s", t.temporary);
    return cachedir_put(&c->place, &t, blob_name(sha256).s, true, err);
}
