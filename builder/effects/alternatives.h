/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Alternatives: what calls of update-alternatives make on a fresh root. For each group the link
 * LINK -> /etc/alternatives/NAME and /etc/alternatives/NAME -> PATH of the best choice, and the
 * same for those of its slaves whose file is there. The database in /var/lib/dpkg isn't written.
 *
 *     calls, .jinfo files ─► group by group, in order, as the tool does ─► the recipe's choices
 *
 * A choice counts if its file is in the image: what the policy, `exclude` or `omit` left out is
 * nobody's choice. Highest priority wins, of equal ones the first. A file in a link's place stays,
 * as with the tool, unless the call says --force; what the recipe itself puts there stays always.
 * A link that the policy would leave out of its package is not made.
 *
 * Java's packages register their programs in loops that ask the system, so they are read from the
 * data for update-java-alternatives instead: /usr/lib/jvm/.NAME.jinfo.
 *
 * What the tool would refuse (a relative link, a priority that is no number, a link of two groups)
 * ends the build, with package, script and line.
 */
#ifndef MKIMAGE_EFFECTS_ALTERNATIVES_H
#define MKIMAGE_EFFECTS_ALTERNATIVES_H

#include "effects/call.h"
#include "rootfs/assembly.h"

/* Whether assemble_alternatives does what this call does, be it to refuse it: one that changes
 * alternatives in their usual place. */
bool alternatives_takes(const struct script_call *c);

int assemble_alternatives(struct assembly *a, struct tree *t, struct err *err) MUST_USE;

/* The calls that .jinfo files of packages stand for, as their postinst makes them: for programs
 * below /usr/lib/jvm; other lines are passed over. */
void jinfo_calls(struct tree *t, struct script_calls *ret);

#endif
