/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which sections and options a file in the grammar of conf.h may have. A recipe's are one table
 * that says, for each, its name, what it may hold, and where in struct recipe it is kept: reading
 * (blocks.h), the conversion, recipe_show and the test of the man page are all made from it.
 */
#ifndef MKIMAGE_RECIPE_OPTIONS_H
#define MKIMAGE_RECIPE_OPTIONS_H

#include "recipe/recipe.h"

/* Judges one value; a message without file, line and option's name. */
typedef int (*value_check)(const char *value, struct err *err);

enum store {
    STORE_TEXT,        /* char * */
    STORE_LIST,        /* struct recipe_list, each text once */
    STORE_ARGS,        /* the same, texts may repeat */
    STORE_PORTS,       /* the same as LIST, "/tcp" added where nothing is said */
    STORE_KEYED,       /* the same of "key=value": the last of a key wins, in its first place */
    STORE_STRV,        /* struct strv */
    STORE_URLS,        /* the same, without trailing slashes */
    STORE_PACKAGES,    /* struct recipe's packages */
    STORE_BOOL,        /* bool */
    STORE_UNSIGNED,    /* unsigned */
    STORE_LEVEL,       /* int */
    STORE_ID,          /* uint32_t */
    STORE_MODE,        /* uint32_t; MODE_DEFAULT if it isn't set */
    STORE_SHA256,      /* struct sha256 */
    STORE_COMPRESSION, /* enum compression */
    STORE_OS_RELEASE,  /* "NAME=value" in struct recipe_list */
};

struct option {
    const char *name;
    enum store store;
    value_check check;
    size_t offset; /* in the section's struct */
};

/* A section, or (name NULL) the top level. One that is `many` stands as often as one likes: each a
 * block of its own, or, titled, one a title. Any other one merges, option by option. A recipe's are
 * kept in an array of struct recipe if they are many, else in struct recipe itself. */
struct section {
    const char *name;
    const struct option *options;
    size_t n;
    bool many;
    bool titled;     /* then: */
    bool title_path; /* the title is an image path, else text */
    value_check check_title;
    /* Why a name isn't one of its options, where more can be said than the nearest one; or NULL. */
    const char *(*why_not)(const char *name);

    size_t size;  /* of the array's struct */
    size_t array; /* offset of the array's pointer in struct recipe */
    size_t count; /* offset of its size_t */
    size_t at;    /* offset of its struct origin */
    size_t title; /* offset of its char * */
};

struct grammar {
    const struct section *sections; /* the top level first */
    size_t n;
    bool include;     /* whether include() is one of its names */
    const char *hint; /* what an unknown name is told that is near no other */
};

extern const struct grammar recipe_grammar;

#define section_each(s, grammar) \
    for (const struct section *s = (grammar)->sections; s < (grammar)->sections + (grammar)->n; s++)

/* By name; NULL is the top level. */
const struct section *section_find(const struct grammar *g, const char *name);
const struct option *option_find(const struct section *s, const char *name);
bool option_is_list(const struct option *o);

/* The nearest of the names that could stand in this section, or NULL if none is near. */
const char *option_nearest(const struct grammar *g, const struct section *s, const char *name);

#endif
