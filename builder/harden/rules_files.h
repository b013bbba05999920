/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about files that are too long for rules_files.c, which has the rows. */
#ifndef MKIMAGE_HARDEN_RULES_FILES_H
#define MKIMAGE_HARDEN_RULES_FILES_H

#include "harden/rule.h"

void fs_appwr(const struct rule *, const struct view *, const struct node *, struct findings *);
void fs_link(const struct rule *, const struct view *, const struct node *, struct findings *);
extern const struct fix junk_fix[];
void fs_junk(const struct rule *, const struct view *, const struct node *, struct findings *);

#endif
