/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"

/* Both levels, bytes of a part and parts of a path, are matched with one point to come back to:
 * the last star. What stands before it is settled, so a match costs at most the product of the
 * lengths, whatever the pattern. */

struct set {
    bool valid;   /* closed by a ']' */
    bool matches; /* the byte is in it */
    size_t n;     /* bytes of the pattern, brackets included */
};

static struct set read_set(struct slice p, unsigned char c)
{
    struct set set = {false, false, 0};
    size_t i = 1;
    bool negated = i < p.n && p.p[i] == '!';
    if (negated)
        i++;
    for (bool first = true; i < p.n; first = false) {
        if (p.p[i] == ']' && !first) {
            set.valid = true;
            set.matches = set.matches != negated;
            set.n = i + 1;
            return set;
        }
        if (p.p[i] == '\\' && i + 1 < p.n)
            i++;
        unsigned char low = (unsigned char)p.p[i++];
        unsigned char high = low;
        if (i + 1 < p.n && p.p[i] == '-' && p.p[i + 1] != ']') {
            i++;
            if (p.p[i] == '\\' && i + 1 < p.n)
                i++;
            high = (unsigned char)p.p[i++];
        }
        if (low <= c && c <= high)
            set.matches = true;
    }
    return set;
}

/* Whether the pattern's first item, not a star, matches c; its length in ret_n. */
static bool match_item(struct slice p, char c, size_t *ret_n)
{
    *ret_n = 1;
    if (p.p[0] == '?')
        return true;
    if (p.p[0] == '[') {
        struct set set = read_set(p, (unsigned char)c);
        if (set.valid) {
            *ret_n = set.n;
            return set.matches;
        }
    }
    if (p.p[0] == '\\' && p.n > 1) {
        *ret_n = 2;
        return p.p[1] == c;
    }
    return p.p[0] == c;
}

static struct slice skip(struct slice s, size_t n)
{
    return (struct slice){s.p + n, s.n - n};
}

static bool match_part(struct slice p, struct slice s)
{
    struct slice star = {NULL, 0};
    struct slice retry = s;
    while (s.n || p.n) {
        size_t n;
        if (p.n && p.p[0] == '*') {
            p = star = skip(p, 1);
            retry = s;
        } else if (p.n && s.n && match_item(p, s.p[0], &n)) {
            p = skip(p, n);
            s = skip(s, 1);
        } else if (star.p && retry.n) {
            s = retry = skip(retry, 1);
            p = star;
        } else {
            return false;
        }
    }
    return true;
}

/* The first part of s, and what follows; at the end s->p is NULL. */
static struct slice first_part(struct slice s, struct slice *ret_rest)
{
    const char *slash = memchr(s.p, '/', s.n);
    if (!slash) {
        *ret_rest = (struct slice){NULL, 0};
        return s;
    }
    size_t n = (size_t)(slash - s.p);
    *ret_rest = skip(s, n + 1);
    return (struct slice){s.p, n};
}

bool glob_match(const char *pattern, const char *path)
{
    if (pattern[0] == '/')
        pattern++;
    struct slice p = slice_of(pattern);
    struct slice s = slice_of(path);
    if (!s.n)
        s.p = NULL;

    struct slice star = {NULL, 0};
    struct slice retry = {NULL, 0};
    bool starred = false;
    while (p.p || s.p) {
        struct slice p_rest = {NULL, 0};
        struct slice s_rest = {NULL, 0};
        struct slice p_part = p.p ? first_part(p, &p_rest) : p;
        struct slice s_part = s.p ? first_part(s, &s_rest) : s;
        if (p.p && slice_eq(p_part, "**")) {
            starred = true;
            p = star = p_rest;
            retry = s;
        } else if (p.p && s.p && match_part(p_part, s_part)) {
            p = p_rest;
            s = s_rest;
        } else if (starred && retry.p) {
            first_part(retry, &s_rest);
            s = retry = s_rest;
            p = star;
        } else {
            return false;
        }
    }
    return true;
}

static const char *check_items(struct slice p)
{
    if (p.n == 0)
        return "has an empty part";
    if (slice_eq(p, ".") || slice_eq(p, ".."))
        return "has a \".\" or \"..\" part";
    if (slice_eq(p, "**"))
        return NULL;
    while (p.n) {
        size_t n = 1;
        if (p.p[0] == '*' && p.n > 1 && p.p[1] == '*')
            return "has a \"**\" that is not a whole part";
        if (p.p[0] == '\\') {
            if (p.n == 1)
                return "quotes nothing with its last \"\\\" (a slash can't be quoted)";
            n = 2;
        }
        if (p.p[0] == '[') {
            struct set set = read_set(p, 0);
            if (!set.valid)
                return "has a \"[\" without its \"]\"";
            n = set.n;
        }
        p = skip(p, n);
    }
    return NULL;
}

int glob_check(const char *pattern, struct err *err)
{
    const char *why = NULL;
    if (strlen(pattern) > PATH_BYTES_MAX)
        return err_set(err, "a glob is longer than %d bytes", PATH_BYTES_MAX);
    const char *relative = pattern[0] == '/' ? pattern + 1 : pattern;
    struct slice rest = slice_of(relative);
    if (!rest.n)
        why = "is empty";
    while (!why && rest.p)
        why = check_items(first_part(rest, &rest));
    if (!why)
        return 0;
    return err_set(err, "glob \"%s\" %s", pattern, why);
}
