/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Link groups as update-alternatives keeps them, in memory: each call changes them as it would
 * change the tool's database, and the links in the tree with them.
 */
#ifndef MKIMAGE_EFFECTS_ALTERNATIVES_GROUPS_H
#define MKIMAGE_EFFECTS_ALTERNATIVES_GROUPS_H

#include "effects/alternatives_call.h"
#include "rootfs/assembly.h"
#include "rootfs/pathmap.h"

#define ALTERNATIVES_NOTES_MAX 100u

struct slave {
    const char *name, *link;
    size_t uses; /* choices that have it; none: forgotten at the call's end */
};

/* A link group. What it has of choices is there, or was when it was offered. */
struct link_group {
    const char *name, *link;
    struct alternatives_call *offers; /* sorted by path */
    size_t n_offers, cap_offers;
    struct slave **slaves;
    size_t n_slaves, cap_slaves;
    const char *current; /* the path of an offer, or NULL */
    bool manual;         /* chosen, not found by priority */
};

struct alternatives {
    struct assembly *assembly;
    struct tree *tree;
    struct pathmap names, links; /* struct taken */
    struct link_group **groups;
    size_t n_groups, cap_groups;
};

void alternatives_release(struct alternatives *a);

/* Runs one call, which it may take over. What the tool would refuse is an error; a choice whose
 * file isn't in the image is none, with a note. */
int alternatives_run(struct alternatives *a, struct alternatives_call *c, struct err *err) MUST_USE;

/* The group of this name that has a choice, or NULL. */
struct link_group *alternatives_find(const struct alternatives *a, const char *name);

/* Takes the choice of this path (text as it was offered), whatever its priority: 1; 0 if it was
 * never offered. */
int alternatives_choose(struct alternatives *a, struct link_group *g, const char *path,
                        struct err *err) MUST_USE;

#endif
