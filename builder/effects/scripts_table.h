/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handwritten maintainer scripts of Debian 13 that were read, and what debhelper generates.
 *
 * What is left of a script without debhelper's sections is normalised (script_rest) and looked up
 * by package, script and the first 16 hex digits of its SHA-256: a script that changes in
 * anything but comments, blanks, version numbers and the architecture's names has to be read
 * again. tests/tools/script_rest prints the line that a new script needs.
 */
#ifndef MKIMAGE_EFFECTS_SCRIPTS_TABLE_H
#define MKIMAGE_EFFECTS_SCRIPTS_TABLE_H

#include "base/buf.h"
#include "effects/scripts.h"

#define SCRIPT_DIGEST_LEN 16

struct known_script {
    const char *package, *script;
    const char *digest;
    enum script_class class;
    const char *what;
};
extern const struct known_script known_scripts[]; /* ends with a NULL package */

struct known_section {
    const char *tool; /* "dh_installdeb" */
    enum script_class class;
    const char *what;
};
extern const struct known_section known_sections[]; /* ends with a NULL tool */

/* The normalised rest: without debhelper's sections (their tools, without version, are added to
 * tools), comments, indentation, repeated blanks, empty lines and lines that do nothing by
 * themselves (set -e, exit 0, an empty case); versions with a dot become V, Debian's
 * architectures A and their GNU triplets T. */
void script_rest(const char *text, size_t n, struct buf *ret, struct strv *tools);

/* The digest's first digits as the table has them. */
struct script_digest {
    char s[SCRIPT_DIGEST_LEN + 1];
};
struct script_digest script_digest(const struct buf *rest);

#endif
