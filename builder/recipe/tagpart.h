/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A recipe's tag as it is written: text, and what a build puts in: "{date}", "{digest}",
 * "{version:PACKAGE}".
 */
#ifndef MKIMAGE_RECIPE_TAGPART_H
#define MKIMAGE_RECIPE_TAGPART_H

#include "base/mem.h"

#define TAG_DATE_LENGTH   8  /* of what stands for "{date}": "20261127", */
#define TAG_DIGEST_LENGTH 12 /* and for "{digest}", in hexadecimal digits */

enum tag_part { TAG_END, TAG_TEXT, TAG_DATE, TAG_DIGEST, TAG_VERSION, TAG_WRONG };

/* The next part, and *at moves behind it; start with the tag's begin. ret: the text, or the
 * package's name. TAG_WRONG: what stands there can't be a part. */
enum tag_part tag_part_next(const char **at, struct slice *ret);

#endif
