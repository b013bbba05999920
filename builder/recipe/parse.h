/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A recipe's files, through include(): each is read (conf.h) and added to the blocks of all
 * (blocks.h) at the place where it is included, once.
 */
#ifndef MKIMAGE_RECIPE_PARSE_H
#define MKIMAGE_RECIPE_PARSE_H

#include "recipe/blocks.h"
#include <sys/types.h>

#define RECIPE_FILE_MAX      (1024 * 1024) /* bytes of one file */
#define RECIPE_FILES_MAX     256
#define RECIPE_INCLUDE_DEPTH 16

struct input {
    char *path; /* as it was opened */
    dev_t device;
    ino_t inode;
    unsigned rank; /* order of completion, once done */
    bool done;
};

struct parsed {
    struct blocks blocks;
    struct input *inputs; /* in order of opening: the recipe itself first */
    size_t n, cap;
    unsigned done;
};

/* text NULL: the file at path is read. On failure *ret is empty. */
int parse_recipe(const char *path, const struct slice *text, const struct recipe_options *options,
                 struct parsed *ret, struct err *err) MUST_USE;
void parsed_release(struct parsed *p);

/* The directory of a file's path: "." for a bare name. The caller frees. */
char *directory_of(const char *path);

#endif
