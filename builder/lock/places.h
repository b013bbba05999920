/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the debs of a lock can be had: on the mirrors of the source that the lock takes them from,
 * then in that source's dated archives. Mirrors are looked up once a source, when first needed.
 */
#ifndef MKIMAGE_LOCK_PLACES_H
#define MKIMAGE_LOCK_PLACES_H

#include "lock/archive.h"
#include "lock/lock.h"

/* All but mirrors is borrowed. */
struct places {
    const struct session *session;
    const struct recipe *recipe;
    const struct lock *lock;
    const struct mirror_options *options;
    struct strv *mirrors; /* one list for each of the recipe's sources */
};

void places_init(struct places *p, const struct session *s, const struct recipe *recipe,
                 const struct lock *lock, const struct mirror_options *options);
void places_release(struct places *p);

/* Adds the package's URLs. A source that the recipe doesn't have is an error. */
int places_urls(struct places *p, const struct lock_package *package, struct strv *ret,
                struct err *err) MUST_USE;

#endif
