/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LEFT_AFTER       (7 * 86400) /* seconds */
#define LEFT_LETTERS     6
#define REMOVE_DEPTH_MAX 200 /* a file descriptor each */

static bool is_directory(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* The length of the directory's part of a path; 0 where there is none to make. */
static size_t length_above(const char *path)
{
    size_t n = strlen(path);
    while (n && path[n - 1] == '/')
        n--;
    while (n && path[n - 1] != '/')
        n--;
    while (n && path[n - 1] == '/')
        n--;
    return n;
}

int dir_make(const char *path, mode_t mode, struct err *err)
{
    if (is_directory(path))
        return 0;
    size_t n = length_above(path);
    CLEANUP(free_ptr) char *above = n ? xstrndup(path, n) : NULL;
    if (above && dir_make(above, mode, err) < 0)
        return err_ret(err);
    if (mkdir(path, mode) == 0)
        return 0;
    int errnum = errno;
    if (errnum != EEXIST)
        return err_errno(err, errnum, "%s: can't create the directory", path);
    return is_directory(path) ? 0 : err_errno(err, ENOTDIR, "%s", path);
}

int dir_sync(const char *path, struct err *err)
{
    CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_errno(err, errno, "%s", path);
    /* Some file systems don't sync directories, and say so by EINVAL. */
    if (fsync(fd) < 0 && errno != EINVAL)
        return err_errno(err, errno, "%s: fsync", path);
    return 0;
}

static void close_dir(DIR **d)
{
    if (*d)
        closedir(*d);
}

static int remove_at(int parent, const char *name, const char *path, unsigned depth,
                     struct err *err);

static int remove_entries(int parent, const char *name, const char *path, unsigned depth,
                          struct err *err)
{
    if (depth > REMOVE_DEPTH_MAX)
        return err_set(err, "%s: is nested deeper than %d", path, REMOVE_DEPTH_MAX);
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? 0 : err_errno(err, errno, "%s", path);
    CLEANUP(close_dir) DIR *d = fdopendir(fd);
    if (!d) {
        int saved = errno;
        close(fd);
        return err_errno(err, saved, "%s", path);
    }
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(d);
        if (!entry)
            return errno ? err_errno(err, errno, "%s", path) : 0;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        CLEANUP(free_ptr) char *below = path_join(path, entry->d_name);
        if (remove_at(fd, entry->d_name, below, depth + 1, err) < 0)
            return err_ret(err);
    }
}

static int remove_at(int parent, const char *name, const char *path, unsigned depth,
                     struct err *err)
{
    if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
        return 0;
    int errnum = errno;
    struct stat st;
    if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? 0 : err_errno(err, errno, "%s", path);
    if (!S_ISDIR(st.st_mode))
        return err_errno(err, errnum, "%s", path);
    if (remove_entries(parent, name, path, depth, err) < 0)
        return err_ret(err);
    if (unlinkat(parent, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
        return err_errno(err, errno, "%s", path);
    return 0;
}

int dir_remove(const char *path, struct err *err)
{
    return remove_at(AT_FDCWD, path, path, 0, err);
}

int dir_remove_at(int dir, const char *name, const char *path, struct err *err)
{
    return remove_at(dir, name, path, 0, err);
}

static bool is_leftover(int dir, const char *name, const char *prefix)
{
    size_t n = strlen(prefix);
    struct stat st;

    if (strncmp(name, prefix, n) != 0 || strlen(name) != n + LEFT_LETTERS ||
        strspn(name + n, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") !=
            LEFT_LETTERS)
        return false;
    return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
           (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)) && st.st_uid == geteuid() &&
           time(NULL) - st.st_mtime >= LEFT_AFTER;
}

void leftovers_remove(const char *path, const char *prefix)
{
    CLEANUP(close_dir) DIR *d = opendir(path);
    const struct dirent *e;

    while (d && (e = readdir(d))) {
        CLEANUP(err_release) struct err ignored = ERR_INIT;
        if (!is_leftover(dirfd(d), e->d_name, prefix))
            continue;
        CLEANUP(close_fd)
        int held = openat(dirfd(d), e->d_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (held >= 0 && flock(held, LOCK_EX | LOCK_NB) == 0)
            (void)!dir_remove_at(dirfd(d), e->d_name, e->d_name, &ignored);
    }
}
