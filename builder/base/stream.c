/* SPDX-License-Identifier: Apache-2.0 */
#include "base/stream.h"
#include "base/file.h"
#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

#define COPY_CHUNK 65536

ssize_t source_read(struct source *s, void *p, size_t n, struct err *err)
{
    /* What goes on reading after an error may still hold that very error. */
    if (s->failed)
        return err->code ? err_ret(err) : err_set(err, "read after an error");
    ssize_t got = s->read(s, p, n, err);
    if (got < 0)
        s->failed = true;
    return got;
}

void source_free(struct source *s)
{
    if (s)
        s->free(s);
}

void source_cleanup(struct source **s)
{
    source_free(*s);
    *s = NULL;
}

int source_read_all(struct source *s, void *p, size_t n, struct err *err)
{
    char *at = p;
    while (n) {
        ssize_t got = source_read(s, at, n, err);
        if (got < 0)
            return (int)got;
        if (got == 0)
            return err_set(err, "ends %zu bytes early", n);
        at += got;
        n -= (size_t)got;
    }
    return 0;
}

int source_read_buf(struct source *s, struct buf *ret, struct err *err)
{
    buf_reset(ret);
    for (;;) {
        char extra;
        size_t left = ret->max ? ret->max - ret->len : SIZE_MAX;
        size_t want = left < COPY_CHUNK ? left : COPY_CHUNK;
        char *room = want ? buf_reserve(ret, want) : NULL;
        ssize_t got = source_read(s, room ? room : &extra, room ? want : 1, err);
        if (got <= 0)
            return (int)got;
        if (!room)
            return err_set(err, "is larger than %zu bytes", ret->max);
        buf_filled(ret, (size_t)got);
    }
}

int source_hash(struct source *s, const struct session *session, struct sha256 *ret,
                struct err *err)
{
    CLEANUP(free_ptr) char *chunk = xmalloc(COPY_CHUNK);
    CLEANUP(hasher_release) struct hasher h = {0};
    ssize_t got;

    hasher_start(&h);
    while ((got = source_read(s, chunk, COPY_CHUNK, err)) > 0) {
        if (session && session_check(session, err) < 0)
            return err_ret(err);
        hasher_add(&h, chunk, (size_t)got);
    }
    *ret = hasher_end(&h);
    return (int)got;
}

int source_copy_fd(struct source *s, int fd, const char *name, struct err *err)
{
    CLEANUP(free_ptr) char *chunk = xmalloc(COPY_CHUNK);
    for (;;) {
        ssize_t got = source_read(s, chunk, COPY_CHUNK, err);
        if (got <= 0)
            return (int)got;
        if (write_all(fd, chunk, (size_t)got, name, err) < 0)
            return err_ret(err);
    }
}

struct fd_source {
    struct source base;
    int fd;
    char *name;
    bool ranged;
    uint64_t offset, left; /* where ranged */
};

static ssize_t fd_read(struct source *s, void *p, size_t n, struct err *err)
{
    struct fd_source *f = (struct fd_source *)s;
    if (f->ranged && n > f->left)
        n = (size_t)f->left;
    if (n == 0)
        return 0;
    ssize_t got;
    do
        got = f->ranged ? pread(f->fd, p, n, (off_t)f->offset) : read(f->fd, p, n);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return err_errno(err, errno, "%s: read", f->name);
    if (f->ranged) {
        if (got == 0)
            return err_set(err, "%s: ends %" PRIu64 " bytes early", f->name, f->left);
        f->offset += (uint64_t)got;
        f->left -= (uint64_t)got;
    }
    return got;
}

static void fd_free(struct source *s)
{
    struct fd_source *f = (struct fd_source *)s;
    free(f->name);
    free(f);
}

struct source *source_fd(int fd, const char *name)
{
    struct fd_source *f = xcalloc(1, sizeof(*f));
    f->base = (struct source){fd_read, fd_free, false};
    f->fd = fd;
    f->name = xstrdup(name);
    return &f->base;
}

struct source *source_range(int fd, const char *name, uint64_t offset, uint64_t length)
{
    struct source *s = source_fd(fd, name);
    struct fd_source *f = (struct fd_source *)s;
    f->ranged = true;
    f->offset = offset;
    f->left = length;
    return s;
}

struct mem_source {
    struct source base;
    const char *p;
    size_t left;
};

static ssize_t mem_read(struct source *s, void *p, size_t n, struct err *err)
{
    (void)err;
    struct mem_source *m = (struct mem_source *)s;
    if (n > m->left)
        n = m->left;
    if (n)
        memcpy(p, m->p, n);
    m->p += n;
    m->left -= n;
    return (ssize_t)n;
}

static void mem_free(struct source *s)
{
    free(s);
}

struct source *source_mem(const void *p, size_t n)
{
    struct mem_source *m = xcalloc(1, sizeof(*m));
    m->base = (struct source){mem_read, mem_free, false};
    m->p = p;
    m->left = n;
    return &m->base;
}

struct verified_source {
    struct source base;
    struct source *inner;
    struct hasher hasher;
    struct sha256 want;
    uint64_t size, left;
    bool done;
    char *name;
};

static ssize_t verified_end(struct verified_source *v, struct err *err)
{
    char extra;
    ssize_t got = source_read(v->inner, &extra, 1, err);
    if (got < 0)
        return got;
    if (got > 0)
        return err_set(err, "%s: is longer than the %" PRIu64 " bytes it should have", v->name,
                       v->size);
    struct sha256 have = hasher_end(&v->hasher);
    if (!sha256_eq(&have, &v->want))
        return err_set(err, "%s: has SHA-256 %s, but should have %s", v->name, sha256_hex(&have).s,
                       sha256_hex(&v->want).s);
    v->done = true;
    return 0;
}

static ssize_t verified_read(struct source *s, void *p, size_t n, struct err *err)
{
    struct verified_source *v = (struct verified_source *)s;
    if (v->done || n == 0)
        return 0;
    if (v->left == 0)
        return verified_end(v, err);
    ssize_t got = source_read(v->inner, p, n < v->left ? n : (size_t)v->left, err);
    if (got < 0)
        return got;
    if (got == 0)
        return err_set(err, "%s: ends after %" PRIu64 " of %" PRIu64 " bytes", v->name,
                       v->size - v->left, v->size);
    hasher_add(&v->hasher, p, (size_t)got);
    v->left -= (uint64_t)got;
    return got;
}

static void verified_free(struct source *s)
{
    struct verified_source *v = (struct verified_source *)s;
    source_free(v->inner);
    hasher_release(&v->hasher);
    free(v->name);
    free(v);
}

struct source *source_verified(struct source *inner, uint64_t size, const struct sha256 *sha256,
                               const char *name)
{
    struct verified_source *v = xcalloc(1, sizeof(*v));
    v->base = (struct source){verified_read, verified_free, false};
    v->inner = inner;
    v->want = *sha256;
    v->size = v->left = size;
    v->name = xstrdup(name);
    hasher_start(&v->hasher);
    return &v->base;
}
