/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads a maintainer script as data: what would it call on a fresh installation? Nothing is run.
 *
 * The script's commands are walked as a shell would with the arguments that dpkg gives where the
 * package wasn't there before ("configure" and an empty version, "install"), without a booted
 * system, and with all tools at hand. What is known goes into the calls: text, variables that the
 * script sets itself, loops over literal words. Each call must have a row in the table of forms
 * (forms.h); one that has none, a word or a condition that can't be known where it matters, and
 * the whole script counts as unread, with the line and the reason. Where a condition can't be
 * known, both sides may hold harmless calls only. What debconf is asked for is what the package's
 * templates have as its default.
 */
#ifndef MKIMAGE_EFFECTS_WALK_H
#define MKIMAGE_EFFECTS_WALK_H

#include "effects/call.h"
#include "effects/scripts.h"

#define WALK_STEPS_MAX 10000u     /* commands, each pass of a loop counted */
#define WALK_TEXT_MAX  (1u << 20) /* of all calls' words and inputs */

/* What scripts ask for that other packages may have: paths ("usr/share/x", a directory with a slash
 * at its end) and globs. Nothing of it is taken to be there but what `there` has (sorted, by
 * bytes); so whoever finds some of it in the other packages has to read again with that. */
struct script_world {
    struct strv asked, there;
};
#define WORLD_ASKED_MAX 20000u /* beyond, all is taken to be there */
/* Asks; whether it is there. */
bool world_has(struct script_world *w, const char *what);

/* What a call was taken as: a form's class and text. */
struct script_part {
    enum script_class class;
    const char *what;
};

struct script_reading {
    struct script_calls calls; /* those whose form is handled */
    struct script_part *parts;
    size_t n_parts, cap_parts;
    unsigned line; /* where it couldn't be read */
    char *why;     /* and why not; NULL if it was */
};

/* script is the package's ("postinst"), text all of it or a part that stands by itself; ret's
 * calls borrow both names. Whether it was read; nothing of an unread one is in ret but line and
 * why. */
bool script_read(const struct package *p, const char *script, const char *text, size_t n,
                 struct script_world *world, struct script_reading *ret);
void script_reading_release(struct script_reading *r);

#endif
