/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"
#include "oci/write.h"
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_PAUSE_NS 50000000

/* One blob's way into a directory; a task of the pool. */
struct job {
    const struct writing *w;
    const struct blob *blob;
    const char *dir; /* blobs/sha256 of the layout */
};

static char *blob_name(const struct blob *b)
{
    return xasprintf("blobs/sha256/%s", sha256_hex(&b->digest).s);
}

static bool blob_in_place(int dir, const struct blob *b)
{
    struct stat st;
    CLEANUP(free_ptr) char *name = blob_name(b);
    return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
           (uint64_t)st.st_size == b->size;
}

static int put(void *arg, const void *p, size_t n, struct err *err)
{
    const struct tmpfile *t = arg;
    return write_all(t->fd, p, n, t->destination, err);
}

static int write_blob(void *arg, struct err *err)
{
    const struct job *job = arg;
    CLEANUP(free_ptr) char *path = path_join(job->dir, sha256_hex(&job->blob->digest).s);
    CLEANUP(tmpfile_release) struct tmpfile t = TMPFILE_INIT;
    if (session_check(job->w->session, err) < 0 || tmpfile_create(&t, path, 0644, err) < 0 ||
        blob_send(job->w, job->blob, false, put, &t, err) < 0)
        return err_ret(err);
    /* As tmpfile_commit does it, but that the directory is made durable once, behind all. */
    if (fsync(t.fd) < 0)
        return err_errno(err, errno, "%s: fsync", path);
    if (rename(t.temporary, path) < 0)
        return err_errno(err, errno, "%s: rename", path);
    free(t.temporary);
    t.temporary = NULL;
    return 0;
}

static int by_size(const void *a, const void *b)
{
    const struct job *x = a, *y = b;
    return (x->blob->size < y->blob->size) - (x->blob->size > y->blob->size);
}

/* Writes those that aren't there, the largest first; layout is open as dir. */
static int write_blobs(const struct writing *w, const struct blobs *blobs, int dir,
                       const char *layout, struct err *err)
{
    CLEANUP(free_ptr) char *below = path_join(layout, "blobs/sha256");
    CLEANUP(free_ptr) struct job *jobs = xcalloc(blobs->n, sizeof(*jobs));
    if (dir_make(below, 0755, err) < 0)
        return err_ret(err);
    struct group *g = pool_group(w->session->pool);
    size_t n = 0;
    for (size_t i = 0; i < blobs->n; i++)
        if (!blob_in_place(dir, &blobs->items[i]))
            jobs[n++] = (struct job){w, &blobs->items[i], below};
    qsort(jobs, n, sizeof(*jobs), by_size);
    for (size_t i = 0; i < n; i++)
        group_add(g, write_blob, &jobs[i]);
    if (group_wait(g, err) < 0)
        return err_ret(err);
    CLEANUP(free_ptr) char *above = path_join(layout, "blobs");
    if (dir_sync(below, err) < 0)
        return err_ret(err);
    return dir_sync(above, err);
}

static int write_file(const char *layout, const char *name, const void *p, size_t n,
                      struct err *err)
{
    CLEANUP(free_ptr) char *path = path_join(layout, name);
    return file_write(path, p, n, 0644, err);
}

static int fill_new(const struct writing *w, const struct blobs *blobs, const char *layout,
                    struct err *err)
{
    CLEANUP(close_fd) int dir = open(layout, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0 || fchmod(dir, 0755) < 0)
        return err_errno(err, errno, "%s", layout);
    static const char *const below[] = {"blobs", "blobs/sha256"};
    for (size_t i = 0; i < ARRAY_SIZE(below); i++)
        if (mkdirat(dir, below[i], 0755) < 0 || fchmodat(dir, below[i], 0755, 0) < 0)
            return err_errno(err, errno, "%s/%s", layout, below[i]);
    CLEANUP(buf_release) struct buf index = BUF_INIT(0);
    layout_index_json(w->output, w->to->ref, &index);
    if (write_blobs(w, blobs, dir, layout, err) < 0 ||
        write_file(layout, "oci-layout", LAYOUT_MARKER, strlen(LAYOUT_MARKER), err) < 0 ||
        write_file(layout, "index.json", index.data, index.len, err) < 0)
        return err_ret(err);
    return session_check(w->session, err);
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
    CLEANUP(free_ptr) char *name = xasprintf(".%.200s.XXXXXX", path_base(path));
    CLEANUP(free_ptr) char *temporary = path_join(parent, name);
    if (!mkdtemp(temporary))
        return err_errno(err, errno, "%s: can't create a directory beside it", path);
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
        if (session_check(w->session, err) < 0)
            return err_ret(err);
        if (!said && w->session->log)
            log_info(w->session->log, "%s: waiting for another writer", path);
        said = true;
        nanosleep(&(struct timespec){.tv_nsec = LOCK_PAUSE_NS}, NULL);
    }
    return 0;
}

/* "0123…ef", or what a killed writer left of it: ".0123…ef.XXXXXX" (file.h). */
static bool is_blob_name(const char *name, struct sha256 *ret)
{
    bool temporary = *name == '.';
    name += temporary;
    size_t n = strlen(name);
    if (n != SHA256_HEX_LEN + (temporary ? 7 : 0))
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

/* Calls unlink for each entry of a directory below `at` that `goes` picks. What can't be removed is
 * left: that it is there harms nobody. */
typedef bool (*goes_fn)(const char *name, const void *arg);

static void remove_entries(int at, const char *below, goes_fn goes, const void *arg)
{
    int fd = openat(at, below, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
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
    static const char prefix[] = ".index.json.";
    return strncmp(name, prefix, strlen(prefix)) == 0 && strlen(name) == strlen(prefix) + 6;
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
static void clean(const struct old_index *old, const struct blobs *blobs, int dir)
{
    CLEANUP(blobs_release) struct blobs kept = {0};
    remove_entries(dir, ".", is_leftover, NULL);
    if (!old_index_reach(old, dir, &kept))
        return;
    blobs_sort(&kept);
    remove_entries(dir, "blobs/sha256", is_unnamed, &(struct named){blobs, &kept});
}

/* Blobs and then the index; what was written in vain is taken back. */
static int replace(const struct writing *w, const struct blobs *blobs, const char *path, int dir,
                   const struct buf *index, struct err *err)
{
    CLEANUP(free_ptr) bool *there = xcalloc(blobs->n + 1, sizeof(*there));
    for (size_t i = 0; i < blobs->n; i++)
        there[i] = blob_in_place(dir, &blobs->items[i]);
    if (write_blobs(w, blobs, dir, path, err) == 0 && session_check(w->session, err) == 0 &&
        write_file(path, "index.json", index->data, index->len, err) == 0)
        return 0;
    for (size_t i = 0; i < blobs->n; i++) {
        CLEANUP(free_ptr) char *name = blob_name(&blobs->items[i]);
        if (!there[i])
            unlinkat(dir, name, 0);
    }
    return err_ret(err);
}

static int update(const struct writing *w, const struct blobs *blobs, const char *path, int dir,
                  bool *ret_unchanged, struct err *err)
{
    CLEANUP(old_index_release) struct old_index old;
    CLEANUP(buf_release) struct buf index = BUF_INIT(0);
    if (old_index_read(dir, path, w->to->ref, &old, err) < 0)
        return err_ret(err);
    old_index_prune(&old, dir, w->output, blobs);
    old_index_merge(&old, w->output, w->to->ref, &index);
    bool same = index.len == old.bytes.len && memcmp(index.data, old.bytes.data, index.len) == 0;
    for (size_t i = 0; same && i < blobs->n; i++)
        same = blob_in_place(dir, &blobs->items[i]);
    *ret_unchanged = same;
    if (!same && replace(w, blobs, path, dir, &index, err) < 0)
        return err_ret(err);
    /* Also where all was there: who wrote it may have been killed before it came to this. */
    clean(&old, blobs, dir);
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

static int update_locked(const struct writing *w, const struct blobs *blobs, const char *path,
                         int dir, bool *ret_unchanged, struct err *err)
{
    if (lock(w, dir, path, err) < 0)
        return err_ret(err);
    return update(w, blobs, path, dir, ret_unchanged, err);
}

static int write_once(const struct writing *w, const struct blobs *blobs, bool *ret_unchanged,
                      bool *ret_late, struct err *err)
{
    CLEANUP(free_ptr) char *path = realpath(w->to->path, NULL);
    if (!path && errno == ENOENT)
        return write_new(w, blobs, w->to->path, ret_late, err);
    CLEANUP(close_fd) int dir = path ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (dir < 0)
        return err_errno(err, errno, "%s", w->to->path);
    if (faccessat(dir, "oci-layout", F_OK, AT_SYMLINK_NOFOLLOW) == 0)
        return update_locked(w, blobs, path, dir, ret_unchanged, err);
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
