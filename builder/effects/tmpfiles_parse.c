/* SPDX-License-Identifier: Apache-2.0 */
#include "base/number.h"
#include "base/path.h"
#include "effects/tmpfiles.h"
#include "rootfs/conffields.h"

#define LINE_BYTES 8192u

#define IGNORED "" /* a line that does nothing here */

enum { TYPE, PATH, MODE, USER, GROUP, AGE, FIELDS };

static void line_release(struct tmpfiles_line *l)
{
    free(l->path);
    free(l->user);
    free(l->group);
    free(l->argument);
}

void tmpfiles_release(struct tmpfiles *t)
{
    for (size_t i = 0; i < t->n; i++)
        line_release(&t->v[i]);
    free(t->v);
    *t = (struct tmpfiles){0};
}

/* ---- specifiers ----------------------------------------------------------------------------- */

/* Those that have one value in every image; NULL for the others. */
static const char *specifier(char c)
{
    static const struct {
        char c;
        const char *value;
    } known[] = {
        {'%', "%"},        {'t', "/run"}, {'S', "/var/lib"}, {'C', "/var/cache"},
        {'L', "/var/log"}, {'T', "/tmp"}, {'V', "/var/tmp"}, {'h', "/root"},
        {'u', "root"},     {'g', "root"}, {'U', "0"},        {'G', "0"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(known); i++)
        if (known[i].c == c)
            return known[i].value;
    return NULL;
}

static char *specified(const char *text)
{
    CLEANUP(buf_release) struct buf out = BUF_INIT(LINE_BYTES);
    for (const char *p = text; *p; p++) {
        const char *value = *p == '%' ? specifier(p[1]) : NULL;
        if (*p == '%' && (!p[1] || !value))
            return NULL;
        if (value)
            buf_addstr(&out, value), p++;
        else
            buf_addch(&out, *p);
    }
    return out.overflow ? NULL : xstrdup(buf_str(&out));
}

/* Why a text has no value: a specifier that only a running system has stands for booting. */
static const char *unspecified(const char *text)
{
    for (const char *p = text; (p = strchr(p, '%')); p += 2) {
        if (p[1] && strchr("bmHlqv", p[1]))
            return IGNORED;
        if (!p[1] || !specifier(p[1]))
            return "has a specifier that an image doesn't know";
    }
    return NULL;
}

/* ---- fields --------------------------------------------------------------------------------- */

static const char *read_type(const char *text, struct tmpfiles_line *l)
{
    l->type = text[0];
    for (const char *p = text + 1; *p; p++) {
        if (*p == '!' || *p == '^')
            return IGNORED;
        if (*p == '~')
            return "text in base64 isn't read";
        l->plus |= *p == '+';
        l->question |= *p == '?';
        if (!strchr("+?-=$", *p))
            return "an unknown modifier of the type";
    }
    if (!l->type || !strchr("dDvqQfwLCezmZxXrRtTaAhHpcb", l->type))
        return "an unknown type";
    if (strchr("pcb", l->type))
        return "no image holds devices and named pipes";
    return strchr("xXrRtTaAhH", l->type) ? IGNORED : NULL;
}

static const char *read_mode(const char *text, struct tmpfiles_line *l)
{
    uint64_t mode;
    for (; *text == '~' || *text == ':'; text++)
        *(*text == '~' ? &l->mode_masked : &l->mode_new) = true;
    if (!number_parse_octal(slice_of(text), 07777, &mode))
        return "the mode is not an octal number up to 7777";
    l->mode = (uint16_t)mode;
    l->has_mode = true;
    return NULL;
}

static bool is_given(const char *field)
{
    return field && field[0] && strcmp(field, "-") != 0;
}

static const char *fill(char *const *f, const char *rest, struct tmpfiles_line *l)
{
    const char *why = read_type(f[TYPE], l);
    if (why)
        return why;
    if (!f[PATH])
        return "has no path";
    const char *texts[] = {f[PATH], rest, f[USER], f[GROUP]};
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        if (texts[i] && (why = unspecified(texts[i])))
            return why;
    if (!(l->path = specified(f[PATH])) || (rest && !(l->argument = specified(rest))))
        return "is too long";
    if (l->path[0] != '/')
        return "the path is not absolute";
    if (!effect_is_path(l->path))
        return "the path is not a plain one";
    if (is_given(f[MODE]) && (why = read_mode(f[MODE], l)))
        return why;
    l->user_new = f[USER] && f[USER][0] == ':';
    l->group_new = f[GROUP] && f[GROUP][0] == ':';
    if (is_given(f[USER]) && !(l->user = specified(f[USER] + l->user_new)))
        return "is too long";
    if (is_given(f[GROUP]) && !(l->group = specified(f[GROUP] + l->group_new)))
        return "is too long";
    return NULL;
}

/* NULL, IGNORED, or why not. */
static const char *parse_line(const char *text, const char *end, struct tmpfiles_line *l)
{
    CLEANUP(strv_release) struct strv fields = STRV_INIT;
    CLEANUP(buf_release) struct buf field = BUF_INIT(LINE_BYTES);
    int r = 1;
    while (fields.n < FIELDS && (r = conf_field(&text, end, &field)) > 0) {
        if (fields.n == 0 && buf_str(&field)[0] == '#')
            return IGNORED;
        strv_add(&fields, buf_str(&field));
    }
    if (r < 0)
        return "not a line of tmpfiles.d(5)";
    if (!fields.n)
        return IGNORED;
    char *f[FIELDS] = {0};
    memcpy(f, fields.v, fields.n * sizeof(*f));
    r = conf_rest(&text, end, &field);
    if (r < 0)
        return "not a line of tmpfiles.d(5)";
    return fill(f, r > 0 && is_given(buf_str(&field)) ? buf_str(&field) : NULL, l);
}

void tmpfiles_parse(struct tmpfiles *t, const char *text, size_t n, const char *file,
                    void (*skip)(void *arg, unsigned line, const char *why), void *arg)
{
    const char *end = text + n;
    for (unsigned line = 1; text < end; line++) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        const char *stop = newline ? newline : end;
        struct tmpfiles_line l = {.file = file, .line = line};
        bool long_line = stop - text > (ptrdiff_t)LINE_BYTES ||
                         memchr(text, '\0', (size_t)(stop - text));
        const char *why = long_line                    ? "not a line of tmpfiles.d(5)"
                          : t->n == TMPFILES_LINES_MAX ? "is one line too many"
                                                       : parse_line(text, stop, &l);
        text = newline ? newline + 1 : end;
        if (!why) {
            GROW(t->v, t->n, t->cap);
            t->v[t->n++] = l;
            continue;
        }
        line_release(&l);
        if (why[0])
            skip(arg, line, why);
    }
}
