/* SPDX-License-Identifier: Apache-2.0 */
/* The Packages files of an archive: found in its Release, fetched by their digest, decoded;
 * private to lock/. */
#ifndef MKIMAGE_LOCK_INDEXES_H
#define MKIMAGE_LOCK_INDEXES_H

#include "deb/release.h"
#include "lock/archive.h"

#define INDEX_MAX (UINT64_C(1) << 30) /* bytes, packed and decoded */

/* One Packages file to come. Suite and index by number: their arrays still grow. */
struct index_job {
    const struct reader *reader;
    size_t suite, index;
    struct fetch fetch;
    char *name; /* for messages */
    int fd;     /* the decoded file */
    uint64_t size;
    struct group *group;
};

struct reader {
    const struct session *session;
    struct http *http;
    struct cache *cache;
    const struct recipe *recipe;
    const struct strv *arches;
    const struct archive_options *options;
    struct index_job *jobs;
    size_t n_jobs, cap_jobs;
};

/* Adds the suite's indexes and a job for each. suite must be its archive's last one. */
int indexes_find(struct reader *r, size_t suite_number, struct archive_suite *suite,
                 const struct release *release, struct err *err) MUST_USE;

/* Runs the jobs: all at once, each decoded as soon as it is there. */
int indexes_fetch(struct reader *r, struct archive *a, struct err *err) MUST_USE;
void indexes_release(struct reader *r);

#endif
