/* SPDX-License-Identifier: Apache-2.0 */
/* Finding and reading the files that include() names. */
#ifndef MKIMAGE_RECIPE_INCLUDE_H
#define MKIMAGE_RECIPE_INCLUDE_H

#include "base/buf.h"
#include "base/err.h"
#include <sys/stat.h>

/* A recipe's file: a regular one, at most ret's maximum. */
int include_open(const char *path, struct buf *ret, struct stat *ret_st, struct err *err) MUST_USE;

/* The file that `name` means in the file `from`: an absolute name is itself, any other one is
 * looked up in from's directory, then in recipes/include and recipes of the data directory (NULL
 * for none). *ret_path is its path as opened; the caller frees. */
int include_read(const char *from, const char *name, const char *data_dir, char **ret_path,
                 struct buf *ret, struct stat *ret_st, struct err *err) MUST_USE;

#endif
