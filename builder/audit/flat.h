/* SPDX-License-Identifier: Apache-2.0 */
/* What flatten.c and directory.c share: an entry, wherever it comes from, put in its place.
 * Private to audit. */
#ifndef MKIMAGE_AUDIT_FLAT_H
#define MKIMAGE_AUDIT_FLAT_H

#include "audit/flatten.h"

/* Where a file's bytes are to be had: as layer_tar_data. */
struct flat_data {
    ssize_t (*next)(void *context, const void **ret, struct err *err);
    void *context;
};

struct flat_layer *flat_begin(struct flat *f, const struct flat_origin *origin);

/* Puts an entry of the newest layer in its place. data NULL: its bytes can't be had. */
int flat_entry(struct flat *f, const struct layer_item *item, const struct flat_data *data,
               struct err *err) MUST_USE;

#endif
