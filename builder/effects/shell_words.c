/* SPDX-License-Identifier: Apache-2.0 */
#include "effects/shell_parser.h"
#include <ctype.h>

struct word_maker {
    struct shell_word *word;
    struct shell_part **end;
    struct buf text; /* of the part that grows */
    bool quoted;     /* how it is */
    bool any;        /* there is a part, if an empty one */
};

static struct shell_part *add_part(struct shell_parser *p, struct word_maker *m,
                                   enum shell_part_type type, bool quoted)
{
    struct shell_part *part = parser_alloc(p, sizeof(*part));
    part->type = type;
    part->quoted = quoted;
    *m->end = part;
    m->end = &part->next;
    m->any = true;
    return part;
}

static void flush(struct shell_parser *p, struct word_maker *m)
{
    if (!m->text.len)
        return;
    struct shell_part *part = add_part(p, m, PART_TEXT, m->quoted);
    part->text = parser_text(p, m->text.data, m->text.len);
    part->n = m->text.len;
    buf_reset(&m->text);
}

static void add_char(struct shell_parser *p, struct word_maker *m, char c, bool quoted)
{
    if (m->quoted != quoted)
        flush(p, m);
    m->quoted = quoted;
    buf_addch(&m->text, c);
}

/* An empty quoted part, so that "" is a word. */
static void add_empty(struct shell_parser *p, struct word_maker *m)
{
    flush(p, m);
    add_part(p, m, PART_TEXT, true)->text = parser_text(p, "", 0);
}

static void single_quotes(struct shell_parser *p, struct word_maker *m)
{
    add_empty(p, m);
    for (p->at++; p->at < p->end && *p->at != '\''; p->at++) {
        p->line += *p->at == '\n';
        add_char(p, m, *p->at, true);
    }
    if (p->at == p->end)
        parser_fail(p, "a quote without an end");
    else
        p->at++;
}

static bool name_start(char c)
{
    return isalpha((unsigned char)c) || c == '_';
}

static size_t name_length(const struct shell_parser *p, size_t at)
{
    size_t n = at;
    if (name_start(parser_peek(p, n)))
        while (isalnum((unsigned char)parser_peek(p, n)) || parser_peek(p, n) == '_')
            n++;
    return n - at;
}

/* ${name}, ${#name}, ${name OP word}; p is at the brace. */
static void braces(struct shell_parser *p, struct shell_part *part)
{
    p->at++;
    bool length = parser_peek(p, 0) == '#' && parser_peek(p, 1) != '}';
    p->at += length;
    size_t n = name_length(p, 0);
    if (n == 0)
        while (isdigit((unsigned char)parser_peek(p, n)))
            n++;
    if (n == 0 && parser_peek(p, 0) && strchr("@*#?$!-", parser_peek(p, 0)))
        n = 1;
    if (n == 0) {
        parser_fail(p, "a parameter of an unknown form");
        return;
    }
    part->text = parser_text(p, p->at, part->n = n);
    p->at += n;
    n = 0;
    if (length)
        part->op[n++] = 'l';
    else if (p->at < p->end && *p->at != '}') {
        char c = *p->at;
        part->op[n++] = c;
        if (c == ':' || ((c == '#' || c == '%') && parser_peek(p, 1) == c))
            part->op[n++] = parser_peek(p, 1);
        p->at += n;
        part->by = parser_brace_word(p, part->quoted && c != '#' && c != '%');
    }
    if (parser_peek(p, 0) != '}')
        parser_fail(p, "a ${ without an end");
    else
        p->at++;
}

static void skip_arithmetic(struct shell_parser *p)
{
    unsigned open = 0;
    do {
        char c = parser_peek(p, 0);
        open += c == '(';
        open -= c == ')';
        p->line += c == '\n';
        p->at++;
    } while (open && p->at < p->end);
    if (open)
        parser_fail(p, "a $(( without an end");
}

/* p is at a '$'. */
static void dollar(struct shell_parser *p, struct word_maker *m, bool quoted)
{
    char next = parser_peek(p, 1);
    size_t n = name_length(p, 1);
    if (next == '(' && parser_peek(p, 2) == '(') {
        flush(p, m);
        add_part(p, m, PART_OTHER, quoted);
        p->at++;
        skip_arithmetic(p);
    } else if (next == '(') {
        flush(p, m);
        p->at += 2;
        struct shell_part *part = add_part(p, m, PART_COMMAND, quoted);
        part->body = parser_list(p);
        if (parser_peek(p, 0) != ')')
            parser_fail(p, "a $( without an end");
        else
            p->at++;
    } else if (next == '{') {
        flush(p, m);
        p->at++;
        braces(p, add_part(p, m, PART_PARAM, quoted));
    } else if (n || (next && (isdigit((unsigned char)next) || strchr("@*#?$!-", next)))) {
        flush(p, m);
        struct shell_part *part = add_part(p, m, PART_PARAM, quoted);
        part->n = n ? n : 1;
        part->text = parser_text(p, p->at + 1, part->n);
        p->at += 1 + part->n;
    } else if (!quoted && (next == '\'' || next == '"')) {
        flush(p, m);
        add_part(p, m, PART_OTHER, false);
        p->at++;
    } else {
        add_char(p, m, *p->at++, quoted);
    }
}

/* `…`: the text within, where a backslash takes itself, $ and ` off, is a list of its own. */
static void backticks(struct shell_parser *p, struct word_maker *m, bool quoted)
{
    CLEANUP(buf_release) struct buf inner = BUF_INIT(SHELL_BYTES_MAX);
    flush(p, m);
    for (p->at++; p->at < p->end && *p->at != '`'; p->at++) {
        char next = parser_peek(p, 1);
        if (*p->at == '\\' && next &&
            (next == '`' || next == '\\' || next == '$' || (quoted && next == '"')))
            p->at++;
        buf_addch(&inner, *p->at);
    }
    if (p->at >= p->end) {
        parser_fail(p, "a ` without an end");
        return;
    }
    p->at++;
    struct shell_part *part = add_part(p, m, PART_COMMAND, quoted);
    if (!parser_enter(p))
        return;
    /* Its words are copied out of the text, so it may go. */
    struct shell_parser sub = {.shell = p->shell,
                               .at = buf_str(&inner),
                               .end = buf_str(&inner) + inner.len,
                               .line = p->line,
                               .depth = p->depth};
    part->body = parser_list(&sub);
    if (sub.at < sub.end)
        parser_fail(&sub, "an odd end of `…`");
    for (size_t i = 0; i < inner.len; i++)
        p->line += inner.data[i] == '\n';
    p->depth--;
}

/* What stands between double quotes, or in a here-document (without them: closing is '\0'). */
static void double_quoted(struct shell_parser *p, struct word_maker *m, char closing)
{
    while (p->at < p->end && !parser_failed(p) && (!closing || *p->at != closing)) {
        char c = *p->at, next = parser_peek(p, 1);
        if (c == '\\' && next == '\n') {
            p->line++;
            p->at += 2;
        } else if (c == '\\' && next && (strchr("$`\\", next) || next == closing)) {
            add_char(p, m, next, true);
            p->at += 2;
        } else if (c == '$') {
            dollar(p, m, true);
        } else if (c == '`') {
            backticks(p, m, true);
        } else {
            p->line += c == '\n';
            add_char(p, m, c, true);
            p->at++;
        }
    }
}

static void double_quotes(struct shell_parser *p, struct word_maker *m)
{
    add_empty(p, m);
    p->at++;
    double_quoted(p, m, '"');
    if (parser_peek(p, 0) != '"')
        parser_fail(p, "a quote without an end");
    else
        p->at++;
}

static bool ends_word(char c)
{
    return strchr(" \t\n;&|()<>", c) != NULL; /* the NUL of the end as well */
}

/* One step of an unquoted word. */
static void unquoted(struct shell_parser *p, struct word_maker *m)
{
    char c = *p->at;
    if (c == '\'') {
        single_quotes(p, m);
    } else if (c == '"') {
        double_quotes(p, m);
    } else if (c == '$') {
        dollar(p, m, false);
    } else if (c == '`') {
        backticks(p, m, false);
    } else if (c == '\\' && parser_peek(p, 1) == '\n') {
        p->line++;
        p->at += 2;
    } else if (c == '\\' && p->at + 1 < p->end) {
        add_char(p, m, p->at[1], true);
        p->at += 2;
    } else if (c == '~' && !m->any && !m->text.len) {
        add_part(p, m, PART_OTHER, false);
        p->at++;
    } else {
        p->line += c == '\n'; /* within ${} */
        add_char(p, m, c, false);
        p->at++;
    }
}

static struct shell_word *finish(struct shell_parser *p, struct word_maker *m)
{
    flush(p, m);
    buf_release(&m->text);
    return parser_failed(p) || !m->any ? NULL : m->word;
}

static struct word_maker start(struct shell_parser *p)
{
    struct word_maker m = {.word = parser_alloc(p, sizeof(struct shell_word)),
                           .text = BUF_INIT(SHELL_BYTES_MAX)};
    m.end = &m.word->parts;
    return m;
}

struct shell_word *parser_word(struct shell_parser *p)
{
    if (parser_failed(p) || p->at >= p->end || ends_word(*p->at) || !parser_enter(p))
        return NULL;
    struct word_maker m = start(p);
    while (p->at < p->end && !parser_failed(p) && !ends_word(*p->at))
        unquoted(p, &m);
    p->depth--;
    return finish(p, &m);
}

struct shell_word *parser_brace_word(struct shell_parser *p, bool quoted)
{
    if (!parser_enter(p))
        return NULL;
    struct word_maker m = start(p);
    if (quoted) {
        while (p->at < p->end && !parser_failed(p) && *p->at != '}') {
            if (*p->at == '"')
                double_quotes(p, &m);
            else if (*p->at == '$')
                dollar(p, &m, true);
            else if (*p->at == '`')
                backticks(p, &m, true);
            else
                add_char(p, &m, *p->at++, true);
        }
    } else {
        while (p->at < p->end && !parser_failed(p) && *p->at != '}')
            unquoted(p, &m);
    }
    p->depth--;
    return finish(p, &m);
}

/* ---- here-documents ------------------------------------------------------------------------- */

/* The delimiter as text; what is quoted in it can't be told from what isn't, and needn't be. */
static void delimiter_of(const struct shell_word *w, struct buf *ret)
{
    for (const struct shell_part *part = w ? w->parts : NULL; part; part = part->next)
        if (part->type == PART_TEXT)
            buf_add(ret, part->text, part->n);
}

static void read_document(struct shell_parser *p, size_t i)
{
    struct shell_redirection *r = p->pending[i];
    CLEANUP(buf_release) struct buf text = BUF_INIT(SHELL_BYTES_MAX), ending = BUF_INIT(0);
    delimiter_of(r->word, &ending);
    unsigned line = p->line;
    bool ended = false;
    while (p->at < p->end && !ended) {
        const char *newline = memchr(p->at, '\n', (size_t)(p->end - p->at));
        const char *stop = newline ? newline : p->end;
        struct slice s = {p->at, (size_t)(stop - p->at)};
        while (p->tabs[i] && s.n && *s.p == '\t')
            s = (struct slice){s.p + 1, s.n - 1};
        ended = s.n == ending.len && memcmp(s.p, buf_str(&ending), s.n) == 0;
        if (!ended) {
            buf_addslice(&text, s);
            buf_addch(&text, '\n');
        }
        p->line += newline != NULL;
        p->at = newline ? newline + 1 : p->end;
    }
    if (!ended) {
        parser_fail(p, "a here-document without an end");
        return;
    }
    struct shell_parser sub = {.shell = p->shell,
                               .at = buf_str(&text),
                               .end = buf_str(&text) + text.len,
                               .line = line,
                               .depth = p->depth};
    struct word_maker m = start(&sub);
    add_empty(&sub, &m);
    if (p->quoted[i])
        for (size_t k = 0; k < text.len; k++)
            add_char(&sub, &m, text.data[k], true);
    else
        double_quoted(&sub, &m, '\0');
    r->word = finish(&sub, &m);
}

void parser_newline(struct shell_parser *p)
{
    p->at++;
    p->line++;
    for (size_t i = 0; i < p->n_pending && !parser_failed(p); i++)
        read_document(p, i);
    p->n_pending = 0;
}

void parser_blanks(struct shell_parser *p)
{
    while (p->at < p->end) {
        if (*p->at == ' ' || *p->at == '\t') {
            p->at++;
        } else if (*p->at == '\\' && parser_peek(p, 1) == '\n') {
            p->at += 2;
            p->line++;
        } else if (*p->at == '#') {
            while (p->at < p->end && *p->at != '\n')
                p->at++;
        } else {
            return;
        }
    }
}
