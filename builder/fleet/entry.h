/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A report entry: what became of one image, as the JSON object that docs/report.md describes. What
 * is alike for several architectures stands once, with their names.
 */
#ifndef MKIMAGE_FLEET_ENTRY_H
#define MKIMAGE_FLEET_ENTRY_H

#include "fleet/changelogs.h"
#include "fleet/diff.h"
#include "fleet/update.h"

/* Name, recipe, state, digests, reasons. The caller owns it. */
json_t *entry_new(const struct update_image *image);

/* What differs; of a first publication (d->old is NULL) sizes and findings alone. */
void entry_add_diff(json_t *entry, const struct image_diff *d);

/* What moves between two locks (old may be NULL), for an image that isn't built. */
void entry_add_moves(json_t *entry, const struct lock *old, const struct lock *now);

/* The new entries of the changelogs of packages that were upgraded, once a source, and the CVE ids
 * that they name and the old record doesn't. */
int entry_add_changelogs(json_t *entry, const struct image_diff *d, struct changelogs *logs,
                         struct err *err) MUST_USE;

#endif
