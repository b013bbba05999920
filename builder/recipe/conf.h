/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text of a recipe, a gate or a policy as a small tree: its grammar (mkimage-recipe(5),
 * "SYNTAX"), and nothing of what its names mean.
 *
 *     packages += {"python3-flask", libssl3t64}      an option: name, append, values
 *     file "/app/x" { mode = 0644 }                  a section: name, title, its own items
 *     include("base.conf")                           a call: name, one value
 *
 * Each name and each value knows its line. All is kept in the order of the file, with what was
 * written: what replaces what, and which names there are, is blocks.h's to say. There is no state
 * but the reader's own, so any number of files may be read at once, one inside of another too.
 *
 * What a reader of such files usually lets pass is refused: `${VAR}` (an image doesn't depend on
 * the environment), an escape that means nothing, a character outside of quotes that needs them
 * (the * of a glob), control characters and what isn't UTF-8, a string, comment, list or section
 * without an end, a title that stands twice.
 */
#ifndef MKIMAGE_RECIPE_CONF_H
#define MKIMAGE_RECIPE_CONF_H

#include "base/buf.h"
#include "base/err.h"

#define CONF_VALUES_MAX 20000 /* of all files that are read with one count */

struct conf_value {
    char *text; /* as the quotes and escapes mean it */
    unsigned line;
};

enum conf_kind { CONF_OPTION, CONF_SECTION, CONF_CALL };

struct conf {
    struct conf_item *items;
    size_t n, cap;
};

struct conf_item {
    enum conf_kind kind;
    char *name;
    unsigned line;
    bool append;  /* an option with += */
    bool in_list; /* an option whose values stood in braces; without, it has one */
    char *title;  /* of a section, or NULL */
    struct conf_value *values;
    size_t n_values, cap_values;
    struct conf body; /* of a section */
};

/* name is for errors, which read "name:line: …". count goes from file to file, starting at 0: how
 * many values, sections and calls were read. On failure *ret is empty. */
int conf_read(const char *name, struct slice text, size_t *count, struct conf *ret,
              struct err *err) MUST_USE;
void conf_release(struct conf *c);

/* The glob that names a path and no other, as it is written between double quotes, for a hint. A
 * byte that can't stand there is a "?". */
void conf_add_glob(struct buf *ret, const char *path, size_t n);

#endif
