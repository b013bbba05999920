/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose a program or library is, for a refusal's hint: asked of the archive's Contents indexes,
 * which hang on the signed Release like any other index. Fetched only then; what is kept of each is
 * small (deb/contents.h), and stays in the cache under the index's digest.
 */
#ifndef MKIMAGE_LOCK_WHOSE_H
#define MKIMAGE_LOCK_WHOSE_H

#include "lock/archive.h"

/* For each of wants (a soname; a program's name or path) the package that has it for arch, or
 * NULL; the caller frees each and the list. NULL if the archive can't be read, or has no such
 * index: nobody fails for that. */
char **whose(const struct context *ctx, const struct recipe *recipe, const char *arch,
             const struct archive_options *options, const struct strv *wants);

#endif
