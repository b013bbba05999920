/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From wanted names to exact packages, by libsolv.
 *
 * Only candidates are considered, as apt does it: of each name and architecture the highest
 * version that the archive offers (with a constraint in the recipe: the highest that meets it;
 * with a lock to move from: the locked version where it is still there, unless all is updated).
 * Depends and Pre-Depends are followed, Recommends only where the recipe asks; of alternatives
 * the first that can be had is preferred; of a virtual package's providers the essential, then the
 * one of the highest Priority, then the last by name (apt's cache meets it last). What `omit` names
 * counts as installed (in every version that is asked for) and isn't shipped, unless it is wanted
 * too; what `forbid` names can't be chosen. A third party stays within its packages: universe.h,
 * origins_settle.
 *
 * libsolv 0.7's gaps, closed here: the order of `a | b`, and the source version. Plain Replaces,
 * which it doesn't keep either, is for those who lay out files: they read it from the deb.
 */
#ifndef MKIMAGE_LOCK_SOLVE_H
#define MKIMAGE_LOCK_SOLVE_H

#include "base/session.h"
#include "lock/lock.h"
#include "recipe/recipe.h"

/* One architecture's packages, loaded into a libsolv pool. */
struct universe;

int universe_new(const char *arch, struct universe **ret, struct err *err) MUST_USE;
void universe_free(struct universe *u);

/* Adds the packages of one decoded Packages file. fd is read from its start and must stay open as
 * long as the universe. The source says what it may deliver: its name, packages, all_packages and
 * provides are used, and copied. A file of size 0 adds nothing but what the source names. */
int universe_add(struct universe *u, int fd, uint64_t size, const char *name,
                 const struct recipe_source *source, struct err *err) MUST_USE;

struct solve_request {
    const struct recipe_package *packages;
    size_t n_packages;
    const struct recipe_list *omit, *forbid;
    const char *file; /* the recipe's own: of its wishes it is said what they do without; or NULL */
    bool recommends;
    const struct lock_arch *favour; /* locked versions to stay with, or NULL */
};

/* Solves. The result's packages are sorted by name, `omitted` is filled, and the layer plan (with
 * its budget; lock/plan.h) too. An unsolvable request gets libsolv's explanation in words, with
 * the recipe's file and line for the wish that failed; an unknown name gets the nearest known
 * ones. */
int solve(const struct session *s, struct universe *u, const struct solve_request *request,
          unsigned budget, struct lock_arch *ret, struct err *err) MUST_USE;

/* The problem as a case of tests/resolve (its README says how one is written), so that a real
 * failure can be kept as a test: the request, and the stanzas of all that it could touch. */
int solve_dump(struct universe *u, const struct solve_request *request, struct buf *ret,
               struct err *err) MUST_USE;

#endif
