/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/flat.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#define CHUNK (128u << 10)

/* An inode that has several names: the first of them. */
struct linked {
    char *number; /* first: what the pathmap goes by */
    char *path;
};

struct walk {
    struct flat *flat;
    dev_t device;
    struct pathmap linked;
    char *chunk;
    int fd; /* the file that is read */
    const char *name;
};

static void free_linked(void *p)
{
    struct linked *l = p;

    free(l->number);
    free(l->path);
    free(l);
}

/* The path that has this inode already, or NULL; then it is path from now on. */
static const char *linked_to(struct walk *w, const struct stat *st, const char *path)
{
    CLEANUP(free_ptr) char *number = xasprintf("%ju", (uintmax_t)st->st_ino);
    struct linked *there = pathmap_find(&w->linked, number);

    if (there)
        return there->path;
    there = xcalloc(1, sizeof(*there));
    *there = (struct linked){xstrdup(number), xstrdup(path)};
    pathmap_add(&w->linked, there);
    return NULL;
}

static ssize_t read_file(void *context, const void **ret, struct err *err)
{
    struct walk *w = context;
    ssize_t n = session_check(w->flat->session, err);

    if (n < 0)
        return n;
    do
        n = read(w->fd, w->chunk, CHUNK);
    while (n < 0 && errno == EINTR);
    *ret = w->chunk;
    return n < 0 ? err_errno(err, errno, "%s: read", w->name) : n;
}

/* ---- extended attributes --------------------------------------------------------------------- */

static void read_xattrs(int fd, struct xattr *xattrs, size_t *ret_n)
{
    CLEANUP(free_ptr) char *names = NULL;
    ssize_t n = flistxattr(fd, NULL, 0);

    if (n <= 0 || n > 65536)
        return;
    names = xcalloc(1, (size_t)n + 1);
    n = flistxattr(fd, names, (size_t)n);
    for (ssize_t at = 0; at < n && *ret_n < LAYER_XATTRS_MAX;
         at += (ssize_t)strlen(names + at) + 1) {
        char value[LAYER_XATTR_BYTES];
        ssize_t size = fgetxattr(fd, names + at, value, sizeof(value));
        if (size < 0 && errno != ERANGE)
            continue;
        size = size < 0 ? 0 : size;
        struct xattr *x = &xattrs[(*ret_n)++];
        *x = (struct xattr){.name = xstrdup(names + at),
                            .value = xcalloc(1, (size_t)size + 1),
                            .size = (size_t)size};
        memcpy(x->value, value, (size_t)size);
    }
}

static void drop_xattrs(struct layer_item *item)
{
    for (size_t i = 0; i < item->n_xattrs; i++) {
        free(item->xattrs[i].name);
        free(item->xattrs[i].value);
    }
    item->n_xattrs = 0;
}

/* ---- an entry -------------------------------------------------------------------------------- */

static enum entry_type type_of(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFREG:
        return ENTRY_FILE;
    case S_IFDIR:
        return ENTRY_DIRECTORY;
    case S_IFLNK:
        return ENTRY_SYMLINK;
    case S_IFCHR:
        return ENTRY_CHAR;
    case S_IFBLK:
        return ENTRY_BLOCK;
    default:
        return ENTRY_FIFO;
    }
}

static int walk_directory(struct walk *w, int dir, const char *path, unsigned depth,
                          struct err *err);

static int put(struct walk *w, int fd, struct layer_item *item, struct err *err)
{
    struct xattr xattrs[LAYER_XATTRS_MAX];
    const struct flat_data data = {read_file, w};

    item->xattrs = xattrs;
    item->n_xattrs = 0;
    if (fd >= 0)
        read_xattrs(fd, xattrs, &item->n_xattrs);
    w->fd = fd;
    w->name = item->name;
    int r = flat_entry(w->flat, item, fd >= 0 ? &data : NULL, err);
    drop_xattrs(item);
    return r;
}

static void unreadable(struct flat_layer *l, const char *path, const char *why)
{
    layer_fault(&l->faults, "/%s was not looked at: %s", path, why);
}

static int put_entry(struct walk *w, int dir, const char *base, const char *path,
                     const struct stat *st, unsigned depth, struct err *err)
{
    struct flat_layer *l = &w->flat->layers[w->flat->n_layers - 1];
    struct layer_item item = {.name = path,
                              .type = type_of(st->st_mode),
                              .mode = st->st_mode & 07777,
                              .uid = st->st_uid,
                              .gid = st->st_gid,
                              .mtime = st->st_mtime};
    char target[PATH_BYTES_MAX + 1];
    CLEANUP(close_fd) int fd = -1;

    if (item.type == ENTRY_FILE && st->st_nlink > 1)
        item.target = linked_to(w, st, path);
    if (item.target)
        item.type = ENTRY_HARDLINK;
    if (item.type == ENTRY_FILE || item.type == ENTRY_DIRECTORY) {
        int flags = item.type == ENTRY_FILE ? O_NONBLOCK : O_DIRECTORY;
        fd = openat(dir, base, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | flags);
        struct stat now;
        if (fd >= 0 && (fstat(fd, &now) < 0 || now.st_ino != st->st_ino))
            return err_set(err, "/%s changed while it was read", path);
        if (fd < 0)
            unreadable(l, path, strerror(errno));
        item.size = item.type == ENTRY_FILE ? (uint64_t)st->st_size : 0;
    } else if (item.type == ENTRY_SYMLINK) {
        ssize_t n = readlinkat(dir, base, target, PATH_BYTES_MAX);
        target[n < 0 ? 0 : n] = '\0';
        item.target = target;
    } else if (item.type == ENTRY_CHAR || item.type == ENTRY_BLOCK) {
        item.device = (uint64_t)major(st->st_rdev) << 32 | minor(st->st_rdev);
    }
    int r = put(w, fd, &item, err);
    if (r < 0 || item.type != ENTRY_DIRECTORY || fd < 0)
        return r;
    return walk_directory(w, fd, path, depth + 1, err);
}

static int list(int dir, const char *path, struct strv *ret, struct err *err)
{
    int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);

    if (!d) {
        close_fd(&fd);
        return err_errno(err, errno, "/%s", path);
    }
    errno = 0;
    for (struct dirent *e; (e = readdir(d));)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            strv_add(ret, e->d_name);
    int saved = errno;
    closedir(d);
    strv_sort(ret);
    return saved ? err_errno(err, saved, "/%s", path) : 0;
}

static int walk_directory(struct walk *w, int dir, const char *path, unsigned depth,
                          struct err *err)
{
    CLEANUP(strv_release) struct strv names = STRV_INIT;
    struct flat_layer *l = &w->flat->layers[w->flat->n_layers - 1];
    int r = depth > OVERLAY_DEPTH_MAX ? err_set(err, "/%s lies too deep", path)
                                      : list(dir, path, &names, err);

    for (size_t i = 0; r == 0 && i < names.n; i++) {
        CLEANUP(free_ptr)
        char *whole = xasprintf("%s%s%s", path, *path ? "/" : "", names.v[i]);
        struct stat st;
        r = session_check(w->flat->session, err);
        if (r < 0)
            return r;
        if (fstatat(dir, names.v[i], &st, AT_SYMLINK_NOFOLLOW) < 0)
            continue; /* gone in the meantime */
        if (st.st_dev != w->device)
            unreadable(l, whole, "it is another file system");
        else
            r = put_entry(w, dir, names.v[i], whole, &st, depth, err);
    }
    return r;
}

int flat_directory(struct flat *f, const char *path, struct err *err)
{
    struct flat_origin origin = {.name = path};
    CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0)
        return err_errno(err, errno, "%s", path);
    CLEANUP(free_ptr) char *chunk = xmalloc(CHUNK);
    struct walk w = {.flat = f, .device = st.st_dev, .chunk = chunk, .fd = -1};
    struct layer_item top = {.name = "",
                             .type = ENTRY_DIRECTORY,
                             .mode = st.st_mode & 07777,
                             .uid = st.st_uid,
                             .gid = st.st_gid,
                             .mtime = st.st_mtime};
    (void)flat_begin(f, &origin);
    f->plain = true;
    int r = put(&w, fd, &top, err);
    if (r == 0)
        r = walk_directory(&w, fd, "", 0, err);
    pathmap_release(&w.linked, free_linked);
    struct flat_layer *l = &f->layers[f->n_layers - 1];
    l->unpacked = l->packed = l->content;
    return r < 0 ? err_wrap(err, "%s", path) : 0;
}
