/* SPDX-License-Identifier: Apache-2.0 */
/* Tags that never move: which of a repository's tags a recipe's "{date}" or "{digest}" gave. */
#ifndef MKIMAGE_FLEET_TAGSERIES_H
#define MKIMAGE_FLEET_TAGSERIES_H

#include "recipe/tagpart.h"

#include <stdbool.h>

/* Whether a recipe's tag may have given this one, with ".1", ".2" … behind it or without. date gets
 * the day that stands in it, "" if there is none in the pattern. */
bool tag_in_series(const char *tag, const char *pattern, char date[TAG_DATE_LENGTH + 1]);

#endif
