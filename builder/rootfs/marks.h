/* SPDX-License-Identifier: Apache-2.0 */
/* Marks in a file's content: the #! line of a script, and what only a shell's binary says. */
#ifndef MKIMAGE_ROOTFS_MARKS_H
#define MKIMAGE_ROOTFS_MARKS_H

#include "base/mem.h"

/* The line behind #!, trimmed, up to a NUL; NULL if the head isn't a script's. */
char *marks_interpreter(const char *head, size_t n);

/* Which shell a program's bytes are, by strings that no other program holds (tried against the
 * binaries of trixie); NULL for none. Static text. */
const char *marks_shell(const void *p, size_t n);

#endif
