/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"
#include "rootfs/files.h"
#include "rootfs/pyc.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENTRIES_MAX 1000000u
#define DEPTH_MAX   256u

struct walk {
    struct assembly *assembly;
    struct tree *tree;
    const struct recipe_file *from;
    const char *host_path; /* of the tree's top */
    const char *origin;
    size_t entries;
    const char *cache; /* of Python's byte code, and nothing of it put yet; or NULL */
    size_t stale;      /* what was left out of those */
};

/* "" and "x" give "x"; the caller frees. */
static char *below(const char *dir, const char *name)
{
    return dir[0] ? xasprintf("%s/%s", dir, name) : xstrdup(name);
}

static int wrong(const struct walk *w, const char *path, const char *what, struct err *err)
{
    return err_set(err, "%s: %s/%s %s", w->origin, w->host_path, path, what);
}

static int wrong_errno(const struct walk *w, const char *path, struct err *err)
{
    int errnum = errno;
    return err_errno(err, errnum, "%s: %s/%s", w->origin, w->host_path, path);
}

static char *image_path(const struct walk *w, const char *path)
{
    return path[0] ? below(w->from->path, path) : xstrdup(w->from->path);
}

static int put(struct walk *w, const char *path, struct node_spec *spec, struct err *err)
{
    CLEANUP(free_ptr) char *full = image_path(w, path);
    if (strlen(full) > PATH_BYTES_MAX) {
        free(spec->content.bytes);
        file_facts_free(spec->facts);
        return wrong(w, path, "has a path that is too long", err);
    }
    spec->path = full;
    spec->uid = w->from->uid;
    spec->gid = w->from->gid;
    spec->mtime = tree_epoch(w->tree);
    spec->replace = w->from->replace;
    spec->origin = w->origin;
    return tree_put(w->tree, spec, err);
}

/* A directory of the tree's; one that somebody gave already stays as it is. */
static int put_directory(struct walk *w, const char *path, struct err *err)
{
    if (w->from->path[0] == '\0' && path[0] == '\0')
        return 0;
    struct node_spec spec = {.type = ENTRY_DIRECTORY, .mode = 0755, .content.fd = -1, .weak = true};
    return put(w, path, &spec, err);
}

/* The directory that is put when something stays in it. */
static int put_cache(struct walk *w, struct err *err)
{
    const char *path = w->cache;
    w->cache = NULL;
    return path ? put_directory(w, path, err) : 0;
}

static int put_link(struct walk *w, int dir, const char *name, const char *path, struct err *err)
{
    char target[PATH_BYTES_MAX + 1];
    ssize_t n = readlinkat(dir, name, target, sizeof(target));
    if (n < 0)
        return wrong_errno(w, path, err);
    if (n == 0 || (size_t)n == sizeof(target))
        return wrong(w, path, "has a target that is too long", err);
    target[n] = '\0';
    struct node_spec spec = {
        .type = ENTRY_SYMLINK, .mode = 0777, .target = target, .content.fd = -1};
    return put(w, path, &spec, err);
}

static int put_file(struct walk *w, int dir, const char *name, const char *path, struct err *err)
{
    CLEANUP(close_fd)
    int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0)
        return wrong_errno(w, path, err);
    if (!S_ISREG(st.st_mode))
        return wrong(w, path, "changed while it was read", err);
    CLEANUP(free_ptr) char *full = image_path(w, path);
    if (pyc_is_stale(w->tree, full, fd)) {
        w->stale++;
        return 0;
    }
    if (put_cache(w, err) < 0)
        return err_ret(err);
    struct node_spec spec = {.path = path, .type = ENTRY_FILE, .content.fd = -1};
    CLEANUP(source_cleanup) struct source *from = source_fd(fd, name);
    if (files_look_at(w->assembly->ctx->session, from, (uint64_t)st.st_size, &spec, err) < 0) {
        return err_wrap(err, "%s: %s/%s", w->origin, w->host_path, path);
    }
    spec.mode = w->from->mode != MODE_DEFAULT ? (uint16_t)w->from->mode
                : st.st_mode & S_IXUSR        ? 0755
                                              : 0644;
    spec.content.from = FROM_HOST;
    spec.content.bytes = path_join(w->host_path, path);
    return put(w, path, &spec, err);
}

static int read_names(int fd, struct strv *names, struct err *err)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    DIR *d = copy < 0 ? NULL : fdopendir(copy);
    if (!d) {
        int errnum = errno;
        close_fd(&copy);
        return err_errno(err, errnum, "can't be read");
    }
    const struct dirent *e;
    errno = 0;
    while ((e = readdir(d)))
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            strv_add(names, e->d_name);
    int errnum = errno;
    closedir(d);
    strv_sort(names);
    return errnum ? err_errno(err, errnum, "can't be read") : 0;
}

static bool excluded(const struct walk *w, const char *path)
{
    strv_each (pattern, &w->from->exclude)
        if (glob_match(*pattern, path))
            return true;
    return false;
}

static int walk(struct walk *w, int fd, const char *path, unsigned depth, struct err *err);

static int put_entry(struct walk *w, int dir, const char *name, const char *path, unsigned depth,
                     struct err *err)
{
    struct stat st;
    if (session_check(w->assembly->ctx->session, err) < 0)
        return err_ret(err);
    if (++w->entries > ENTRIES_MAX)
        return wrong(w, path, "is one entry too many for a tree", err);
    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return wrong_errno(w, path, err);
    if (!S_ISREG(st.st_mode) && put_cache(w, err) < 0)
        return err_ret(err);
    if (S_ISLNK(st.st_mode))
        return put_link(w, dir, name, path, err);
    if (S_ISREG(st.st_mode))
        return put_file(w, dir, name, path, err);
    if (!S_ISDIR(st.st_mode))
        return wrong(w, path, "is no file, directory or link", err);
    CLEANUP(close_fd)
    int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return wrong_errno(w, path, err);
    return walk(w, fd, path, depth + 1, err);
}

static int walk(struct walk *w, int fd, const char *path, unsigned depth, struct err *err)
{
    CLEANUP(strv_release) struct strv names = STRV_INIT;
    if (depth > DEPTH_MAX)
        return wrong(w, path, "lies too deep", err);
    if (read_names(fd, &names, err) < 0)
        return err_wrap(err, "%s: %s/%s", w->origin, w->host_path, path);
    w->cache = pyc_is_cache(slice_of(path)) ? path : NULL;
    if (!w->cache && put_directory(w, path, err) < 0)
        return err_ret(err);
    strv_each (name, &names) {
        CLEANUP(free_ptr) char *entry = below(path, *name);
        if (!excluded(w, entry) && put_entry(w, fd, *name, entry, depth, err) < 0)
            return err_ret(err);
    }
    w->cache = NULL;
    return 0;
}

int files_put_tree(struct assembly *a, struct tree *t, const struct recipe_file *f, int fd,
                   const char *host_path, const char *origin, struct err *err)
{
    CLEANUP(close_fd) int top = fd;
    struct walk w = {.assembly = a, .tree = t, .from = f, .host_path = host_path, .origin = origin};
    if (walk(&w, top, "", 0, err) < 0)
        return err_ret(err);
    if (w.stale)
        strv_addf(&a->notes,
                  "/%s: %zu file%s of Python's byte code left out, compiled for sources of another "
                  "time; see tree in mkimage-recipe(5)",
                  f->path, w.stale, w.stale == 1 ? "" : "s");
    return 0;
}
