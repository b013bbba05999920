/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a maintainer script calls, as data: a line of a postinst whose words are all known without
 * running anything. Quotes are gone, variables that the script sets to a literal are put in, loops
 * over literal words are unrolled; a word that would need a shell to be known makes no call, and
 * the script unread.
 *
 *     update-alternatives --install /usr/bin/awk awk /usr/bin/mawk 5
 *     words = {"update-alternatives", "--install", "/usr/bin/awk", "awk", "/usr/bin/mawk", "5"}
 *
 * Calls stand in the order in which dpkg would have configured the packages and run the lines. The
 * files of this directory each take those of their kind, and do to the tree what the tool would do
 * to a root filesystem on a fresh installation.
 */
#ifndef MKIMAGE_EFFECTS_CALL_H
#define MKIMAGE_EFFECTS_CALL_H

#include "base/strv.h"
#include "rootfs/package.h"

#define CALL_WORDS_MAX 200u
#define CALL_TEXT_MAX  (64u << 10)

struct script_call {
    const struct package *package; /* whose script it is; borrowed */
    const char *script;            /* "postinst"; borrowed from the package */
    unsigned line;                 /* in the script, from 1; of a continued line the first */
    struct strv words;             /* the program without its directory, then its arguments */
    char *input; /* what its standard input is (a here-document), or NULL; at most CALL_TEXT_MAX */
    char *to;    /* the path that its standard output is written to, or NULL */
    bool append; /* >> */
};

struct script_calls {
    struct script_call *v;
    size_t n, cap;
};

#define call_each(c, list) \
    for (const struct script_call *c = (list)->v; c && c < (list)->v + (list)->n; c++)

/* A new empty call at the end, of that line; the list's own. */
struct script_call *calls_add(struct script_calls *list, const struct package *p,
                              const char *script, unsigned line);
void call_release(struct script_call *c);
void calls_release(struct script_calls *list);

/* "package mawk: postinst:12", for messages; malloc'ed. */
char *call_place(const struct script_call *c);

#endif
