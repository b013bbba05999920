/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/tar.h"
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#define NAME_MAX_BYTES   100
#define PREFIX_MAX_BYTES 155
#define PAX_NAME_TAIL    80
#define OCTAL7           07777777u
#define OCTAL11          077777777777u

/* POSIX.1-2017 pax, "ustar Interchange Format". */
struct ustar {
    char name[NAME_MAX_BYTES];
    char mode[8];
    char uid[8];
    char gid[8];
    char size[12];
    char mtime[12];
    char checksum[8];
    char type;
    char linkname[NAME_MAX_BYTES];
    char magic[6];
    char version[2];
    char uname[32];
    char gname[32];
    char devmajor[8];
    char devminor[8];
    char prefix[PREFIX_MAX_BYTES];
    char unused[12];
};
_Static_assert(sizeof(struct ustar) == TAR_BLOCK, "a ustar header is one block");

/* What stands in one header block; name and target are cut to what fits. */
struct fields {
    struct slice prefix, name, target;
    char type;
    uint32_t mode;
    uint64_t uid, gid, size, mtime;
};

static void put_bytes(char *field, size_t width, struct slice s)
{
    if (s.n)
        memcpy(field, s.p, s.n < width ? s.n : width);
}

/* width - 1 octal digits and a NUL. */
static void put_octal(char *field, size_t width, uint64_t value)
{
    for (size_t i = width - 1; i-- > 0; value >>= 3)
        field[i] = (char)('0' + (value & 7));
    assert(value == 0);
}

static void add_block(struct buf *out, const struct fields *f)
{
    struct ustar u = {.type = f->type, .magic = "ustar", .version = {'0', '0'}};
    put_bytes(u.name, sizeof(u.name), f->name);
    put_bytes(u.prefix, sizeof(u.prefix), f->prefix);
    put_bytes(u.linkname, sizeof(u.linkname), f->target);
    put_octal(u.mode, sizeof(u.mode), f->mode);
    put_octal(u.uid, sizeof(u.uid), f->uid);
    put_octal(u.gid, sizeof(u.gid), f->gid);
    put_octal(u.size, sizeof(u.size), f->size);
    put_octal(u.mtime, sizeof(u.mtime), f->mtime);
    put_octal(u.devmajor, sizeof(u.devmajor), 0);
    put_octal(u.devminor, sizeof(u.devminor), 0);

    /* The checksum's own field counts as blanks; it is six digits, a NUL and a blank. */
    memset(u.checksum, ' ', sizeof(u.checksum));
    unsigned sum = 0;
    for (size_t i = 0; i < sizeof(u); i++)
        sum += ((const uint8_t *)&u)[i];
    put_octal(u.checksum, sizeof(u.checksum) - 1, sum);
    u.checksum[sizeof(u.checksum) - 2] = 0;
    buf_add(out, &u, sizeof(u));
}

/* Splits a path that is too long for the name field at the last slash that the prefix can hold;
 * false if there is none that leaves a name which fits. */
static bool split_path(struct slice path, struct slice *ret_prefix, struct slice *ret_name)
{
    *ret_prefix = (struct slice){0};
    *ret_name = path;
    if (path.n <= NAME_MAX_BYTES)
        return true;
    size_t at = path.n - 2; /* a slash at the very end is the directory's */
    if (at > PREFIX_MAX_BYTES)
        at = PREFIX_MAX_BYTES;
    while (at > 0 && path.p[at] != '/')
        at--;
    if (at == 0 || path.n - at - 1 > NAME_MAX_BYTES)
        return false;
    *ret_prefix = (struct slice){path.p, at};
    *ret_name = (struct slice){path.p + at + 1, path.n - at - 1};
    return true;
}

/* "LENGTH KEY=VALUE\n", where LENGTH counts itself. */
static void add_record(struct buf *records, const char *key, struct slice value)
{
    size_t rest = 1 + strlen(key) + 1 + value.n + 1;
    size_t length = rest + 1;
    for (;;) {
        size_t with = rest + (size_t)snprintf(NULL, 0, "%zu", length);
        if (with == length)
            break;
        length = with;
    }
    buf_addf(records, "%zu %s=", length, key);
    buf_addslice(records, value);
    buf_addch(records, '\n');
}

static void add_number(struct buf *records, const char *key, uint64_t value)
{
    char text[24];
    snprintf(text, sizeof(text), "%" PRIu64, value);
    add_record(records, key, slice_of(text));
}

static void add_pax(struct buf *out, struct slice path, const struct buf *records)
{
    while (path.n && path.p[path.n - 1] == '/')
        path.n--;
    size_t start = path.n;
    while (start > 0 && path.p[start - 1] != '/' && path.n - start < PAX_NAME_TAIL)
        start--;
    char name[NAME_MAX_BYTES];
    int n = snprintf(name, sizeof(name), "PaxHeaders/%.*s", (int)(path.n - start), path.p + start);
    add_block(out, &(struct fields){
                       .name = {name, (size_t)n},
                       .type = 'x',
                       .mode = 0644,
                       .size = records->len,
                   });
    buf_add(out, records->data, records->len);
    tar_padding(out, records->len);
}

void tar_header(struct buf *out, const struct tar_entry *e)
{
    if (!*e->path)
        return;
    CLEANUP(buf_release) struct buf path = BUF_INIT(0);
    CLEANUP(buf_release) struct buf records = BUF_INIT(0);
    buf_addstr(&path, e->path);
    if (e->type == TAR_DIRECTORY)
        buf_addch(&path, '/');
    struct slice full = {path.data, path.len};
    bool link = e->type == TAR_SYMLINK || e->type == TAR_HARDLINK;

    struct fields f = {
        .type = (char)e->type,
        .mode = e->mode & 07777,
        .uid = e->uid,
        .gid = e->gid,
        .size = e->type == TAR_FILE ? e->size : 0,
        .mtime = e->mtime > 0 ? (uint64_t)e->mtime : 0,
    };
    if (link && e->target)
        f.target = slice_of(e->target);
    if (f.mtime > OCTAL11)
        f.mtime = OCTAL11;

    /* What a pax record says, the header says cut off or as 0. */
    if (!split_path(full, &f.prefix, &f.name))
        add_record(&records, "path", full);
    if (f.target.n > NAME_MAX_BYTES)
        add_record(&records, "linkpath", f.target);
    if (f.size > OCTAL11) {
        add_number(&records, "size", f.size);
        f.size = 0;
    }
    if (f.uid > OCTAL7) {
        add_number(&records, "uid", f.uid);
        f.uid = 0;
    }
    if (f.gid > OCTAL7) {
        add_number(&records, "gid", f.gid);
        f.gid = 0;
    }
    if (records.len)
        add_pax(out, full, &records);
    add_block(out, &f);
}

void tar_padding(struct buf *out, uint64_t size)
{
    buf_zero(out, (size_t)(-size % TAR_BLOCK));
}

void tar_end(struct buf *out)
{
    buf_zero(out, 2 * (size_t)TAR_BLOCK);
}
