/* SPDX-License-Identifier: Apache-2.0 */
/* The order in which dpkg would configure an image's packages. */
#ifndef MKIMAGE_EFFECTS_ORDER_H
#define MKIMAGE_EFFECTS_ORDER_H

#include "rootfs/package.h"

/* ret gets n indexes: what a package depends on (Pre-Depends, Depends; of alternatives and of those
 * that provide a name the first that is there) comes before it, else by name. In a circle the one
 * that was met first comes last, as all that it needs is there by then. */
void configuration_order(struct package *const *packages, size_t n, size_t *ret);

#endif
