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

extern const char *const night_formats[]; /* "text", "markdown", "json" */
extern const size_t n_night_formats;
/* By its name; false if there is no such form. */
bool night_format_parse(const char *name, enum night_format *ret);
/* By a file's: ".md", ".json", else text. */
enum night_format night_format_of(const char *path);

/* The one entry that a recipe has in a report, to be owned by the caller: its own of this run
 * (NULL: nothing is new), with those of earlier runs (an array or NULL) that no report has told as
 * its "earlier"; without an own one the newest of those stands for it. What is no entry, of a
 * damaged cache, is left out. NULL if there are none. */
json_t *night_entry(const json_t *own, const json_t *earlier);

/* entries: an array, one a recipe. unchanged: how many others had nothing new. The caller owns the
 * result. */
json_t *night_report(const json_t *entries, size_t unchanged);
void night_write(const json_t *report, enum night_format format, struct buf *ret);
/* "2 published, 1 stopped, 7 unchanged". */
void night_counts(const json_t *report, struct buf *ret);

#endif
