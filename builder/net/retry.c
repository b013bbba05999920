/* SPDX-License-Identifier: Apache-2.0 */
#include "net/retry.h"
#include "base/clock.h"

#define BACKOFF_MAX_MS 15000
#define DOUBLINGS_MAX  9
#define SLICE_MS       100

bool retry_again(struct retry *r, uint64_t at, unsigned weight, unsigned retry_after,
                 unsigned *ret_ms)
{
    if (r->progress && at >= r->furthest + r->progress) {
        r->furthest = at;
        r->failed = 0;
    }
    r->failed += weight;
    if (r->failed >= r->attempts || retry_after > RETRY_AFTER_MAX)
        return false;
    unsigned doublings = r->failed - 1 < DOUBLINGS_MAX ? r->failed - 1 : DOUBLINGS_MAX;
    uint64_t wait = (uint64_t)(r->backoff_ms ? r->backoff_ms : RETRY_BACKOFF_MS) << doublings;
    wait = wait < BACKOFF_MAX_MS ? wait : BACKOFF_MAX_MS;
    *ret_ms = (unsigned)(wait / 2) + arc4random_uniform((uint32_t)wait + 1) + retry_after * 1000;
    return true;
}

int retry_sleep(const struct session *s, unsigned ms, struct err *err)
{
    const int64_t until = now_ms() + ms;
    for (int64_t left; (left = until - now_ms()) > 0;) {
        if (session_check(s, err) < 0)
            return err_ret(err);
        long slice = left < SLICE_MS ? (long)left : SLICE_MS;
        nanosleep(&(struct timespec){.tv_nsec = slice * 1000000}, NULL);
    }
    return session_check(s, err);
}

bool status_transient(unsigned status)
{
    return status == 408 || status == 425 || status == 429 || status == 500 || status == 502 ||
           status == 503 || status == 504;
}
