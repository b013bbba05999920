/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"
#include "net/cache_private.h"
#include <dirent.h>
#include <errno.h>
#include <sys/file.h>
#include <unistd.h>

#define SWEEP_AFTER (7 * 86400) /* seconds */

char *cache_default_dir(void)
{
    const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (xdg && xdg[0] == '/')
        return path_join(xdg, "mkimage");
    return home && *home ? path_join(home, ".cache/mkimage") : NULL;
}

/* Removes what killed builders left in partial/ and nobody came back for. */
static void sweep(const struct cachedir *place)
{
    int fd = openat(place->partial, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    if (!d) {
        close_fd(&fd);
        return;
    }
    time_t now = time(NULL);
    const struct dirent *e;
    while ((e = readdir(d))) {
        struct stat st;
        if (fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode) ||
            st.st_uid != place->uid || now - st.st_mtime < SWEEP_AFTER)
            continue;
        CLEANUP(close_fd)
        int held = openat(dirfd(d), e->d_name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
        if (held >= 0 && flock(held, LOCK_EX | LOCK_NB) == 0)
            unlinkat(dirfd(d), e->d_name, 0);
    }
    closedir(d);
}

int cache_open(const char *dir, struct cache **ret, struct err *err)
{
    struct cache *c = xcalloc(1, sizeof(*c));
    *ret = NULL;
    if (cachedir_open(&c->place, dir, err) < 0) {
        err_hint(err, "name another place with --cache or MKIMAGE_CACHE");
        cache_free(c);
        return err_wrap(err, "cache");
    }
    sweep(&c->place);
    *ret = c;
    return 0;
}

void cache_free(struct cache *c)
{
    if (!c)
        return;
    cachedir_release(&c->place);
    free(c);
}

const char *cache_dir(const struct cache *c)
{
    return c->place.path;
}

char *cache_doubt(const struct cache *c)
{
    return cachedir_doubt(&c->place);
}

struct blob_name blob_name(const struct sha256 *sha256)
{
    struct blob_name name;
    struct sha256_text hex = sha256_hex(sha256);
    snprintf(name.s, sizeof(name.s), "blobs/sha256/%.2s/%.64s", hex.s, hex.s);
    return name;
}

char *cache_blob_path(const struct cache *c, const struct sha256 *sha256)
{
    return cachedir_path(&c->place, blob_name(sha256).s);
}

int cache_open_blob(struct cache *c, const struct sha256 *sha256, uint64_t size, uint64_t *ret_size,
                    struct err *err)
{
    struct stat st;
    struct blob_name name = blob_name(sha256);
    CLEANUP(close_fd) int fd = cachedir_get(&c->place, name.s, &st, err);
    if (fd < 0)
        return err_ret(err);
    if (size != UINT64_MAX && (uint64_t)st.st_size != size) {
        CLEANUP(free_ptr) char *path = cache_blob_path(c, sha256);
        cachedir_drop(&c->place, name.s);
        return err_code(err, ERR_NOT_FOUND, "%s: not of the right size, removed", path);
    }
    if (ret_size)
        *ret_size = (uint64_t)st.st_size;
    int kept = fd;
    fd = -1;
    return kept;
}

bool cache_has_blob(struct cache *c, const struct sha256 *sha256, uint64_t size)
{
    CLEANUP(err_release) struct err ignored = ERR_INIT;
    CLEANUP(close_fd) int fd = cache_open_blob(c, sha256, size, NULL, &ignored);
    return fd >= 0;
}

void cache_blob_drop(struct cache *c, const struct sha256 *sha256)
{
    cachedir_drop(&c->place, blob_name(sha256).s);
}

int cache_blob_begin(struct cache *c, struct tmpfile *t, struct err *err)
{
    return cache_begin(c, t, "blob", BLOB_MODE, err);
}

int cache_begin(struct cache *c, struct tmpfile *t, const char *what, mode_t mode, struct err *err)
{
    if (cachedir_check_writable(&c->place, err) < 0)
        return err_ret(err);
    CLEANUP(free_ptr) char *name = xasprintf("%s/partial/%s", c->place.path, what);
    return tmpfile_create_at(t, c->place.partial, name, mode, err);
}

int cache_blob_commit(struct cache *c, struct tmpfile *t, const struct sha256 *sha256,
                      struct err *err)
{
    struct stat st;
    int r = 0;
    if (fstat(t->fd, &st) < 0)
        return err_errno(err, errno, "%s", t->temporary);
    if (cache_has_blob(c, sha256, (uint64_t)st.st_size)) {
        tmpfile_release(t);
        return 0;
    }
    /* That the name is durable, too, isn't waited for: a blob that is lost is made again. */
    if (fsync(t->fd) < 0)
        r = err_errno(err, errno, "%s: fsync", t->temporary);
    if (r == 0)
        r = cachedir_put(&c->place, t, blob_name(sha256).s, false, err);
    tmpfile_release(t);
    return r;
}

int cache_blob_put(struct cache *c, const void *p, size_t n, struct sha256 *ret_digest,
                   struct err *err)
{
    CLEANUP(tmpfile_release) struct tmpfile t = TMPFILE_INIT;
    struct sha256 digest = sha256_of(p, n);
    if (ret_digest)
        *ret_digest = digest;
    if (cache_has_blob(c, &digest, n))
        return 0;
    if (cache_blob_begin(c, &t, err) < 0 || write_all(t.fd, p, n, t.temporary, err) < 0)
        return err_ret(err);
    return cache_blob_commit(c, &t, &digest, err);
}
