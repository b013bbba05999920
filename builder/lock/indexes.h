/* SPDX-License-Identifier: Apache-2.0 */
/* The Packages files of an archive: found in its Release, fetched by their digest, decoded;
 * private to lock/. */
#ifndef MKIMAGE_LOCK_INDEXES_H
#define MKIMAGE_LOCK_INDEXES_H

#include "deb/release.h"
#include "lock/archive.h"

#define INDEX_MAX (UINT64_C(1) << 30) /* bytes, packed and decoded */

struct archive_reader {
    const struct context *ctx;
    const struct recipe *recipe;
    const struct strv *arches;
    const struct archive_options *options;
    struct inreleases *inreleases;
};

/* Adds the suite's indexes. */
int indexes_find(struct archive_reader *r, struct archive_suite *suite,
                 const struct release *release, struct err *err) MUST_USE;

#endif
