/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lock of a recipe: the one that is there if it fits, else a new one from today's archive.
 */
#ifndef MKIMAGE_LOCK_RESOLVE_H
#define MKIMAGE_LOCK_RESOLVE_H

#include "lock/archives.h"
#include "lock/lock.h"

struct resolve_options {
    struct archive_options archive;
    struct archives *archives; /* shared by the recipes of a run, or NULL */
    bool locked; /* --locked: a lock that is missing, stale or of another compressor is refused */
    bool update; /* move to today's archive even if the lock fits */
    const struct lock *base;        /* the lock to go on from, in place of the file; or NULL */
    const char *compressor_version; /* of the library that builds */
};

struct resolved {
    struct lock *lock; /* what to build from */
    struct lock *old;  /* what was there before, or NULL */
    bool fresh;        /* the archive was read: lock may differ from old, and is to be written */
};

/* path: the lock's file. With a lock that fits (its solver digest, its architectures hold those
 * asked for) no index is read. A stale one is resolved anew, staying with the locked versions that
 * are still there. What moved is for the caller to print (lock_diff). */
int resolve(const struct context *ctx, const struct recipe *recipe, const struct strv *arches,
            const char *path, const struct resolve_options *options, struct resolved *ret,
            struct err *err) MUST_USE;
void resolved_release(struct resolved *r);

#endif
