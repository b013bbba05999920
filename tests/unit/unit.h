/* SPDX-License-Identifier: Apache-2.0 */
/* What every unit test needs: cmocka with the headers it wants before it, and short assertions
 * about errors. */
#ifndef MKIMAGE_TESTS_UNIT_H
#define MKIMAGE_TESTS_UNIT_H

#include "base/err.h"
#include "net/context.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* The call succeeds; what it said if not. */
#define assert_ok(call, err)                           \
    do {                                               \
        if ((call) < 0)                                \
            fail_msg("%s: %s", #call, (err)->message); \
    } while (0)

/* The call fails, its message holds the text; the error is clear again after. */
#define assert_fails(call, err, text)                                               \
    do {                                                                            \
        if ((call) >= 0)                                                            \
            fail_msg("%s: should have failed with \"%s\"", #call, text);            \
        assert_non_null((err)->message);                                            \
        if (!strstr((err)->message, text))                                          \
            fail_msg("%s: \"%s\" doesn't say \"%s\"", #call, (err)->message, text); \
        err_clear(err);                                                             \
    } while (0)

/* A context for one call, of what it has. */
#define CTX(session, http, cache) (&(const struct context){(session), (http), (cache)})

#endif
