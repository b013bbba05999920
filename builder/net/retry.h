/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When what failed for the moment is tried again: the one rule for mirrors, registries and token
 * servers. Each try that brings nothing new counts; a try that came further than any before starts
 * the count anew, so that a line that breaks again and again is borne as long as it brings bytes.
 * The wait doubles from try to try and is spread at random, so that many builders that were cut off
 * at once don't come back at once; what Retry-After asks for comes on top, and who asks for more
 * than RETRY_AFTER_MAX isn't waited for.
 *
 *     struct retry retry = {.attempts = 5};
 *     for (;;) {
 *         try; if it is fine or will never be, leave
 *         if (!retry_again(&retry, at, weight, after, &ms))
 *             give up
 *         retry_sleep(session, ms, err)
 *     }
 */
#ifndef MKIMAGE_NET_RETRY_H
#define MKIMAGE_NET_RETRY_H

#include "base/session.h"

#define RETRY_BACKOFF_MS 500 /* the first wait */
#define RETRY_AFTER_MAX  120 /* seconds */

struct retry {
    unsigned attempts;   /* so many in a row that brought nothing new, and it is given up */
    unsigned backoff_ms; /* the first wait; 0: RETRY_BACKOFF_MS */
    uint64_t progress;   /* bytes that are something new; 0: none are */
    unsigned failed;     /* tries in a row */
    uint64_t furthest;   /* how far any try came */
};

/* After a try that came `at` bytes far: whether there is another one, in *ret_ms. weight: as how
 * many tries it counts. retry_after: seconds that the server asks to wait. */
bool retry_again(struct retry *r, uint64_t at, unsigned weight, unsigned retry_after,
                 unsigned *ret_ms);
/* Waits so long, or until the user asks to stop. */
int retry_sleep(const struct session *s, unsigned ms, struct err *err) MUST_USE;

/* Whether an answer of this status may be another one soon (RFC 9110 15). */
bool status_transient(unsigned status);

#endif
