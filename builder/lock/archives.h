/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The archives that a run has read: each is read, verified and loaded into a solver's pool once,
 * however many recipes of the run resolve on it.
 *
 *     recipe ─sources─► key ─► archive (read once) ─architecture─► universe (loaded once)
 *
 * Two recipes share an archive if all that decides what is read is equal: each source's name,
 * suites, components, mirrors, keyring, limits and what it may deliver, in order. A failure isn't
 * kept: the next recipe tries again. Nothing here is for several threads at once, but the
 * universes of one archive may be used each by a thread of its own.
 */
#ifndef MKIMAGE_LOCK_ARCHIVES_H
#define MKIMAGE_LOCK_ARCHIVES_H

#include "lock/archive.h"
#include "lock/solve.h"

struct archives;

struct archives *archives_new(void);
void archives_free(struct archives *a); /* NULL is fine */
void archives_cleanup(struct archives **a);

/* One architecture of an archive; its universe is loaded by the first who asks. */
struct archive_arch {
    char *arch;
    struct universe *universe; /* or NULL */
};

/* An archive as one recipe sees it. Valid until archives_free; nothing to release. */
struct archive_view {
    struct archive *archive;     /* its suites' sources are those of the recipe that read it */
    struct archive_arch *arches; /* in the order asked for */
    size_t n_arches;
};

/* The archive of the recipe's sources for these architectures (sorted). options must be the same
 * in all calls. */
int archives_get(struct archives *a, const struct context *ctx, const struct recipe *recipe,
                 const struct strv *arches, const struct archive_options *options,
                 struct archive_view *ret, struct err *err) MUST_USE;

/* Fetches and decodes the archive's indexes, if that wasn't done yet. Before any universe. */
int archives_load(const struct archive_view *v, const struct context *ctx,
                  struct err *err) MUST_USE;

/* The universe of one of the view's architectures. */
int archives_universe(const struct archive_view *v, size_t arch, struct universe **ret,
                      struct err *err) MUST_USE;

#endif
