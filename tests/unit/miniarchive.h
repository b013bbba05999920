/* SPDX-License-Identifier: Apache-2.0 */
/* A signed archive on disk, for tests: a key of its own, suites with Packages files; its mirror is
 * a file: URL. No debs. */
#ifndef MKIMAGE_TESTS_MINIARCHIVE_H
#define MKIMAGE_TESTS_MINIARCHIVE_H

#include "base/mem.h"

struct miniarchive {
    char *scratch; /* holds gnupg (a link to the key's), key.gpg and the archives */
};

/* A key, made once for many archives: a directory; NULL where gpg isn't there. */
char *miniarchive_key_new(void);
void miniarchive_key_free(char *key);

void miniarchive_new(struct miniarchive *a, const char *key);
void miniarchive_release(struct miniarchive *a);

/* Writes (again) the suite SUITE of the archive NAME, for amd64 and arm64: Packages.FORM ("xz",
 * "gz" or "" for plain) with this text, a Release of this Date (seconds) and its InRelease. */
void miniarchive_suite(struct miniarchive *a, const char *name, const char *suite,
                       const char *packages, const char *form, long long date);

/* "file:///…/NAME"; the caller frees. */
char *miniarchive_url(const struct miniarchive *a, const char *name);

#endif
