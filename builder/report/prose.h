/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Marks of a report for people: Markdown (CommonMark, with GFM's tables), or plain text. What comes
 * from outside goes through prose_code, prose_cve or prose_block, which it can't leave.
 */
#ifndef MKIMAGE_REPORT_PROSE_H
#define MKIMAGE_REPORT_PROSE_H

#include "base/buf.h"

#include <jansson.h>

struct prose {
    struct buf *out;
    bool markdown;
    bool cell; /* in a table's cell */
};

/* The text of a key, "" where there is none. */
const char *prose_string(const json_t *o, const char *key);

/* A code span that its text can't end (CommonMark 6.1); plain in text. */
void prose_code(struct prose *w, const char *untrusted);
/* An array's texts, with commas between. */
void prose_codes(struct prose *w, const json_t *list);
/* The first `most` of them, "and 7 more". */
void prose_few(struct prose *w, const json_t *list, size_t most);
/* CVE ids, in Markdown as links to Debian's security tracker. */
void prose_cves(struct prose *w, const json_t *list);
/* Several lines as they are, each escaped (CommonMark 4.5 for the fence). */
void prose_block(struct prose *w, const char *untrusted);

/* A bold line over a list. */
void prose_heading(struct prose *w, const char *title);
/* The begin of a list's item, the end of any line. */
void prose_item(struct prose *w);
void prose_end(struct prose *w);

#endif
