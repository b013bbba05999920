/* SPDX-License-Identifier: Apache-2.0 */
/* A lock that moves only when its packages do. */
#ifndef MKIMAGE_FLEET_STEADY_H
#define MKIMAGE_FLEET_STEADY_H

#include "lock/lock.h"

/* *now was resolved on today's archive; base is an earlier lock of the same recipe. If only the
 * archive was signed again since, *now becomes a copy of base; else it takes base's allotted ids.
 * base may be NULL. */
void lock_settle(struct lock **now, const struct lock *base);

/* Of the bytes that the lock's file has. */
struct sha256 lock_digest(const struct lock *l);

/* Both exactly as lock_format has them. */
bool lock_same(const struct lock *a, const struct lock *b);

#endif
