/* SPDX-License-Identifier: Apache-2.0 */
#include "recipe/scan.h"

#include "base/path.h"
#include <ctype.h>

enum token { TOKEN_END, TOKEN_BARE, TOKEN_QUOTED, TOKEN_APPEND, TOKEN_CHAR };

enum state {
    STATE_NAME,      /* an option's name, or the end of the section */
    STATE_AFTER,     /* what follows a name */
    STATE_TITLED,    /* the brace behind a section's title */
    STATE_VALUE,     /* a value, or the brace that opens a list */
    STATE_ITEM,      /* an item of a list, or its end */
    STATE_SEPARATOR, /* a comma, or the end of the list */
    STATE_ARGUMENT,
    STATE_ARGUMENT_END,
};

struct scanner {
    const char *name;
    const char *p, *end;
    char *out; /* the copy's byte for *p */
    unsigned line;
    char ch; /* of TOKEN_CHAR */
    struct slice word;
    unsigned word_line; /* of the last option name */
    enum state state;
    bool in_section;
    struct scan *ret;
};

bool utf8_valid(const char *s, size_t n, size_t *ret_offset)
{
    static const struct {
        unsigned char low, high, second_low, second_high, more;
    } forms[] = {
        {0x00, 0x7f, 0, 0, 0},       {0xc2, 0xdf, 0x80, 0xbf, 1}, {0xe0, 0xe0, 0xa0, 0xbf, 2},
        {0xe1, 0xec, 0x80, 0xbf, 2}, {0xed, 0xed, 0x80, 0x9f, 2}, {0xee, 0xef, 0x80, 0xbf, 2},
        {0xf0, 0xf0, 0x90, 0xbf, 3}, {0xf1, 0xf3, 0x80, 0xbf, 3}, {0xf4, 0xf4, 0x80, 0x8f, 3},
    };
    const unsigned char *p = (const unsigned char *)s;

    for (size_t i = 0; i < n;) {
        size_t f = 0, more;

        *ret_offset = i;
        while (f < ARRAY_SIZE(forms) && (p[i] < forms[f].low || p[i] > forms[f].high))
            f++;
        if (f == ARRAY_SIZE(forms) || n - i <= forms[f].more)
            return false;
        more = forms[f].more;
        if (more && (p[i + 1] < forms[f].second_low || p[i + 1] > forms[f].second_high))
            return false;
        for (size_t k = 2; k <= more; k++) {
            if ((p[i + k] & 0xc0) != 0x80)
                return false;
        }
        i += more + 1;
    }
    return true;
}

static bool bare_char(char c)
{
    return isalnum((unsigned char)c) || (c && strchr("_-./:@~", c));
}

static void skip(struct scanner *s, size_t n)
{
    for (; n && s->p < s->end; n--, s->p++, s->out++)
        s->line += *s->p == '\n';
}

static void blank(struct scanner *s)
{
    if (*s->p != '\n')
        *s->out = ' ';
    skip(s, 1);
}

static bool starts(const struct scanner *s, const char *text)
{
    size_t n = strlen(text);

    return (size_t)(s->end - s->p) >= n && memcmp(s->p, text, n) == 0;
}

static int refuse_variable(const struct scanner *s, struct err *err)
{
    err_set(err,
            "%s:%u: \"${\" would be read from the environment of who builds; an image must not "
            "depend on it",
            s->name, s->line);
    return err_hint(err, "where ${…} is meant as it stands, put it in single quotes");
}

/* At the backslash of an escape in double quotes. */
static int scan_escape(struct scanner *s, struct err *err)
{
    const char *p = s->p + 1;
    size_t digits = 0, n = 2;
    unsigned value = 1;

    while (p + digits < s->end && isdigit((unsigned char)p[digits]))
        digits++;
    if (digits) {
        value = 0;
        for (size_t i = 0; i < digits; i++)
            value = digits > 3 || p[i] > '7' ? 256 : value * 8 + (unsigned)(p[i] - '0');
        n = digits + 1;
    } else if (p < s->end && *p == 'x' && p + 1 < s->end && isxdigit((unsigned char)p[1])) {
        n = p + 2 < s->end && isxdigit((unsigned char)p[2]) ? 4 : 3;
        value = (unsigned)strtoul((char[]){p[1], n == 4 ? p[2] : '\0', '\0'}, NULL, 16);
    }
    if (value == 0 || value > 255)
        return err_set(err, "%s:%u: bad escape \"%.*s\" in a string", s->name, s->line,
                       (int)(n > 8 ? 8 : n), s->p);
    skip(s, n);
    return 0;
}

static int scan_quoted(struct scanner *s, struct err *err)
{
    unsigned from = s->line;
    char quote = *s->p;

    s->word.p = s->p;
    skip(s, 1);
    while (s->p < s->end && *s->p != quote) {
        if (*s->p == '\\' && quote == '"') {
            if (scan_escape(s, err) < 0)
                return -ERR_FAIL;
        } else if (*s->p == '\\') {
            skip(s, 2);
        } else if (quote == '"' && starts(s, "${")) {
            return refuse_variable(s, err);
        } else {
            skip(s, 1);
        }
    }
    if (s->p >= s->end)
        return err_set(err, "%s:%u: this string has no end", s->name, from);
    skip(s, 1);
    s->word.n = (size_t)(s->p - s->word.p);
    return TOKEN_QUOTED;
}

static int scan_blanks(struct scanner *s, struct err *err)
{
    while (s->p < s->end) {
        unsigned from = s->line;

        if (strchr(" \t\n", *s->p) || starts(s, "\r\n")) {
            skip(s, 1);
        } else if (*s->p == '#' || starts(s, "//")) {
            while (s->p < s->end && *s->p != '\n')
                blank(s);
        } else if (starts(s, "/*")) {
            blank(s);
            for (blank(s); s->p < s->end && !starts(s, "*/");)
                blank(s);
            if (s->p >= s->end)
                return err_set(err, "%s:%u: this comment has no end", s->name, from);
            blank(s);
            blank(s);
        } else {
            break;
        }
    }
    return 0;
}

/* The next token, or negative. */
static int scan_token(struct scanner *s, struct err *err)
{
    if (scan_blanks(s, err) < 0)
        return -ERR_FAIL;
    if (s->p >= s->end)
        return TOKEN_END;
    if (*s->p == '"' || *s->p == '\'')
        return scan_quoted(s, err);
    if (*s->p == '$' && starts(s, "${"))
        return refuse_variable(s, err);
    if (bare_char(*s->p)) {
        s->word.p = s->p;
        while (s->p < s->end && bare_char(*s->p))
            skip(s, 1);
        s->word.n = (size_t)(s->p - s->word.p);
        return TOKEN_BARE;
    }
    if (starts(s, "+=")) {
        skip(s, 2);
        return TOKEN_APPEND;
    }
    if (strchr("{}()=,", *s->p)) {
        s->ch = *s->p;
        skip(s, 1);
        return TOKEN_CHAR;
    }
    CLEANUP(free_ptr) char *shown = text_escape(s->p, (*s->p & 0x80) ? 2 : 1);
    err_set(err, "%s:%u: a \"%s\" outside of quotes", s->name, s->line, shown);
    return err_hint(err, "put the value in quotes");
}

static void open_section(struct scanner *s)
{
    GROW(s->ret->sections, s->ret->n, s->ret->cap);
    s->ret->sections[s->ret->n++] = s->word_line;
    s->in_section = true;
    s->state = STATE_NAME;
}

static const char *expected(const struct scanner *s, enum state state)
{
    static const char *const texts[] = {
        [STATE_NAME] = "an option",
        [STATE_AFTER] = "\"=\", \"+=\", \"{\" or a title",
        [STATE_TITLED] = "\"{\" after the section's title",
        [STATE_VALUE] = "a value",
        [STATE_ITEM] = "an item of the list, or \"}\"",
        [STATE_SEPARATOR] = "\",\" or the list's \"}\"",
        [STATE_ARGUMENT] = "a file's name",
        [STATE_ARGUMENT_END] = "\")\"",
    };

    return s->in_section && state == STATE_AFTER ? "\"=\" or \"+=\"" : texts[state];
}

/* Goes on by one token; false if it can't stand here. */
static bool step(struct scanner *s, enum token t)
{
    char c = t == TOKEN_CHAR ? s->ch : '\0';
    bool word = t == TOKEN_BARE || t == TOKEN_QUOTED;

    switch (s->state) {
    case STATE_NAME:
        if (c == '}' && s->in_section) {
            s->in_section = false;
            return true;
        }
        s->word_line = s->line;
        s->state = STATE_AFTER;
        return t == TOKEN_BARE;
    case STATE_AFTER:
        if (c == '{' && !s->in_section) {
            open_section(s);
            return true;
        }
        s->state = word ? STATE_TITLED : c == '(' ? STATE_ARGUMENT : STATE_VALUE;
        return word ? !s->in_section : c == '(' || c == '=' || t == TOKEN_APPEND;
    case STATE_TITLED:
        open_section(s);
        return c == '{';
    case STATE_VALUE:
        s->state = c == '{' ? STATE_ITEM : STATE_NAME;
        return word || c == '{';
    case STATE_ITEM:
        s->state = c == '}' ? STATE_NAME : STATE_SEPARATOR;
        return word || c == '}';
    case STATE_SEPARATOR:
        s->state = c == '}' ? STATE_NAME : STATE_ITEM;
        return c == '}' || c == ',';
    case STATE_ARGUMENT:
        s->state = STATE_ARGUMENT_END;
        return word;
    case STATE_ARGUMENT_END:
        s->state = STATE_NAME;
        return c == ')';
    }
    return false;
}

static int scan_tokens(struct scanner *s, struct err *err)
{
    for (;;) {
        enum state before = s->state;
        int t = scan_token(s, err);

        if (t < 0)
            return -ERR_FAIL;
        if (t == TOKEN_END) {
            if (before != STATE_NAME)
                return err_set(err, "%s:%u: the file ends where %s should stand", s->name, s->line,
                               expected(s, before));
            if (s->in_section)
                return err_set(err, "%s:%u: this section isn't closed", s->name,
                               s->ret->sections[s->ret->n - 1]);
            return 0;
        }
        if (!step(s, (enum token)t)) {
            const char *text = t == TOKEN_APPEND ? "+=" : (char[]){s->ch, '\0'};
            struct slice w = t == TOKEN_CHAR || t == TOKEN_APPEND ? slice_of(text) : s->word;
            CLEANUP(free_ptr) char *shown = text_escape(w.p, w.n > 40 ? 40 : w.n);

            return err_set(err, "%s:%u: %s where %s should stand", s->name, s->line, shown,
                           expected(s, before));
        }
    }
}

static int check_bytes(const char *name, struct slice text, struct err *err)
{
    unsigned line = 1;
    size_t bad = 0;
    bool valid = utf8_valid(text.p, text.n, &bad);

    for (size_t i = 0; i < text.n && (valid || i < bad); i++) {
        unsigned char c = (unsigned char)text.p[i];

        if ((c < ' ' && !strchr("\t\n\r", c)) || c == '\0' || c == 0x7f)
            return err_set(err, "%s:%u: a control character (byte 0x%02x)", name, line, c);
        line += c == '\n';
    }
    if (!valid)
        return err_set(err, "%s:%u: not UTF-8 (byte 0x%02x)", name, line,
                       (unsigned char)text.p[bad]);
    return 0;
}

int scan_recipe(const char *name, struct slice text, struct scan *ret, struct err *err)
{
    struct scanner s = {.name = name, .line = 1, .ret = ret};

    *ret = (struct scan){0};
    if (check_bytes(name, text, err) < 0)
        return -ERR_FAIL;
    buf_add(&ret->text, text.p, text.n);
    buf_addstr(&ret->text, "\n");
    s.p = text.p;
    s.end = text.p + text.n;
    s.out = ret->text.data;
    if (scan_tokens(&s, err) < 0) {
        scan_release(ret);
        return -ERR_FAIL;
    }
    return 0;
}

void scan_release(struct scan *s)
{
    buf_release(&s->text);
    free(s->sections);
    *s = (struct scan){0};
}
