/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Marks of a report for people: Markdown (CommonMark, with GFM's tables), or plain text. What comes
 * from outside goes through prose_code, prose_cves or prose_block, which it can't leave.
 */
#ifndef MKIMAGE_REPORT_PROSE_H
#define MKIMAGE_REPORT_PROSE_H

#include "base/log.h"

#include <jansson.h>

struct prose {
    struct buf *out;
    bool markdown;
    bool cell;             /* in a table's cell */
    bool all;              /* nothing is put together */
    bool night;            /* lists have an end, and what each night changes isn't told */
    const struct log *log; /* has the colours of text; NULL: none */
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
/* The first `most` lines as they are, each escaped (CommonMark 4.5 for the fence), "(3 more
 * lines)".
 */
void prose_block(struct prose *w, const char *untrusted, size_t most);
/* What stands in HTML, where Markdown isn't read, in a code element of its own: of Markdown only.
 */
void prose_html(struct prose *w, const char *untrusted);

/* A bold line over a list. */
void prose_heading(struct prose *w, const char *title);
/* The begin of a list's item, the end of any line. */
void prose_item(struct prose *w);
void prose_end(struct prose *w);

/* A list of changes. Its title comes with its first line.
 *
 *     struct prose_list l = {.w = w, .title = "Packages"};
 *     if (prose_change(&l, '+', "added"))
 *         …, prose_end(w)                  a line
 *     prose_list_end(&l, 0);
 */
struct prose_list {
    struct prose *w;
    const char *title;
    size_t n; /* lines, also those that weren't written */
};

#define PROSE_LINES_MAX 60 /* of a list in the night's report; JSON has them all */

/* The begin of a line, '+', '-' or '~': as this sign in text, in Markdown by the word, which may be
 * "". False where the list has lines enough. */
bool prose_change(struct prose_list *l, char sign, const char *word);
/* "and 12 more", with those that were left out before. */
void prose_list_end(struct prose_list *l, size_t more);

/* The sign of a change by what it has from and to; its word. */
char prose_sign(const json_t *change);
const char *prose_word(char sign);

#endif
