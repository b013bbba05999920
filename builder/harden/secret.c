/* SPDX-License-Identifier: Apache-2.0 */
#include "harden/secret.h"

#include <ctype.h>
#include <strings.h>

/* ---- by name -------------------------------------------------------------------------------- */

/* The last word of a name; of two words the one before it too. */
static const struct {
    const char *before, *last;
} words[] = {
    {NULL, "password"},   {NULL, "passwd"},     {NULL, "passphrase"},  {NULL, "secret"},
    {NULL, "token"},      {NULL, "credential"}, {NULL, "credentials"}, {NULL, "apikey"},
    {NULL, "secretkey"},  {NULL, "privatekey"}, {NULL, "accesskey"},   {"api", "key"},
    {"access", "key"},    {"private", "key"},   {"secret", "key"},     {"encryption", "key"},
    {"signing", "key"},   {"master", "key"},    {"auth", "key"},       {"account", "key"},
    {"db", "pass"},       {"user", "pass"},     {"admin", "pass"},     {"root", "pass"},
    {"database", "pass"}, {NULL, "pgpassword"}, {NULL, "pwd"},
};

/* Words at the end that don't change what the name says. */
static bool is_suffix(struct slice w)
{
    return slice_eq(w, "value") || slice_eq(w, "base64") || slice_eq(w, "b64") ||
           slice_eq(w, "default") || (w.n && isdigit((unsigned char)w.p[0]));
}

/* Cuts the last word off a name in lower case; words end at what is no letter or digit. */
static struct slice last_word(struct slice *name)
{
    while (name->n && !isalnum((unsigned char)name->p[name->n - 1]))
        name->n--;
    size_t start = name->n;
    while (start && isalnum((unsigned char)name->p[start - 1]))
        start--;
    struct slice word = {name->p + start, name->n - start};
    name->n = start;
    return word;
}

/* In lower case, camelCase split with an underscore. */
static char *split_name(struct slice name)
{
    char *ret = xmalloc(2 * name.n + 1);
    size_t n = 0;

    for (size_t i = 0; i < name.n; i++) {
        unsigned char c = (unsigned char)name.p[i];
        if (i && isupper(c) && islower((unsigned char)name.p[i - 1]))
            ret[n++] = '_';
        ret[n++] = (char)tolower(c);
    }
    ret[n] = '\0';
    return ret;
}

static bool says_secret(struct slice name)
{
    CLEANUP(free_ptr) char *text = split_name(name);
    struct slice rest = slice_of(text), last = last_word(&rest);

    if (is_suffix(last))
        last = last_word(&rest);
    struct slice before = last_word(&rest);
    for (size_t i = 0; i < ARRAY_SIZE(words); i++)
        if (slice_eq(last, words[i].last) &&
            (!words[i].before || slice_eq(before, words[i].before)))
            return !slice_eq(last, "pwd") || before.n; /* PWD itself is a directory */
    return false;
}

/* Where a secret is, or that there is none. */
static bool is_reference(struct slice v)
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

bool secret_by_name(struct slice name, struct slice value)
{
    return !is_reference(value) && says_secret(name);
}

/* ---- by form -------------------------------------------------------------------------------- */

enum alphabet { UPPER, WORD, URL };

/* A prefix, and how many characters follow it at least. */
static const struct {
    const char *prefix, *what;
    size_t n;
    enum alphabet alphabet;
} forms[] = {
    {"AKIA", "an AWS access key", 16, UPPER},     {"ASIA", "an AWS access key", 16, UPPER},
    {"AIza", "a Google API key", 35, URL},        {"ghp_", "a GitHub token", 36, WORD},
    {"gho_", "a GitHub token", 36, WORD},         {"ghu_", "a GitHub token", 36, WORD},
    {"ghs_", "a GitHub token", 36, WORD},         {"ghr_", "a GitHub token", 36, WORD},
    {"github_pat_", "a GitHub token", 50, URL},   {"glpat-", "a GitLab token", 20, URL},
    {"xoxb-", "a Slack token", 20, URL},          {"xoxp-", "a Slack token", 20, URL},
    {"sk_live_", "a Stripe key", 16, WORD},       {"rk_live_", "a Stripe key", 16, WORD},
    {"npm_", "an npm token", 36, WORD},           {"pypi-", "a PyPI token", 80, URL},
    {"dckr_pat_", "a Docker Hub token", 20, URL}, {"hvs.", "a Vault token", 24, URL},
};

static bool in_alphabet(unsigned char c, enum alphabet a)
{
    if (a == UPPER)
        return isupper(c) || isdigit(c);
    return isalnum(c) || (a == URL && (c == '-' || c == '_'));
}

static bool is_form(struct slice text, size_t at, size_t i)
{
    size_t n = strlen(forms[i].prefix), end = at + n;

    if (text.n - at < n + forms[i].n || memcmp(text.p + at, forms[i].prefix, n) != 0)
        return false;
    while (end < text.n && in_alphabet((unsigned char)text.p[end], forms[i].alphabet))
        end++;
    size_t length = end - at - n;
    return forms[i].alphabet == UPPER ? length == forms[i].n : length >= forms[i].n;
}

/* scheme://user:password@host, where the password isn't a reference. */
static bool has_password(struct slice text)
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

const char *secret_by_form(struct slice text)
{
    for (size_t at = 0; at < text.n; at++) {
        if (at && isalnum((unsigned char)text.p[at - 1]))
            continue;
        for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
            if (text.p[at] == forms[i].prefix[0] && is_form(text, at, i))
                return forms[i].what;
    }
    if (memmem(text.p, text.n, "PRIVATE KEY-----", 16) && memmem(text.p, text.n, "-----BEGIN ", 11))
        return "a private key";
    return has_password(text) ? "a URL with a password" : NULL;
}
