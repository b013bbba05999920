/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A look at a recipe's text before libconfuse (3.3) sees it, by the rules of libconfuse's own
 * lexer. What that library does in silence, or wrongly, is refused or mended here:
 *
 * - `${VAR}`, bare or in double quotes, would be read from the environment: refused. In double
 *   quotes it may be written `\${`, in single quotes all is literal.
 * - A comment makes its line numbers run ahead, and is a syntax error inside a list: comments are
 *   replaced by blanks.
 * - A character outside quotes that it doesn't know (the * of a glob) is dropped: refused, as is
 *   all that should better be quoted.
 * - A NUL ends the text, `\0` ends a string: refused.
 * - A quoted option name, and one with `|` in it, is a path into sections: refused.
 * - A section that isn't closed at the end of the file is fine with it, an unclosed string is and
 *   leaves its lexer, which is global, inside the string for the next file, and it leaks what an
 *   unfinished include( holds: the whole shape of the file is checked.
 */
#ifndef MKIMAGE_RECIPE_SCAN_H
#define MKIMAGE_RECIPE_SCAN_H

#include "base/buf.h"
#include "base/err.h"

struct scan {
    struct buf text;    /* for libconfuse: the same number of bytes and lines, comments blanked */
    unsigned *sections; /* the line of each section's name, in order */
    size_t n, cap;
};

/* name is for errors, which read "name:line: …". */
int scan_recipe(const char *name, struct slice text, struct scan *ret, struct err *err) MUST_USE;
void scan_release(struct scan *s);

/* Whether the text is UTF-8 without overlong forms and surrogates; *ret_offset is where it ends
 * to be. */
bool utf8_valid(const char *s, size_t n, size_t *ret_offset);

#endif
