/* SPDX-License-Identifier: Apache-2.0 */
/* From blocks to struct recipe, by the tables of options.h; then what only the whole recipe can
 * tell. */
#ifndef MKIMAGE_RECIPE_CONVERT_H
#define MKIMAGE_RECIPE_CONVERT_H

#include "recipe/parse.h"

/* Fills a zeroed recipe. The files' paths go to files_read, where all origins point. */
void convert_recipe(struct parsed *p, struct recipe *r);

/* Defaults, and the checks that need more than one value; r->path is set. */
int recipe_check(struct recipe *r, struct err *err) MUST_USE;
int recipe_check_sources(struct recipe *r, struct err *err) MUST_USE;

/* Which of files_read an item stands in. */
unsigned recipe_rank(const struct recipe *r, const struct origin *at);

/* The array of a section's items in a recipe: where its pointer and its count are. */
void *section_items(const struct recipe *r, const struct section *s, size_t *ret_n);

#endif
