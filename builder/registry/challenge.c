/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/private.h"

#define VALUE_MAX 8192

struct cursor {
    const char *p;
};

static void skip_blanks(struct cursor *c)
{
    while (*c->p == ' ' || *c->p == '\t' || *c->p == ',')
        c->p++;
}

/* RFC 9110 5.6.2 */
static struct slice take_word(struct cursor *c)
{
    const char *start = c->p;
    while (*c->p && !strchr(" \t,=\"", *c->p))
        c->p++;
    return (struct slice){start, (size_t)(c->p - start)};
}

/* A token or a quoted string. */
static char *take_value(struct cursor *c)
{
    CLEANUP(buf_release) struct buf b = BUF_INIT(VALUE_MAX);
    if (*c->p != '"') {
        buf_addslice(&b, take_word(c));
        return xstrdup(buf_str(&b));
    }
    for (c->p++; *c->p && *c->p != '"'; c->p++) {
        if (*c->p == '\\' && c->p[1])
            c->p++;
        buf_addch(&b, *c->p);
    }
    c->p += *c->p == '"';
    return xstrdup(buf_str(&b));
}

void challenge_release(struct challenge *c)
{
    free(c->realm);
    free(c->service);
    free(c->scope);
    free(c->error);
    *c = (struct challenge){0};
}

static void set_parameter(struct challenge *c, struct slice name, char *value)
{
    struct {
        const char *name;
        char **field;
    } fields[] = {
        {"realm", &c->realm}, {"service", &c->service}, {"scope", &c->scope}, {"error", &c->error}};
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
        if (name.n == strlen(fields[i].name) && strncasecmp(name.p, fields[i].name, name.n) == 0 &&
            !*fields[i].field) {
            *fields[i].field = value;
            return;
        }
    free(value);
}

/* Keeps the better one in ret. */
static void choose(struct challenge *candidate, struct challenge *ret)
{
    if (candidate->scheme == AUTH_BEARER && !candidate->realm)
        candidate->scheme = AUTH_NONE;
    if (candidate->scheme > ret->scheme) {
        challenge_release(ret);
        *ret = *candidate;
        *candidate = (struct challenge){0};
    }
    challenge_release(candidate);
}

/* A word that "=" follows is a parameter, any other begins a challenge. */
static void parse(const char *text, struct challenge *ret)
{
    struct cursor c = {text};
    struct challenge now = {0};
    for (skip_blanks(&c); *c.p; skip_blanks(&c)) {
        struct slice word = take_word(&c);
        const char *after = c.p + strspn(c.p, " \t");
        if (word.n == 0) {
            c.p++;
        } else if (*after == '=') {
            c.p = after + 1 + strspn(after + 1, " \t");
            set_parameter(&now, word, take_value(&c));
        } else {
            choose(&now, ret);
            if (word.n == 6 && strncasecmp(word.p, "Bearer", 6) == 0)
                now.scheme = AUTH_BEARER;
            else if (word.n == 5 && strncasecmp(word.p, "Basic", 5) == 0)
                now.scheme = AUTH_BASIC;
        }
    }
    choose(&now, ret);
}

void challenge_of(const struct http_response *response, struct challenge *ret)
{
    size_t at = 0;
    const char *text;
    *ret = (struct challenge){0};
    while ((text = http_header_next(response, "www-authenticate", &at)))
        parse(text, ret);
}
