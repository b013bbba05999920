/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the update's report share. */
#ifndef MKIMAGE_REPORT_NIGHT_PRIVATE_H
#define MKIMAGE_REPORT_NIGHT_PRIVATE_H

#include "report/prose.h"

/* As text, or as Markdown. */
void night_prose(const json_t *report, bool markdown, struct buf *ret);

/* The section of one image. */
void night_image(struct prose *w, const json_t *image);
/* Why it was stopped or failed, and what it was released by. */
void night_reasons(struct prose *w, const json_t *image);
/* Its name, or its recipe's. */
const char *night_name(const json_t *image);

/* Files that came, went or changed: what came or went with a whole directory is counted there,
 * unless it can be executed. */
void night_files(struct prose *w, const json_t *image);
/* " (arm64)" where a change isn't that of all of the image's architectures. */
void night_arches(struct prose *w, const json_t *image, const json_t *change);
/* "added ", "removed ", "". */
const char *night_sign(const json_t *change);
/* "and 12 more"; nothing of none. */
void night_more(struct prose *w, size_t n);

#define NIGHT_LINES_MAX 60 /* of one kind, of one image; JSON has them all */

#endif
