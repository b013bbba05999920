/* SPDX-License-Identifier: Apache-2.0 */
#include "base/strv.h"
#include "rootfs/ld_cache.h"

#define HEADER_BYTES    48u
#define ENTRY_BYTES     24u
#define EXTENSION_MAGIC 0xeaa42174u /* -358342284 */
#define HWCAP_EXTENSION (1ull << 62)
#define GENERATOR       "mkimage"

enum endian_flag { ENDIAN_LITTLE = 2, ENDIAN_BIG = 3 };
enum section_tag { SECTION_GENERATOR, SECTION_HWCAPS };

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The number at *p, which is moved behind it. Numbers that don't fit are as large as can be. */
static uint64_t number(const char **p)
{
    uint64_t value = 0;
    for (; digit(**p); ++*p)
        value = value > UINT64_MAX / 16 ? value : value * 10 + (uint64_t)(**p - '0');
    return value;
}

int ld_compare(const char *a, const char *b)
{
    while (*a) {
        if (digit(*a) && digit(*b)) {
            uint64_t x = number(&a), y = number(&b);
            if (x != y)
                return x < y ? -1 : 1;
        } else if (digit(*a) != digit(*b)) {
            return digit(*a) ? 1 : -1;
        } else if (*a != *b) {
            return (signed char)*a - (signed char)*b;
        } else {
            a++;
            b++;
        }
    }
    return (signed char)*a - (signed char)*b;
}

/* Names descend, as do flags; entries for a better CPU come before the plain one. */
static int compare_entries(const void *x, const void *y)
{
    const struct ld_entry *a = x, *b = y;
    int r = ld_compare(b->soname, a->soname);
    if (r)
        return r;
    if (a->flags != b->flags)
        return a->flags < b->flags ? 1 : -1;
    if (!a->hwcaps != !b->hwcaps)
        return a->hwcaps ? -1 : 1;
    r = a->hwcaps ? strcmp(a->hwcaps, b->hwcaps) : 0;
    if (r)
        return r;
    return a->order < b->order ? -1 : a->order > b->order;
}

/* ---- strings ---- */

struct string {
    const char *s;
    size_t n;
    uint32_t offset;
};

struct strings {
    struct string *v; /* sorted by compare_backwards, each once */
    size_t n;
};

/* From the last byte on, descending; of two where one ends the other the longer is first. */
static int compare_backwards(const void *x, const void *y)
{
    const struct string *a = x, *b = y;
    size_t n = a->n < b->n ? a->n : b->n;
    for (size_t i = 1; i <= n; i++) {
        unsigned char c = (unsigned char)a->s[a->n - i], d = (unsigned char)b->s[b->n - i];
        if (c != d)
            return d - c;
    }
    return a->n == b->n ? 0 : a->n < b->n ? 1 : -1;
}

static void strings_make(struct strings *t, const struct ld_entry *entries, size_t n,
                         struct buf *out)
{
    size_t all = 0;
    t->v = xcalloc(3 * n + 1, sizeof(*t->v));
    for (size_t i = 0; i < n; i++) {
        const char *of[] = {entries[i].soname, entries[i].path, entries[i].hwcaps};
        for (size_t k = 0; k < ARRAY_SIZE(of); k++)
            if (of[k])
                t->v[all++] = (struct string){.s = of[k], .n = strlen(of[k])};
    }
    qsort(t->v, all, sizeof(*t->v), compare_backwards);
    for (size_t i = 0; i < all; i++) {
        const struct string *last = t->n ? &t->v[t->n - 1] : NULL;
        struct string now = t->v[i];
        if (last && compare_backwards(last, &now) == 0)
            continue;
        if (last && last->n >= now.n && memcmp(last->s + last->n - now.n, now.s, now.n) == 0) {
            now.offset = last->offset + (uint32_t)(last->n - now.n);
        } else {
            now.offset = (uint32_t)out->len;
            buf_add(out, now.s, now.n + 1);
        }
        t->v[t->n++] = now;
    }
}

static uint32_t offset_of(const struct strings *t, const char *s)
{
    struct string key = {.s = s, .n = strlen(s)};
    const struct string *found = bsearch(&key, t->v, t->n, sizeof(*t->v), compare_backwards);
    return found ? found->offset : 0;
}

/* ---- bytes ---- */

struct writer {
    struct buf *out;
    bool big_endian;
};

static void put32(struct writer *w, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        buf_addch(w->out, (char)(value >> (w->big_endian ? 24 - 8 * i : 8 * i)));
}

static void put64(struct writer *w, uint64_t value)
{
    uint32_t low = (uint32_t)value, high = (uint32_t)(value >> 32);
    put32(w, w->big_endian ? high : low);
    put32(w, w->big_endian ? low : high);
}

static void put_header(struct writer *w, size_t n, size_t strings, uint32_t extension)
{
    buf_addstr(w->out, "glibc-ld.so.cache1.1");
    put32(w, (uint32_t)n);
    put32(w, (uint32_t)strings);
    buf_addch(w->out, w->big_endian ? ENDIAN_BIG : ENDIAN_LITTLE);
    buf_zero(w->out, 3);
    put32(w, extension);
    buf_zero(w->out, 12);
}

static void put_section(struct writer *w, enum section_tag tag, size_t offset, size_t size)
{
    put32(w, tag);
    put32(w, 0);
    put32(w, (uint32_t)offset);
    put32(w, (uint32_t)size);
}

static void put_extension(struct writer *w, const struct strings *t, uint32_t base,
                          const struct strv *hwcaps)
{
    size_t sections = hwcaps->n ? 2 : 1;
    size_t at = w->out->len + 8 + 16 * sections;
    put32(w, EXTENSION_MAGIC);
    put32(w, (uint32_t)sections);
    put_section(w, SECTION_GENERATOR, at + 4 * hwcaps->n, strlen(GENERATOR));
    if (hwcaps->n)
        put_section(w, SECTION_HWCAPS, at, 4 * hwcaps->n);
    strv_each (name, hwcaps)
        put32(w, base + offset_of(t, *name));
    buf_addstr(w->out, GENERATOR);
}

static uint64_t hwcap_of(const struct ld_entry *e, const struct strv *hwcaps)
{
    if (!e->hwcaps)
        return 0;
    for (size_t i = 0; i < hwcaps->n; i++)
        if (strcmp(hwcaps->v[i], e->hwcaps) == 0)
            return HWCAP_EXTENSION | (uint64_t)(e->isa_level & 1023) << 32 | i;
    return 0;
}

void ld_cache_format(struct ld_entry *entries, size_t n, bool big_endian, struct buf *ret)
{
    CLEANUP(strv_release) struct strv hwcaps = STRV_INIT;
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    struct strings strings = {0};
    struct writer w = {ret, big_endian};
    qsort(entries, n, sizeof(*entries), compare_entries);
    for (size_t i = 0; i < n; i++)
        if (entries[i].hwcaps)
            strv_add(&hwcaps, entries[i].hwcaps);
    strv_sort(&hwcaps);
    strv_uniq(&hwcaps);
    strings_make(&strings, entries, n, &text);

    uint32_t base = HEADER_BYTES + ENTRY_BYTES * (uint32_t)n;
    size_t padding = (4 - (base + text.len) % 4) % 4;
    put_header(&w, n, text.len, (uint32_t)(base + text.len + padding));
    for (size_t i = 0; i < n; i++) {
        put32(&w, entries[i].flags);
        put32(&w, base + offset_of(&strings, entries[i].soname));
        put32(&w, base + offset_of(&strings, entries[i].path));
        put32(&w, 0);
        put64(&w, hwcap_of(&entries[i], &hwcaps));
    }
    buf_add(ret, buf_str(&text), text.len);
    buf_zero(ret, padding);
    put_extension(&w, &strings, base, &hwcaps);
    free(strings.v);
}
