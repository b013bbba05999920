/* SPDX-License-Identifier: Apache-2.0 */
#include "deb/deb822.h"
#include "base/path.h"

#define FIELDS_MAX 1000
#define SEEN_BITS  4096

/* Which hashes of names a stanza has had: only a name whose bit is set is looked for, so that a
 * stanza of many fields costs no comparison of each with each. */
struct seen {
    uint64_t bits[SEEN_BITS / 64];
};

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool same_name(struct slice a, const char *b, size_t n)
{
    if (a.n != n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (lower(a.p[i]) != lower(b[i]))
            return false;
    return true;
}

static bool seen_add(struct seen *seen, struct slice name)
{
    uint32_t h = 2166136261u;
    for (size_t i = 0; i < name.n; i++)
        h = (h ^ (uint8_t)lower(name.p[i])) * 16777619u;
    h = (h ^ h >> 15) % SEEN_BITS;
    uint64_t bit = UINT64_C(1) << h % 64;
    bool was = seen->bits[h / 64] & bit;
    seen->bits[h / 64] |= bit;
    return was;
}

void deb822_init(struct deb822 *p, const void *text, size_t n, const char *name)
{
    *p = (struct deb822){.name = name, .p = text, .end = (const char *)text + n, .line = 1};
}

void deb822_release(struct deb822 *p)
{
    free(p->fields);
    p->fields = NULL;
    p->n = p->cap = 0;
}

static const char *line_end(const struct deb822 *p)
{
    const char *nl = memchr(p->p, '\n', (size_t)(p->end - p->p));
    return nl ? nl : p->end;
}

static void next_line(struct deb822 *p, const char *end)
{
    p->p = end < p->end ? end + 1 : end;
    p->line++;
}

static bool is_blank(const char *s, const char *end)
{
    while (s < end && (*s == ' ' || *s == '\t' || *s == '\r'))
        s++;
    return s == end;
}

static bool is_field_name(struct slice name)
{
    if (name.n == 0 || name.p[0] == '-')
        return false;
    for (size_t i = 0; i < name.n; i++)
        if (name.p[i] <= ' ' || name.p[i] > '~')
            return false;
    return true;
}

static int bad_line(const struct deb822 *p, const char *end, const char *what, struct err *err)
{
    size_t n = (size_t)(end - p->p);
    return err_set(err, "%s:%u: %s: \"%.*s\"", p->name, p->line, what, (int)(n < 60 ? n : 60),
                   p->p);
}

static int add_field(struct deb822 *p, const char *end, struct seen *seen, struct err *err)
{
    const char *colon = memchr(p->p, ':', (size_t)(end - p->p));
    if (!colon)
        return bad_line(p, end, "a line without a colon", err);
    struct slice name = {p->p, (size_t)(colon - p->p)};
    if (!is_field_name(name))
        return bad_line(p, end, "not a field name", err);
    if (p->n == FIELDS_MAX)
        return err_set(err, "%s:%u: more than %d fields in one stanza", p->name, p->line,
                       FIELDS_MAX);
    if (seen_add(seen, name))
        for (size_t i = 0; i < p->n; i++)
            if (same_name(p->fields[i].name, name.p, name.n))
                return bad_line(p, colon, "a field that stands twice", err);
    GROW(p->fields, p->n, p->cap);
    p->fields[p->n++] = (struct deb822_field){name, {colon + 1, (size_t)(end - colon - 1)}};
    return 0;
}

static int add_line(struct deb822 *p, const char *end, struct seen *seen, struct err *err)
{
    if (*p->p == '#')
        return 0;
    if (*p->p != ' ' && *p->p != '\t')
        return add_field(p, end, seen, err);
    if (p->n == 0)
        return bad_line(p, end, "a continuation line without a field", err);
    struct slice *value = &p->fields[p->n - 1].value;
    value->n = (size_t)(end - value->p);
    return 0;
}

/* To the first line that isn't blank or a comment; false at the end of the text. */
static bool skip_to_stanza(struct deb822 *p)
{
    while (p->p < p->end) {
        const char *end = line_end(p);
        if (*p->p != '#' && !is_blank(p->p, end))
            return true;
        next_line(p, end);
    }
    return false;
}

int deb822_next(struct deb822 *p, struct err *err)
{
    p->n = 0;
    p->stanza = (struct slice){NULL, 0};
    if (!skip_to_stanza(p))
        return 0;
    struct seen seen = {0};
    p->stanza.p = p->p;
    p->stanza_line = p->line;
    while (p->p < p->end) {
        const char *end = line_end(p);
        if (is_blank(p->p, end))
            break;
        if (memchr(p->p, 0, (size_t)(end - p->p)))
            return err_set(err, "%s:%u: a NUL byte", p->name, p->line);
        if (add_line(p, end, &seen, err) < 0)
            return err_ret(err);
        next_line(p, end);
        p->stanza.n = (size_t)(p->p - p->stanza.p);
    }
    for (size_t i = 0; i < p->n; i++)
        p->fields[i].value = slice_trim(p->fields[i].value);
    return 1;
}

struct slice deb822_get(const struct deb822 *p, const char *name)
{
    size_t n = strlen(name);
    for (size_t i = 0; i < p->n; i++)
        if (same_name(p->fields[i].name, name, n))
            return p->fields[i].value;
    return (struct slice){NULL, 0};
}

int deb822_need(const struct deb822 *p, const char *name, struct slice *ret, struct err *err)
{
    *ret = deb822_get(p, name);
    if (ret->n == 0)
        return err_set(err, "%s:%u: the stanza has no \"%s\"", p->name, p->stanza_line, name);
    return 0;
}

bool slice_number(struct slice s, uint64_t *ret)
{
    uint64_t value = 0;
    if (s.n == 0)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(s.p[i] - '0'), &value))
            return false;
    }
    *ret = value;
    return true;
}

void deb822_source(const struct deb822 *d, struct slice *ret_name, struct slice *ret_version)
{
    struct slice s = deb822_get(d, "Source");
    const char *open = s.n ? memchr(s.p, '(', s.n) : NULL;
    const char *close = open ? memchr(open, ')', s.n - (size_t)(open - s.p)) : NULL;

    *ret_name = *ret_version = (struct slice){0};
    if (s.n)
        *ret_name = slice_trim((struct slice){s.p, open ? (size_t)(open - s.p) : s.n});
    if (close)
        *ret_version = slice_trim((struct slice){open + 1, (size_t)(close - open - 1)});
}
