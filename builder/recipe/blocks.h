/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one or several files (conf.h) say together, by a grammar (options.h): each name is one that
 * the grammar has, each value has passed its check, and what is said later has been added to what
 * is there, or has taken its place, as mkimage-recipe(5) tells under "Including".
 *
 *     struct blocks blocks = {0};
 *     conf_read(file, text, &count, &conf, err) and then, for each item of conf:
 *         blocks_add(&blocks, &grammar, file, item, err)
 *     … blocks.v[i]->section, block_option(blocks.v[i], "path") …
 *     blocks_release(&blocks);
 *
 * Values know file and line: `file` is kept as it is given, so it has to outlive the blocks.
 */
#ifndef MKIMAGE_RECIPE_BLOCKS_H
#define MKIMAGE_RECIPE_BLOCKS_H

#include "recipe/conf.h"
#include "recipe/options.h"

/* The options of a section, or of the top level. */
struct block {
    const struct section *section;
    char *title;                /* or NULL */
    struct origin at;           /* of what merges, where it stands last */
    struct recipe_list *values; /* of each of the section's options */
};

struct blocks {
    struct block **v; /* in the order in which they were first seen */
    size_t n, cap;
    void *places; /* tsearch: those that are not just one of many */
};

/* Adds an item of a file; not a call, which is its reader's to follow. */
int blocks_add(struct blocks *b, const struct grammar *g, const char *file, struct conf_item *item,
               struct err *err) MUST_USE;
void blocks_release(struct blocks *b);

/* The value of a single option, or NULL. */
const char *block_value(const struct block *b, const char *name);

#endif
