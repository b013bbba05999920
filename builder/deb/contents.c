/* SPDX-License-Identifier: Apache-2.0 */
#include "deb/contents.h"

#include "base/path.h"
#include "base/text.h"
#include "deb/version.h"

void contents_start(struct contents_scan *c, const char *triplet)
{
    *c = (struct contents_scan){.triplet = triplet,
                                .kept = BUF_INIT(CONTENTS_KEPT_MAX),
                                .line = BUF_INIT(CONTENTS_LINE_MAX)};
}

void contents_release(struct contents_scan *c)
{
    buf_release(&c->kept);
    buf_release(&c->line);
}

static bool cut(struct slice *s, const char *prefix)
{
    size_t n = strlen(prefix);

    if (s->n < n || memcmp(s->p, prefix, n) != 0)
        return false;
    *s = (struct slice){s->p + n, s->n - n};
    return true;
}

/* The name of a path that counts; empty if it doesn't. */
static struct slice name_of(const struct contents_scan *c, struct slice path)
{
    (void)cut(&path, "usr/");
    bool program = cut(&path, "bin/") || cut(&path, "sbin/");
    bool library = !program && cut(&path, "lib/");
    if (library && cut(&path, c->triplet))
        library = cut(&path, "/");
    if ((!program && !library) || memchr(path.p, '/', path.n) || memchr(path.p, '\t', path.n) ||
        (library && !memmem(path.p, path.n, ".so", 3)))
        return (struct slice){0};
    return path;
}

static size_t common(struct slice a, struct slice b)
{
    size_t n = 0;

    while (n < a.n && n < b.n && a.p[n] == b.p[n])
        n++;
    return n;
}

/* Of "libs/libelogind0,libs/libsystemd0" the package that is called most like the name, the first
 * of equal ones; without its section. */
static struct slice package_of(struct slice column, struct slice name)
{
    struct slice best = {0};

    while (column.n) {
        const char *comma = memchr(column.p, ',', column.n);
        size_t n = comma ? (size_t)(comma - column.p) : column.n;
        const char *slash = memrchr(column.p, '/', n);
        size_t at = slash ? (size_t)(slash + 1 - column.p) : 0;
        struct slice one = {column.p + at, n - at};
        if (package_name_valid(one) && (!best.n || common(one, name) > common(best, name)))
            best = one;
        size_t used = comma ? n + 1 : n;
        column = (struct slice){column.p + used, column.n - used};
    }
    return best;
}

static void take_line(struct contents_scan *c)
{
    struct slice line = slice_trim((struct slice){c->line.data, c->line.len});
    size_t column = line.n;

    while (column && line.p[column - 1] != ' ' && line.p[column - 1] != '\t')
        column--;
    if (!column)
        return;
    struct slice name = name_of(c, slice_trim((struct slice){line.p, column}));
    struct slice package = package_of((struct slice){line.p + column, line.n - column}, name);
    if (!name.n || memchr(line.p, '\0', line.n) || !package.n ||
        name.n + package.n + 2 > CONTENTS_KEPT_MAX - c->kept.len)
        return;
    buf_addslice(&c->kept, name);
    buf_addch(&c->kept, '\t');
    buf_addslice(&c->kept, package);
    buf_addch(&c->kept, '\n');
}

void contents_end(struct contents_scan *c)
{
    if (c->line.len && !c->too_long)
        take_line(c);
    buf_reset(&c->line);
    c->too_long = false;
}

void contents_add(struct contents_scan *c, const char *p, size_t n)
{
    while (n) {
        const char *end = memchr(p, '\n', n);
        size_t part = end ? (size_t)(end - p) : n;
        c->too_long = c->too_long || part > CONTENTS_LINE_MAX - 1 - c->line.len;
        if (!c->too_long)
            buf_add(&c->line, p, part);
        if (!end)
            return;
        contents_end(c);
        p += part + 1;
        n -= part + 1;
    }
}

struct slice contents_package(struct slice kept, const char *name)
{
    size_t length = strlen(name);

    while (kept.n) {
        const char *end = memchr(kept.p, '\n', kept.n);
        size_t n = end ? (size_t)(end - kept.p) : kept.n;
        if (length && n > length + 1 && kept.p[length] == '\t' && memcmp(kept.p, name, length) == 0)
            return (struct slice){kept.p + length + 1, n - length - 1};
        size_t used = end ? n + 1 : n;
        kept = (struct slice){kept.p + used, kept.n - used};
    }
    return (struct slice){0};
}
