/* SPDX-License-Identifier: Apache-2.0 */
#include "net/cache.h"
#include "net/cache_private.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define SWEEP_AFTER (7 * 86400) /* seconds */
#define FACT_MAGIC  "mkimage fact 1\n"
#define FACT_MAX    (256u << 20)

struct cache {
    char *dir;
    char *partial;
};

char *cache_default_dir(void)
{
    const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (xdg && xdg[0] == '/')
        return path_join(xdg, "mkimage");
    return home && *home ? path_join(home, ".cache/mkimage") : NULL;
}

/* Removes what killed builders left in partial/ and nobody came back for. */
static void sweep(const struct cache *c)
{
    DIR *d = opendir(c->partial);
    if (!d)
        return;
    time_t now = time(NULL);
    const struct dirent *e;
    while ((e = readdir(d))) {
        struct stat st;
        if (fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode) ||
            now - st.st_mtime < SWEEP_AFTER)
            continue;
        CLEANUP(close_fd)
        int fd = openat(dirfd(d), e->d_name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
        if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
            unlinkat(dirfd(d), e->d_name, 0);
    }
    closedir(d);
}

int cache_open(const char *dir, struct cache **ret, struct err *err)
{
    struct cache *c = xcalloc(1, sizeof(*c));
    c->dir = xstrdup(dir);
    c->partial = path_join(dir, "partial");
    *ret = NULL;
    if (dir_make(c->dir, 0700, err) < 0 || dir_make(c->partial, 0700, err) < 0) {
        err_hint(err, "name another place with --cache or MKIMAGE_CACHE");
        cache_free(c);
        return err_wrap(err, "cache");
    }
    sweep(c);
    *ret = c;
    return 0;
}

void cache_free(struct cache *c)
{
    if (!c)
        return;
    free(c->dir);
    free(c->partial);
    free(c);
}

const char *cache_dir(const struct cache *c)
{
    return c->dir;
}

char *cache_blob_path(struct cache *c, const struct sha256 *sha256)
{
    struct sha256_text hex = sha256_hex(sha256);
    return xasprintf("%s/blobs/sha256/%.2s/%s", c->dir, hex.s, hex.s);
}

static int make_parent(const char *path, struct err *err)
{
    CLEANUP(free_ptr) char *dir = xstrndup(path, (size_t)(strrchr(path, '/') - path));
    return dir_make(dir, 0700, err);
}

int cache_open_blob(struct cache *c, const struct sha256 *sha256, uint64_t size, uint64_t *ret_size,
                    struct err *err)
{
    CLEANUP(free_ptr) char *path = cache_blob_path(c, sha256);
    CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat st;
    if (fd < 0)
        return err_errno(err, errno, "%s", path);
    if (fstat(fd, &st) < 0)
        return err_errno(err, errno, "%s", path);
    if (!S_ISREG(st.st_mode) || (size != UINT64_MAX && (uint64_t)st.st_size != size)) {
        unlink(path);
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
    CLEANUP(free_ptr) char *path = cache_blob_path(c, sha256);
    struct stat st;
    if (lstat(path, &st) < 0)
        return false;
    if (S_ISREG(st.st_mode) && (size == UINT64_MAX || (uint64_t)st.st_size == size))
        return true;
    CLEANUP(err_release) struct err ignored = ERR_INIT;
    CLEANUP(close_fd) int fd = cache_open_blob(c, sha256, size, NULL, &ignored);
    return fd >= 0;
}

void cache_blob_drop(struct cache *c, const struct sha256 *sha256)
{
    CLEANUP(free_ptr) char *path = cache_blob_path(c, sha256);
    unlink(path);
}

int cache_blob_begin(struct cache *c, struct tmpfile *t, struct err *err)
{
    CLEANUP(free_ptr) char *name = path_join(c->partial, "blob");
    return tmpfile_create(t, name, 0444, err);
}

int cache_blob_commit(struct cache *c, struct tmpfile *t, const struct sha256 *sha256,
                      struct err *err)
{
    struct stat st;
    if (fstat(t->fd, &st) < 0)
        return err_errno(err, errno, "%s", t->temporary);
    if (cache_has_blob(c, sha256, (uint64_t)st.st_size)) {
        tmpfile_release(t);
        return 0;
    }
    free(t->destination);
    t->destination = cache_blob_path(c, sha256);
    int r = make_parent(t->destination, err);
    /* That the name is durable, too, isn't waited for: a blob that is lost is made again. */
    if (r == 0 && fsync(t->fd) < 0)
        r = err_errno(err, errno, "%s: fsync", t->destination);
    if (r == 0)
        r = tmpfile_rename(t, err);
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
        return -err->code;
    return cache_blob_commit(c, &t, &digest, err);
}

static char *fact_path(struct cache *c, const char *kind, const struct sha256 *key)
{
    struct sha256_text hex = sha256_hex(key);
    return xasprintf("%s/facts/%s/%.2s/%s", c->dir, kind, hex.s, hex.s);
}

/* A record is the magic, a checksum of kind, key and content, and the content: in another one's
 * place it is damaged, too. */
#define FACT_HEAD (sizeof(FACT_MAGIC) - 1 + sizeof(struct sha256))

static struct sha256 fact_sum(const char *kind, const struct sha256 *key, const void *p, size_t n)
{
    CLEANUP(hasher_release) struct hasher h = {0};
    hasher_start(&h);
    hasher_add(&h, kind, strlen(kind) + 1);
    hasher_add(&h, key->bytes, sizeof(key->bytes));
    hasher_add(&h, p, n);
    return hasher_end(&h);
}

/* Reads a record's content into ret; false if it isn't whole. */
static bool fact_read(int fd, const char *kind, const struct sha256 *key, struct buf *ret)
{
    CLEANUP(err_release) struct err ignored = ERR_INIT;
    char head[FACT_HEAD];
    struct stat st;
    if (fstat(fd, &st) < 0 || st.st_size < (off_t)FACT_HEAD || st.st_size > FACT_MAX)
        return false;
    size_t n = (size_t)st.st_size - FACT_HEAD;
    char *room = buf_reserve(ret, n);
    if (!room || pread_all(fd, head, sizeof(head), 0, "", &ignored) < 0 ||
        pread_all(fd, room, n, FACT_HEAD, "", &ignored) < 0)
        return false;
    buf_filled(ret, n);
    struct sha256 sum = fact_sum(kind, key, room, n);
    return memcmp(head, FACT_MAGIC, sizeof(FACT_MAGIC) - 1) == 0 &&
           memcmp(head + sizeof(FACT_MAGIC) - 1, sum.bytes, sizeof(sum.bytes)) == 0;
}

int cache_fact_get(struct cache *c, const char *kind, const struct sha256 *key, struct buf *ret,
                   struct err *err)
{
    CLEANUP(free_ptr) char *path = fact_path(c, kind, key);
    CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    buf_reset(ret);
    if (fd < 0)
        return err_errno(err, errno, "%s", path);
    if (fact_read(fd, kind, key, ret))
        return 0;
    buf_reset(ret);
    return err_code(err, ERR_NOT_FOUND, "%s: damaged", path);
}

static int fact_write(struct cache *c, const char *kind, const struct sha256 *key, const void *p,
                      size_t n, bool durable, struct err *err)
{
    CLEANUP(free_ptr) char *path = fact_path(c, kind, key);
    CLEANUP(tmpfile_release) struct tmpfile t = TMPFILE_INIT;
    struct sha256 sum = fact_sum(kind, key, p, n);
    if (n > FACT_MAX - FACT_HEAD)
        return err_set(err, "%s: a record of %zu bytes", path, n);
    if (make_parent(path, err) < 0 || tmpfile_create(&t, path, 0600, err) < 0 ||
        write_all(t.fd, FACT_MAGIC, sizeof(FACT_MAGIC) - 1, path, err) < 0 ||
        write_all(t.fd, sum.bytes, sizeof(sum.bytes), path, err) < 0 ||
        write_all(t.fd, p, n, path, err) < 0)
        return -err->code;
    return durable ? tmpfile_commit(&t, err) : tmpfile_rename(&t, err);
}

int cache_fact_put(struct cache *c, const char *kind, const struct sha256 *key, const void *p,
                   size_t n, struct err *err)
{
    return fact_write(c, kind, key, p, n, false, err);
}

int cache_fact_keep(struct cache *c, const char *kind, const struct sha256 *key, const void *p,
                    size_t n, struct err *err)
{
    return fact_write(c, kind, key, p, n, true, err);
}

static char *partial_path(struct cache *c, const struct sha256 *sha256)
{
    return path_join(c->partial, sha256_hex(sha256).s);
}

/* Whether the path still leads to the open file: its holder may have renamed it meanwhile. */
static bool still_there(int fd, const char *path)
{
    struct stat a, b;
    return fstat(fd, &a) == 0 && stat(path, &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

int partial_open(struct cache *c, const struct sha256 *sha256, struct partial *ret,
                 uint64_t *ret_have, struct err *err)
{
    CLEANUP(free_ptr) char *path = partial_path(c, sha256);
    struct stat st;

    *ret = (struct partial)PARTIAL_INIT;
    for (int i = 0; i < 100; i++) {
        CLEANUP(close_fd)
        int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd < 0 || fstat(fd, &st) < 0)
            return err_errno(err, errno, "%s", path);
        if (ret_have)
            *ret_have = (uint64_t)st.st_size;
        if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
            if (errno != EWOULDBLOCK && errno != EINTR)
                return err_errno(err, errno, "%s: flock", path);
            return 0;
        }
        if (!still_there(fd, path) || fstat(fd, &st) < 0)
            continue;
        *ret = (struct partial){fd, path, (uint64_t)st.st_size};
        fd = -1;
        path = NULL;
        return 1;
    }
    return err_set(err, "%s: keeps going away", path);
}

int partial_open_own(struct cache *c, const struct sha256 *sha256, struct partial *ret,
                     struct err *err)
{
    char *path = xasprintf("%s/%s.XXXXXX", c->partial, sha256_hex(sha256).s);
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0) {
        int errnum = errno;
        err_errno(err, errnum, "%s", path);
        free(path);
        return -err->code;
    }
    *ret = (struct partial){fd, path, 0};
    return 0;
}

void partial_close(struct partial *p)
{
    if (p->path && strchr(strrchr(p->path, '/'), '.'))
        unlink(p->path);
    close_fd(&p->fd);
    free(p->path);
    *p = (struct partial)PARTIAL_INIT;
}

int partial_commit(struct cache *c, struct partial *p, const struct sha256 *sha256, struct err *err)
{
    struct tmpfile t = {p->fd, p->path, cache_blob_path(c, sha256)};
    *p = (struct partial)PARTIAL_INIT;
    int r = fchmod(t.fd, 0444) < 0 ? err_errno(err, errno, "%s", t.temporary) : 0;
    if (r == 0)
        r = make_parent(t.destination, err);
    if (r == 0)
        r = tmpfile_commit(&t, err);
    tmpfile_release(&t);
    return r;
}
