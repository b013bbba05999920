/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the build mends while a package streams by, as data: a rule of the action RULE_FIX has rows,
 * each saying which entries it is about and what becomes of them. Nothing else decides, so the
 * digest over all rows is what cache keys go by: a directory added to a row changes them by itself.
 *
 *     .fix = (const struct fix[]){{.types = FIX_FILES, .clear = 06000}, {0}}
 *
 * What the words of a row mean is code (fix.c), which no digest sees: FIX_FORMAT stands for it, and
 * test_fix compares what they do with what they did when it was raised last.
 */
#ifndef MKIMAGE_HARDEN_FIX_H
#define MKIMAGE_HARDEN_FIX_H

#include "base/digest.h"
#include "rootfs/edits.h"

#define FIX_FORMAT 2

#define FIX_TYPE(t)    (1u << (t))
#define FIX_FILES      (FIX_TYPE(ENTRY_FILE) | FIX_TYPE(ENTRY_HARDLINK)) /* links have its mode */
#define FIX_PROGRAMS   (FIX_FILES | FIX_TYPE(ENTRY_SYMLINK))
#define FIX_ALL_BUT(t) (~FIX_TYPE(t))

/* Lists end in NULL; paths are the image's. A row with programs, inside, ends or globs leaves out
 * what any of the four holds for; one with clear or becomes changes modes. */
struct fix {
    unsigned types;              /* of entries, bits; 0 ends the rows */
    const char *what;            /* what is wrong, for findings */
    const char *const *programs; /* names in directories called bin or sbin; "apt-*": a prefix */
    const char *const *inside;   /* directories: what lies in one, not the directory itself */
    const char *const *ends;     /* of paths below one of `below` */
    const char *const *below;
    const char *const *globs;  /* of paths */
    const char *const *not_of; /* packages that nothing is left out of by this row */
    bool always;               /* no allowance keeps it: the build writes that very path itself */
    uint16_t clear;            /* these bits, where any of them is set */
    uint16_t becomes;          /* the mode, where it is another */
    const char *const *only;   /* the paths that a mode is changed of; NULL: of all */
    const char *const *but;    /* the paths that it isn't changed of */
    bool but_sticky;           /* nor of directories with the sticky bit */
};

#define FIX_LIST(...)     \
    (const char *const[]) \
    {                     \
        __VA_ARGS__, NULL \
    }

struct rule;

/* The first of the rule's rows that holds for an entry; NULL if the rule has none, or none does.
 * package: whose it is, or NULL. */
const struct fix *fix_for(const struct rule *r, const char *package, const struct entry *e);

/* What that makes of it: EDIT_KEEP, or an edit with the rule's id. */
struct edit fix_edit(const struct rule *r, const char *package, const struct entry *e);

/* Adds all rows of all rules of a table (rule_groups), and FIX_FORMAT: what the edits depend on. */
void fix_hash(const struct rule *const *groups, struct hasher *h);

/* Whether a path is a program of such a name: in a directory called bin or sbin, wherever. */
bool fix_is_program(const char *path, const char *const *names);
bool fix_in_program_directory(const char *path);
bool fix_name_among(const char *name, const char *const *names);

#endif
