/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names that one package has in different suites: libssl3 is libssl3t64 since its time_t has 64
 * bits, perl's library has the version in its name. A recipe names packages of the suite that it
 * was written for; under another `suite` a name that isn't there is taken to be its other one that
 * is.
 *
 * The solver does so for packages, omit and forbid before it begins (suitenames_translate); what
 * comes later (`package` sections above all) asks the lock, which holds the names as they are, and
 * no others: so the same lock and recipe give the same image. A third party's packages are called
 * what they are called, and are nobody's other name.
 */
#ifndef MKIMAGE_LOCK_SUITENAMES_H
#define MKIMAGE_LOCK_SUITENAMES_H

#include "base/session.h"
#include "lock/lock.h"

typedef bool suitenames_exists(const void *user, const char *name);

/* The first other name of a package that exists, or NULL; the caller frees it. It isn't asked
 * whether the name itself does. */
char *suitenames_other(const char *name, suitenames_exists *exists, const void *user) MUST_USE;

/* The package that a recipe's name means: of that name, else of Debian's by another one. */
const struct lock_package *suitenames_find(const struct lock_arch *a, const char *name);

/* The recipe's section of a locked package; a may be NULL. */
const struct recipe_part *suitenames_part(const struct recipe *r, const struct lock_arch *a,
                                          const char *package);

/* A line for each name that was taken to be another, in the recipe's order. */
void suitenames_list(const struct recipe *r, const struct lock *l, struct strv *ret);

#endif
