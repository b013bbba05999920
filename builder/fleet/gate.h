/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gate: what stops an image from being published though it builds (gate { … } in
 * mkimage-recipe(5), or --gate FILE). It compares the new image with the record of the one that is
 * published; a first publication passes all that is relative.
 */
#ifndef MKIMAGE_FLEET_GATE_H
#define MKIMAGE_FLEET_GATE_H

#include "fleet/diff.h"

/* Adds the reasons to stop, a sentence each, in the order of mkimage-recipe(5); none: it may be
 * published. now: seconds. d->old is NULL for a first publication. */
void gate_check(const struct recipe_gate *gate, const struct image_diff *d, const char *end_of_life,
                int64_t now, struct strv *ret);

#endif
