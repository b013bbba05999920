/* SPDX-License-Identifier: Apache-2.0 */
#include "rootfs/doc.h"
#include "base/text.h"

#include "base/path.h"
#include "base/stream.h"
#include "deb/member.h"
#include "rootfs/tarread.h"
#include "rootfs/unpack.h"

void doc_init(struct doc *d)
{
    *d = (struct doc){.rebuild = BUF_INIT(DOC_PACKED_MAX),
                      .debian = BUF_INIT(DOC_PACKED_MAX),
                      .native = BUF_INIT(DOC_PACKED_MAX)};
}

void doc_release(struct doc *d)
{
    buf_release(&d->rebuild);
    buf_release(&d->debian);
    buf_release(&d->native);
    d->now = NULL;
}

static struct buf *file_of(struct doc *d, const char *file)
{
    static const char debian[] = "changelog.Debian.", gz[] = ".gz";
    size_t n = strlen(file), prefix = strlen(debian), end = strlen(gz);

    if (strcmp(file, "changelog.gz") == 0)
        return &d->native;
    if (strncmp(file, debian, prefix) != 0 || n < prefix + 2 || strcmp(file + n - end, gz) != 0)
        return NULL;
    return n == prefix + 2 ? &d->debian : &d->rebuild;
}

void doc_file(struct doc *d, const char *name, const char *path)
{
    static const char dir[] = "usr/share/doc/";
    const char *rest = path + strlen(dir);
    size_t n = strlen(name);

    d->now = NULL;
    if (!starts_with(path, dir) || strncmp(rest, name, n) != 0 || rest[n] != '/' ||
        strchr(rest + n + 1, '/'))
        return;
    d->now = file_of(d, rest + n + 1);
    if (d->now)
        buf_reset(d->now);
}

void doc_add(struct doc *d, const void *p, size_t n)
{
    if (d->now)
        buf_add(d->now, p, n);
}

static struct sha256 doc_key(const struct sha256 *deb)
{
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);

    buf_addf(&text, "mkimage changelog %d %u\ndeb %s\n", DOC_FORMAT, DOC_PACKED_MAX,
             sha256_hex(deb).s);
    return sha256_of(text.data, text.len);
}

/* gzip members one behind the other are a gzip file. */
int doc_keep(const struct doc *d, struct cache *c, const struct sha256 *deb, struct err *err)
{
    const struct buf *main = d->debian.len ? &d->debian : &d->native;
    CLEANUP(buf_release) struct buf all = BUF_INIT(0);
    const struct sha256 key = doc_key(deb);

    if (!d->rebuild.overflow)
        buf_add(&all, d->rebuild.data, d->rebuild.len);
    if (!main->overflow)
        buf_add(&all, main->data, main->len);
    return cache_fact_put(c, "changelog", &key, buf_str(&all), all.len, err);
}

int package_changelog(struct cache *c, const struct sha256 *deb, struct buf *ret, struct err *err)
{
    CLEANUP(buf_release) struct buf packed = BUF_INIT(2 * DOC_PACKED_MAX);
    CLEANUP(err_release) struct err damaged = ERR_INIT;
    CLEANUP(source_cleanup) struct source *s = NULL;
    const struct sha256 key = doc_key(deb);

    buf_reset(ret);
    if (cache_fact_get(c, "changelog", &key, &packed, err) < 0)
        return err_ret(err);
    if (!packed.len)
        return 0;
    s = source_decode(source_mem(packed.data, packed.len), ENCODING_GZIP, "changelog",
                      DOC_DECODED_MAX, 1);
    if (source_read_buf(s, ret, &damaged) < 0)
        buf_reset(ret);
    return 0;
}

/* ---- a deb that is read for nothing else ------------------------------------------------------
 */

static void reader_cleanup(struct tar_reader **r)
{
    tar_reader_free(*r);
}

static int read_data(const struct session *s, struct tar_reader *r, const char *name, struct doc *d,
                     struct err *err)
{
    CLEANUP(buf_release) struct buf path = BUF_INIT(PATH_BYTES_MAX);
    struct tar_item item;
    const void *p;
    ssize_t n;
    int got;

    while ((got = tar_reader_next(r, &item, err)) > 0) {
        if (session_check(s, err) < 0 ||
            path_from_member(item.name, strlen(item.name), &path, err) < 0)
            return err_ret(err);
        if (item.type != ENTRY_FILE)
            continue;
        doc_file(d, name, buf_str(&path));
        while ((n = tar_reader_data(r, &p, err)) > 0)
            doc_add(d, p, (size_t)n);
        if (n < 0)
            return (int)n;
    }
    return got;
}

static int read_deb(const struct session *s, int fd, const struct lock_package *p, struct doc *d,
                    struct err *err)
{
    CLEANUP(reader_cleanup) struct tar_reader *reader = NULL;
    struct deb deb;

    if (deb_open(&deb, fd, p->size, p->name, err) < 0 ||
        tar_reader_open(deb_tar(&deb, &deb.data, UNPACK_BYTES_MAX, 1), "data.tar",
                        UNPACK_ENTRIES_MAX, &reader, err) < 0)
        return err_ret(err);
    return read_data(s, reader, p->name, d, err);
}

int package_changelog_read(const struct context *ctx, const struct lock_package *p, struct err *err)
{
    CLEANUP(doc_release) struct doc d;
    CLEANUP(close_fd) int fd = -1;

    doc_init(&d);
    if ((fd = unpack_open_deb(ctx, p, err)) < 0)
        return fd;
    if (read_deb(ctx->session, fd, p, &d, err) < 0)
        return err_wrap(err, "package %s", p->name);
    return doc_keep(&d, ctx->cache, &p->sha256, err);
}
