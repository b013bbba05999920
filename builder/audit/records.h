/* SPDX-License-Identifier: Apache-2.0 */
/* What software.c, dpkg.c, apk.c and distribution.c share. Private to audit. */
#ifndef MKIMAGE_AUDIT_RECORDS_H
#define MKIMAGE_AUDIT_RECORDS_H

#include "audit/software.h"

/* A new package; NULL (with a fault) where there are too many. Texts are copied. */
struct package *software_add(struct software *s, struct slice name, struct slice version,
                             struct slice arch);
void software_fault(struct software *s, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Gives the package what the tree has at the path (as records write it: absolute or not, over
 * links), unless another has it. False if there is nothing. */
struct owner {
    struct tree *tree;
    char *dir, *real; /* the directory that was resolved last, and what it is */
};
bool software_own(struct owner *o, struct slice path, const struct package *p);
void owner_release(struct owner *o);

/* A recorded path without what stands before its first part. */
struct slice record_path(struct slice path);

void dpkg_read(struct tree *t, struct software *s);
void apk_read(struct tree *t, struct software *s);
void distribution_read(const struct tree *t, struct distribution *ret);
void distribution_release(struct distribution *d);

#endif
