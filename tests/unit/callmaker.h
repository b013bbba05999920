/* SPDX-License-Identifier: Apache-2.0 */
/* Calls of scripts, for tests of what takes them: a line a call, words between blanks (a quote
 * holds blanks), "> /path" or ">> /path" behind it, and a here-document's text behind "<< ". */
#ifndef MKIMAGE_TESTS_CALLMAKER_H
#define MKIMAGE_TESTS_CALLMAKER_H

#include "effects/call.h"

void calls_of(struct script_calls *ret, const struct package *p, const char *lines);

#endif
