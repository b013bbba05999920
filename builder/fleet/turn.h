/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One update a lock at a time: a file beside the lock (".NAME.lock.turn") that is flock'ed, and
 * gone when nobody has or wants it. Where the directory can't be written, as of a ConfigMap, there
 * is none: the registry's tags are read again before they move in any case.
 */
#ifndef MKIMAGE_FLEET_TURN_H
#define MKIMAGE_FLEET_TURN_H

#include "base/session.h"

struct turn {
    int fd; /* -1: none */
    char *path;
};

/* clang-format off */
#define TURN_INIT {.fd = -1}
/* clang-format on */

/* Waits for it, and says for whom; for that many seconds, 0: as long as it takes. */
int turn_take(const struct session *s, const char *lock_path, unsigned seconds, struct turn *ret,
              struct err *err) MUST_USE;
void turn_release(struct turn *t);

#endif
