/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Diversions: calls of dpkg-divert. A package that diverts /usr/bin/parallel to
 * /usr/bin/parallel.moreutils has what other packages bring at the first path lie at the second.
 *
 *     diversions_find(packages, n, &d, err)         from their scripts, while packages are prepared
 *     diversions_apply(&d, packages, from, n, lost, err)     what each loses: its layer leaves it
 * out … packages are made again without it; with d in struct assembly: … assemble_diversions(…)
 * puts it at its new path, in the image's own layer
 *
 * One that its package removes again counts for nothing, and so does one of a path that no other
 * package brings. Between origins it takes what a Replaces would take (tree_conflicts): leave by
 * the recipe. What dpkg-divert would refuse ends the build, with package, script and line.
 */
#ifndef MKIMAGE_EFFECTS_DIVERSIONS_H
#define MKIMAGE_EFFECTS_DIVERSIONS_H

#include "effects/call.h"
#include "rootfs/assembly.h"

/* What a package brings, and where it lies instead. */
struct diverted {
    const struct package *package; /* with the path still in its layer */
    const struct entry *entry;     /* of a file or symlink */
    size_t by;                     /* which diversion */
};

struct diversion {
    const struct package *by;
    char *from, *to; /* image paths */
    char *place;     /* of the call, for messages */
};

struct diversions {
    struct diversion *v;
    size_t n, cap;
    struct diverted *moved;
    size_t n_moved, cap_moved;
};

/* Whether the call is one of those above: --add with --rename, or --remove. */
bool diversions_takes(const struct script_call *c);

int diversions_find(struct package *const *packages, size_t n, struct diversions *ret,
                    struct err *err) MUST_USE;
/* Adds to lost[i] what packages[i] loses; from[i] says who delivers it. */
int diversions_apply(struct diversions *d, struct package *const *packages,
                     const struct delivery *from, size_t n, struct strv *lost,
                     struct err *err) MUST_USE;
void diversions_release(struct diversions *d);

int assemble_diversions(struct assembly *a, struct tree *t, struct err *err) MUST_USE;

#endif
