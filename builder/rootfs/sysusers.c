/* SPDX-License-Identifier: Apache-2.0 */
#include "rootfs/sysusers.h"
#include "rootfs/conffields.h"
#include <ctype.h>

#define FIELDS     6
#define LINE_BYTES 4096u
#define ID_HIGHEST 65534u
#define NOTES_MAX  100u

struct parser {
    struct sysusers *out;
    struct strv *notes;
    const char *name;
    unsigned line;
};

static void skip(const struct parser *p, const char *why)
{
    if (p->notes->n < NOTES_MAX)
        strv_addf(p->notes, "%s:%u: %s: skipped", p->name, p->line, why);
}

bool account_name_valid(const char *name)
{
    size_t n = strlen(name);
    if (n == 0 || n > 31 || (!isalpha((unsigned char)name[0]) && name[0] != '_'))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)name[i]) && name[i] != '_' && name[i] != '-')
            return false;
    return true;
}

static bool parse_number(const char *s, size_t n, uint32_t *ret)
{
    uint64_t value = 0;
    if (n == 0 || n > 10)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (s[i] < '0' || s[i] > '9')
            return false;
        value = value * 10 + (uint64_t)(s[i] - '0');
    }
    *ret = (uint32_t)value;
    return value <= ID_HIGHEST;
}

static bool parse_range(const char *s, struct sysusers_line *l)
{
    const char *dash = strchr(s, '-');
    size_t n = dash ? (size_t)(dash - s) : strlen(s);
    if (!parse_number(s, n, &l->low))
        return false;
    l->high = l->low;
    return (!dash || parse_number(dash + 1, strlen(dash + 1), &l->high)) && l->low <= l->high;
}

/* The ID field of a u or g line. */
static const char *parse_id(const char *s, struct sysusers_line *l)
{
    l->uid = l->gid = SYSUSERS_NO_ID;
    if (!s || strcmp(s, "-") == 0 || s[0] == '\0')
        return NULL;
    if (s[0] == '/') {
        l->id_of = xstrdup(s + 1);
        return NULL;
    }
    uint32_t id = SYSUSERS_NO_ID;
    size_t n = strcspn(s, ":");
    if (!(n == 1 && s[0] == '-') && !parse_number(s, n, &id))
        return "the id is none";
    if (l->type == SYSUSERS_GROUP) {
        l->gid = id;
        return s[n] ? "a group has one id" : NULL;
    }
    l->uid = id;
    if (!s[n])
        return NULL;
    const char *group = s + n + 1;
    if (parse_number(group, strlen(group), &l->gid))
        return NULL;
    l->gid = SYSUSERS_NO_ID;
    if (!account_name_valid(group))
        return "the group is no name and no id";
    l->group = xstrdup(group);
    return NULL;
}

static bool field_fits(const char *s)
{
    for (; *s; s++)
        if (*s == ':' || (unsigned char)*s < ' ' || *s == 0x7f)
            return false;
    return true;
}

static char *optional(char **field)
{
    char *value = *field;
    *field = NULL;
    if (value && (value[0] == '\0' || strcmp(value, "-") == 0)) {
        free(value);
        return NULL;
    }
    return value;
}

static const char *fill_user(char **f, size_t n, struct sysusers_line *l)
{
    for (size_t i = 3; i < n; i++)
        if (!field_fits(f[i]))
            return "a field holds a colon or a control byte";
    l->comment = optional(&f[3]);
    l->home = optional(&f[4]);
    l->shell = optional(&f[5]);
    if ((l->home && l->home[0] != '/') || (l->shell && l->shell[0] != '/'))
        return "home and shell have to be absolute paths";
    return NULL;
}

/* "%%" becomes "%"; any other specifier is none of ours. */
static bool drop_specifiers(char *s)
{
    while ((s = strchr(s, '%'))) {
        if (s[1] != '%')
            return false;
        s++;
        memmove(s, s + 1, strlen(s));
    }
    return true;
}

static const char *fill(char **f, size_t n, struct sysusers_line *l)
{
    const char *type = f[0];
    if (n < 2 || type[0] == '\0' || strspn(type + 1, "!") != strlen(type + 1))
        return "not a line of sysusers.d(5)";
    for (size_t i = 0; i < n; i++)
        if (!drop_specifiers(f[i]))
            return "specifiers aren't known to an image that isn't running";
    switch (type[0]) {
    case 'u':
        l->type = SYSUSERS_USER;
        break;
    case 'g':
        l->type = SYSUSERS_GROUP;
        break;
    case 'm':
        l->type = SYSUSERS_MEMBER;
        break;
    case 'r':
        l->type = SYSUSERS_RANGE;
        return n >= 3 && parse_range(f[2], l) ? NULL : "the range is none";
    default:
        return "an unknown type";
    }
    if (!account_name_valid(f[1]))
        return "the name is none";
    l->name = xstrdup(f[1]);
    if (l->type == SYSUSERS_MEMBER) {
        if (n < 3 || !account_name_valid(f[2]))
            return "the group is none";
        l->group = xstrdup(f[2]);
        return NULL;
    }
    const char *why = parse_id(n > 2 ? f[2] : NULL, l);
    return why || l->type == SYSUSERS_GROUP ? why : fill_user(f, n, l);
}

static void line_release(struct sysusers_line *l)
{
    free(l->name);
    free(l->group);
    free(l->id_of);
    free(l->comment);
    free(l->home);
    free(l->shell);
}

static void parse_line(struct parser *p, const char *text, const char *end)
{
    CLEANUP(strv_release) struct strv fields = STRV_INIT;
    CLEANUP(buf_release) struct buf field = BUF_INIT(LINE_BYTES);
    int r;
    while ((r = conf_field(&text, end, &field)) > 0) {
        if (fields.n == 0 && buf_str(&field)[0] == '#')
            return;
        strv_add(&fields, buf_str(&field));
    }
    if (r == 0 && fields.n == 0)
        return;
    if (r < 0 || fields.n > FIELDS) {
        skip(p, "not a line of sysusers.d(5)");
        return;
    }
    char *f[FIELDS] = {0};
    size_t n = fields.n;
    memcpy(f, fields.v, n * sizeof(*f));
    fields.n = 0;

    struct sysusers_line l = {.uid = SYSUSERS_NO_ID, .gid = SYSUSERS_NO_ID, .by = "sysusers.d"};
    const char *why = fill(f, n, &l);
    for (size_t i = 0; i < n; i++)
        free(f[i]);
    if (why) {
        skip(p, why);
        line_release(&l);
        return;
    }
    GROW(p->out->lines, p->out->n, p->out->cap);
    p->out->lines[p->out->n++] = l;
}

void sysusers_parse(struct sysusers *s, const char *text, size_t n, const char *name,
                    struct strv *notes)
{
    struct parser p = {.out = s, .notes = notes, .name = name};
    const char *end = text + n;
    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        const char *stop = newline ? newline : end;
        p.line++;
        if (stop - text > (ptrdiff_t)LINE_BYTES || memchr(text, '\0', (size_t)(stop - text)))
            skip(&p, "not a line of sysusers.d(5)");
        else
            parse_line(&p, text, stop);
        text = newline ? newline + 1 : end;
    }
}

struct sysusers_line *sysusers_add(struct sysusers *s, enum sysusers_type type, const char *name,
                                   const char *by)
{
    GROW(s->lines, s->n, s->cap);
    struct sysusers_line *l = &s->lines[s->n++];
    *l = (struct sysusers_line){.type = type,
                                .name = xstrdup(name),
                                .uid = SYSUSERS_NO_ID,
                                .gid = SYSUSERS_NO_ID,
                                .by = by};
    return l;
}

void sysusers_take(struct sysusers *s, struct sysusers *from)
{
    for (size_t i = 0; i < from->n; i++) {
        GROW(s->lines, s->n, s->cap);
        s->lines[s->n++] = from->lines[i];
    }
    free(from->lines);
    *from = (struct sysusers){0};
}

void sysusers_release(struct sysusers *s)
{
    for (size_t i = 0; i < s->n; i++)
        line_release(&s->lines[i]);
    free(s->lines);
    *s = (struct sysusers){0};
}
