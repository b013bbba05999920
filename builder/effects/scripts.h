/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Maintainer scripts, accounted for: none is run, so each is classed (docs/design.md).
 *
 * A script is split into sections: what debhelper generated, recognised by its marker comments and
 * by kind with version numbers stripped; and the rest, looked up by package and digest of its
 * normalised text in a shipped const table of handwritten scripts (scripts_table.h). A script's
 * class is that of its worst section.
 */
#ifndef MKIMAGE_EFFECTS_SCRIPTS_H
#define MKIMAGE_EFFECTS_SCRIPTS_H

#include "effects/call.h"
#include "rootfs/package.h"

enum script_class {
    SCRIPT_HANDLED,   /* what it does, the build does natively (ldconfig, accounts, …) */
    SCRIPT_HARMLESS,  /* nothing that an image without it would miss */
    SCRIPT_SKIPPED,   /* left undone though it would help: `what` says what isn't made */
    SCRIPT_UNHANDLED, /* reported; refused under --strict */
};

struct script_verdict {
    const char *script; /* "postinst"; borrowed from the package */
    enum script_class class;
    char *what; /* a few words: "debhelper: ldconfig trigger", "byte-compiled Python" */
    char *why;  /* of an unhandled one, where it couldn't be read and why not; or NULL */
};

/* All maintainer scripts of a package (preinst, postinst, prerm, postrm; config and triggers are
 * harmless by nature). prerm and postrm never run in an
 * image and are harmless.
 * *ret is malloc'ed. */
size_t scripts_classify(const struct package *p, struct script_verdict **ret);
/* The same, with the calls that are to be done in its place, added to calls. A script is handled
 * only if its calls were given out. */
size_t scripts_read(const struct package *p, struct script_verdict **ret,
                    struct script_calls *calls);
void scripts_free(struct script_verdict *v, size_t n);
const char *script_class_name(enum script_class c);

#endif
