/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"
#include "deb/deb822.h"
#include "deb/release.h"

static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
static const char weekdays[] = "SunMonTueWedThuFriSat";

/* The place of a three-letter name in a table of them, or -1. */
static int name_in(const char *name, const char *table)
{
    size_t n = strlen(name);
    for (int i = 0; n == 3 && table[3 * i]; i++)
        if (memcmp(table + 3 * i, name, 3) == 0)
            return i;
    return -1;
}

static bool number(const char *s, size_t n, int low, int high, int *ret)
{
    uint64_t value;
    if (!slice_number((struct slice){s, n}, &value) || value > (uint64_t)high || (int)value < low)
        return false;
    *ret = (int)value;
    return true;
}

/* 09:15:44 */
static bool time_of_day(const char *s, struct tm *tm)
{
    return strlen(s) == 8 && s[2] == ':' && s[5] == ':' && number(s, 2, 0, 23, &tm->tm_hour) &&
           number(s + 3, 2, 0, 59, &tm->tm_min) && number(s + 6, 2, 0, 60, &tm->tm_sec);
}

static bool parse(const struct strv *words, struct tm *tm)
{
    char *const *w = words->v;
    if (words->n == 6) {
        size_t n = strlen(w[0]);
        if (n != 4 || w[0][3] != ',')
            return false;
        CLEANUP(free_ptr) char *day = xstrndup(w[0], 3);
        if (name_in(day, weekdays) < 0)
            return false;
        w++;
    } else if (words->n != 5) {
        return false;
    }
    if (strlen(w[0]) > 2 || !number(w[0], strlen(w[0]), 1, 31, &tm->tm_mday) || strlen(w[2]) != 4 ||
        !number(w[2], 4, 1970, 9999, &tm->tm_year) || !time_of_day(w[3], tm))
        return false;
    tm->tm_mon = name_in(w[1], months);
    tm->tm_year -= 1900;
    return tm->tm_mon >= 0 &&
           (strcmp(w[4], "UTC") == 0 || strcmp(w[4], "GMT") == 0 || strcmp(w[4], "+0000") == 0);
}

int release_date(struct slice text, int64_t *ret, struct err *err)
{
    CLEANUP(strv_release) struct strv words = STRV_INIT;
    const int shown = text.n < 60 ? (int)text.n : 60;
    struct tm tm = {0};

    if (text.n > 60 || memchr(text.p, 0, text.n))
        return err_set(err, "not a date: \"%.*s\"", shown, text.p);
    strv_split(&words, text, " \t");
    if (!parse(&words, &tm))
        return err_set(err, "not a date such as \"Sat, 21 Nov 2026 09:15:44 UTC\": \"%.*s\"", shown,
                       text.p);
    struct tm midnight = {.tm_year = tm.tm_year, .tm_mon = tm.tm_mon, .tm_mday = tm.tm_mday};
    (void)timegm(&midnight);
    if (midnight.tm_mday != tm.tm_mday) /* the 31st of a month of 30 days */
        return err_set(err, "no such day: \"%.*s\"", shown, text.p);
    *ret = (int64_t)timegm(&tm);
    return 0;
}
