/* SPDX-License-Identifier: Apache-2.0 */
#include "base/time.h"
#include "base/number.h"

#include <time.h>

#define FIRST_SECOND (-30610224000) /* 1000-01-01T00:00:00Z: strftime pads no year */
#define LAST_SECOND  253402300799   /* 9999-12-31T23:59:59Z */

static struct tm calendar(int64_t seconds)
{
    struct tm tm;
    time_t clamped = seconds < FIRST_SECOND  ? FIRST_SECOND
                     : seconds > LAST_SECOND ? LAST_SECOND
                                             : seconds;

    gmtime_r(&clamped, &tm);
    return tm;
}

struct time_text time_text(int64_t seconds)
{
    struct time_text t;
    struct tm tm = calendar(seconds);

    strftime(t.s, sizeof(t.s), "%Y-%m-%dT%H:%M:%SZ", &tm);
    return t;
}

struct time_text time_day(int64_t seconds)
{
    struct time_text t;
    struct tm tm = calendar(seconds);

    strftime(t.s, sizeof(t.s), "%Y%m%d", &tm);
    return t;
}

/* A field of n digits at *p, which moves on. */
static bool field(const char **p, size_t n, int *ret)
{
    uint64_t value;

    if (strnlen(*p, n) < n || !number_parse((struct slice){*p, n}, 9999, &value))
        return false;
    *ret = (int)value;
    *p += n;
    return true;
}

static bool literal(const char **p, char c)
{
    if (**p != c)
        return false;
    ++*p;
    return true;
}

/* The calendar's own opinion: 30 February comes back as another day. */
static bool to_seconds(struct tm *tm, int64_t *ret)
{
    struct tm same = *tm;
    time_t t = timegm(&same);

    if (same.tm_mday != tm->tm_mday || same.tm_mon != tm->tm_mon || same.tm_hour != tm->tm_hour ||
        same.tm_min != tm->tm_min || same.tm_sec != tm->tm_sec)
        return false;
    *ret = t;
    return true;
}

static bool day(const char **p, struct tm *tm)
{
    if (!field(p, 4, &tm->tm_year) || !literal(p, '-') || !field(p, 2, &tm->tm_mon) ||
        !literal(p, '-') || !field(p, 2, &tm->tm_mday))
        return false;
    tm->tm_year -= 1900;
    tm->tm_mon -= 1;
    return true;
}

static bool day_and_time(const char **p, struct tm *tm)
{
    return day(p, tm) && literal(p, 'T') && field(p, 2, &tm->tm_hour) && literal(p, ':') &&
           field(p, 2, &tm->tm_min) && literal(p, ':') && field(p, 2, &tm->tm_sec);
}

bool time_parse(const char *text, int64_t *ret)
{
    struct tm tm = {0};

    return day_and_time(&text, &tm) && strcmp(text, "Z") == 0 && to_seconds(&tm, ret);
}

bool time_parse_day(const char *text, int64_t *ret)
{
    struct tm tm = {0};

    return day(&text, &tm) && *text == 0 && to_seconds(&tm, ret);
}

/* "Z", "+02:00" or nothing. */
static bool offset(const char *p, int64_t *ret)
{
    int hours, minutes;
    bool west = *p == '-';

    *ret = 0;
    if (*p == 0 || strcmp(p, "Z") == 0 || strcmp(p, "z") == 0)
        return true;
    if (*p != '+' && *p != '-')
        return false;
    p++;
    if (!field(&p, 2, &hours) || !literal(&p, ':') || !field(&p, 2, &minutes) || *p)
        return false;
    *ret = (hours * 60 + minutes) * (west ? -60 : 60);
    return true;
}

bool time_parse_loose(const char *text, int64_t *ret)
{
    struct tm tm = {0};
    int64_t east;

    if (!day_and_time(&text, &tm))
        return false;
    if (*text == '.')
        text += 1 + strspn(text + 1, "0123456789");
    if (!offset(text, &east) || !to_seconds(&tm, ret))
        return false;
    *ret -= east;
    return true;
}
