/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request on its way through the solver; private to lock/. The steps, a file each:
 *
 *     renamed_init      names of another suite are the archive's       renamed.c
 *     candidates_find   which versions may be chosen at all            candidate.c
 *     omit_strip        dependencies that omitted packages meet go     omit.c
 *     walk_all          what apt's own walk would pick, as a wish      walk.c
 *     (libsolv)         what is consistent; the wish decides           solve.c
 *     explain           the problems in words                          explain.c
 *     fallout_find      what of Debian's third parties keep out,       fallout.c
 *     provided_find     and stand in for
 *
 * libsolv alone doesn't care for the order of `a | b`, nor for priorities among the providers of
 * a virtual package; apt's picks depend on both. So the walk picks as apt does, its picks are
 * handed to libsolv as weak jobs, and libsolv, which knows all conflicts, has the last word.
 */
#ifndef MKIMAGE_LOCK_SOLVING_H
#define MKIMAGE_LOCK_SOLVING_H

#include "lock/universe.h"
#include <solv/bitmap.h>
#include <solv/queue.h>
#include <solv/solver.h>

/* A request whose names are the archive's: of a name that isn't there, but for a third party's, the
 * other one that Debian has (suitenames.h). Constraints stay as they are. */
struct renamed {
    struct solve_request request; /* borrows from the one that it was made of, and from: */
    struct recipe_package *packages;
    struct recipe_list omit, forbid;
    struct strv names;
};

struct solving {
    struct universe *u;
    Pool *pool;
    struct renamed renamed;
    const struct solve_request *request; /* the renamed one */
    size_t n_names;                      /* ids of strings lie below it */
    Id *candidate;                       /* by name: the version to prefer, 0 if there is none */
    Map considered; /* all that may be chosen: candidates, and newer versions than the locked */
    Map forbidden;  /* names */
    Map omitted;    /* names; a wanted package is never omitted */
    Map wanted;     /* names */
    Queue stripped; /* pairs: a solvable, its requires as they were */
    Queue lists;    /* by repository: how long its list of dependencies was */
    Queue walked;   /* solvables, in the order in which the walk came to them */
};

void renamed_init(struct renamed *r, const struct universe *u, const struct solve_request *request);
void renamed_release(struct renamed *r);

void solving_init(struct solving *v, struct universe *u, const struct solve_request *request);
void solving_release(struct solving *v);

/* Fills candidate, considered and the maps of names. A wanted package that can't be had is an
 * error here, with file and line, and with the nearest names. */
int candidates_find(struct solving *v, struct err *err) MUST_USE;

/* Takes out of all dependencies what an omitted package meets; solving_release puts it back. */
void omit_strip(struct solving *v);
/* Adds those omitted names that something of the chosen depends on, sorted. */
void omit_used(const struct solving *v, const Map *chosen, struct strv *ret);

/* Adds a line for each package that the recipe's own file wants and that depends on something
 * omitted, but for what maintainer scripts alone call. */
void omit_wanted(const struct solving *v, const Map *chosen, struct strv *ret);

/* Adds a line for each dependency of Debian's whose first alternative wasn't taken because a third
 * party's package conflicts with it: it counts, and is to be seen. */
void fallout_find(const struct solving *v, const Map *chosen, struct strv *ret);

/* Adds a line for each dependency that only a third party's package meets, by its Provides. */
void provided_find(const struct solving *v, const Map *chosen, struct strv *ret);

void walk_all(struct solving *v);

/* Says why the request can't be met. */
int explain(struct solving *v, struct err *err) MUST_USE;
/* What is to be said of a wanted name without a candidate. */
int explain_missing(const struct solving *v, const struct recipe_package *want,
                    struct err *err) MUST_USE;

/* "libfoo (>= 2) | libbar", in Debian's form; "libfoo 2.1". */
void dep_text(const Pool *pool, Id dep, struct buf *ret);
void package_text(const struct solving *v, Id p, struct buf *ret);
/* The alternatives of `a | b`, in their order. */
void dep_alternatives(const Pool *pool, Id dep, Queue *ret);
/* The name that a dependency is on, without version and ":any". */
Id dep_name(const Pool *pool, Id dep);
/* The zero-terminated list at an offset, an empty one for 0. */
const Id *dep_list(const Solvable *s, Offset offset);

#endif
