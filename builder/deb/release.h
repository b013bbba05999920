/* SPDX-License-Identifier: Apache-2.0 */
/*
 * InRelease: the signed root of an archive's suite. Trust comes in at exactly one place:
 *
 *     InRelease bytes --inrelease_verify (gpgv)--> the signed text --release_parse--> struct
 *     release --release_check--> fit for use now --release_find--> size and SHA-256 of an index
 *
 * Sources: apt-secure(8), sources.list(5), wiki DebianRepository/Format.
 */
#ifndef MKIMAGE_DEB_RELEASE_H
#define MKIMAGE_DEB_RELEASE_H

#include "base/buf.h"
#include "base/digest.h"
#include "base/session.h"
#include "base/strv.h"

struct release_file {
    char *path; /* relative to the suite's directory */
    uint64_t size;
    struct sha256 sha256;
};

struct release {
    char *origin, *label, *suite, *codename, *version;
    int64_t date;        /* seconds since the epoch */
    int64_t valid_until; /* 0: none */
    bool acquire_by_hash;
    struct strv architectures, components;
    struct release_file *files; /* sorted by path */
    size_t n_files;
};

/* Verifies a clearsigned message with gpgv (or sqv) as a child, against one keyring (an armored
 * one is dearmored first), judged by its --status-fd lines: at least one VALIDSIG with SHA-256 or
 * better, no BADSIG. The message must be the whole file: anything before BEGIN or after END, a
 * second message or an unsigned part is refused (CVE-2013-1051). ret gets the signed text, and
 * only that is parsed. name is for errors. */
int inrelease_verify(const struct session *s, const void *bytes, size_t n, const char *keyring,
                     const char *name, struct buf *ret, struct err *err) MUST_USE;

int release_parse(const void *text, size_t n, const char *name, struct release *ret,
                  struct err *err) MUST_USE;
void release_release(struct release *r);

/* What a release is held against. */
struct release_want {
    const char *suite;     /* as the recipe names it: must be the Suite or the Codename */
    int64_t now;           /* seconds; for a pinned past, that time */
    int64_t not_before;    /* newest Date seen for this suite (0: none): older is a rollback */
    unsigned max_age_days; /* 0: no limit */
};

/* Valid-Until passed, Date in the future (more than a day), Date before not_before, wrong suite:
 * refused, each with its reason and what to do. */
int release_check(const struct release *r, const struct release_want *want, const char *name,
                  struct err *err) MUST_USE;

/* NULL if the release doesn't name it. */
const struct release_file *release_find(const struct release *r, const char *path);

/* "Sat, 21 Nov 2026 09:15:44 UTC" (RFC 1123, UTC or GMT or +0000 only), locale-free. */
int release_date(struct slice text, int64_t *ret, struct err *err) MUST_USE;

#endif
