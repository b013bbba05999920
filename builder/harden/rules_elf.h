/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about ELF files that are too long for rules_elf.c, which has the rows, and what they share.
 */
#ifndef MKIMAGE_HARDEN_RULES_ELF_H
#define MKIMAGE_HARDEN_RULES_ELF_H

#include "harden/rule.h"

void elf_need(const struct rule *r, const struct view *v, struct findings *ret);

/* Whether programs of this machine start on an architecture (Debian's name; NULL or unknown: yes),
 * by the kernel itself or in its mode for an older machine (*ret_older). */
bool elf_fits(const struct elf_facts *e, const char *arch, bool *ret_older);

/* The facts of a file that the loader or the kernel could take: no object, no debug file, not for
 * another machine, and no program that nobody may start. NULL for all else; hard links count once,
 * by their file. */
const struct elf_facts *elf_loadable(const struct view *v, const struct node *n);

#endif
