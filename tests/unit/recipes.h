/* SPDX-License-Identifier: Apache-2.0 */
/* Recipes out of texts and files, and their lists as text. */
#ifndef MKIMAGE_TESTS_RECIPES_H
#define MKIMAGE_TESTS_RECIPES_H

#include "base/file.h"
#include "base/path.h"
#include "recipe/recipe.h"
#include "scratch.h"
#include "unit.h"

void cleanup_recipe(struct recipe **r);
/* What it is of a recipe dir/python3.conf; it is one. */
struct recipe *load_text(const char *text);
struct recipe *load_file(const char *scratch, const char *name,
                         const struct recipe_options *options);
void write_file(const char *scratch, const char *name, const char *text);
/* Their items with a blank between; packages as NAME/RANK. */
void assert_list(const struct recipe_list *l, const char *want);
void assert_packages(const struct recipe *r, const char *want);
void assert_strv(const struct strv *l, const char *want);

#endif
