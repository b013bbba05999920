/* SPDX-License-Identifier: Apache-2.0 */
#include "harden/secret.h"
#include "rootfs/tokens.h"

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

bool secret_by_name(struct slice name, struct slice value)
{
    return !is_reference(value) && says_secret(name);
}

/* ---- by form -------------------------------------------------------------------------------- */

const char *secret_by_form(struct slice text)
{
    const char *token = token_in_text(text);

    if (token)
        return token;
    if (memmem(text.p, text.n, "PRIVATE KEY-----", 16) && memmem(text.p, text.n, "-----BEGIN ", 11))
        return "a private key";
    return url_has_password(text) ? "a URL with a password" : NULL;
}
