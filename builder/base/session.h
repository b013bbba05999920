/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every stage may need of its surroundings: where messages go, the threads, and whether the
 * user asked to stop. Nothing in here may change a digest.
 */
#ifndef MKIMAGE_BASE_SESSION_H
#define MKIMAGE_BASE_SESSION_H

#include "base/log.h"
#include "base/pool.h"
#include <signal.h>
#include <stdatomic.h>

struct session {
    struct log *log;
    struct pool *pool;
    const atomic_int *stop; /* the signal that asked to stop, 0 if none did */
};

/* 0, or -ERR_STOPPED once the user asked to stop. Called in every loop that may take long: within
 * a second of the signal all stages have returned, and their locals have released what was half
 * done. */
int session_check(const struct session *s, struct err *err) MUST_USE;

#endif
