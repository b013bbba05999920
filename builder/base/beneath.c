/* SPDX-License-Identifier: Apache-2.0 */
#include "base/beneath.h"
#include "base/file.h"
#include "base/path.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LINKS_MAX 40 /* as the kernel's MAXSYMLINKS */
#define DEPTH_MAX 128

static int by_openat2(int root, const char *path, int flags, uint64_t resolve)
{
    struct open_how how = {
        .flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | resolve,
    };
    return (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
}

int beneath_openat2(int root, const char *path, int flags)
{
    return by_openat2(root, path, flags, 0);
}

/* The directories from root (not in it) down to where the walk stands. */
struct walk {
    int root;
    int dirs[DEPTH_MAX];
    size_t depth;
    unsigned links;
};

static void walk_release(struct walk *w)
{
    while (w->depth)
        close_fd(&w->dirs[--w->depth]);
}

static int walk_here(const struct walk *w)
{
    return w->depth ? w->dirs[w->depth - 1] : w->root;
}

static int fail(int errnum)
{
    errno = errnum;
    return -1;
}

/* Puts the link's target in front of what is still to go. */
static int walk_link(struct walk *w, const char *name, struct buf *rest)
{
    char target[PATH_BYTES_MAX + 1];
    ssize_t n = readlinkat(walk_here(w), name, target, sizeof(target));
    if (n < 0)
        return -1;
    if (n > PATH_BYTES_MAX || rest->len > PATH_BYTES_MAX)
        return fail(ENAMETOOLONG);
    if (++w->links > LINKS_MAX)
        return fail(ELOOP);
    if (n && target[0] == '/')
        return fail(EXDEV);

    CLEANUP(buf_release) struct buf joined = BUF_INIT(0);
    buf_add(&joined, target, (size_t)n);
    if (rest->len) {
        buf_addch(&joined, '/');
        buf_add(&joined, rest->data, rest->len);
    }
    buf_reset(rest);
    buf_add(rest, joined.data, joined.len);
    return 0;
}

/* Takes one step; the file descriptor of the last one, -1 with errno, or -2 to go on. */
static int walk_step(struct walk *w, struct buf *rest, int flags)
{
    size_t n = strcspn(buf_str(rest), "/");
    CLEANUP(free_ptr) char *name = xstrndup(buf_str(rest), n);
    size_t skip = n + strspn(buf_str(rest) + n, "/");
    bool last = skip == rest->len;
    bool slash = skip > n; /* "x/" wants a directory */

    CLEANUP(free_ptr) char *after = xstrdup(buf_str(rest) + skip);
    buf_reset(rest);
    buf_addstr(rest, after);

    if (strcmp(name, "..") == 0) {
        if (!w->depth)
            return fail(EXDEV);
        close_fd(&w->dirs[--w->depth]);
        return last ? openat(walk_here(w), ".", flags | O_CLOEXEC) : -2;
    }
    if (!*name || strcmp(name, ".") == 0)
        return last ? openat(walk_here(w), ".", flags | O_CLOEXEC) : -2;

    struct stat st;
    if (fstatat(walk_here(w), name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode)) {
        if (last && (flags & O_NOFOLLOW) && !slash)
            return fail(ELOOP);
        if (last && slash)
            buf_addch(rest, '.');
        return walk_link(w, name, rest) < 0 ? -1 : -2;
    }
    int here = walk_here(w);
    if (last)
        return openat(here, name, flags | O_NOFOLLOW | O_CLOEXEC | (slash ? O_DIRECTORY : 0));
    if (w->depth == DEPTH_MAX)
        return fail(ENAMETOOLONG);
    int fd = openat(here, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return -1;
    w->dirs[w->depth++] = fd;
    return -2;
}

int beneath_walk(int root, const char *path, int flags)
{
    if (!*path)
        return fail(ENOENT);
    if (path[0] == '/')
        return fail(EXDEV);
    CLEANUP(walk_release) struct walk w = {.root = root};
    CLEANUP(buf_release) struct buf rest = BUF_INIT(0);
    buf_addstr(&rest, path);
    int fd;
    do
        fd = walk_step(&w, &rest, flags);
    while (fd == -2);
    return fd;
}

/* One part; O_DIRECTORY says ENOTDIR of a link, which is ELOOP here. */
static int strict_step(int at, const char *name, int flags)
{
    struct stat st;
    if (!*name || strcmp(name, "..") == 0)
        return fail(EXDEV);
    int fd = openat(at, name, flags | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0 && flags & O_PATH && fstat(fd, &st) == 0 && S_ISLNK(st.st_mode)) {
        close(fd);
        return fail(ELOOP);
    }
    if (fd < 0 && errno == ENOTDIR)
        return fail(fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode)
                        ? ELOOP
                        : ENOTDIR);
    return fd;
}

int beneath_strict_walk(int root, const char *path, int flags)
{
    CLEANUP(close_fd) int above = -1;
    const char *part = path;
    for (const char *slash; (slash = strchr(part, '/')); part = slash + 1) {
        CLEANUP(free_ptr) char *name = xstrndup(part, (size_t)(slash - part));
        int fd = strict_step(above < 0 ? root : above, name, O_PATH | O_DIRECTORY);
        if (fd < 0)
            return -1;
        close_fd(&above);
        above = fd;
    }
    return strict_step(above < 0 ? root : above, part, flags);
}

int beneath_strict(int root, const char *path, int flags)
{
    int fd = by_openat2(root, path, flags, RESOLVE_NO_SYMLINKS);
    if (fd < 0 && (errno == ENOSYS || errno == EPERM))
        fd = beneath_strict_walk(root, path, flags);
    return fd;
}

int open_beneath(const char *root, const char *path, int flags, struct err *err)
{
    CLEANUP(close_fd) int dir = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return err_errno(err, errno, "%s", root);

    /* O_NONBLOCK: a fifo must not hold us up before it is refused. */
    CLEANUP(close_fd) int fd = beneath_openat2(dir, path, flags | O_NONBLOCK);
    if (fd < 0 && (errno == ENOSYS || errno == EPERM))
        fd = beneath_walk(dir, path, flags | O_NONBLOCK);
    if (fd < 0 && errno == EXDEV)
        return err_set(err, "%s: leads out of %s", path, root);
    if (fd < 0)
        return err_errno(err, errno, "%s/%s", root, path);

    struct stat st;
    if (fstat(fd, &st) < 0)
        return err_errno(err, errno, "%s/%s", root, path);
    if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
        return err_set(err, "%s/%s: is neither a file nor a directory", root, path);
    if (!(flags & (O_NONBLOCK | O_PATH)) && fcntl(fd, F_SETFL, flags & O_APPEND) < 0)
        return err_errno(err, errno, "%s/%s", root, path);
    int opened = fd;
    fd = -1;
    return opened;
}
