/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one error convention.
 *
 * A function that can fail returns 0, or a negative number, and takes a struct err * last. Making
 * an error returns the negative number, so failing is one line:
 *
 *     return err_set(err, "%s:%u: unknown option \"%s\"", file, line, name);
 *
 * A caller that knows more adds its place in front, once, on the way up:
 *
 *     return err_wrap(err, "package %s", name);         // "package libc6: data.tar: short read"
 *
 * and what the user can do about it goes behind, on lines of their own:
 *
 *     err_hint(err, "add \"source\" with a mirror to the recipe, or give --mirror");
 *
 * What a message quotes may come from outside: it is escaped here (base/text.h), not by who quotes.
 *
 * A struct err starts zeroed (ERR_INIT) and is released by its owner, the one that declared it.
 * Passing NULL is not allowed. The first err_set wins: setting an error that is set already is a
 * programming mistake and is caught by an assertion.
 */
#ifndef MKIMAGE_BASE_ERR_H
#define MKIMAGE_BASE_ERR_H

#include "base/mem.h"

enum err_code {
    ERR_NONE = 0,
    ERR_FAIL = 1,      /* something went wrong: exit code 1 */
    ERR_USAGE = 2,     /* the command line is wrong: exit code 2 */
    ERR_POLICY = 3,    /* the hardening policy refuses: exit code 3 */
    ERR_STOPPED = 4,   /* SIGINT or SIGTERM: exit code 130 or 143 */
    ERR_NOT_FOUND = 5, /* it isn't there, for callers that can go on without: exit code 1 */
    ERR_PIPE = 6,      /* nobody reads stdout any more: silent, and ended by SIGPIPE */
};

struct err {
    enum err_code code;
    char *message; /* one line, the outermost context first */
    char *hint;    /* what to do, one or more lines, or NULL */
};

/* clang-format off */
#define ERR_INIT {0}
/* clang-format on */

/* What a function returns whose callee failed. */
static inline int err_ret(const struct err *err)
{
    return -(int)err->code;
}

/* Sets a message of code ERR_FAIL; returns -ERR_FAIL. */
int err_set(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The same with a code of its own; returns -code. */
int err_code(struct err *err, enum err_code code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* The same for a failed system call: appends ": " and the text of errnum. ENOENT gives
 * ERR_NOT_FOUND, all else ERR_FAIL. */
int err_errno(struct err *err, int errnum, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Puts "context: " in front of the message; returns -err->code. */
int err_wrap(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Adds a line to the hint; returns -err->code. */
int err_hint(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Takes over what src holds (src is empty after); returns -dst->code. For threads that failed. */
int err_move(struct err *dst, struct err *src);

/* Forgets the error, so that the struct can be used again. */
void err_clear(struct err *err);

/* The same, as a cleanup function. */
void err_release(struct err *err);

#endif
