/* SPDX-License-Identifier: Apache-2.0 */
/* What debconf answers where nobody is asked: a fresh installation, noninteractive. */
#ifndef MKIMAGE_EFFECTS_DEBCONF_H
#define MKIMAGE_EFFECTS_DEBCONF_H

#include "rootfs/package.h"

/* The default of a question of the package's own templates, malloc'ed; "" where it has none. NULL
 * if it can't be known: the question isn't the package's, or its config script sets answers. */
char *debconf_default(const struct package *p, const char *question);

#endif
