/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Solutions, kept in the cache under all that a solution depends on: what the recipe wants, in its
 * order, and the digests of the indexes. So an archive that hasn't changed, or was only signed
 * again, costs neither its indexes nor the solver. Private to lock/.
 *
 * Only solutions that stay with nothing older: those follow from the lock they start from, too.
 */
#ifndef MKIMAGE_LOCK_MEMO_H
#define MKIMAGE_LOCK_MEMO_H

#include "lock/archive.h"
#include "lock/lock.h"

/* Raised when the solver decides otherwise than before, which no digest sees; test_solve has what
 * it decided (tests/resolve/decided). */
#define MEMO_FORMAT 4

struct sha256 memo_key(const struct recipe *recipe, const struct strv *arches,
                       const struct archive *archive);

/* Fills l's architectures; false if there is no such solution. old: a lock that is likely to have
 * it, from which it is then copied; or NULL. */
bool memo_get(struct cache *c, const struct sha256 *key, const struct lock *old, struct lock *l);
/* What can't be kept is solved again. */
void memo_put(struct cache *c, const struct sha256 *key, const struct lock *l);

#endif
