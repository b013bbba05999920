/* SPDX-License-Identifier: Apache-2.0 */
/* A directory of a test's own below $TMPDIR, and commands run in it. */
#ifndef MKIMAGE_TESTS_SCRATCH_H
#define MKIMAGE_TESTS_SCRATCH_H

#include "base/buf.h"

char *scratch_new(void);            /* makes it; the caller frees */
void scratch_remove(char *scratch); /* removes and frees it */
void scratch_cleanup(char **scratch);

/* Runs a shell command in the directory, under LC_ALL=C; its exit code. stdout goes to ret if that
 * isn't NULL (reset first). */
int scratch_run(const char *scratch, struct buf *ret, const char *fmt, ...) PRINTF_LIKE(3, 4);
bool have_command(const char *name);

void scratch_write(const char *scratch, const char *name, const void *p, size_t n);
void scratch_read(const char *scratch, const char *name, struct buf *ret);

#endif
