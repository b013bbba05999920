/* SPDX-License-Identifier: Apache-2.0 */
/* Rule ELF-NEED at work: what loader.h finds for a program, and all that comes with it. Private to
 * rules_elf_need.c and rules_elf_version.c. */
#ifndef MKIMAGE_HARDEN_LOADING_H
#define MKIMAGE_HARDEN_LOADING_H

#include "harden/loader.h"
#include "harden/rules_elf.h"

#define TOLD_MAX  20 /* missing libraries that are named of one file */
#define NAME_SHOW 200

struct loading {
    const struct rule *rule;
    const struct view *view;
    struct loader loader;
    struct object **queue; /* what was loaded in this round, in order */
    size_t n_queue, cap_queue;
    struct findings *ret;
};

/* What a plugin lacks fails when somebody loads it; a package may leave it at that on purpose, and
 * recommend the library's package. */
void loading_soften(const struct object *o, struct finding *f);

/* Tells which versions of symbols an object asks of the libraries loaded in this round, and they
 * don't have. Of a plugin only those that no library of the name has, wherever it lies: which one
 * its program has loaded can't be seen. */
void loading_versions(struct loading *c, struct object *o, bool plugin);

#endif
