/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The changelogs of a lock's packages: out of the cache, where unpacking left them (rootfs/doc.h);
 * of another binary of the same source, where a package's documentation is a link to one; else the
 * deb is fetched and read for it.
 */
#ifndef MKIMAGE_FLEET_CHANGELOGS_H
#define MKIMAGE_FLEET_CHANGELOGS_H

#include "fleet/changelog.h"
#include "lock/places.h"
#include "net/http.h"

struct changelogs {
    const struct context *ctx;
    struct places *places;
};

/* The package's changelog; empty (ret->n is 0) if neither it nor another binary of its source has
 * one. A deb that no mirror has any more is as good as one without. */
int changelogs_get(struct changelogs *c, const struct lock_arch *arch, const struct lock_package *p,
                   struct changelog *ret, struct err *err) MUST_USE;

/* Adds the CVE ids in the changelogs of all packages, each source once; sorted. */
int changelogs_cves(struct changelogs *c, const struct lock_arch *arch, struct strv *ret,
                    struct err *err) MUST_USE;

#endif
