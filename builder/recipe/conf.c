/* SPDX-License-Identifier: Apache-2.0 */
#include "recipe/conf.h"

#include "base/text.h"
#include <ctype.h>
#include <search.h>

/* Tokens of one character are that character. */
enum { TOKEN_END, TOKEN_BARE = 'a', TOKEN_QUOTED = '"', TOKEN_APPEND = '+' };

struct conf_reader {
    const char *file;
    const char *p, *end;
    unsigned line;
    size_t *count;
    struct err *err;
    /* The token that is looked at: */
    int token;
    unsigned token_line;
    struct slice raw; /* as it is written */
    struct buf text;  /* of a word: as it is meant */
};

/* ---- characters to tokens -------------------------------------------------------------------- */

static bool bare_char(char c)
{
    return isalnum((unsigned char)c) || (c && strchr("_-./:@~", c));
}

static void skip(struct conf_reader *r, size_t n)
{
    for (; n && r->p < r->end; n--, r->p++)
        r->line += *r->p == '\n';
}

static bool at(const struct conf_reader *r, const char *text)
{
    size_t n = strlen(text);

    return (size_t)(r->end - r->p) >= n && memcmp(r->p, text, n) == 0;
}

static int skip_comment(struct conf_reader *r)
{
    unsigned from = r->line;

    if (!at(r, "/*")) {
        while (r->p < r->end && *r->p != '\n')
            skip(r, 1);
        return 0;
    }
    for (skip(r, 2); r->p < r->end && !at(r, "*/");)
        skip(r, 1);
    if (r->p >= r->end)
        return err_set(r->err, "%s:%u: this comment has no end", r->file, from);
    skip(r, 2);
    return 0;
}

static int skip_blanks(struct conf_reader *r)
{
    int ret = 0;

    while (ret == 0 && r->p < r->end) {
        if (strchr(" \t\n", *r->p) || at(r, "\r\n"))
            skip(r, 1);
        else if (*r->p == '#' || at(r, "//") || at(r, "/*"))
            ret = skip_comment(r);
        else
            break;
    }
    return ret;
}

static int refuse_variable(const struct conf_reader *r)
{
    err_set(r->err,
            "%s:%u: \"${\" would be read from the environment of who builds; an image must not "
            "depend on it",
            r->file, r->line);
    return err_hint(r->err, "where ${…} is meant as it stands, put it in single quotes");
}

/* The value of up to n digits of a base, which all must be digits of it; 0 if it is none that a
 * byte of a string may have. */
static unsigned byte_of(const char *p, size_t n, unsigned base)
{
    static const char digits[] = "0123456789abcdef";
    unsigned value = 0;

    for (size_t i = 0; i < n; i++) {
        const char *d = p[i] ? strchr(digits, tolower((unsigned char)p[i])) : NULL;

        if (!d || (unsigned)(d - digits) >= base || value > 255)
            return 0;
        value = value * base + (unsigned)(d - digits);
    }
    return value > 255 ? 0 : value;
}

/* At the backslash of an escape in double quotes: as in C, but \x has two digits, and \e. */
static int read_escape(struct conf_reader *r)
{
    static const char letters[] = "abefnrtv\"\\$'", meant[] = "\a\b\033\f\n\r\t\v\"\\$'";
    const char *p = r->p + 1, *letter = *p ? strchr(letters, *p) : NULL;
    size_t left = (size_t)(r->end - p), n = 0;
    unsigned value = 0;

    while (n < left && isdigit((unsigned char)p[n]))
        n++;
    if (n) {
        value = n > 3 ? 0 : byte_of(p, n, 8);
    } else if (*p == 'x' && left > 2) {
        n = 3;
        value = byte_of(p + 1, 2, 16);
    } else if (letter) {
        n = 1;
        value = (unsigned char)meant[letter - letters];
    }
    if (value) {
        buf_addch(&r->text, (char)value);
        skip(r, n + 1);
        return 0;
    }
    err_set(r->err, "%s:%u: bad escape \"%.*s\" in a string", r->file, r->line,
            (int)(n > 7 ? 8
                  : n   ? n + 1
                        : 2),
            r->p);
    return err_hint(r->err, "a backslash itself is written \\\\, or stands in single quotes");
}

/* At a backslash. What it does is not the same in single quotes and in double ones, but for the
 * end of a line, which it takes away. */
static int read_backslash(struct conf_reader *r, char quote)
{
    if (r->end - r->p < 2 || at(r, "\\\n") || at(r, "\\\r\n")) {
        skip(r, at(r, "\\\r\n") ? 3 : 2);
        return 0;
    }
    if (quote == '"')
        return read_escape(r);
    if (r->p[1] == '\'' || r->p[1] == '\\')
        skip(r, 1);
    buf_addch(&r->text, *r->p);
    skip(r, 1);
    return 0;
}

static int read_quoted(struct conf_reader *r)
{
    char quote = *r->p;

    for (skip(r, 1); r->p < r->end && *r->p != quote;) {
        if (*r->p == '\\') {
            if (read_backslash(r, quote) < 0)
                return err_ret(r->err);
        } else if (quote == '"' && at(r, "${")) {
            return refuse_variable(r);
        } else {
            buf_addch(&r->text, *r->p);
            skip(r, 1);
        }
    }
    if (r->p >= r->end)
        return err_set(r->err, "%s:%u: this string has no end", r->file, r->token_line);
    skip(r, 1);
    r->token = TOKEN_QUOTED;
    return 0;
}

static int read_token(struct conf_reader *r)
{
    if (*r->p == '"' || *r->p == '\'')
        return read_quoted(r);
    if (at(r, "${"))
        return refuse_variable(r);
    if (bare_char(*r->p)) {
        for (r->token = TOKEN_BARE; r->p < r->end && bare_char(*r->p); skip(r, 1))
            buf_addch(&r->text, *r->p);
        return 0;
    }
    if (at(r, "+=") || strchr("{}()=,", *r->p)) {
        r->token = *r->p;
        skip(r, r->token == TOKEN_APPEND ? 2 : 1);
        return 0;
    }
    err_set(r->err, "%s:%u: a \"%.*s\" outside of quotes", r->file, r->line, (*r->p & 0x80) ? 2 : 1,
            r->p);
    return err_hint(r->err, "put the value in quotes");
}

static int advance(struct conf_reader *r)
{
    int ret = skip_blanks(r);

    r->token = TOKEN_END;
    r->token_line = r->line;
    r->raw.p = r->p;
    buf_reset(&r->text);
    if (ret == 0 && r->p < r->end)
        ret = read_token(r);
    r->raw.n = (size_t)(r->p - r->raw.p);
    return ret;
}

/* ---- tokens to items ------------------------------------------------------------------------- */

static bool at_word(const struct conf_reader *r)
{
    return r->token == TOKEN_BARE || r->token == TOKEN_QUOTED;
}

static int unexpected(const struct conf_reader *r, const char *wanted)
{
    if (r->token == TOKEN_END)
        return err_set(r->err, "%s:%u: the file ends where %s should stand", r->file, r->line,
                       wanted);
    return err_set(r->err, "%s:%u: %.*s where %s should stand", r->file, r->token_line,
                   (int)(r->raw.n > 40 ? 40 : r->raw.n), r->raw.p, wanted);
}

static int count(struct conf_reader *r)
{
    if (++*r->count <= CONF_VALUES_MAX)
        return 0;
    return err_set(r->err, "%s:%u: more than %d values and sections", r->file, r->token_line,
                   CONF_VALUES_MAX);
}

static int add_value(struct conf_reader *r, struct conf_item *item)
{
    GROW(item->values, item->n_values, item->cap_values);
    item->values[item->n_values++] = (struct conf_value){xstrndup(buf_str(&r->text), r->text.len),
                                                         r->token_line};
    return count(r);
}

static int read_list(struct conf_reader *r, struct conf_item *item)
{
    item->in_list = true;
    for (;;) {
        if (advance(r) < 0)
            return err_ret(r->err);
        if (r->token == '}')
            return item->n_values ? 0 : count(r);
        if (!at_word(r))
            return unexpected(r, "an item of the list, or \"}\"");
        if (add_value(r, item) < 0 || advance(r) < 0)
            return err_ret(r->err);
        if (r->token == '}')
            return 0;
        if (r->token != ',')
            return unexpected(r, "\",\" or the list's \"}\"");
    }
}

static int read_option(struct conf_reader *r, struct conf_item *item)
{
    item->kind = CONF_OPTION;
    item->append = r->token == TOKEN_APPEND;
    if (advance(r) < 0)
        return err_ret(r->err);
    if (r->token == '{')
        return read_list(r, item);
    return at_word(r) ? add_value(r, item) : unexpected(r, "a value");
}

static int read_call(struct conf_reader *r, struct conf_item *item)
{
    item->kind = CONF_CALL;
    if (advance(r) < 0)
        return err_ret(r->err);
    if (!at_word(r))
        return unexpected(r, "a file's name");
    if (add_value(r, item) < 0 || advance(r) < 0)
        return err_ret(r->err);
    return r->token == ')' ? 0 : unexpected(r, "\")\"");
}

static int read_items(struct conf_reader *r, struct conf *ret, const struct conf_item *section);

static int by_title(const void *a, const void *b)
{
    const struct conf_item *x = a, *y = b;
    int names = strcmp(x->name, y->name);

    return names ? names : strcmp(x->title, y->title);
}

/* A section from its title or brace on. */
static int read_section(struct conf_reader *r, struct conf_item *item)
{
    item->kind = CONF_SECTION;
    if (at_word(r)) {
        item->title = xstrndup(buf_str(&r->text), r->text.len);
        if (advance(r) < 0)
            return err_ret(r->err);
        if (r->token != '{')
            return unexpected(r, "\"{\" after the section's title");
    }
    return count(r) < 0 ? err_ret(r->err) : read_items(r, &item->body, item);
}

static int read_item(struct conf_reader *r, struct conf_item *item, bool in_section)
{
    item->name = xstrndup(r->raw.p, r->raw.n);
    item->line = r->token_line;
    if (advance(r) < 0)
        return err_ret(r->err);
    if (r->token == '=' || r->token == TOKEN_APPEND)
        return read_option(r, item);
    if (r->token == '(')
        return read_call(r, item);
    if (in_section)
        return unexpected(r, "\"=\" or \"+=\"");
    if (r->token != '{' && !at_word(r))
        return unexpected(r, "\"=\", \"+=\", \"{\" or a title");
    return read_section(r, item);
}

/* The items of the file, or of a section up to its closing brace. */
static int read_items(struct conf_reader *r, struct conf *ret, const struct conf_item *section)
{
    for (;;) {
        if (advance(r) < 0)
            return err_ret(r->err);
        if (r->token == TOKEN_END && section)
            return err_set(r->err, "%s:%u: this section isn't closed", r->file, section->line);
        if (r->token == TOKEN_END || (r->token == '}' && section))
            return 0;
        if (r->token != TOKEN_BARE)
            return unexpected(r, "an option");
        GROW(ret->items, ret->n, ret->cap);
        ret->items[ret->n] = (struct conf_item){0};
        if (read_item(r, &ret->items[ret->n++], section) < 0)
            return err_ret(r->err);
    }
}

/* ---- whole files ----------------------------------------------------------------------------- */

static int check_bytes(const char *file, struct slice text, struct err *err)
{
    unsigned line = 1;
    size_t valid = text_utf8(text.p, text.n);

    for (size_t i = 0; i < valid; i++) {
        unsigned char c = (unsigned char)text.p[i];

        if ((c < ' ' && !strchr("\t\n\r", c)) || c == '\0' || c == 0x7f)
            return err_set(err, "%s:%u: a control character (byte 0x%02x)", file, line, c);
        line += c == '\n';
    }
    if (valid < text.n)
        return err_set(err, "%s:%u: not UTF-8 (byte 0x%02x)", file, line,
                       (unsigned char)text.p[valid]);
    return 0;
}

static void keep(void *item)
{
    (void)item;
}

static int check_titles(const char *file, struct conf *c, struct err *err)
{
    void *seen = NULL;
    int ret = 0;

    for (size_t i = 0; i < c->n && ret == 0; i++) {
        struct conf_item *item = &c->items[i];
        struct conf_item **place = item->title ? tsearch(item, &seen, by_title) : NULL;

        if (item->title && !place)
            abort(); /* no memory: mem.h */
        if (place && *place != item) {
            err_set(err, "%s:%u: %s \"%s\" stands twice in this file", file, item->line, item->name,
                    item->title);
            ret = err_hint(err, "put all of its options into one section");
        }
    }
    tdestroy(seen, keep);
    return ret;
}

int conf_read(const char *name, struct slice text, size_t *values, struct conf *ret,
              struct err *err)
{
    struct conf_reader r = {
        .file = name, .p = text.p, .end = text.p + text.n, .line = 1, .count = values, .err = err};

    *ret = (struct conf){0};
    if (check_bytes(name, text, err) < 0)
        return err_ret(err);
    if (read_items(&r, ret, NULL) < 0 || check_titles(name, ret, err) < 0)
        conf_release(ret);
    buf_release(&r.text);
    return err_ret(err);
}

void conf_release(struct conf *c)
{
    for (size_t i = 0; i < c->n; i++) {
        struct conf_item *item = &c->items[i];

        free(item->name);
        free(item->title);
        for (size_t k = 0; k < item->n_values; k++)
            free(item->values[k].text);
        free(item->values);
        conf_release(&item->body);
    }
    free(c->items);
    *c = (struct conf){0};
}

void conf_add_glob(struct buf *ret, const char *path, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)path[i];

        if (c < ' ' || c >= 0x7f) {
            buf_addch(ret, '?');
            continue;
        }
        if (c == '\\')
            buf_addstr(ret, "\\\\\\");
        else if (strchr("*?[", c))
            buf_addstr(ret, "\\\\");
        else if (strchr("\"$", c))
            buf_addch(ret, '\\');
        buf_addch(ret, (char)c);
    }
}
