/* SPDX-License-Identifier: Apache-2.0 */
#include "deb/version.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* "~" before the end, the end before letters, letters before all else. */
static int order(const char *p, const char *end)
{
    if (p == end || is_digit(*p))
        return 0;
    if (*p == '~')
        return -1;
    return is_alpha(*p) ? (unsigned char)*p : (unsigned char)*p + 256;
}

static int sign(ptrdiff_t d)
{
    return (d > 0) - (d < 0);
}

static const char *skip_zeros(const char *p, const char *end)
{
    while (p < end && *p == '0')
        p++;
    return p;
}

static const char *skip_digits(const char *p, const char *end)
{
    while (p < end && is_digit(*p))
        p++;
    return p;
}

/* Numbers of any length: without leading zeros the longer one is larger. */
static int compare_numbers(const char **a, const char *a_end, const char **b, const char *b_end)
{
    const char *pa = skip_zeros(*a, a_end), *pb = skip_zeros(*b, b_end);
    *a = skip_digits(pa, a_end);
    *b = skip_digits(pb, b_end);
    ptrdiff_t na = *a - pa, nb = *b - pb;
    return na != nb ? sign(na - nb) : sign(memcmp(pa, pb, (size_t)na));
}

static int compare_part(const char *a, const char *a_end, const char *b, const char *b_end)
{
    while (a < a_end || b < b_end) {
        while ((a < a_end && !is_digit(*a)) || (b < b_end && !is_digit(*b))) {
            int d = order(a, a_end) - order(b, b_end);
            if (d != 0)
                return sign(d);
            a++, b++;
        }
        int d = compare_numbers(&a, a_end, &b, b_end);
        if (d != 0)
            return d;
    }
    return 0;
}

struct version {
    const char *epoch, *epoch_end;
    const char *upstream, *upstream_end;
    const char *revision, *revision_end;
};

static struct version split(const char *s, size_t n)
{
    const char *end = s + n;
    struct version v = {s, s, s, end, end, end};
    const char *colon = memchr(s, ':', n);
    if (colon) {
        v.epoch_end = colon;
        v.upstream = colon + 1;
    }
    const char *dash = memrchr(v.upstream, '-', (size_t)(end - v.upstream));
    if (dash) {
        v.upstream_end = dash;
        v.revision = dash + 1;
    }
    return v;
}

int version_compare(const char *a, const char *b)
{
    struct version va = split(a, strlen(a)), vb = split(b, strlen(b));
    int d = compare_part(va.epoch, va.epoch_end, vb.epoch, vb.epoch_end);
    if (d == 0)
        d = compare_part(va.upstream, va.upstream_end, vb.upstream, vb.upstream_end);
    if (d == 0)
        d = compare_part(va.revision, va.revision_end, vb.revision, vb.revision_end);
    return d;
}

static bool all_of(const char *p, const char *end, const char *punctuation)
{
    for (; p < end; p++)
        if (!is_digit(*p) && !is_alpha(*p) && (*p == 0 || !strchr(punctuation, *p)))
            return false;
    return true;
}

bool version_valid(struct slice s)
{
    if (s.n == 0)
        return false;
    struct version v = split(s.p, s.n);
    bool has_epoch = v.upstream > s.p, has_revision = v.upstream_end < s.p + s.n;
    if (has_epoch && (v.epoch == v.epoch_end || v.epoch_end - v.epoch > 9 ||
                      skip_digits(v.epoch, v.epoch_end) != v.epoch_end))
        return false;
    if (v.upstream == v.upstream_end || !is_digit(*v.upstream))
        return false;
    if (has_revision && v.revision == v.revision_end)
        return false;
    return all_of(v.upstream, v.upstream_end, has_epoch ? ".+-~:" : ".+-~") &&
           all_of(v.revision, v.revision_end, ".+~");
}

bool package_name_valid(struct slice name)
{
    if (name.n < 2 || name.n > 255)
        return false;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        bool alnum = is_digit(c) || (c >= 'a' && c <= 'z');
        if (!alnum && (i == 0 || (c != '+' && c != '-' && c != '.')))
            return false;
    }
    return true;
}
