/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the dynamic loader of an image finds a library, without running it: glibc's way (ld.so(8),
 * elf/dl-load.c) and musl's (ldso/dynlink.c), for any architecture.
 *
 *     glibc   RPATH of the object and of those that loaded it, unless it has a RUNPATH; the
 *             config's LD_LIBRARY_PATH; its RUNPATH; ld.so.cache; the default directories
 *     musl    LD_LIBRARY_PATH; RPATH and RUNPATH, of the loaders too; /etc/ld-musl-*.path or its
 *             default directories
 *
 * A library that only a glibc-hwcaps directory has is there for some CPUs, so it isn't found.
 */
#ifndef MKIMAGE_HARDEN_LOADER_H
#define MKIMAGE_HARDEN_LOADER_H

#include "harden/view.h"
#include "rootfs/ld_cache.h"

#define LOADER_WORK_MAX 500000u /* lookups; what is left then isn't followed */

/* An ELF file of the image. */
struct object {
    const struct node *node;
    const struct elf_facts *elf;
    struct object *parent; /* who asked for it in this round */
    char *dir;             /* where it was found first, which a link may have led away from */
    unsigned round;        /* in which it was loaded last */
    bool needed;           /* by a program, or by what a program needs */
    bool told;             /* what it lacks was reported */
    bool expanded;
    unsigned versions_told;
    const struct object **sound; /* by version asked for: the library that was found to have it */
    struct strv search;          /* the directories of its RUNPATH, or RPATH, that are there */
};

/* A name that something needs. */
struct needed_name {
    const char *text;
    unsigned round;                /* in which something was loaded under it last */
    const struct elf_facts *asked; /* for whom `found` was looked up in the system's places */
    struct object *found;
    struct object *loaded;    /* what it stands for in that round */
    struct object **carriers; /* files that bear the name, wherever they are */
    size_t n_carriers, cap_carriers;
    const struct object *missed; /* the last one that was found to miss it */
};

struct loader {
    const struct view *view;
    struct object *objects; /* in the tree's order */
    size_t n, cap;
    struct object **by_node;
    struct needed_name *names; /* sorted */
    size_t n_names;
    struct ld_found *cache;
    size_t n_cache;
    struct strv env; /* LD_LIBRARY_PATH, as it stands there */
    bool cache_unread;
    bool multiarch; /* directories are called as Debian does it */
    unsigned round;
    size_t work;
};

void loader_start(struct loader *l, const struct view *v);
void loader_release(struct loader *l);

/* Whether a file is of the same machine, width and byte order. */
bool loader_alike(const struct elf_facts *a, const struct elf_facts *b);

/* The directories that an object's RUNPATH, or else its RPATH, names and that are there:
 * "/usr/lib/x". The loader's. */
const struct strv *loader_own_dirs(struct loader *l, struct object *o);

/* The object at an image path, links followed, if it is like another; NULL. */
struct object *loader_at(struct loader *l, const char *path, const struct elf_facts *like);

/* What `name` means to an object that is loaded, in its own and the system's places; NULL if
 * nothing is found. */
struct object *loader_search(struct loader *l, struct object *o, struct needed_name *name,
                             bool musl);

/* Whether a directory ("usr/lib") is one of those that glibc looks in unasked. */
bool loader_looks_in(const struct loader *l, const char *dir, const struct elf_facts *like);

struct needed_name *loader_name(struct loader *l, const char *text);

#endif
