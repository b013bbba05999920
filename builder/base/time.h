/* SPDX-License-Identifier: Apache-2.0 */
/* Times of the calendar, in seconds since 1970, always UTC, whatever the locale or the time zone.
 */
#ifndef MKIMAGE_BASE_TIME_H
#define MKIMAGE_BASE_TIME_H

#include "base/mem.h"

struct time_text {
    char s[24];
};

/* "2026-11-21T09:15:44Z" (RFC 3339). Times that have no year of four digits become the nearest
 * that have one. */
struct time_text time_text(int64_t seconds);

/* "20261121", as in a tag. */
struct time_text time_day(int64_t seconds);

/* Exactly "2026-11-21T09:15:44Z", and a day that the calendar has. */
bool time_parse(const char *text, int64_t *ret) MUST_USE;

/* RFC 3339 as others write it, in an OCI image's "created": a fraction of a second, which plays no
 * part, and an offset ("+02:00") may follow. */
bool time_parse_loose(const char *text, int64_t *ret) MUST_USE;

/* Exactly "2026-11-21": the day's begin. */
bool time_parse_day(const char *text, int64_t *ret) MUST_USE;

#endif
