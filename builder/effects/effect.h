/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths that a package's script would have made or changed, put into the image's tree.
 *
 * The policy is asked about each as about the package's own entries (edits.h): what the recipe
 * leaves out isn't made, a setuid bit is cleared, and the notes say so. Changed attributes of a
 * package's path, and what is made, stand in the image's own layer.
 *
 * A script asks what is there before it makes something, and those questions aren't data. So what
 * is there already stays as it is, unless the same package made it by an earlier line; a line that
 * lacks a directory or a source which the recipe left out is skipped, and noted. What the real tool
 * fails at for any other reason ends the build, with the package and the line.
 */
#ifndef MKIMAGE_EFFECTS_EFFECT_H
#define MKIMAGE_EFFECTS_EFFECT_H

#include "rootfs/assembly.h"

struct effect {
    struct assembly *assembly;
    struct tree *tree;
    const struct package *package; /* whose script it is */
    bool guest;                    /* it isn't Debian's */
    char *place;                   /* "package x: postinst:3" */
};

/* place is taken over. */
void effect_start(struct effect *m, struct assembly *a, struct tree *t, const struct package *p,
                  char *place);
void effect_release(struct effect *m);

/* Whether a word can be a path of the image: absolute, without ".." and control characters. */
bool effect_is_path(const char *word);
/* Its image path, behind the links on the way, the last part excepted (behind that one too where
 * follow says so); what isn't there is taken as written. malloc'ed. */
char *effect_path(const struct effect *m, const char *word, bool follow);
/* The last part of a word, without slashes behind it; malloc'ed. */
char *effect_name(const char *word);
/* A place for a file of that name: the word's own, or inside where the word is a directory (and
 * inside is meant). malloc'ed. */
char *effect_place(const struct effect *m, const char *word, const char *name, bool inside);
/* The node behind a word and its links, or NULL. */
struct node *effect_find(const struct effect *m, const char *word);

/* Whether the script may change this: a third party's keeps to what its packages bring and make,
 * and that is noted. */
bool effect_may_change(struct effect *m, const struct node *n);
/* Whether the same package made this by an earlier line. */
bool effect_is_own(const struct effect *m, const struct node *n);
/* Whether something may be put here: the directory is there, and nothing else or what is its own;
 * a missing directory is noted. */
bool effect_may_put(struct effect *m, const char *path);

/* Whether the recipe leaves out such a path of this package's; for what is made of its data. */
bool effect_left_out(const struct assembly *a, const struct package *p, const char *path,
                     enum entry_type type);

/* Counts the nodes of the tree that a line has to look at; an error beyond what all scripts of an
 * image may take together, so that copies of copies and globs over everything end. */
int effect_works(struct effect *m, size_t nodes, struct err *err) MUST_USE;

void effect_note(struct effect *m, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Notes what isn't done for want of this path. Nobody is told who left it out himself: the recipe
 * knows. */
void effect_lacks(struct effect *m, const char *path, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Each puts one path, over nothing or what effect_is_own, as tree_offer_text and its like do. */
int effect_put_directory(struct effect *m, const char *path, uint16_t mode, uint32_t uid,
                         uint32_t gid, struct err *err) MUST_USE;
int effect_put_text(struct effect *m, const char *path, uint16_t mode, const char *text, size_t n,
                    struct err *err) MUST_USE;
int effect_put_link(struct effect *m, const char *path, const char *target,
                    struct err *err) MUST_USE;
/* from: a file of the tree. */
int effect_put_copy(struct effect *m, const char *path, const struct node *from, uint16_t mode,
                    uint32_t uid, uint32_t gid, int64_t mtime, struct err *err) MUST_USE;

/* Other attributes for what is there. */
int effect_attributes(struct effect *m, struct node *n, uint16_t mode, uint32_t uid, uint32_t gid,
                      struct err *err) MUST_USE;

#endif
