/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report of an update: from the images' entries (fleet/entry.h) to one document, in three
 * forms: text, Markdown for a merge request or a chat, and JSON (docs/report.md).
 *
 * A changelog's entry stands once for its source, with the images that have it. What comes out of
 * packages is untrusted: it stands in code spans and fences that it can't leave, with control
 * characters escaped, so that it neither forges a report nor calls anybody by name.
 */
#ifndef MKIMAGE_REPORT_NIGHT_H
#define MKIMAGE_REPORT_NIGHT_H

#include "base/buf.h"

#include <jansson.h>

enum night_format { NIGHT_TEXT, NIGHT_MARKDOWN, NIGHT_JSON };

/* By its name ("text", "markdown", "json"); false if there is no such form. */
bool night_format_parse(const char *name, enum night_format *ret);
/* By a file's: ".md", ".json", else text. */
enum night_format night_format_of(const char *path);

/* entries: an array. unchanged: how many images had nothing new. The caller owns the result. */
json_t *night_report(const json_t *entries, size_t unchanged);
void night_write(const json_t *report, enum night_format format, struct buf *ret);
/* "2 published, 1 stopped, 7 unchanged". */
void night_counts(const json_t *report, struct buf *ret);

#endif
