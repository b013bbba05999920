/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running another program: never through a shell, with just the environment that is given.
 *
 * One that is stopped takes along what it started. Without a terminal it gets a process group of
 * its own, which is killed as a whole. At a terminal it stays in ours: out of the foreground it
 * could ask for no password (SIGTTIN), and ^C, which reaches the whole group, wouldn't reach it;
 * there its descendants are looked for in /proc. Who has left for a session of its own, as agents
 * do, stays.
 */
#ifndef MKIMAGE_DEB_CHILD_H
#define MKIMAGE_DEB_CHILD_H

#include "base/buf.h"
#include "base/session.h"

#define CHILD_INPUT_MAX  32768       /* bytes: what a pipe takes at once */
#define CHILD_OUTPUT_MAX (64u << 20) /* bytes: who says more has no end */

struct child {
    const char *const *argv; /* argv[0] is looked up in this process's PATH */
    const char *const *env;
    const char *stderr_path; /* a file that gets its stderr; NULL: it is this process's */
    struct slice input;      /* its stdin, no more than CHILD_INPUT_MAX; empty: /dev/null */
    unsigned patience; /* seconds after which it is killed, an error; 0: it may take all time */
};

/* Runs it to its end; ret gets its stdout (reset first; what is beyond
 * its maximum is dropped, and more than CHILD_OUTPUT_MAX is an error), *ret_status is as of
 * waitpid. ERR_NOT_FOUND if there is no such program. When the user asks to stop, the child and
 * what it started are killed: ERR_STOPPED. */
int child_run(const struct session *s, const struct child *c, struct buf *ret, int *ret_status,
              struct err *err) MUST_USE;

#endif
