/* SPDX-License-Identifier: Apache-2.0 */
/* How long something takes, whatever is done to the clock on the wall. */
#ifndef MKIMAGE_BASE_CLOCK_H
#define MKIMAGE_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Milliseconds since some fixed time. */
static inline int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

#endif
