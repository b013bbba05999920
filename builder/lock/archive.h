/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Today's archive: for each source of a recipe its mirrors, for each suite a verified Release, for
 * each component and architecture a Packages index.
 *
 *     mirrors ─► InRelease ─gpgv─► Release ─check─► Packages by-hash ─size, SHA-256─► decoded file
 *
 * Nothing of this is read when a lock is there and fits; only the mirrors are still asked for
 * debs.
 */
#ifndef MKIMAGE_LOCK_ARCHIVE_H
#define MKIMAGE_LOCK_ARCHIVE_H

#include "base/session.h"
#include "lock/inreleases.h"
#include "net/cache.h"
#include "net/http.h"
#include "recipe/recipe.h"

/* Where mirrors come from, in this order: the command line (--mirror [SOURCE=]URL, repeatable),
 * MKIMAGE_MIRROR (the same form, separated by blanks), the recipe, this machine's apt sources. A
 * URL without a SOURCE= is for "debian"; where only that is known, the security archive is looked
 * for beside it (docs/design.md, "Mirrors"); what a later place names is tried after such a
 * guess. */
struct mirror_options {
    const struct strv *command_line; /* may be NULL */
    const char *environment;         /* MKIMAGE_MIRROR's value, or NULL */
    const char *apt_root;            /* "/" but in tests */
};

/* The mirrors of one source, without trailing slashes. None at all is an error whose hint gives
 * the very lines to write, on the command line and in the recipe. */
int mirrors_of(const struct session *s, const struct recipe *recipe,
               const struct recipe_source *source, const struct mirror_options *options,
               struct strv *ret, struct err *err) MUST_USE;

struct archive_index {
    char *arch;
    char *component;
    struct sha256 packed; /* of the file that is fetched, as the Release says */
    uint64_t packed_size;
    struct strv urls;
    char *name; /* for messages */
    int fd;     /* the decoded Packages file, from its start, unlinked; -1: not loaded */
    uint64_t size;
};

struct archive_suite {
    const struct recipe_source *source;
    char *suite;    /* as the recipe names it */
    char *codename; /* as the Release does, or NULL */
    struct sha256 inrelease;
    int64_t date; /* seconds */
    struct strv mirrors;
    struct archive_index *indexes;
    size_t n_indexes;
    struct archive_index *contents; /* those of Contents that there are; never loaded (whose.h) */
    size_t n_contents;
};

struct archive {
    struct archive_suite *suites;
    size_t n;
};

struct archive_options {
    struct mirror_options mirrors;
    int64_t now;        /* seconds */
    int64_t not_before; /* for tests; 0 */
};

/* Reads the Releases of all suites of all sources, and finds in them the indexes for these
 * architectures (Debian names); "all" comes with each. An InRelease that hasn't changed since the
 * cache saw it is not sent again, and one that is among inreleases isn't asked for.
 * A suite that isn't there is an error, but for SUITE-updates (a suite without point releases has
 * none), which is a warning. The newest Date seen for a suite is kept in the cache as fact
 * "date", and an older one is refused as a rollback. */
int archive_read(const struct context *ctx, const struct recipe *recipe, const struct strv *arches,
                 const struct archive_options *options, struct inreleases *inreleases,
                 struct archive *ret, struct err *err) MUST_USE;
void archive_release(struct archive *a);

/* Fetches and decodes the indexes that aren't loaded yet. */
int archive_load(const struct context *ctx, struct archive *a, struct err *err) MUST_USE;

#endif
