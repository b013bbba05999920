/* SPDX-License-Identifier: Apache-2.0 */
#include "rootfs/ld_cache.h"

#define MAGIC       "glibc-ld.so.cache1.1"
#define OLD_MAGIC   "ld.so-1.7.0"
#define OLD_HEADER  16u /* the magic, padded, and the number of entries */
#define OLD_ENTRY   12u
#define HEADER      48u
#define ENTRY       24u
#define AT_COUNT    20u
#define AT_FLAGS    28u
#define ENDIAN_MASK 3u
#define ENDIAN_BIG  3u

static uint32_t get32(const char *p, bool big)
{
    const unsigned char *b = (const unsigned char *)p;
    uint32_t v = 0;

    for (unsigned i = 0; i < 4; i++)
        v |= (uint32_t)b[i] << (big ? 24 - 8 * i : 8 * i);
    return v;
}

static bool begins(struct slice s, const char *magic)
{
    return s.n >= strlen(magic) && memcmp(s.p, magic, strlen(magic)) == 0;
}

/* Behind the cache of old systems, where there is one. Which end of its numbers comes first isn't
 * said: the order is the one in which the other magic follows. */
static struct slice behind_old(struct slice s)
{
    for (unsigned big = 0; big < 2 && begins(s, OLD_MAGIC) && s.n >= OLD_HEADER; big++) {
        uint64_t end = OLD_HEADER + (uint64_t)OLD_ENTRY * get32(s.p + 12, big);
        end = (end + 7) & ~UINT64_C(7);
        struct slice rest = {s.p + (end < s.n ? end : s.n), end < s.n ? s.n - (size_t)end : 0};
        if (begins(rest, MAGIC))
            return rest;
    }
    return s;
}

static const char *string_at(struct slice s, uint32_t at)
{
    return at < s.n && memchr(s.p + at, '\0', s.n - at) ? s.p + at : NULL;
}

static int by_name(const void *x, const void *y)
{
    const struct ld_found *a = x, *b = y;
    int r = strcmp(a->name, b->name);

    return r ? r : a->order < b->order ? -1 : a->order > b->order;
}

size_t ld_cache_parse(struct slice bytes, struct ld_found **ret)
{
    struct slice s = behind_old(bytes);
    size_t n = 0;

    *ret = NULL;
    if (!begins(s, MAGIC) || s.n < HEADER)
        return 0;
    bool big = ((unsigned char)s.p[AT_FLAGS] & ENDIAN_MASK) == ENDIAN_BIG;
    size_t count = get32(s.p + AT_COUNT, big);
    if (count > (s.n - HEADER) / ENTRY)
        count = (s.n - HEADER) / ENTRY;
    *ret = xcalloc(count + 1, sizeof(**ret));
    for (size_t i = 0; i < count; i++) {
        const char *e = s.p + HEADER + i * ENTRY;
        const char *name = string_at(s, get32(e + 4, big)), *path = string_at(s, get32(e + 8, big));
        if (name && path)
            (*ret)[n++] = (struct ld_found){name, path, i,
                                            (get32(e + 16, big) | get32(e + 20, big)) != 0};
    }
    qsort(*ret, n, sizeof(**ret), by_name);
    return n;
}
