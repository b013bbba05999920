/* SPDX-License-Identifier: Apache-2.0 */
#include "base/number.h"
#include "base/text.h"
#include "effects/walk_state.h"

/* What a parameter is: set with a text, set without one that is known, or not set. */
struct value {
    bool set, known;
    const char *text;
};

/* A word while it is expanded. */
struct expansion {
    struct script_walk *r;
    struct script_words *out;
    struct buf text;
    bool split, pattern;
    bool any, known, glob; /* of the field that grows */
};

void script_words_release(struct script_words *f)
{
    for (size_t i = 0; i < f->n; i++)
        free(f->v[i].text);
    free(f->v);
    *f = (struct script_words){0};
}

/* ---- variables ------------------------------------------------------------------------------ */

void walk_set(struct script_walk *r, const char *name, const char *value)
{
    struct variable *v = NULL;
    for (size_t i = 0; i < r->n_vars && !v; i++)
        if (strcmp(r->vars[i].name, name) == 0)
            v = &r->vars[i];
    if (!v) {
        GROW(r->vars, r->n_vars, r->cap_vars);
        v = &r->vars[r->n_vars++];
        *v = (struct variable){.name = xstrdup(name)};
    }
    free(v->value);
    v->value = value && !is_uncertain(r) && strlen(value) <= CALL_TEXT_MAX ? xstrdup(value) : NULL;
}

const struct variable *walk_variable(const struct script_walk *r, const char *name)
{
    for (size_t i = 0; i < r->n_vars; i++)
        if (strcmp(r->vars[i].name, name) == 0)
            return &r->vars[i];
    return NULL;
}

static struct value positional(const struct script_walk *r, size_t i)
{
    if (!r->args_known)
        return (struct value){true, false, NULL};
    return i <= r->args.n ? (struct value){true, true, r->args.v[i - 1]}
                          : (struct value){false, true, ""};
}

static struct value parameter(const struct script_walk *r, const char *name, char *number,
                              size_t size)
{
    uint64_t i = 0;
    if (strcmp(name, "#") == 0 && r->args_known) {
        snprintf(number, size, "%zu", r->args.n);
        return (struct value){true, true, number};
    }
    if (number_parse(slice_of(name), 1000, &i) && i > 0)
        return positional(r, (size_t)i);
    const struct variable *v = walk_variable(r, name);
    return v && v->value ? (struct value){true, true, v->value} : (struct value){true, false, NULL};
}

/* ---- patterns ------------------------------------------------------------------------------- */

/* One character of the pattern at *p against c; *p goes behind it. */
static bool matches_one(const char **p, char c)
{
    const char *s = *p;
    if (*s == '[') {
        bool not = s[1] == '!' || s[1] == '^', in = false;
        const char *at = s + 1 + not, *first = at;
        while (*at && (*at != ']' || at == first)) {
            at += *at == '\\' && at[1];
            if (at[1] == '-' && at[2] && at[2] != ']') {
                in |= (unsigned char)c >= (unsigned char)at[0] &&
                      (unsigned char)c <= (unsigned char)at[2];
                at += 3;
            } else {
                in |= *at++ == c;
            }
        }
        if (*at == ']') {
            *p = at + 1;
            return in != not ;
        }
    }
    if (*s == '\\' && s[1])
        s++;
    else if (*s == '?') {
        *p = s + 1;
        return true;
    }
    *p = s + 1;
    return *s == c;
}

bool pattern_matches(const char *pattern, const char *text, size_t n)
{
    const char *star = NULL;
    size_t i = 0, from = 0;
    for (;;) {
        const char *next = pattern;
        if (*pattern == '*') {
            star = ++pattern;
            from = i;
        } else if (i == n && !*pattern) {
            return true;
        } else if (i < n && *pattern && matches_one(&next, text[i])) {
            pattern = next;
            i++;
        } else if (star && from < n) {
            pattern = star;
            i = ++from;
        } else {
            return false;
        }
    }
}

/* ${text#pattern} and its kind: the piece that stays. */
static struct slice trim(const char *text, const char *op, const char *pattern)
{
    size_t n = strlen(text);
    bool longest = op[1] != '\0';
    if (op[0] == '#')
        for (size_t i = 0; i <= n; i++) {
            size_t k = longest ? n - i : i;
            if (pattern_matches(pattern, text, k))
                return (struct slice){text + k, n - k};
        }
    else
        for (size_t i = 0; i <= n; i++) {
            size_t k = longest ? i : n - i;
            if (pattern_matches(pattern, text + k, n - k))
                return (struct slice){text, k};
        }
    return (struct slice){text, n};
}

/* ---- expansion ------------------------------------------------------------------------------ */

static void end_field(struct expansion *e)
{
    if (!e->any && !e->text.len)
        return;
    if (!walk_works(e->r, e->text.len + 16)) {
        ;
    } else if (e->out->n < WALK_FIELDS_MAX) {
        bool known = e->known && !e->text.overflow;
        GROW(e->out->v, e->out->n, e->out->cap);
        e->out->v[e->out->n++] = (struct script_word){xstrdup(buf_str(&e->text)), known, e->glob};
    } else {
        walk_fail(e->r, 0, "more than %u words", WALK_FIELDS_MAX);
    }
    buf_reset(&e->text);
    e->any = e->glob = false;
    e->known = true;
}

static void add_quoted(struct expansion *e, const char *s, size_t n)
{
    e->any = true;
    for (size_t i = 0; i < n; i++) {
        if (e->pattern && strchr("*?[]\\!^-", s[i]))
            buf_addch(&e->text, '\\');
        buf_addch(&e->text, s[i]);
    }
}

/* Whether a pattern begins there: a [ alone is a command's name. */
static bool is_glob(const char *s, size_t n, size_t i)
{
    return s[i] == '*' || s[i] == '?' || (s[i] == '[' && n > 1);
}

/* Text as it stands in the script. */
static void add_plain(struct expansion *e, const char *s, size_t n)
{
    e->any = true;
    bool brace = memchr(s, '{', n) && memchr(s, '}', n);
    e->known &= !brace || (!memchr(s, ',', n) && !memmem(s, n, "..", 2));
    for (size_t i = 0; i < n; i++)
        e->glob |= is_glob(s, n, i);
    buf_add(&e->text, s, n);
}

/* What an unquoted expansion gives: blanks part words. */
static void add_split(struct expansion *e, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (e->split && strchr(" \t\n", s[i])) {
            end_field(e);
        } else {
            e->any = true;
            e->glob |= is_glob(s, n, i);
            buf_addch(&e->text, s[i]);
        }
    }
}

static void add_value(struct expansion *e, const char *s, size_t n, bool quoted)
{
    if (!s) {
        e->any = true;
        e->known = false;
    } else if (quoted) {
        add_quoted(e, s, n);
    } else {
        add_split(e, s, n);
    }
}

static void expand_parts(struct expansion *e, const struct shell_word *w);

static void expand_arguments(struct expansion *e, bool fields, bool quoted)
{
    const struct strv *args = &e->r->args;
    if (!e->r->args_known) {
        add_value(e, NULL, 0, quoted);
        return;
    }
    e->any |= quoted && !fields;
    for (size_t i = 0; i < args->n; i++) {
        if (i && fields && e->split)
            end_field(e);
        else if (i)
            add_value(e, " ", 1, quoted);
        add_value(e, args->v[i], strlen(args->v[i]), quoted);
    }
}

/* ${name#word}, ${#name} of a value that is known. */
static void expand_changed(struct expansion *e, const struct shell_part *part, const char *text)
{
    if (part->op[0] == 'l') {
        char number[32];
        int n = snprintf(number, sizeof(number), "%zu", strlen(text));
        add_value(e, number, (size_t)n, part->quoted);
        return;
    }
    CLEANUP(free_ptr)
    char *pattern = part->by ? walk_pattern(e->r, part->by) : xstrdup("");
    size_t n = strlen(text);
    bool fits = (part->op[0] == '#' || part->op[0] == '%') && n <= 256 && pattern &&
                strlen(pattern) <= 64;
    if (!fits || !walk_works(e->r, n * n)) {
        add_value(e, NULL, 0, part->quoted);
        return;
    }
    struct slice s = trim(text, part->op, pattern);
    add_value(e, s.p, s.n, part->quoted);
}

static void expand_param(struct expansion *e, const struct shell_part *part)
{
    char number[32];
    char op = part->op[0] == ':' ? part->op[1] : part->op[0];
    if (strcmp(part->text, "@") == 0 || strcmp(part->text, "*") == 0) {
        if (op)
            add_value(e, NULL, 0, part->quoted);
        else
            expand_arguments(e, part->text[0] == '@' || !part->quoted, part->quoted);
        return;
    }
    struct value v = parameter(e->r, part->text, number, sizeof(number));
    bool empty = v.known && (!v.set || (part->op[0] == ':' && v.text[0] == '\0'));
    if (!v.known) {
        add_value(e, NULL, 0, part->quoted);
    } else if (!op || (strchr("-=?", op) && !empty)) {
        add_value(e, v.text, strlen(v.text), part->quoted);
    } else if (op == '+' || op == '-' || op == '=') {
        if ((op == '+') != empty && part->by)
            expand_parts(e, part->by);
        e->any |= part->quoted;
        e->known &= op != '=';
    } else if (op == '?') {
        add_value(e, NULL, 0, part->quoted);
    } else {
        expand_changed(e, part, v.text);
    }
}

static void expand_parts(struct expansion *e, const struct shell_word *w)
{
    for (const struct shell_part *part = w->parts; part && !walk_failed(e->r); part = part->next) {
        if (part->type == PART_TEXT && part->quoted) {
            add_quoted(e, part->text, part->n);
        } else if (part->type == PART_TEXT) {
            add_plain(e, part->text, part->n);
        } else if (part->type == PART_PARAM) {
            expand_param(e, part);
        } else if (part->type == PART_COMMAND) {
            CLEANUP(free_ptr) char *out = walk_output(e->r, part->body);
            add_value(e, out, out ? strlen(out) : 0, part->quoted);
        } else {
            add_value(e, NULL, 0, part->quoted);
        }
    }
}

static void expand(struct script_walk *r, const struct shell_word *w, bool split, bool pattern,
                   struct script_words *ret)
{
    struct expansion e = {.r = r,
                          .out = ret,
                          .text = BUF_INIT(CALL_TEXT_MAX),
                          .split = split,
                          .pattern = pattern,
                          .known = true};
    expand_parts(&e, w);
    e.any |= !split;
    end_field(&e);
    buf_release(&e.text);
}

void walk_expand(struct script_walk *r, const struct shell_word *w, bool split,
                 struct script_words *ret)
{
    expand(r, w, split, false, ret);
}

static char *one(struct script_walk *r, const struct shell_word *w, bool pattern)
{
    CLEANUP(script_words_release) struct script_words f = {0};
    expand(r, w, false, pattern, &f);
    return f.n == 1 && f.v[0].known ? xstrdup(f.v[0].text) : NULL;
}

char *walk_text(struct script_walk *r, const struct shell_word *w)
{
    return one(r, w, false);
}

char *walk_pattern(struct script_walk *r, const struct shell_word *w)
{
    return one(r, w, true);
}
