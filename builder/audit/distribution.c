/* SPDX-License-Identifier: Apache-2.0 */
/* os-release(5), and the last day of security updates: Debian's distro-info-data (2026), and
 * https://alpinelinux.org/releases/; of what isn't there the image's own SUPPORT_END. */
#include "audit/records.h"
#include "base/time.h"
#include "recipe/values.h"

static const struct release_row {
    const char *id, *version, *end, *extended;
} releases[] = {
    {"debian", "7", "2016-04-25", "2018-05-31"},  {"debian", "8", "2018-06-17", "2020-06-30"},
    {"debian", "9", "2020-07-18", "2022-06-30"},  {"debian", "10", "2022-09-10", "2024-06-30"},
    {"debian", "11", "2024-08-14", "2026-08-31"}, {"debian", "12", "2026-07-11", "2028-06-30"},
    {"debian", "13", "2028-08-09", "2030-06-30"}, {"ubuntu", "14.04", "2019-04-25", NULL},
    {"ubuntu", "16.04", "2021-04-30", NULL},      {"ubuntu", "18.04", "2023-05-31", NULL},
    {"ubuntu", "20.04", "2025-05-29", NULL},      {"ubuntu", "20.10", "2021-07-22", NULL},
    {"ubuntu", "21.04", "2022-01-20", NULL},      {"ubuntu", "21.10", "2022-07-14", NULL},
    {"ubuntu", "22.04", "2027-06-01", NULL},      {"ubuntu", "22.10", "2023-07-20", NULL},
    {"ubuntu", "23.04", "2024-01-25", NULL},      {"ubuntu", "23.10", "2024-07-11", NULL},
    {"ubuntu", "24.04", "2029-05-31", NULL},      {"ubuntu", "24.10", "2025-07-10", NULL},
    {"ubuntu", "25.04", "2026-01-15", NULL},      {"ubuntu", "25.10", "2026-07-09", NULL},
    {"ubuntu", "26.04", "2031-05-29", NULL},      {"ubuntu", "26.10", "2027-07-15", NULL},
    {"alpine", "3.8", "2020-05-01", NULL},        {"alpine", "3.9", "2020-11-01", NULL},
    {"alpine", "3.10", "2021-05-01", NULL},       {"alpine", "3.11", "2021-11-01", NULL},
    {"alpine", "3.12", "2022-05-01", NULL},       {"alpine", "3.13", "2022-11-01", NULL},
    {"alpine", "3.14", "2023-05-01", NULL},       {"alpine", "3.15", "2023-11-01", NULL},
    {"alpine", "3.16", "2024-05-23", NULL},       {"alpine", "3.17", "2024-11-22", NULL},
    {"alpine", "3.18", "2025-05-09", NULL},       {"alpine", "3.19", "2025-11-01", NULL},
    {"alpine", "3.20", "2026-04-01", NULL},       {"alpine", "3.21", "2026-11-01", NULL},
    {"alpine", "3.22", "2027-05-01", NULL},       {"alpine", "3.23", "2027-11-01", NULL},
};

#define DAY 86400

static int64_t seconds_of(const char *date)
{
    int64_t ret;

    return date && time_parse_day(date, &ret) ? ret : 0;
}

/* NAME=value, NAME="value" or NAME='value'; a backslash quotes. */
static char *value_of(struct slice text, const char *name)
{
    size_t n = strlen(name);

    while (text.n) {
        const char *newline = memchr(text.p, '\n', text.n);
        struct slice line = {text.p, newline ? (size_t)(newline - text.p) : text.n};
        size_t used = line.n + (newline != NULL);
        text = (struct slice){text.p + used, text.n - used};
        if (line.n <= n || memcmp(line.p, name, n) != 0 || line.p[n] != '=')
            continue;
        CLEANUP(buf_release) struct buf value = BUF_INIT(256);
        for (size_t i = n + 1; i < line.n; i++) {
            if (line.p[i] == '\\' && i + 1 < line.n)
                i++;
            else if (line.p[i] == '"' || line.p[i] == '\'')
                continue;
            buf_addch(&value, line.p[i]);
        }
        return value.len ? buf_detach(&value) : NULL;
    }
    return NULL;
}

/* The row's version is all of ours, or what stands before a further point ("3.19.1"). */
static bool is_version(const char *ours, const char *row)
{
    size_t n = strlen(row);

    return strncmp(ours, row, n) == 0 && (ours[n] == '\0' || ours[n] == '.');
}

/* SUPPORT_END is the first day without support; what isn't a date says nothing. */
static void take_own_end(struct slice text, struct distribution *ret)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(free_ptr) char *date = value_of(text, "SUPPORT_END");

    if (!date || check_date(date, &err) < 0)
        return;
    ret->known = ret->own_word = true;
    ret->end = seconds_of(date) - DAY;
    if (!ret->id)
        ret->id = xstrdup("linux"); /* as os-release(5) has it */
}

void distribution_read(const struct tree *t, struct distribution *ret)
{
    struct slice text;
    const struct node *n = tree_resolve(t, "etc/os-release");

    n = n ? n : tree_resolve(t, "usr/lib/os-release");
    if (!n || !tree_text(n, &text))
        return;
    ret->id = value_of(text, "ID");
    ret->version_id = value_of(text, "VERSION_ID");
    ret->name = value_of(text, "PRETTY_NAME");
    for (size_t i = 0; ret->id && ret->version_id && i < ARRAY_SIZE(releases); i++) {
        const struct release_row *r = &releases[i];
        if (strcmp(ret->id, r->id) != 0 || !is_version(ret->version_id, r->version))
            continue;
        ret->known = true;
        ret->end = seconds_of(r->end);
        ret->extended = seconds_of(r->extended);
    }
    if (!ret->known)
        take_own_end(text, ret);
}

void distribution_release(struct distribution *d)
{
    free(d->id);
    free(d->version_id);
    free(d->name);
    *d = (struct distribution){0};
}

enum support distribution_support(const struct distribution *d, int64_t today)
{
    if (!d->known)
        return SUPPORT_UNKNOWN;
    if (today < d->end + DAY)
        return SUPPORT_FULL;
    return d->extended && today < d->extended + DAY ? SUPPORT_EXTENDED : SUPPORT_OVER;
}
