/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "Did you mean …?": the nearest of several names to one that was mistyped.
 *
 *     struct nearest n = NEAREST_INIT(name);
 *     for (…) nearest_try(&n, candidate);
 *     if (n.best) err_hint(err, "did you mean \"%s\"?", n.best);
 */
#ifndef MKIMAGE_BASE_NEAREST_H
#define MKIMAGE_BASE_NEAREST_H

#include "base/mem.h"

struct nearest {
    const char *name;
    const char *best;  /* NULL: none is near */
    unsigned distance; /* of the best; until there is one, more than counts as near */
};

/* clang-format off */
#define NEAREST_INIT(n) {.name = (n), .distance = near_limit(n) + 1}
/* clang-format on */

/* Of equally near ones the first has its way. */
void nearest_try(struct nearest *n, const char *candidate);

/* How far off still counts as near: the longer a name, the more. */
unsigned near_limit(const char *name);

/* How many single edits (insertion, deletion, exchange, swap of neighbours) lie between the two;
 * limit + 1 for all that is above limit. */
unsigned edit_distance(const char *a, const char *b, unsigned limit);

#endif
