/* SPDX-License-Identifier: Apache-2.0 */
/* What one thread does for all: the others wait, but not with the lock in their hands. */
#include "registry/private.h"

#define POLL_MS 200 /* between two looks at whether to stop */

static void wait_a_little(struct registry *r)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += POLL_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_cond_timedwait(&r->once_ended, &r->lock, &until);
}

int once_begin(struct registry *r, const char *what, struct err *err)
{
    while (strv_has(&r->once, what)) {
        if (session_check(r->session, err) < 0)
            return err_ret(err);
        wait_a_little(r);
    }
    strv_add(&r->once, what);
    return 0;
}

void once_end(struct registry *r, const char *what)
{
    for (size_t i = 0; i < r->once.n; i++)
        if (strcmp(r->once.v[i], what) == 0) {
            free(r->once.v[i]);
            r->once.v[i] = r->once.v[--r->once.n];
            break;
        }
    pthread_cond_broadcast(&r->once_ended);
}
