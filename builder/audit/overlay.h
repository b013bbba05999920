/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tree that layers make when they are put on top of each other, as engines do it: names in
 * directories, each with an inode that other names may share. Private to audit.
 *
 * What a later layer removes or stands in for isn't forgotten: it is told to `hidden`. Places and
 * inodes come from arenas, since there may be millions, and go when the tree is made of them.
 */
#ifndef MKIMAGE_AUDIT_OVERLAY_H
#define MKIMAGE_AUDIT_OVERLAY_H

#include "base/arena.h"
#include "base/path.h"
#include "rootfs/package.h"
#include "rootfs/pathmap.h"

#define OVERLAY_LINKS_MAX 40
#define OVERLAY_DEPTH_MAX 256 /* parts of a path */

/* A file of any type, without a name. */
struct inode {
    enum entry_type type; /* never a hard link */
    uint16_t mode;
    uint32_t uid, gid;
    int64_t mtime;
    uint64_t size; /* of devices: major * 2^32 + minor */
    char *target;  /* of symlinks; the overlay's, as facts are */
    struct sha256 sha256;
    struct file_facts *facts;
    const char *first; /* for overlay_walk's caller: the first name that was given to it */
};

struct overlay_place {
    const char *name; /* first: what the pathmap of its directory goes by */
    struct overlay_place *parent;
    struct pathmap children; /* of directories */
    struct inode *inode;
    unsigned layer;   /* which put it here last, from 1 */
    unsigned emptied; /* which last took away what was in it before */
    unsigned depth;
    size_t length; /* of its image path */
};

struct overlay {
    struct overlay_place top; /* the root, whose name is "" */
    struct arena places, inodes, targets;
    struct file_facts **facts; /* of all inodes */
    size_t n_facts, cap_facts;
    /* What was done in all, for the caller to bound: */
    size_t n;      /* places made */
    size_t paths;  /* bytes of the paths of those, and of what was hidden */
    size_t turned; /* bytes of the targets of links that were followed */
    /* Told of each name that a later layer takes away, and of a file that it stands in for. */
    void (*hidden)(void *context, const struct overlay_place *p);
    void *context;
};

void overlay_start(struct overlay *p);
void overlay_release(struct overlay *p);

/* An inode. Its facts are handed over, its target is copied. */
struct inode *overlay_inode(struct overlay *p, enum entry_type type);
void overlay_facts(struct overlay *p, struct inode *i, struct file_facts *facts);
void overlay_target(struct overlay *p, struct inode *i, const char *target);

/* The directory that holds the last part of a clean path, links on the way followed inside the
 * tree; missing directories are made for the layer (0755, root) if `make`. NULL where there is
 * none, where links go in circles, a file is in the way, or the path would get too long. *ret_name
 * is the last part. */
struct overlay_place *overlay_directory(struct overlay *p, const char *path, unsigned layer,
                                        bool make, const char **ret_name);
struct overlay_place *overlay_child(const struct overlay_place *dir,
                                    const char *name); /* or NULL */

/* The name in the directory, with this inode from now on; what was there is hidden, but a
 * directory's content stays where a directory comes over it. */
struct overlay_place *overlay_put(struct overlay *p, struct overlay_place *dir, const char *name,
                                  struct inode *inode, unsigned layer);

/* Takes away what layers before this one have put at the name, or (opaque) in the directory. */
void overlay_remove(struct overlay *p, struct overlay_place *dir, const char *name, unsigned layer);
void overlay_empty(struct overlay *p, struct overlay_place *dir, unsigned layer);

/* The image path of a place. */
void overlay_path(const struct overlay_place *p, struct buf *ret);

/* Visits all places but the root, in the order of pathmap.h, and gives up places and inodes: what
 * is left are the facts and targets, which live until the overlay is released. */
void overlay_take_down(struct overlay *p, void (*visit)(void *context, struct overlay_place *p),
                       void *context);

#endif
