/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a build did: for a person on stderr, for a machine on stdout.
 */
#ifndef MKIMAGE_REPORT_SUMMARY_H
#define MKIMAGE_REPORT_SUMMARY_H

#include "base/session.h"
#include "pipeline.h"

/* The closing summary: packages, files, sizes, layers, what was dropped and why, what is not
 * accounted for, the digest, the time taken. seconds: wall time. unchanged: the output was there
 * already. */
void summary_text(const struct build *b, const char *location, bool unchanged, double seconds,
                  const struct log *log, struct buf *ret);

/* The same as one JSON object on one line (docs/mkimage.1, "JSON OUTPUT"). */
void summary_json(const struct build *b, const char *location, bool unchanged, struct buf *ret);

/* What moved from the old lock to the new one, a line a package; nothing if nothing did. Returns
 * the number of changes. */
size_t summary_lock_changes(const struct resolved *r, struct buf *ret);

#endif
