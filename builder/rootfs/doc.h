/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A package's Debian changelog, kept aside while its deb streams by, before `exclude` drops
 * documentation (Debian policy 12.7): changelog.Debian.ARCH.gz, which a rebuild adds, then
 * changelog.Debian.gz, or changelog.gz of a native package. It is a fact of a kind of its own,
 * under a key made of the deb's SHA-256 alone, so that no warm build reads it.
 */
#ifndef MKIMAGE_ROOTFS_DOC_H
#define MKIMAGE_ROOTFS_DOC_H

#include "base/session.h"
#include "lock/lock.h"
#include "net/cache.h"
#include "rootfs/package.h"

/* Raised when other files are taken for a deb's changelog than before, or joined otherwise;
 * test_doc has which they are. */
#define DOC_FORMAT 1

#define DOC_PACKED_MAX  (2u << 20)  /* of one file; a longer one counts as none */
#define DOC_DECODED_MAX (64u << 20) /* of what package_changelog gives */

/* The three files as they come, packed. */
struct doc {
    struct buf rebuild, debian, native;
    struct buf *now; /* the one whose bytes come, or NULL */
};

void doc_init(struct doc *d);
void doc_release(struct doc *d);
/* A file of package `name` begins: its bytes are kept if it is one of the three, until the next
 * one begins. */
void doc_file(struct doc *d, const char *name, const char *path);
void doc_add(struct doc *d, const void *p, size_t n);
/* Keeps what came as the fact; an empty one says that the deb has no changelog. */
int doc_keep(const struct doc *d, struct cache *c, const struct sha256 *deb,
             struct err *err) MUST_USE;

/* The changelog's text; empty if the deb has none, as when its directory is a link to another
 * package's. -ERR_NOT_FOUND if it isn't known: the deb was never read, or before there were such
 * facts. What can't be decoded is as good as none. */
int package_changelog(struct cache *c, const struct sha256 *deb, struct buf *ret,
                      struct err *err) MUST_USE;

/* Reads the deb, which must be in the cache, for nothing but its changelog, and keeps that. */
int package_changelog_read(const struct context *ctx, const struct lock_package *p,
                           struct err *err) MUST_USE;

#endif
