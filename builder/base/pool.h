/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pool of worker threads, shared by all stages of a run.
 *
 * Work comes in groups. A group's tasks run in any order on any thread; group_wait returns when
 * all of them are done, with the first error in order of submission (so that what a user reads
 * doesn't depend on timing). The thread that waits helps: it runs tasks itself, its own group's
 * first, then those of groups opened later, so a task may open a group of its own and wait for it
 * without ever blocking the pool. It starts nothing older: no more outer tasks lie half done
 * than there are threads.
 *
 *     struct group *g = pool_group(pool);
 *     for (…) group_add(g, compress_piece, &piece[i]);
 *     if (group_wait(g, err) < 0) …                        // frees the group
 *
 * Bytes never depend on the number of threads: what is put together in order is put together by
 * the one that waits.
 */
#ifndef MKIMAGE_BASE_POOL_H
#define MKIMAGE_BASE_POOL_H

#include "base/err.h"

struct pool;
struct group;

typedef int (*task_fn)(void *arg, struct err *err);

/* threads: the number of workers besides the caller's own; 0 is fine (all is run by who waits).
 * Workers have SIGINT and SIGTERM blocked. */
struct pool *pool_new(unsigned threads);
void pool_end(struct pool *pool);               /* pool_free is a name of libsolv */
unsigned pool_threads(const struct pool *pool); /* workers + 1 */

struct group *pool_group(struct pool *pool);
void group_add(struct group *g, task_fn fn, void *arg); /* from any thread */
/* Runs one queued task of this group if there is one; false if there was none. */
bool group_help(struct group *g);
int group_wait(struct group *g, struct err *err) MUST_USE;

#endif
