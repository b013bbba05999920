/* SPDX-License-Identifier: Apache-2.0 */
/* Reports made of hand-written entries. */
#ifndef MKIMAGE_TESTS_NIGHTS_H
#define MKIMAGE_TESTS_NIGHTS_H

#include "report/night.h"

#define IMAGE(name, more) \
    "{'name':'h/" name "','recipe':'" name "','state':'published','digest':'sha256:bb'," more "}"

#define LINK "[CVE-2026-1234](https://security-tracker.debian.org/tracker/CVE-2026-1234)"

/* JSON in which ' stands for ". */
json_t *parse_json(const char *text);
/* The report of these entries, and of one more recipe with nothing new, as it has to be. */
void check_written(const char *entries, enum night_format format, const char *want);

/* The same of a list of entries, to a NULL. */
void check_all_written(const char *const *entries, enum night_format format, const char *want);

#endif
