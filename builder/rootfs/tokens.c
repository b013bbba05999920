/* SPDX-License-Identifier: Apache-2.0 */
#include "rootfs/tokens.h"
#include "base/path.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum alphabet { UPPER, WORD, URL }; /* A-Z0-9; A-Za-z0-9; these and - and _ */

static const struct form {
    const char *prefix, *what;
    size_t least, most; /* characters behind the prefix */
    enum alphabet alphabet;
    bool shown; /* programs are published with such keys in them: in a file it says nothing */
} forms[] = {
    {"AKIA", "an AWS access key", 16, 16, UPPER, false},
    {"ASIA", "an AWS access key", 16, 16, UPPER, false},
    {"AIza", "a Google API key", 35, 35, URL, true},
    {"ghp_", "a GitHub token", 36, 36, WORD, false},
    {"gho_", "a GitHub token", 36, 36, WORD, false},
    {"ghu_", "a GitHub token", 36, 36, WORD, false},
    {"ghs_", "a GitHub token", 36, 36, WORD, false},
    {"ghr_", "a GitHub token", 36, 36, WORD, false},
    {"github_pat_", "a GitHub token", 82, 82, URL, false},
    {"glpat-", "a GitLab token", 20, 300, URL, false},
    {"xoxb-", "a Slack token", 40, 255, URL, false},
    {"xoxp-", "a Slack token", 40, 255, URL, false},
    {"xoxa-", "a Slack token", 40, 255, URL, false},
    {"xoxr-", "a Slack token", 40, 255, URL, false},
    {"xoxs-", "a Slack token", 40, 255, URL, false},
    {"sk_live_", "a Stripe key", 16, 247, WORD, false},
    {"rk_live_", "a Stripe key", 16, 247, WORD, false},
    {"npm_", "an npm token", 36, 36, WORD, false},
    {"pypi-AgE", "a PyPI token", 80, 255, URL, false},
    {"dckr_pat_", "a Docker Hub token", 27, 27, URL, false},
    {"hvs.", "a Vault token", 24, 255, URL, false},
    {"sk-proj-", "an OpenAI key", 40, 255, URL, false},
    {"sk-svcacct-", "an OpenAI key", 40, 255, URL, false},
    {"sk-ant-", "an Anthropic key", 80, 255, URL, false},
};

static bool in_alphabet(unsigned char c, enum alphabet a)
{
    if (a == UPPER)
        return isupper(c) || isdigit(c);
    return isalnum(c) || (a == URL && (c == '-' || c == '_'));
}

/* "ghp_xxxxxxxx…", "AKIA…EXAMPLE": what documentation writes in a token's place. */
static bool is_example(struct slice body)
{
    bool seen[256] = {false};
    size_t different = 0;

    for (size_t i = 0; i < body.n; i++) {
        different += !seen[(unsigned char)body.p[i]];
        seen[(unsigned char)body.p[i]] = true;
    }
    return different < 5 || (body.n >= 7 && memcmp(body.p + body.n - 7, "EXAMPLE", 7) == 0);
}

static bool has_form(struct slice text, size_t at, const struct form *f, bool loose)
{
    size_t n = strlen(f->prefix), start = at + n, end = start;
    size_t least = loose && f->least > 20 && f->alphabet != UPPER ? 20 : f->least;

    if ((f->shown && !loose) || text.n - at < n + least || memcmp(text.p + at, f->prefix, n) != 0)
        return false;
    while (end < text.n && in_alphabet((unsigned char)text.p[end], f->alphabet))
        end++;
    if (end - start < least || (end - start > f->most && (!loose || f->alphabet == UPPER)))
        return false;
    return loose || !is_example((struct slice){text.p + start, end - start});
}

static const char *token_at(struct slice text, size_t at, bool loose)
{
    if (at && isalnum((unsigned char)text.p[at - 1]))
        return NULL;
    for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
        if (text.p[at] == forms[i].prefix[0] && has_form(text, at, &forms[i], loose))
            return forms[i].what;
    return NULL;
}

const char *token_in_text(struct slice text)
{
    const char *what = NULL;

    for (size_t at = 0; at < text.n && !what; at++)
        what = token_at(text, at, true);
    return what;
}

/* ---- JSON Web Tokens ------------------------------------------------------------------------ */

/* Two objects of JSON in base64url, with a dot between; what follows is the signature. */
static bool is_jwt(struct slice text, size_t at)
{
    size_t end = at;

    if (text.n - at < 40 || memcmp(text.p + at, "eyJ", 3) != 0 ||
        (at && in_alphabet((unsigned char)text.p[at - 1], URL)))
        return false;
    while (end < text.n && in_alphabet((unsigned char)text.p[end], URL))
        end++;
    return end - at >= 12 && text.n - end > 14 && memcmp(text.p + end, ".eyJ", 4) == 0;
}

/* Whether the words before it on the same line say so. */
static bool is_said(struct slice text, size_t at)
{
    static const char *const words[] = {"token", "jwt", "bearer", "authorization"};
    size_t start = at > 64 ? at - 64 : 0;

    for (size_t i = at; i > start; i--)
        if (text.p[i - 1] == '\n')
            start = i;
    for (size_t i = start; i < at; i++)
        for (size_t k = 0; k < ARRAY_SIZE(words); k++)
            if (at - i >= strlen(words[k]) &&
                strncasecmp(text.p + i, words[k], strlen(words[k])) == 0)
                return true;
    return false;
}

bool jwt_in_text(struct slice text)
{
    for (size_t at = 0; at < text.n; at++)
        if (text.p[at] == 'e' && is_jwt(text, at))
            return true;
    return false;
}

/* ---- passwords in URLs ---------------------------------------------------------------------- */

bool is_reference(struct slice v)
{
    static const char *const none[] = {"true",  "false", "yes",   "no",      "on",   "off",
                                       "none",  "null",  "0",     "1",       "file", "env",
                                       "vault", "nil",   "unset", "disabled"};

    v = slice_trim(v);
    if (v.n > 1 && (v.p[0] == '"' || v.p[0] == '\'') && v.p[v.n - 1] == v.p[0])
        v = (struct slice){v.p + 1, v.n - 2};
    if (v.n == 0 || v.p[0] == '$' || v.p[0] == '/' || v.p[0] == '<' || v.p[0] == '{' ||
        v.p[0] == '%')
        return true;
    for (size_t i = 0; i < ARRAY_SIZE(none); i++)
        if (v.n == strlen(none[i]) && strncasecmp(v.p, none[i], v.n) == 0)
            return true;
    for (size_t i = 0; i < v.n; i++)
        if (v.p[i] != '*' && v.p[i] != 'x' && v.p[i] != 'X')
            return false;
    return true; /* blotted out */
}

bool url_has_password(struct slice text)
{
    const char *p = memmem(text.p, text.n, "://", 3), *end = text.p + text.n;

    for (; p; p = memmem(p, (size_t)(end - p), "://", 3)) {
        const char *colon = NULL;
        p += 3;
        const char *c = p;
        for (; c < end && !isspace((unsigned char)*c) && *c != '/' && *c != '@' && *c != '"'; c++)
            if (*c == ':' && !colon)
                colon = c;
        if (c < end && *c == '@' && colon && colon > p &&
            !is_reference((struct slice){colon + 1, (size_t)(c - colon - 1)}))
            return true;
    }
    return false;
}

/* ---- a file that streams by -------------------------------------------------------------------
 */

/* The first two bytes of a prefix: few words begin so. A bit for some first bytes each. */
static void add_pair(struct token_scan *t, const char *prefix)
{
    uint16_t bit = (uint16_t)(1u << ((unsigned char)prefix[0] % 16));

    t->first[(unsigned char)prefix[0]] |= bit;
    t->second[(unsigned char)prefix[1]] |= bit;
}

void token_scan_start(struct token_scan *t, const char *path)
{
    const char *base = path_base(path);

    t->what = NULL;
    t->binary = false;
    t->urls = strcmp(base, "pip.conf") == 0 || strcmp(base, "pip.ini") == 0;
    t->n = t->from = 0;
    memset(t->first, 0, sizeof(t->first));
    memset(t->second, 0, sizeof(t->second));
    add_pair(t, "eyJ");
    for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
        if (!forms[i].shown)
            add_pair(t, forms[i].prefix);
}

/* Tokens that begin before `to`, and weren't looked at yet. */
static void look(struct token_scan *t, size_t to)
{
    const unsigned char *p = (const unsigned char *)t->window;
    struct slice text = {t->window, t->n};

    to = to < t->n ? to : t->n - (t->n > 0);
    for (size_t at = t->from; at < to && !t->what; at++) {
        if (!(t->first[p[at]] & t->second[p[at + 1]]))
            continue;
        t->what = token_at(text, at, false);
        if (!t->what && p[at] == 'e' && is_jwt(text, at) && is_said(text, at))
            t->what = "a JSON Web Token";
    }
    if (t->urls && !t->what && url_has_password(text))
        t->what = "a URL with a password";
}

void token_scan_add(struct token_scan *t, const char *p, size_t n)
{
    t->binary = t->binary || (n && memchr(p, '\0', n));
    while (n && !t->binary && !t->what) {
        size_t room = sizeof(t->window) - t->n, take = n < room ? n : room;
        memcpy(t->window + t->n, p, take);
        t->n += take;
        p += take;
        n -= take;
        if (t->n < sizeof(t->window))
            return;
        look(t, t->n - TOKEN_SPAN);
        memmove(t->window, t->window + t->n - 2 * TOKEN_SPAN, (size_t)2 * TOKEN_SPAN);
        t->n = (size_t)2 * TOKEN_SPAN;
        t->from = TOKEN_SPAN;
    }
}

const char *token_scan_end(struct token_scan *t)
{
    if (!t->binary)
        look(t, t->n);
    return t->binary ? NULL : t->what;
}

void tokens_hash(struct hasher *h)
{
    for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
        CLEANUP(free_ptr)
        char *line = xasprintf("%s %s %zu %zu %d", forms[i].prefix, forms[i].what, forms[i].least,
                               forms[i].most, (int)forms[i].alphabet);
        hasher_add(h, line, strlen(line) + 1);
    }
}
