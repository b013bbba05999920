/* SPDX-License-Identifier: Apache-2.0 */
#include "deb/member.h"
#include "base/file.h"
#include "base/path.h"
#include "deb/deb822.h"
#include <inttypes.h>

#define AR_MAGIC       "!<arch>\n"
#define AR_MAGIC_LEN   8
#define AR_HEADER_LEN  60
#define AR_MEMBERS_MAX 64

/* ar(5): fields of text, filled up with blanks. */
struct ar_header {
    char name[16], date[12], uid[6], gid[6], mode[8], size[10], end[2];
};
_Static_assert(sizeof(struct ar_header) == AR_HEADER_LEN, "an ar header is 60 bytes");

struct ar_member {
    struct slice name; /* in header */
    uint64_t offset, size;
    int64_t time;
    struct ar_header header;
};

static struct slice text_field(const char *p, size_t n)
{
    while (n > 0 && p[n - 1] == ' ')
        n--;
    return (struct slice){p, n};
}

/* Reads the header at *at and moves *at behind the member. */
static int read_member(const struct deb *d, uint64_t file_size, uint64_t *at, struct ar_member *ret,
                       struct err *err)
{
    if (file_size - *at < AR_HEADER_LEN)
        return err_set(err, "%s: ends inside an ar header (byte %" PRIu64 ")", d->name, *at);
    struct ar_header *h = &ret->header;
    if (pread_all(d->fd, h, sizeof(*h), (off_t)*at, d->name, err) < 0)
        return err_ret(err);
    uint64_t time;
    struct slice date = text_field(h->date, sizeof(h->date));
    struct slice size = text_field(h->size, sizeof(h->size));
    if (memcmp(h->end, "`\n", 2) != 0 || !slice_number(date, &time) ||
        !slice_number(size, &ret->size))
        return err_set(err, "%s: not an ar header at byte %" PRIu64, d->name, *at);
    ret->time = (int64_t)time;
    ret->name = text_field(h->name, sizeof(h->name));
    if (ret->name.n > 1 && ret->name.p[ret->name.n - 1] == '/')
        ret->name.n--;
    ret->offset = *at + AR_HEADER_LEN;
    if (ret->size > file_size - ret->offset) {
        return err_set(err,
                       "%s: member %.*s is %" PRIu64 " bytes, the file has only %" PRIu64 " left",
                       d->name, (int)ret->name.n, ret->name.p, ret->size, file_size - ret->offset);
    }
    *at = ret->offset + ret->size;
    if (*at % 2 == 1 && *at < file_size) {
        char pad;
        if (pread_all(d->fd, &pad, 1, (off_t)*at, d->name, err) < 0)
            return err_ret(err);
        if (pad != '\n')
            return err_set(err, "%s: not an ar padding byte at byte %" PRIu64, d->name, *at);
        (*at)++;
    }
    return 0;
}

static int check_format(const struct deb *d, const struct ar_member *m, struct err *err)
{
    char text[8];
    if (!slice_eq(m->name, "debian-binary"))
        return err_set(err, "%s: not a Debian package: the first member isn't debian-binary",
                       d->name);
    if (m->size < 4 || m->size > sizeof(text))
        return err_set(err, "%s: debian-binary is %" PRIu64 " bytes", d->name, m->size);
    if (pread_all(d->fd, text, (size_t)m->size, (off_t)m->offset, d->name, err) < 0)
        return err_ret(err);
    if (memcmp(text, "2.", 2) != 0 || text[m->size - 1] != '\n')
        return err_set(err, "%s: a format of packages other than 2.x", d->name);
    return 0;
}

static bool encoding_by_suffix(struct slice suffix, enum encoding *ret)
{
    static const struct {
        const char *suffix;
        enum encoding encoding;
    } table[] = {
        {"", ENCODING_NONE}, {".gz", ENCODING_GZIP}, {".xz", ENCODING_XZ}, {".zst", ENCODING_ZSTD}};
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        if (slice_eq(suffix, table[i].suffix)) {
            *ret = table[i].encoding;
            return true;
        }
    }
    return false;
}

/* The bytes must be what the name says: one of both alone would leave two readings. */
static int check_encoding(const struct deb *d, const struct ar_member *m, enum encoding encoding,
                          const char *what, struct err *err)
{
    char head[6];
    size_t n = m->size < sizeof(head) ? (size_t)m->size : sizeof(head);
    if (pread_all(d->fd, head, n, (off_t)m->offset, d->name, err) < 0)
        return err_ret(err);
    if (encoding_of(head, n) != encoding)
        return err_set(err, "%s: %s isn't compressed as its name says", d->name, what);
    return 0;
}

/* Finds "control.tar*" or "data.tar*", passing over members whose name begins with "_". */
static int find_member(struct deb *d, uint64_t file_size, uint64_t *at, const char *what,
                       struct deb_member *ret, struct err *err)
{
    struct ar_member m;
    size_t n = strlen(what);
    for (unsigned i = 0; i < AR_MEMBERS_MAX; i++) {
        if (*at == file_size)
            return err_set(err, "%s: has no %s", d->name, what);
        if (read_member(d, file_size, at, &m, err) < 0)
            return err_ret(err);
        d->time = m.time > d->time ? m.time : d->time;
        if (m.name.n > 0 && m.name.p[0] == '_')
            continue;
        struct slice suffix = {m.name.p + n, m.name.n - n};
        if (m.name.n < n || memcmp(m.name.p, what, n) != 0 ||
            !encoding_by_suffix(suffix, &ret->encoding)) {
            return err_set(err, "%s: member \"%.*s\" where %s[.gz|.xz|.zst] is due", d->name,
                           (int)m.name.n, m.name.p, what);
        }
        ret->offset = m.offset;
        ret->size = m.size;
        return check_encoding(d, &m, ret->encoding, what, err);
    }
    return err_set(err, "%s: more than %d members before %s", d->name, AR_MEMBERS_MAX, what);
}

int deb_open(struct deb *ret, int fd, uint64_t size, const char *name, struct err *err)
{
    char magic[AR_MAGIC_LEN];
    uint64_t at = AR_MAGIC_LEN;
    struct ar_member first;

    *ret = (struct deb){.fd = fd, .name = name};
    if (size < AR_MAGIC_LEN)
        return err_set(err, "%s: not a Debian package: only %" PRIu64 " bytes", name, size);
    if (pread_all(fd, magic, sizeof(magic), 0, name, err) < 0)
        return err_ret(err);
    if (memcmp(magic, AR_MAGIC, AR_MAGIC_LEN) != 0)
        return err_set(err, "%s: not a Debian package: not an ar archive", name);
    if (read_member(ret, size, &at, &first, err) < 0 || check_format(ret, &first, err) < 0)
        return err_ret(err);
    ret->time = first.time;
    if (find_member(ret, size, &at, "control.tar", &ret->control, err) < 0 ||
        find_member(ret, size, &at, "data.tar", &ret->data, err) < 0)
        return err_ret(err);
    return 0;
}

struct source *deb_tar(const struct deb *d, const struct deb_member *m, uint64_t cap,
                       unsigned threads)
{
    const char *name = m == &d->data ? "data.tar" : "control.tar"; /* the deb's is the caller's */
    struct source *s = source_range(d->fd, name, m->offset, m->size);
    return source_decode(s, m->encoding, name, cap, threads);
}
