/* SPDX-License-Identifier: Apache-2.0 */
/* Marks in a file's content: the #! line of a script, and what only a certain program's binary
 * says. */
#ifndef MKIMAGE_ROOTFS_MARKS_H
#define MKIMAGE_ROOTFS_MARKS_H

#include "base/digest.h"

/* The line behind #!, trimmed, up to a NUL; NULL if the head isn't a script's. */
char *marks_interpreter(const char *head, size_t n);

/* Which program an ELF file's bytes are, by strings that no other one holds (tried against the
 * binaries of bookworm and trixie), and the language that it was written in. */
struct program_marks {
    const char *name; /* static: "busybox", "curl"; NULL for none that is known */
    bool shell;
    bool go, rust;
};
void marks_program(const void *p, size_t n, struct program_marks *ret);

/* Adds all that is looked for, and what it marks. */
void marks_hash(struct hasher *h);

#endif
