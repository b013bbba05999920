/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where what an image lacks went: a program or library that a finding says isn't there (its
 * `wants`). In this order: a package has it, and a line of the recipe or a rule leaves it out; it
 * lies elsewhere in the image; a package that the recipe omits has it; another package has it.
 */
#ifndef MKIMAGE_HARDEN_ABSENT_H
#define MKIMAGE_HARDEN_ABSENT_H

#include "harden/rule.h"

/* Which packages of the archive have something, for those that nothing else is known of. */
struct absent_archive {
    /* For each of wants a package's name, or NULL; the caller frees it and the list. NULL: nothing
     * is known. */
    char **(*packages_of)(void *user, const struct strv *wants);
    void *user;
};

struct absent {
    const struct recipe *recipe;
    const struct lock_arch *lock; /* or NULL */
    struct tree *tree;
    struct package *const *packages;
    size_t n_packages;
    const struct absent_archive *archive; /* asked once, at last; or NULL */
};

/* Adds to each finding that ends the build what is known of it. */
void absent_explain(const struct absent *a, struct findings *f);

#endif
