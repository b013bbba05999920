/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Maintainer scripts, accounted for: none is run, so each is classed (docs/design.md).
 *
 * A script is split into sections: what debhelper generated, recognised by its marker comments, of
 * which many are known as a whole by the tool that made them; and the rest. A rest that a person
 * has read is looked up by package and digest in a shipped const table (scripts_table.h). All else
 * is read by a grammar (walk.h) in which each line must be of a listed form. A script's class is
 * that of its weightiest part.
 */
#ifndef MKIMAGE_EFFECTS_SCRIPTS_H
#define MKIMAGE_EFFECTS_SCRIPTS_H

#include "effects/call.h"
#include "rootfs/package.h"

/* Raised whenever the same scripts make something else of an image. */
#define EFFECTS_FORMAT 2

enum script_class {
    SCRIPT_HANDLED,   /* what it does, the build does natively (ldconfig, accounts, …) */
    SCRIPT_HARMLESS,  /* nothing that an image without it would miss */
    SCRIPT_SKIPPED,   /* left undone though it would help: `what` says what isn't made */
    SCRIPT_UNHANDLED, /* reported; refused under --strict */
};

struct script_verdict {
    const struct package *package; /* whose it is; borrowed */
    const char *script;            /* "postinst"; borrowed from the package */
    enum script_class class;
    char *what; /* a few words: "ld.so.cache", "byte-compiled Python" */
    char *why;  /* of an unhandled one, where it couldn't be read and why not; or NULL */
};

struct image_scripts {
    struct script_verdict *v; /* in the order of packages */
    size_t n, cap;
    struct script_calls calls; /* what is to be done in their place, in the order in which dpkg
                                  would have configured the packages */
};

/* All maintainer scripts of an image's packages (preinst, postinst, prerm, postrm, config). prerm
 * and postrm never run in an image and are harmless, config asks only. A script is handled only if
 * its calls are among those given out. What a script does may depend on what the others bring. */
void scripts_read(struct package *const *packages, size_t n, struct image_scripts *ret);
void scripts_release(struct image_scripts *s);

/* What becomes of an image's scripts follows from their text and from what this digest is of: the
 * tables, and EFFECTS_FORMAT for the code that reads them and does what they say. So an image that
 * was published by another mkimage is made again, though nothing it is made of has changed. */
struct sha256 scripts_digest(void);
const char *script_class_name(enum script_class c);

#endif
