/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From locked packages to unpacked ones: what the cache lacks is fetched, and each deb is unpacked
 * on the pool as soon as it is there. Each package is made once, however many architectures of
 * the image hold it.
 */
#ifndef MKIMAGE_PREPARE_H
#define MKIMAGE_PREPARE_H

#include "effects/diversions.h"
#include "harden/policy.h"
#include "lock/archive.h"
#include "net/http.h"
#include "rootfs/unpack.h"

/* The packages of one architecture, in the lock's order; owned by the preparation. */
struct prepared_arch {
    const struct lock_arch *lock;
    struct package **packages;
    struct diversions diversions; /* between them */
};

struct prepare_job;

struct preparation {
    struct prepared_arch *arches; /* one for each asked for, in that order */
    size_t n_arches;
    size_t made;               /* packages unpacked now; the others came from the cache */
    uint64_t fetched;          /* bytes */
    struct prepare_job **jobs; /* private */
    size_t n_jobs, cap_jobs;
};

struct prepare_request {
    const struct recipe *recipe;
    const struct lock *lock;
    const struct lock_arch *const *arches;
    size_t n_arches;
    const struct mirror_options *mirrors;
    struct compressor compressor;
};

/* Conflicts between packages are settled in here: a path that a package loses to one that
 * Replaces it is dropped from its layer. A deb that no mirror has any more is an error with the
 * ways out in its hint. */
int prepare(const struct context *ctx, const struct prepare_request *request,
            struct preparation *ret, struct err *err) MUST_USE;
void preparation_release(struct preparation *p);

#endif
