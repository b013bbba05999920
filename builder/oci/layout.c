/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"
#include "oci/stamps.h"
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_PAUSE_NS 50000000

/* A layout that is open. All is written and removed by these descriptors, so that no link in it
 * leads to another one's blobs. */
struct place {
    const char *path;      /* for messages */
    int dir, above, blobs; /* itself, its blobs, its blobs/sha256; -1: not open */
};

/* clang-format off */
#define PLACE_INIT {NULL, -1, -1, -1}
/* clang-format on */

static void place_close(struct place *p)
{
    close_fd(&p->blobs);
    close_fd(&p->above);
    close_fd(&p->dir);
}

/* Makes it, unless it is there. */
static int open_own(const struct place *p, int at, const char *name, const char *shown,
                    struct err *err)
{
    if (mkdirat(at, name, 0755) < 0 && errno != EEXIST)
        return err_errno(err, errno, "%s/%s", p->path, shown);
    int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0)
        return fd;
    if (errno != ENOTDIR && errno != ELOOP)
        return err_errno(err, errno, "%s/%s", p->path, shown);
    err_set(err, "%s/%s: is not a directory of this layout's own", p->path, shown);
    return err_hint(err,
                    "an image isn't written through a link: remove it, or name the layout that "
                    "it leads to");
}

/* p->dir is open. */
static int place_open_blobs(struct place *p, struct err *err)
{
    p->above = open_own(p, p->dir, "blobs", "blobs", err);
    if (p->above >= 0)
        p->blobs = open_own(p, p->above, "sha256", "blobs/sha256", err);
    return p->blobs < 0 ? err_ret(err) : 0;
}

/* One blob's way into it; a task of the pool. */
struct job {
    const struct writing *w;
    const struct blob *blob;
    const struct place *place;
};

static int put(void *arg, const void *p, size_t n, struct err *err)
{
    const struct tmpfile *t = arg;
    return write_all(t->fd, p, n, t->destination, err);
}

static int write_blob(void *arg, struct err *err)
{
    const struct job *job = arg;
    CLEANUP(free_ptr)
    char *path = xasprintf("%s/blobs/sha256/%s", job->place->path,
                           sha256_hex(&job->blob->digest).s);
    CLEANUP(tmpfile_release) struct tmpfile t = TMPFILE_INIT;
    if (session_check(job->w->ctx->session, err) < 0 ||
        tmpfile_create_at(&t, job->place->blobs, path, 0644, err) < 0 ||
        blob_send(job->w, job->blob, false, put, &t, err) < 0)
        return err_ret(err);
    /* As tmpfile_commit does it, but that the directory is made durable once, behind all. */
    if (fsync(t.fd) < 0)
        return err_errno(err, errno, "%s: fsync", path);
    return tmpfile_rename(&t, err);
}

static int by_size(const void *a, const void *b)
{
    const struct job *x = a, *y = b;
    return (x->blob->size < y->blob->size) - (x->blob->size > y->blob->size);
}

static int sync_fd(const struct place *p, int fd, struct err *err)
{
    /* Some file systems don't sync directories, and say so by EINVAL. */
    return fsync(fd) < 0 && errno != EINVAL ? err_errno(err, errno, "%s: fsync", p->path) : 0;
}

/* Writes those that aren't there, the largest first. */
static int write_blobs(const struct writing *w, const struct blobs *blobs, const bool *there,
                       const struct place *p, struct err *err)
{
    CLEANUP(free_ptr) struct job *jobs = xcalloc(blobs->n, sizeof(*jobs));
    struct group *g = pool_group(w->ctx->session->pool);
    size_t n = 0;
    for (size_t i = 0; i < blobs->n; i++)
        if (!there[i])
            jobs[n++] = (struct job){w, &blobs->items[i], p};
    qsort(jobs, n, sizeof(*jobs), by_size);
    for (size_t i = 0; i < n; i++)
        group_add(g, write_blob, &jobs[i]);
    if (group_wait(g, err) < 0 || sync_fd(p, p->blobs, err) < 0)
        return err_ret(err);
    return sync_fd(p, p->above, err);
}

static int write_file(const struct place *p, const char *name, const void *bytes, size_t n,
                      struct err *err)
{
    CLEANUP(free_ptr) char *path = path_join(p->path, name);
    CLEANUP(tmpfile_release) struct tmpfile t = TMPFILE_INIT;
    if (tmpfile_create_at(&t, p->dir, path, 0644, err) < 0 ||
        write_all(t.fd, bytes, n, path, err) < 0)
        return err_ret(err);
    return tmpfile_commit(&t, err);
}

static int fill_new(const struct writing *w, const struct blobs *blobs, const char *layout,
                    struct err *err)
{
    CLEANUP(place_close) struct place p = PLACE_INIT;
    p.path = layout;
    p.dir = open(layout, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (p.dir < 0 || fchmod(p.dir, 0755) < 0)
        return err_errno(err, errno, "%s", layout);
    if (place_open_blobs(&p, err) < 0)
        return err_ret(err);
    if (fchmod(p.above, 0755) < 0 || fchmod(p.blobs, 0755) < 0)
        return err_errno(err, errno, "%s/blobs", layout);
    CLEANUP(buf_release) struct buf index = BUF_INIT(0);
    CLEANUP(free_ptr) bool *none = xcalloc(blobs->n + 1, sizeof(*none));
    layout_index_json(w->output, w->to->ref, &index);
    if (write_blobs(w, blobs, none, &p, err) < 0 ||
        write_file(&p, "oci-layout", LAYOUT_MARKER, strlen(LAYOUT_MARKER), err) < 0 ||
        write_file(&p, "index.json", index.data, index.len, err) < 0)
        return err_ret(err);
    stamps_keep(w, blobs, p.blobs);
    return session_check(w->ctx->session, err);
}

static char *directory_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return !slash ? xstrdup(".") : slash == path ? xstrdup("/") : xstrndup(path, slash - path);
}

/* *ret_late: somebody else made the directory meanwhile. */
static int write_new(const struct writing *w, const struct blobs *blobs, const char *path,
                     bool *ret_late, struct err *err)
{
    CLEANUP(free_ptr) char *parent = directory_of(path);
    CLEANUP(free_ptr) char *name = xasprintf(".%.200s" TMPFILE_END, path_base(path));
    CLEANUP(free_ptr) char *temporary = path_join(parent, name);
    name[strlen(name) - 6] = '\0';
    leftovers_remove(parent, name);
    if (!mkdtemp(temporary))
        return err_errno(err, errno, "%s: can't create a directory beside it", path);
    CLEANUP(close_fd) int held = open(temporary, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (held >= 0)
        (void)!flock(held, LOCK_EX | LOCK_NB); /* leftovers_remove */
    int r = fill_new(w, blobs, temporary, err);
    if (r == 0 && rename(temporary, path) == 0)
        return dir_sync(parent, err);
    *ret_late = r == 0 && (errno == EEXIST || errno == ENOTEMPTY);
    if (r == 0 && !*ret_late)
        r = err_errno(err, errno, "%s: rename", path);
    CLEANUP(err_release) struct err ignored = ERR_INIT;
    if (dir_remove(temporary, &ignored) < 0 && r < 0)
        err_hint(err, "%s is left behind: %s", temporary, ignored.message);
    return r;
}

/* One writer at a time; closing the directory gives the lock back. */
static int lock(const struct writing *w, int dir, const char *path, struct err *err)
{
    bool said = false;
    while (flock(dir, LOCK_EX | LOCK_NB) < 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return err_errno(err, errno, "%s: can't lock it", path);
        if (session_check(w->ctx->session, err) < 0)
            return err_ret(err);
        if (!said && w->ctx->session->log)
            log_info(w->ctx->session->log, "%s: waiting for another writer", path);
        said = true;
        nanosleep(&(struct timespec){.tv_nsec = LOCK_PAUSE_NS}, NULL);
    }
    return 0;
}

/* "0123…ef", or what a killed writer left of it: ".0123…ef" TMPFILE_END (file.h). */
static bool is_blob_name(const char *name, struct sha256 *ret)
{
    bool temporary = *name == '.';
    name += temporary;
    size_t n = strlen(name);
    if (n != SHA256_HEX_LEN + (temporary ? strlen(TMPFILE_END) : 0))
        return false;
    if (!sha256_parse_hex((struct slice){name, SHA256_HEX_LEN}, ret))
        return false;
    if (temporary)
        *ret = (struct sha256){0};
    return !temporary || name[SHA256_HEX_LEN] == '.';
}

static void close_dir(DIR **d)
{
    if (*d)
        closedir(*d);
}

/* Calls unlink for each entry of the directory that `goes` picks. What can't be removed is
 * left: that it is there harms nobody. */
typedef bool (*goes_fn)(const char *name, const void *arg);

static void remove_entries(int at, goes_fn goes, const void *arg)
{
    int fd = openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CLEANUP(close_dir) DIR *d = fd < 0 ? NULL : fdopendir(fd);
    if (!d) {
        close_fd(&fd);
        return;
    }
    const struct dirent *entry;
    while ((entry = readdir(d)))
        if (goes(entry->d_name, arg))
            unlinkat(fd, entry->d_name, 0);
}

/* What a killed writer left of an index.json (file.h). */
static bool is_leftover(const char *name, const void *arg)
{
    (void)arg;
    static const char prefix[] = ".index.json", end[] = TMPFILE_END;
    return starts_with(name, prefix) && strlen(name) == strlen(prefix) + strlen(end) &&
           strncmp(name + strlen(prefix), end, strlen(end) - 6) == 0;
}

struct named {
    const struct blobs *now, *kept;
};

static bool is_unnamed(const char *name, const void *arg)
{
    const struct named *named = arg;
    struct sha256 digest;
    return is_blob_name(name, &digest) && !blobs_have(named->now, &digest) &&
           !blobs_have(named->kept, &digest);
}

/* Removes what a killed writer left, and the blobs that nothing names any more. */
static void clean(const struct old_index *old, const struct blobs *blobs, const struct place *p)
{
    CLEANUP(blobs_release) struct blobs kept = {0};
    remove_entries(p->dir, is_leftover, NULL);
    if (!old_index_reach(old, p->dir, &kept))
        return;
    blobs_sort(&kept);
    remove_entries(p->blobs, is_unnamed, &(struct named){blobs, &kept});
}

/* Blobs and then the index; what was written in vain is taken back. */
static int replace(const struct writing *w, const struct blobs *blobs, const bool *there,
                   const struct place *p, const struct buf *index, struct err *err)
{
    if (write_blobs(w, blobs, there, p, err) == 0 && session_check(w->ctx->session, err) == 0 &&
        write_file(p, "index.json", index->data, index->len, err) == 0)
        return 0;
    for (size_t i = 0; i < blobs->n; i++)
        if (!there[i])
            unlinkat(p->blobs, sha256_hex(&blobs->items[i].digest).s, 0);
    return err_ret(err);
}

static int update(const struct writing *w, const struct blobs *blobs, struct place *p,
                  bool *ret_unchanged, struct err *err)
{
    CLEANUP(old_index_release) struct old_index old;
    CLEANUP(buf_release) struct buf index = BUF_INIT(0);
    CLEANUP(free_ptr) bool *there = xcalloc(blobs->n + 1, sizeof(*there));
    if (old_index_read(p->dir, p->path, w->to->ref, &old, err) < 0 ||
        place_open_blobs(p, err) < 0 || stamps_look(w, blobs, p->blobs, there, err) < 0)
        return err_ret(err);
    old_index_prune(&old, p->dir, w->output, blobs);
    old_index_merge(&old, w->output, w->to->ref, &index);
    bool same = index.len == old.bytes.len && memcmp(index.data, old.bytes.data, index.len) == 0;
    for (size_t i = 0; same && i < blobs->n; i++)
        same = there[i];
    *ret_unchanged = same;
    if (!same && replace(w, blobs, there, p, &index, err) < 0)
        return err_ret(err);
    stamps_keep(w, blobs, p->blobs);
    /* Also where all was there: who wrote it may have been killed before it came to this. */
    clean(&old, blobs, p);
    return 0;
}

static bool is_empty(const char *path)
{
    CLEANUP(close_dir) DIR *d = opendir(path);
    const struct dirent *entry;
    bool empty = d;
    while (d && empty && (entry = readdir(d)))
        empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    return empty;
}

static int update_locked(const struct writing *w, const struct blobs *blobs, struct place *p,
                         bool *ret_unchanged, struct err *err)
{
    if (lock(w, p->dir, p->path, err) < 0)
        return err_ret(err);
    return update(w, blobs, p, ret_unchanged, err);
}

static int write_once(const struct writing *w, const struct blobs *blobs, bool *ret_unchanged,
                      bool *ret_late, struct err *err)
{
    CLEANUP(free_ptr) char *path = realpath(w->to->path, NULL);
    if (!path && errno == ENOENT)
        return write_new(w, blobs, w->to->path, ret_late, err);
    CLEANUP(place_close) struct place p = PLACE_INIT;
    p.path = path;
    p.dir = path ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (p.dir < 0)
        return err_errno(err, errno, "%s", w->to->path);
    if (faccessat(p.dir, "oci-layout", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        return update_locked(w, blobs, &p, ret_unchanged, err);
    if (is_empty(path))
        return write_new(w, blobs, path, ret_late, err);
    err_set(err, "%s: is neither empty nor an OCI layout", w->to->path);
    return err_hint(err, "choose another directory, or empty it");
}

int layout_write(const struct writing *w, bool *ret_unchanged, struct err *err)
{
    CLEANUP(blobs_release) struct blobs blobs;
    blobs_of(w->output, &blobs);
    bool late = true;
    int r = 0;
    for (int tries = 0; r == 0 && late && tries < 3; tries++) {
        late = false;
        r = write_once(w, &blobs, ret_unchanged, &late, err);
    }
    return r == 0 && late ? err_set(err, "%s: others write it all the time", w->to->path) : r;
}
