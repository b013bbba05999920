/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/stamps.h"

#include "net/cache.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#define STAMPS_MAX (16u << 20)

/* One layout's, wherever it is called so. */
static bool key_of(int dir, struct sha256 *ret)
{
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    struct stat st;

    if (fstat(dir, &st) < 0)
        return false;
    buf_addf(&b, "layout %ju %ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
    *ret = sha256_of(b.data, b.len);
    return true;
}

/* A line of the record. */
static void add_stamp(struct buf *ret, const struct sha256 *digest, const struct stat *st)
{
    buf_addf(ret, "%s %ju %jd %jd.%09ld\n", sha256_hex(digest).s, (uintmax_t)st->st_ino,
             (intmax_t)st->st_size, (intmax_t)st->st_ctim.tv_sec, st->st_ctim.tv_nsec);
}

static bool is_file(int dir, const struct blob *b, struct stat *ret)
{
    return fstatat(dir, sha256_hex(&b->digest).s, ret, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISREG(ret->st_mode) && (uint64_t)ret->st_size == b->size;
}

static bool has_stamp(const struct buf *stamps, const struct blob *b, const struct stat *st)
{
    CLEANUP(buf_release) struct buf line = BUF_INIT(0);

    add_stamp(&line, &b->digest, st);
    return stamps->len && memmem(stamps->data, stamps->len, line.data, line.len);
}

/* *ret: whether the file has the digest that it is named by. */
static int hash(const struct writing *w, int dir, const struct blob *b, bool *ret, struct err *err)
{
    CLEANUP(err_release) struct err why = ERR_INIT;
    const struct sha256_text name = sha256_hex(&b->digest);
    CLEANUP(close_fd)
    int fd = openat(dir, name.s, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct sha256 digest;

    *ret = false;
    if (fd < 0)
        return 0;
    CLEANUP(source_cleanup) struct source *s = source_fd(fd, name.s);
    if (source_hash(s, w->ctx->session, &digest, &why) < 0)
        return why.code == ERR_STOPPED ? err_move(err, &why) : 0;
    *ret = sha256_eq(&digest, &b->digest);
    return 0;
}

int stamps_look(const struct writing *w, const struct blobs *blobs, int dir, bool *ret,
                struct err *err)
{
    CLEANUP(err_release) struct err ignored = ERR_INIT;
    CLEANUP(buf_release) struct buf stamps = BUF_INIT(STAMPS_MAX);
    struct sha256 key;

    if (key_of(dir, &key))
        (void)!cache_fact_get(w->ctx->cache, "layout", &key, &stamps, &ignored);
    for (size_t i = 0; i < blobs->n; i++) {
        const struct blob *b = &blobs->items[i];
        struct stat st;
        ret[i] = is_file(dir, b, &st);
        if (ret[i] && !has_stamp(&stamps, b, &st) && hash(w, dir, b, &ret[i], err) < 0)
            return err_ret(err);
    }
    return 0;
}

void stamps_keep(const struct writing *w, const struct blobs *blobs, int dir)
{
    CLEANUP(err_release) struct err ignored = ERR_INIT;
    CLEANUP(buf_release) struct buf stamps = BUF_INIT(STAMPS_MAX), before = BUF_INIT(STAMPS_MAX);
    struct sha256 key;

    for (size_t i = 0; i < blobs->n; i++) {
        struct stat st;
        if (is_file(dir, &blobs->items[i], &st))
            add_stamp(&stamps, &blobs->items[i].digest, &st);
    }
    if (stamps.overflow || !key_of(dir, &key))
        return;
    if (cache_fact_get(w->ctx->cache, "layout", &key, &before, &ignored) == 0 &&
        before.len == stamps.len && memcmp(before.data, stamps.data, stamps.len) == 0)
        return;
    err_clear(&ignored);
    (void)!cache_fact_put(w->ctx->cache, "layout", &key, buf_str(&stamps), stamps.len, &ignored);
}
