/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths inside an image, and globs over them.
 *
 * An image path is kept without a leading slash and without "." or ".." parts: "usr/bin/python3".
 * The root itself is "". In recipes, reports and errors it is written with a leading slash.
 */
#ifndef MKIMAGE_BASE_PATH_H
#define MKIMAGE_BASE_PATH_H

#include "base/buf.h"
#include "base/err.h"
#include "base/text.h"

#define PATH_BYTES_MAX 4096 /* a member's path or link target; the kernel's PATH_MAX */
#define PATH_PART_MAX  255  /* a name between slashes; the kernel's NAME_MAX */

/* A tar member's name as an image path: one leading "./" and trailing slashes are stripped, "./"
 * alone is the root. Absolute names, "..", empty or "." parts, NUL (n counts), more than
 * PATH_BYTES_MAX bytes, parts of more than PATH_PART_MAX, and whiteouts (a part that begins with
 * ".wh.", OCI image spec layer.md) are errors. ret is reset first. */
int path_from_member(const char *name, size_t n, struct buf *ret, struct err *err) MUST_USE;

/* A path as a recipe writes it: absolute, clean; ret gets the image path. */
int path_from_recipe(const char *path, struct buf *ret, struct err *err) MUST_USE;

/* Where a link points, as an image path: target absolute or relative to the directory of path.
 * ".." at the root stays at the root, as the kernel does it. Only text, nothing is looked up. */
void path_link_target(const char *path, const char *target, struct buf *ret);

struct slice path_dir(const char *path);            /* "usr/bin/x" gives "usr/bin", "x" gives "" */
const char *path_base(const char *path);            /* "usr/bin/x" gives "x" */
bool path_below(const char *path, const char *dir); /* dir itself counts; "" holds all */

/* Matches an image path (no leading slash) against a glob (a leading slash is ignored).
 * `*` and `?` stop at a slash, `[a-z]` and `[!a-z]` match one byte, `**` as a whole part matches
 * any number of parts (also none), `\` quotes. A pattern that ends in a slash-double-star also
 * matches the directory itself. Bytes, not characters: the locale plays no part. */
bool glob_match(const char *pattern, const char *path);

/* Whether a pattern is well formed; the reason in err. */
int glob_check(const char *pattern, struct err *err) MUST_USE;

#endif
