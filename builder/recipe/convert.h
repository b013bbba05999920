/* SPDX-License-Identifier: Apache-2.0 */
/* From libconfuse's options to struct recipe, by the tables of options.h; then what only the whole
 * recipe can tell. */
#ifndef MKIMAGE_RECIPE_CONVERT_H
#define MKIMAGE_RECIPE_CONVERT_H

#include "recipe/parse.h"

/* Fills a zeroed recipe; files_read and all that hangs on it. */
void convert_recipe(const struct parsed *p, struct recipe *r);

/* Defaults, and the checks that need more than one value; r->path is set. */
int recipe_check(struct recipe *r, struct err *err) MUST_USE;
int recipe_check_sources(struct recipe *r, struct err *err) MUST_USE;

/* Which of files_read an item stands in. */
unsigned recipe_rank(const struct recipe *r, const struct origin *at);

void recipe_list_add(struct recipe_list *l, char *text, struct origin at); /* owns text */
void recipe_list_release(struct recipe_list *l);
bool recipe_list_has(const struct recipe_list *l, const char *text);

/* The array of a section's items in a recipe: where its pointer and its count are. */
void *section_items(const struct recipe *r, const struct section *s, size_t *ret_n);

/* One item of a section's array, released by its table. */
void section_release(const struct section *s, void *item);

#endif
