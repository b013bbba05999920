/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The forms of calls that are known, one row each: who takes them, and what an image without them
 * would miss. The first row counts whose program is the call's and whose takes() says yes. A row
 * without takes() takes every call of its program that writes to no file; a harmless or skipped
 * one of those does so whatever the words are, also if they can't be known.
 *
 * takes() says yes only if what the call does is done (HANDLED: a file of this directory does it to
 * the tree) or nothing to an image (HARMLESS), for just these words. A call that no row takes
 * leaves its script unread.
 */
#ifndef MKIMAGE_EFFECTS_FORMS_H
#define MKIMAGE_EFFECTS_FORMS_H

#include "effects/call.h"
#include "effects/scripts.h"

struct script_form {
    const char *program;
    bool (*takes)(const struct script_call *); /* or NULL */
    enum script_class class;
    const char *what;
    bool asks; /* its exit status is an answer that nobody knows here */
};

/* How much of a call's words is known: globs are known to be ones. */
enum words_known { WORDS_VAGUE, WORDS_GLOBS, WORDS_KNOWN };

/* The row that takes it, or NULL. before: the script's calls so far. */
const struct script_form *form_find(const struct script_call *c, enum words_known known,
                                    const struct script_calls *before);

/* A glob without whose like in the image the call has nothing to do; or NULL. */
const char *form_only_with(const struct script_call *c);

/* Adds all rows. */
void forms_hash(struct hasher *h);

#endif
