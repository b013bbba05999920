/* SPDX-License-Identifier: Apache-2.0 */
/* Debian's version order (deb-version(7), Debian policy 5.6.12). */
#ifndef MKIMAGE_DEB_VERSION_H
#define MKIMAGE_DEB_VERSION_H

#include "base/mem.h"

/* Negative, 0 or positive as a is earlier than, equal to or later than b. */
int version_compare(const char *a, const char *b);

/* Whether the text is a version at all: epoch, upstream version, revision and their characters. */
bool version_valid(struct slice v);
/* Whether the text is a package name (policy 5.6.1). */
bool package_name_valid(struct slice name);

#endif
