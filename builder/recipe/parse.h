/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libconfuse's part: text to options and values, through include().
 *
 * libconfuse keeps no origin for a value, so each value is stored with its origin in front
 * ("FILE:LINE:value", FILE counting parsed.inputs), which then goes where the value goes: `+=`,
 * resets and replaced sections need no bookkeeping of their own. A section's `filename` is the
 * same number in decimal, its `line` the negative of the line it begins at.
 */
#ifndef MKIMAGE_RECIPE_PARSE_H
#define MKIMAGE_RECIPE_PARSE_H

#include "recipe/options.h"
#include <confuse.h>
#include <sys/types.h>

#define RECIPE_FILE_MAX      (1024 * 1024) /* bytes of one file */
#define RECIPE_FILES_MAX     256
#define RECIPE_INCLUDE_DEPTH 16
#define RECIPE_VALUES_MAX    20000 /* of all options together, sections counted too */

struct input {
    char *path; /* as it was opened */
    dev_t device;
    ino_t inode;
    unsigned rank; /* order of completion, once done */
    bool done;
};

struct parsed {
    cfg_t *cfg;
    struct input *inputs; /* in order of opening: the recipe itself first */
    size_t n, cap;
    unsigned done;
};

/* text NULL: the file at path is read. On failure *ret is empty. */
int parse_recipe(const char *path, const struct slice *text, const struct recipe_options *options,
                 struct parsed *ret, struct err *err) MUST_USE;
void parsed_release(struct parsed *p);

/* A stored value's own text, and where it stands. */
const char *parsed_value(const char *stored, size_t *ret_input, unsigned *ret_line);

/* The directory of a file's path: "." for a bare name. The caller frees. */
char *directory_of(const char *path);

#endif
