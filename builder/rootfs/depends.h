/* SPDX-License-Identifier: Apache-2.0 */
/* What a package's own control stanza says of others (Debian policy 7.1), for rules: the solver has
 * decided long before. */
#ifndef MKIMAGE_ROOTFS_DEPENDS_H
#define MKIMAGE_ROOTFS_DEPENDS_H

#include "rootfs/package.h"

/* The name that a relation like "name[:arch] [(OP VERSION)]" is about. */
struct slice relation_name(struct slice relation);

/* Whether a package Depends or Pre-Depends on another one, or on what that Provides, among the
 * alternatives at least; versions aren't compared. */
bool package_depends(const struct package *p, const struct package *on);

#endif
