/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_PART_MAX  200 /* bytes of a name kept in its temporary name; NAME_MAX is 255 */
#define RANDOM_LETTERS 6
#define READ_CHUNK     65536

static char *directory_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return xstrdup(".");
    return slash == path ? xstrdup("/") : xstrndup(path, (size_t)(slash - path));
}

/* The part of a path that the system calls get. */
static const char *part_in(int dir, const char *path)
{
    const char *slash = dir == AT_FDCWD ? NULL : strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* As mkostemp, in dir. */
static int make_unique(int dir, char *path)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
    char *end = path + strlen(path) - RANDOM_LETTERS;
    for (int i = 0; i < 100; i++) {
        unsigned char random[RANDOM_LETTERS];
        if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
            return -1;
        for (size_t j = 0; j < sizeof(random); j++)
            end[j] = letters[random[j] % 32];
        int fd = openat(dir, part_in(dir, path), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd >= 0 || errno != EEXIST)
            return fd;
    }
    return -1;
}

int tmpfile_create_at(struct tmpfile *t, int dir, const char *destination, mode_t mode,
                      struct err *err)
{
    const char *slash = strrchr(destination, '/');
    const char *name = slash ? slash + 1 : destination;
    char *temporary = xasprintf("%.*s.%.*s" TMPFILE_END, (int)(name - destination), destination,
                                NAME_PART_MAX, name);
    int fd = make_unique(dir, temporary);
    if (fd < 0 || fchmod(fd, mode) < 0) {
        int saved = errno;
        if (fd >= 0) {
            unlinkat(dir, part_in(dir, temporary), 0);
            close(fd);
        }
        free(temporary);
        return err_errno(err, saved, "%s: can't create a file beside it", destination);
    }
    *t = (struct tmpfile){fd, temporary, xstrdup(destination), dir, dir};
    return 0;
}

int tmpfile_create(struct tmpfile *t, const char *destination, mode_t mode, struct err *err)
{
    const char *slash = strrchr(destination, '/');
    CLEANUP(free_ptr) char *dir = directory_of(destination);
    CLEANUP(free_ptr)
    char *prefix = xasprintf(".%.*s%.*s", NAME_PART_MAX, slash ? slash + 1 : destination,
                             (int)strlen(TMPFILE_END) - RANDOM_LETTERS, TMPFILE_END);
    leftovers_remove(dir, prefix);
    return tmpfile_create_at(t, AT_FDCWD, destination, mode, err);
}

int tmpfile_rename(struct tmpfile *t, struct err *err)
{
    if (renameat(t->dir, part_in(t->dir, t->temporary), t->to, part_in(t->to, t->destination)) < 0)
        return err_errno(err, errno, "%s: rename", t->destination);
    free(t->temporary);
    t->temporary = NULL;
    return 0;
}

int tmpfile_commit(struct tmpfile *t, struct err *err)
{
    if (fsync(t->fd) < 0)
        return err_errno(err, errno, "%s: fsync", t->destination);
    if (tmpfile_rename(t, err) < 0)
        return err_ret(err);
    CLEANUP(free_ptr) char *dir = directory_of(t->destination);
    if (t->to == AT_FDCWD)
        return dir_sync(dir, err);
    return fsync(t->to) < 0 && errno != EINVAL ? err_errno(err, errno, "%s: fsync", dir) : 0;
}

void tmpfile_release(struct tmpfile *t)
{
    int saved = errno;
    if (t->temporary) {
        unlinkat(t->dir, part_in(t->dir, t->temporary), 0);
        close_fd(&t->fd);
    } else if (t->destination) {
        close_fd(&t->fd);
    }
    free(t->temporary);
    free(t->destination);
    *t = (struct tmpfile)TMPFILE_INIT;
    errno = saved;
}

const char *temporary_dir(void)
{
    const char *dir = secure_getenv("TMPDIR");
    return dir && *dir ? dir : "/tmp";
}

int spool_open(struct err *err)
{
    const char *dir = temporary_dir();
    int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0)
        return fd;
    CLEANUP(free_ptr) char *path = path_join(dir, "mkimage.XXXXXX");
    fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0)
        return err_errno(err, errno, "%s: can't create a temporary file", dir);
    unlink(path);
    return fd;
}

int file_read_fd(int fd, const char *name, size_t max, struct buf *ret, struct err *err)
{
    buf_reset(ret);
    size_t limit = ret->max && ret->max < max ? ret->max : max;
    for (;;) {
        char extra;
        size_t left = limit - ret->len;
        size_t want = left < READ_CHUNK ? left : READ_CHUNK;
        char *room = want ? buf_reserve(ret, want) : NULL;
        ssize_t n = read(fd, room ? room : &extra, room ? want : 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_errno(err, errno, "%s", name);
        if (n == 0)
            return 0;
        if (!room)
            return err_set(err, "%s: is larger than %zu bytes", name, limit);
        buf_filled(ret, (size_t)n);
    }
}

int file_read(const char *path, size_t max, struct buf *ret, struct err *err)
{
    CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        buf_reset(ret);
        return err_errno(err, errno, "%s", path);
    }
    return file_read_fd(fd, path, max, ret, err);
}

int file_write(const char *path, const void *p, size_t n, mode_t mode, struct err *err)
{
    CLEANUP(tmpfile_release) struct tmpfile t = TMPFILE_INIT;
    if (tmpfile_create(&t, path, mode, err) < 0)
        return err_ret(err);
    if (write_all(t.fd, p, n, path, err) < 0)
        return err_ret(err);
    return tmpfile_commit(&t, err);
}

int write_all(int fd, const void *p, size_t n, const char *name, struct err *err)
{
    const char *at = p;
    while (n) {
        ssize_t did = write(fd, at, n);
        if (did < 0 && errno == EINTR)
            continue;
        if (did < 0)
            return err_errno(err, errno, "%s: write", name);
        at += did;
        n -= (size_t)did;
    }
    return 0;
}

int pread_all(int fd, void *p, size_t n, off_t offset, const char *name, struct err *err)
{
    char *at = p;
    while (n) {
        ssize_t did = pread(fd, at, n, offset);
        if (did < 0 && errno == EINTR)
            continue;
        if (did < 0)
            return err_errno(err, errno, "%s: read", name);
        if (did == 0)
            return err_set(err, "%s: ends %zu bytes early", name, n);
        at += did;
        n -= (size_t)did;
        offset += did;
    }
    return 0;
}

char *path_join(const char *a, const char *b)
{
    if (b[0] == '/' || !*a)
        return xstrdup(b);
    size_t n = strlen(a);
    return xasprintf("%s%s%s", a, a[n - 1] == '/' ? "" : "/", b);
}
