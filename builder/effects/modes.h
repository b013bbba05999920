/* SPDX-License-Identifier: Apache-2.0 */
/* Modes as chmod(1), mkdir(1) and install(1) take them. */
#ifndef MKIMAGE_EFFECTS_MODES_H
#define MKIMAGE_EFFECTS_MODES_H

#include "base/mem.h"

#define MODE_UMASK 022 /* dpkg's, under which scripts run */

/* Octal, or symbolic ("u=rwX,go-w"), applied to a mode; without a letter before the operator the
 * umask holds. A directory keeps its setuid and setgid bits where an octal mode of up to four
 * digits doesn't set them, as GNU's chmod does; others don't ask: keep is false. */
bool mode_apply(const char *text, uint16_t old, bool directory, bool keep, uint16_t *ret) MUST_USE;

#endif
