/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handwritten maintainer scripts of Debian 12 and 13 that were read, and what debhelper generates.
 *
 * What is left of a script without debhelper's sections is normalised (script_split) and looked up
 * by package, script and the first 16 hex digits of its SHA-256: a script that changes in
 * anything but comments, blanks, version numbers and the architecture's names has to be read
 * again. tests/tools/script_rest prints the line that a new script needs.
 */
#ifndef MKIMAGE_EFFECTS_SCRIPTS_TABLE_H
#define MKIMAGE_EFFECTS_SCRIPTS_TABLE_H

#include "base/buf.h"
#include "effects/scripts.h"

#define SCRIPT_DIGEST_LEN 16
/* The tool of a section that begins and doesn't end. */
#define SECTION_ENDLESS "a section without an end"

struct known_script {
    const char *package, *script;
    const char *digest;
    enum script_class class;
    const char *what;
};
extern const struct known_script known_scripts[]; /* ends with a NULL package */

/* What is read in place of a script that the table has, by its digest: lines that its loops and
 * functions come to. */
struct script_lines {
    const char *digest, *lines;
};
extern const struct script_lines script_lines[]; /* ends with a NULL digest */

struct known_section {
    const char *tool; /* "dh_installdeb" */
    enum script_class class;
    const char *what;
    const char *only_with; /* a glob: it does nothing where no package has its like; or NULL */
};
extern const struct known_section known_sections[]; /* ends with a NULL tool */

/* What debhelper put into a script: the text between its marks, borrowed from the script. */
struct script_section {
    char *tool; /* without its version */
    struct slice text;
};

/* A script's sections, and its normalised rest: without them, comments, indentation, repeated
 * blanks, empty lines and lines that do nothing by themselves (set -e, exit 0, an empty case);
 * versions with a dot become V, Debian's architectures A and their GNU triplets T. */
struct script_split {
    struct script_section *v;
    size_t n, cap;
    struct buf rest;
};
void script_split(const char *text, size_t n, struct script_split *ret);
void script_split_release(struct script_split *s);

/* Adds all three tables: what becomes of a script follows from them. */
void scripts_table_hash(struct hasher *h);

/* The digest's first digits as the table has them. */
struct script_digest {
    char s[SCRIPT_DIGEST_LEN + 1];
};
struct script_digest script_digest(const struct buf *rest);

#endif
