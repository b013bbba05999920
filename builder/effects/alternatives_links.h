/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The links of a choice in the tree: /usr/bin/awk leads to /etc/alternatives/awk, and that to the
 * program. A link of a package gives way to one of Debian's, and where the call says --force so
 * does a file; a third party's call takes the place of nothing that is another source's.
 */
#ifndef MKIMAGE_EFFECTS_ALTERNATIVES_LINKS_H
#define MKIMAGE_EFFECTS_ALTERNATIVES_LINKS_H

#include "effects/alternatives_groups.h"

/* Whether what a third party offers comes behind what Debian does: priority is no leave to stand
 * in for a distribution's program. */
bool alternatives_is_guest(const struct alternatives *a, const struct alternatives_call *offer);
bool alternatives_is_there(const struct tree *t, const char *path);
void alternatives_take_link(const struct alternatives *a, const char *link);
/* The link and the one in /etc/alternatives. */
void alternatives_take_pair(const struct alternatives *a, const char *name, const char *link);
int alternatives_put_pair(const struct alternatives *a, const struct alternatives_call *offer,
                          const char *name, const char *link, const char *path,
                          struct err *err) MUST_USE;
void alternatives_note(const struct alternatives *a, const struct script_call *c, const char *fmt,
                       ...) PRINTF_LIKE(3, 4);

#endif
