/* SPDX-License-Identifier: Apache-2.0 */
#include "net/cache_private.h"

#define FACT_MAGIC "mkimage fact 1\n"
#define FACT_MAX   (256u << 20)

static char *fact_name(const char *kind, const struct sha256 *key)
{
    struct sha256_text hex = sha256_hex(key);
    return xasprintf("facts/%s/%.2s/%s", kind, hex.s, hex.s);
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
static bool fact_read(int fd, const struct stat *st, const char *kind, const struct sha256 *key,
                      struct buf *ret)
{
    CLEANUP(err_release) struct err ignored = ERR_INIT;
    char head[FACT_HEAD];
    if (st->st_size < (off_t)FACT_HEAD || st->st_size > FACT_MAX)
        return false;
    size_t n = (size_t)st->st_size - FACT_HEAD;
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
    struct stat st;
    CLEANUP(free_ptr) char *name = fact_name(kind, key);
    buf_reset(ret);
    CLEANUP(close_fd) int fd = cachedir_get(&c->place, name, &st, err);
    if (fd < 0)
        return err_ret(err);
    if (fact_read(fd, &st, kind, key, ret))
        return 0;
    buf_reset(ret);
    CLEANUP(free_ptr) char *path = cachedir_path(&c->place, name);
    return err_code(err, ERR_NOT_FOUND, "%s: damaged", path);
}

static int fact_write(struct cache *c, const char *kind, const struct sha256 *key, const void *p,
                      size_t n, bool durable, struct err *err)
{
    CLEANUP(free_ptr) char *name = fact_name(kind, key);
    CLEANUP(free_ptr) char *path = cachedir_path(&c->place, name);
    CLEANUP(tmpfile_release) struct tmpfile t = TMPFILE_INIT;
    struct sha256 sum = fact_sum(kind, key, p, n);
    if (n > FACT_MAX - FACT_HEAD)
        return err_set(err, "%s: a record of %zu bytes", path, n);
    if (c->place.read_only)
        return cachedir_check(&c->place, err);
    if (cache_begin(c, &t, "fact", 0600, err) < 0 ||
        write_all(t.fd, FACT_MAGIC, sizeof(FACT_MAGIC) - 1, path, err) < 0 ||
        write_all(t.fd, sum.bytes, sizeof(sum.bytes), path, err) < 0 ||
        write_all(t.fd, p, n, path, err) < 0)
        return err_ret(err);
    return cachedir_put(&c->place, &t, name, durable, err);
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
