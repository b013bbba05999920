/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dpkg-trigger asks whoever has an interest to do something over the files of all packages. What
 * would be done is that package's, and made over the whole tree by a subject of its own, or stands
 * in the verdict of that package's scripts. So the table says of each trigger who stands for it; a
 * call of another trigger isn't taken.
 */
#ifndef MKIMAGE_EFFECTS_TRIGGERS_H
#define MKIMAGE_EFFECTS_TRIGGERS_H

#include "effects/call.h"

/* Who stands for a trigger, a few words; NULL if nobody is known to. */
const char *trigger_served(const char *name);

bool trigger_takes(const struct script_call *c);

#endif
