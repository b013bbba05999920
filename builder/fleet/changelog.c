/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/changelog.h"

#include "deb/version.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "source (version) suites; urgency=…" at the begin of a line. */
static bool heading(struct slice line, struct slice *ret_source, struct slice *ret_version)
{
    const char *open = memchr(line.p, '(', line.n), *end = line.p + line.n;
    const char *close = open ? memchr(open, ')', (size_t)(end - open)) : NULL;

    if (!close || open == line.p || open[-1] != ' ')
        return false;
    *ret_source = (struct slice){line.p, (size_t)(open - 1 - line.p)};
    *ret_version = (struct slice){open + 1, (size_t)(close - open - 1)};
    return package_name_valid(*ret_source) && version_valid(*ret_version);
}

static void end_entry(struct changelog *c, const char *end)
{
    if (!c->n)
        return;
    struct slice *text = &c->v[c->n - 1].text;
    *text = slice_trim((struct slice){text->p, (size_t)(end - text->p)});
}

void changelog_parse(char *text, size_t n, struct changelog *ret)
{
    const char *end = text + n;

    *ret = (struct changelog){.text = text};
    for (const char *p = text; p < end;) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        struct slice line = {p, (size_t)((newline ? newline : end) - p)}, source, version;
        if (heading(line, &source, &version)) {
            end_entry(ret, p);
            GROW(ret->v, ret->n, ret->cap);
            ret->v[ret->n++] = (struct changelog_entry){
                .source = xstrndup(source.p, source.n),
                .version = xstrndup(version.p, version.n),
                .text = {p, 0},
            };
        }
        p = newline ? newline + 1 : end;
    }
    end_entry(ret, end);
}

void changelog_release(struct changelog *c)
{
    for (size_t i = 0; i < c->n; i++) {
        free(c->v[i].source);
        free(c->v[i].version);
    }
    free(c->v);
    free(c->text);
    *c = (struct changelog){0};
}

static bool find_version(const struct changelog *c, const char *version, size_t *ret)
{
    for (size_t i = 0; i < c->n; i++) {
        if (strcmp(c->v[i].version, version) == 0) {
            *ret = i;
            return true;
        }
    }
    return false;
}

/* "1.2-3+b1" without "+b1"; NULL if it isn't a binNMU's. */
static char *without_binnmu(const char *version)
{
    const char *plus = strrchr(version, '+');

    if (!plus || plus[1] != 'b' || !is_digit(plus[2]) || plus[2 + strspn(plus + 2, "0123456789")])
        return NULL;
    return xstrndup(version, (size_t)(plus - version));
}

size_t changelog_new(const struct changelog *c, const char *version)
{
    CLEANUP(free_ptr) char *rebuilt = version ? without_binnmu(version) : NULL;
    size_t at, n = 0;

    if (!version)
        return c->n;
    if (find_version(c, version, &at) || (rebuilt && find_version(c, rebuilt, &at)))
        return at;
    while (n < c->n && version_compare(c->v[n].version, version) > 0)
        n++;
    return n;
}

void changelog_cves(struct slice text, struct strv *ret)
{
    const char *end = text.p + text.n;

    for (const char *p = text.p; (size_t)(end - p) >= strlen("CVE-1999-0001"); p++) {
        if (memcmp(p, "CVE-", 4) != 0 || (p > text.p && (is_digit(p[-1]) || p[-1] == '-')))
            continue;
        const char *q = p + 4;
        size_t year = 0, number = 0;
        while (q + year < end && is_digit(q[year]))
            year++;
        if (year != 4 || q + 4 >= end || q[4] != '-')
            continue;
        q += 5;
        while (q + number < end && is_digit(q[number]))
            number++;
        if (number >= 4 && number <= 19)
            strv_addn(ret, p, (size_t)(q + number - p));
    }
    strv_sort(ret);
    strv_uniq(ret);
}
