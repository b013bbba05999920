/* SPDX-License-Identifier: Apache-2.0 */
#include "rootfs/tarcheck.h"
#include "base/path.h"

#define BLOCK 512

/* POSIX.1-2017 pax, "ustar Interchange Format". */
struct ustar {
    char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], typeflag;
    char linkname[100], magic[6], version[2], uname[32], gname[32], devmajor[8], devminor[8];
    char prefix[155], unused[12];
};
_Static_assert(sizeof(struct ustar) == BLOCK, "a header is a block");

enum state { AT_HEADER, IN_SHORT, IN_DATA, AT_END };

/* What has come before a header and says more about it. */
enum before { BEFORE_NAME = 1 << 0, BEFORE_LINK = 1 << 1, BEFORE_PAX = 1 << 2 };

struct tarcheck {
    struct source base;
    struct source *inner;
    const char *name;
    size_t entries, max;
    enum state state;
    char block[BLOCK];
    size_t filled;      /* of block, AT_HEADER */
    uint64_t left;      /* of data with its padding */
    struct buf text;    /* of a long name or a pax header, IN_SHORT */
    uint64_t text_size; /* without padding */
    char text_type;
    unsigned before; /* enum before */
    bool has_pax_size;
    uint64_t pax_size;
};

static int bad(const struct tarcheck *t, const char *what, struct err *err)
{
    return err_set(err, "%s: tar entry %zu: %s", t->name, t->entries + 1, what);
}

/* Octal digits, blanks before and a blank or NUL behind; or GNU's base 256, positive. */
static bool read_number(const char *field, size_t n, uint64_t *ret)
{
    const unsigned char *p = (const unsigned char *)field;
    uint64_t v = 0;
    if (p[0] == 0x80) {
        for (size_t i = 1; i < n; i++) {
            if (v >> 55)
                return false;
            v = v << 8 | p[i];
        }
        *ret = v;
        return true;
    }
    size_t i = 0;
    while (i < n && p[i] == ' ')
        i++;
    size_t digits = i;
    for (; i < n && p[i] >= '0' && p[i] <= '7'; i++) {
        if (v >> 60)
            return false;
        v = v << 3 | (uint64_t)(p[i] - '0');
    }
    digits = i - digits;
    for (; i < n; i++) {
        if (p[i] != ' ' && p[i] != '\0')
            return false;
    }
    *ret = v;
    return digits > 0;
}

static bool all_zero(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (p[i])
            return false;
    }
    return true;
}

/* Text, then nothing but NUL bytes. */
static bool clean_text(const char *p, size_t n)
{
    size_t length = strnlen(p, n);
    return all_zero(p + length, n - length);
}

static bool checksum_is_right(const struct ustar *h)
{
    uint64_t said, sum = 0;
    if (!read_number(h->checksum, sizeof(h->checksum), &said))
        return false;
    const unsigned char *p = (const unsigned char *)h;
    for (size_t i = 0; i < BLOCK; i++) {
        size_t from = offsetof(struct ustar, checksum);
        sum += i >= from && i < from + sizeof(h->checksum) ? ' ' : p[i];
    }
    return sum == said;
}

static int check_fields(struct tarcheck *t, const struct ustar *h, uint64_t *ret_size,
                        struct err *err)
{
    uint64_t v;
    if (memcmp(h->magic, "ustar", 5) != 0)
        return bad(t, "is not a ustar header", err);
    if (!checksum_is_right(h))
        return bad(t, "has a wrong checksum", err);
    if (!read_number(h->mode, sizeof(h->mode), &v) || v > 07777777)
        return bad(t, "has no mode", err);
    if (!read_number(h->uid, sizeof(h->uid), &v) || v >= UINT32_MAX ||
        !read_number(h->gid, sizeof(h->gid), &v) || v >= UINT32_MAX)
        return bad(t, "has no owner", err);
    if (!read_number(h->mtime, sizeof(h->mtime), &v))
        return bad(t, "has no time", err);
    if (!read_number(h->size, sizeof(h->size), ret_size) || *ret_size > INT64_MAX - BLOCK)
        return bad(t, "has no size", err);
    bool gnu = h->magic[5] == ' ';
    if (!clean_text(h->name, sizeof(h->name)) || !clean_text(h->linkname, sizeof(h->linkname)) ||
        (!gnu && !clean_text(h->prefix, sizeof(h->prefix))))
        return bad(t, "has a NUL byte in a name", err);
    return 0;
}

/* A header of a long name, a long link or of pax records. */
static int begin_text(struct tarcheck *t, char type, uint64_t size, struct err *err)
{
    unsigned which = type == 'L' ? BEFORE_NAME : type == 'K' ? BEFORE_LINK : BEFORE_PAX;
    if (t->before & which || (t->before && (which | t->before) & BEFORE_PAX))
        return bad(t, "has several headers that contradict each other", err);
    if (size == 0 || size > (which == BEFORE_PAX ? TARCHECK_PAX_MAX : TARCHECK_NAME_MAX))
        return bad(t, "has a long name or pax header of a wrong size", err);
    t->before |= which;
    t->state = IN_SHORT;
    t->text_type = type;
    t->text_size = size;
    t->left = (size + BLOCK - 1) / BLOCK * BLOCK;
    buf_reset(&t->text);
    return 0;
}

static int begin_entry(struct tarcheck *t, const struct ustar *h, uint64_t size, struct err *err)
{
    bool file = h->typeflag == '0' || h->typeflag == '\0';
    if (size && !file)
        return bad(t, h->typeflag == '1' ? "is a hard link with data" : "has data and is no file",
                   err);
    if (t->has_pax_size && t->pax_size != size)
        return bad(t, "has two sizes", err);
    size_t n = strnlen(h->name, sizeof(h->name));
    if (file && n && h->name[n - 1] == '/' && !(t->before & (BEFORE_NAME | BEFORE_PAX)))
        return bad(t, "is a file whose name ends in a slash", err);
    if (t->entries == t->max)
        return err_set(err, "%s: holds more than %zu entries", t->name, t->max);
    t->entries++;
    t->before = 0;
    t->has_pax_size = false;
    t->left = (size + BLOCK - 1) / BLOCK * BLOCK;
    t->state = t->left ? IN_DATA : AT_HEADER;
    return 0;
}

static int check_header(struct tarcheck *t, struct err *err)
{
    if (all_zero(t->block, BLOCK)) {
        if (t->before)
            return bad(t, "is missing behind its long name or pax header", err);
        t->state = AT_END;
        return 0;
    }
    struct ustar h;
    uint64_t size;
    memcpy(&h, t->block, BLOCK);
    int r = check_fields(t, &h, &size, err);
    if (r < 0)
        return r;
    switch (h.typeflag) {
    case 'L':
    case 'K':
    case 'x':
        return begin_text(t, h.typeflag, size, err);
    case '0':
    case '\0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
        return begin_entry(t, &h, size, err);
    case 'g':
        return bad(t, "is a global pax header", err);
    case 'S':
        return bad(t, "is a sparse file", err);
    default:
        return bad(t, "is of an unknown type", err);
    }
}

enum pax_key { PAX_PATH, PAX_LINKPATH, PAX_SIZE, PAX_NAMED };
static const char *const pax_named[] = {"path", "linkpath", "size"};
static const char *const pax_plain[] = {"uid",   "gid",   "mtime", "atime",
                                        "ctime", "uname", "gname", "comment"};

static bool is_known_key(struct slice key)
{
    static const char *const prefixes[] = {"SCHILY.xattr.", "LIBARCHIVE.xattr."};
    for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
        if (key.n > strlen(prefixes[i]) && memcmp(key.p, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    }
    for (size_t i = 0; i < ARRAY_SIZE(pax_plain); i++) {
        if (slice_eq(key, pax_plain[i]))
            return true;
    }
    return false;
}

static bool read_decimal(struct slice s, uint64_t *ret)
{
    uint64_t v = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9' || v > (INT64_MAX - 9) / 10)
            return false;
        v = v * 10 + (uint64_t)(s.p[i] - '0');
    }
    *ret = v;
    return s.n > 0;
}

static int check_record(struct tarcheck *t, struct slice key, struct slice value, unsigned *seen,
                        struct err *err)
{
    for (unsigned i = 0; i < PAX_NAMED; i++) {
        if (!slice_eq(key, pax_named[i]))
            continue;
        if (*seen & 1u << i)
            return bad(t, "has a pax key twice", err);
        *seen |= 1u << i;
        if (i != PAX_SIZE)
            return value.n && !memchr(value.p, '\0', value.n)
                       ? 0
                       : bad(t, "has an empty name or a NUL byte in a name", err);
        t->has_pax_size = true;
        return read_decimal(value, &t->pax_size) ? 0 : bad(t, "has a pax size that is none", err);
    }
    if (is_known_key(key))
        return 0;
    return err_set(err, "%s: tar entry %zu: has the pax key \"%.*s\", which is refused", t->name,
                   t->entries + 1, (int)(key.n < 64 ? key.n : 64), key.p);
}

/* "LENGTH KEY=VALUE\n", where LENGTH counts all of it. */
static int check_pax(struct tarcheck *t, struct err *err)
{
    const char *p = t->text.data, *end = p + t->text_size;
    unsigned seen = 0;
    while (p < end) {
        const char *blank = memchr(p, ' ', (size_t)(end - p));
        uint64_t length;
        if (!blank || !read_decimal((struct slice){p, (size_t)(blank - p)}, &length) ||
            length > (uint64_t)(end - p) || length < (uint64_t)(blank - p) + 3 ||
            p[length - 1] != '\n')
            return bad(t, "has a damaged pax header", err);
        const char *equals = memchr(blank + 1, '=', length - (size_t)(blank + 1 - p));
        if (!equals)
            return bad(t, "has a damaged pax header", err);
        struct slice key = {blank + 1, (size_t)(equals - blank - 1)};
        struct slice value = {equals + 1, (size_t)(p + length - 1 - equals - 1)};
        int r = check_record(t, key, value, &seen, err);
        if (r < 0)
            return r;
        p += length;
    }
    return 0;
}

static int end_text(struct tarcheck *t, struct err *err)
{
    t->state = AT_HEADER;
    if (t->text_type == 'x')
        return check_pax(t, err);
    if (!clean_text(t->text.data, (size_t)t->text_size))
        return bad(t, "has a NUL byte in a long name", err);
    return 0;
}

/* Takes what belongs to the current state; returns how much that was. */
static size_t take_header(struct tarcheck *t, const char *p, size_t n)
{
    size_t want = BLOCK - t->filled < n ? BLOCK - t->filled : n;
    memcpy(t->block + t->filled, p, want);
    t->filled += want;
    return want;
}

static int look(struct tarcheck *t, const char *p, size_t n, struct err *err)
{
    int r = 0;
    while (n && r == 0) {
        size_t took = n;
        if (t->state == AT_HEADER) {
            took = take_header(t, p, n);
            if (t->filled == BLOCK) {
                t->filled = 0;
                r = check_header(t, err);
            }
        } else if (t->state == AT_END) {
            if (!all_zero(p, n))
                r = err_set(err, "%s: bytes behind the end of the tar archive", t->name);
        } else {
            took = t->left < n ? (size_t)t->left : n;
            t->left -= took;
            if (t->state == IN_SHORT)
                buf_add(&t->text, p, took);
            if (t->left == 0 && t->state == IN_SHORT)
                r = end_text(t, err);
            else if (t->left == 0)
                t->state = AT_HEADER;
        }
        p += took;
        n -= took;
    }
    return r;
}

static ssize_t tarcheck_read(struct source *s, void *p, size_t n, struct err *err)
{
    struct tarcheck *t = (struct tarcheck *)s;
    ssize_t got = source_read(t->inner, p, n, err);
    if (got < 0)
        return got;
    if (got == 0)
        return t->state == AT_END
                   ? 0
                   : err_set(err, "%s: the tar archive ends too early, behind %zu entries", t->name,
                             t->entries);
    int r = look(t, p, (size_t)got, err);
    return r < 0 ? r : got;
}

static void tarcheck_free(struct source *s)
{
    struct tarcheck *t = (struct tarcheck *)s;
    source_free(t->inner);
    buf_release(&t->text);
    free(t);
}

struct source *source_tarcheck(struct source *inner, const char *name, size_t entries)
{
    struct tarcheck *t = xcalloc(1, sizeof(*t));
    t->base = (struct source){tarcheck_read, tarcheck_free, false};
    t->inner = inner;
    t->name = name;
    t->max = entries;
    return &t->base;
}

size_t tarcheck_entries(const struct source *s)
{
    return ((const struct tarcheck *)s)->entries;
}
