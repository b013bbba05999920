/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of a tree, for tree.c and tree_*.c.
 *
 * Nodes live as long as the tree; they and their strings come from an arena, so that a million of
 * them cost little and are freed at once. They are found by path in a map, whose order
 * is the one that tree_nodes promises.
 *
 * Above what is in the map there are directories, all of them in the map: nothing takes a
 * directory's place. So one look-up tells that a path leads through no link.
 */
#ifndef MKIMAGE_ROOTFS_TREE_PRIVATE_H
#define MKIMAGE_ROOTFS_TREE_PRIVATE_H

#include "base/arena.h"
#include "base/buf.h"
#include "rootfs/pathmap.h"
#include "rootfs/tree.h"

/* A node with what only the tree itself needs to know. */
struct tree_item {
    struct node node;              /* first: a struct node * of the tree is a struct tree_item * */
    struct file_facts *facts;      /* own facts, or NULL */
    const struct package *shipper; /* the last one that has this path in its deb, or NULL */
    bool implicit;                 /* a directory made for what lies in it; nobody gave it */
    bool replaces;                 /* put with `replace` */
    bool weak;                     /* put weakly: a later own path takes its place */
    bool written;                  /* tree_own_layer: stands in the own layer */
    struct wanted *data;           /* tree_own_layer: a packaged file's bytes (tree_reread.h) */
};

/* How far links have led (tree_bound); apart, since who only asks changes it too. */
struct ways {
    size_t followed, max; /* bytes of targets; max 0: any number */
};

struct tree {
    struct pathmap items;
    struct tree_item top; /* the image's root directory, which is no node of the list */
    struct node **sorted;
    struct arena arena;
    int64_t epoch;
    struct ways *ways;
};

struct tree_item *tree_item(const struct tree *t, struct slice path); /* or NULL */
struct tree_item *tree_insert(struct tree *t, const char *path);      /* which must not be there */
char *tree_string(struct tree *t, const char *s);                     /* a copy; NULL stays NULL */

/* Makes the directories above path that are missing (0755, root). *ret is the path itself, behind
 * the links that were crossed; an own path (p is NULL) crosses those of tree_crossable. */
int tree_parents(struct tree *t, const char *path, const struct package *p, const char *origin,
                 struct buf *ret, struct err *err) MUST_USE;

/* Whether this path is one of the links that may be crossed: usrmerge's and base-files'. */
bool tree_crossable(const char *path);

/* "ORIGIN: /PATH WHAT (package libc6)" */
int tree_refuse(struct err *err, const struct node *there, const char *origin, const char *what);

void tree_release_content(struct content *c);
void tree_release_own(struct tree_item *i);

#endif
