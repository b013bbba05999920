/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one place where the stages are chained:
 *
 *     recipe ─► lock ─► packages ─► tree ─► policy ─► layers ─► documents ─► output
 *
 * Each stage takes what the earlier ones made as const and fills a struct of its own.
 */
#ifndef MKIMAGE_PIPELINE_H
#define MKIMAGE_PIPELINE_H

#include "effects/scripts.h"
#include "harden/policy.h"
#include "lock/resolve.h"
#include "oci/output.h"
#include "prepare.h"
#include "rootfs/assembly.h"
#include <pthread.h>

struct build_options {
    struct recipe_options recipe;
    struct strv arches;    /* Debian names, from --arch; empty: the recipe's, else the host's */
    const char *lock_path; /* NULL: NAME.lock beside the recipe */
    bool locked, update, strict;
    struct archive_options archive;
    struct archives *archives;  /* shared by the recipes of a run, or NULL */
    pthread_mutex_t *unpacking; /* held while packages are unpacked, so that recipes which are built
                                   at the same time unpack each once; or NULL */
    bool has_epoch;             /* SOURCE_DATE_EPOCH is set, */
    int64_t epoch;              /* to this */
};

/* A maintainer script that nothing stands in for. */
struct unhandled {
    const char *package; /* borrowed */
    char *what;          /* "postinst: alternatives" */
};

/* What maintainer scripts would have made, and the image works without. */
struct skipped {
    char *what;           /* "byte-compiled Python" */
    struct strv packages; /* whose scripts make it, in the order of layers */
};

/* One architecture's image. */
struct arch_build {
    const struct lock_arch *lock;
    struct package **packages; /* in the order of layers; borrowed from the preparation */
    size_t n_packages;
    const struct diversions *diversions; /* the preparation's */
    struct tree *tree;
    struct image image;
    struct built_image built;
    struct findings findings;     /* fixes, denials (all allowed), notes */
    struct image_scripts scripts; /* of the packages, with what is done in their place */
    struct strv notes;
    struct unhandled *unhandled;
    size_t n_unhandled, cap_unhandled;
    struct skipped *skipped;
    size_t n_skipped, cap_skipped;
    size_t files;      /* regular files and hard links */
    uint64_t unpacked; /* sum of the files' sizes, bytes */
    uint64_t packed;   /* sum of the layers' sizes, bytes */
    size_t excluded;   /* paths left out by globs and package parts */
};

struct build {
    struct recipe *recipe;
    struct strv names; /* of the architectures, sorted */
    struct resolved resolved;
    char *lock_path;
    bool lock_written;
    struct preparation preparation;
    struct strv vendors; /* pipeline_lock's: what third parties' new packages bring (vendors.h) */
    struct arch_build *arches;
    size_t n_arches;
    struct buf index;     /* for several architectures */
    struct sha256 digest; /* of the index, or of the single manifest */
};

/* How the recipe's layers are compressed. */
struct compressor pipeline_compressor(const struct recipe *r);

/* prepare(), one recipe of a run at a time. */
int pipeline_unpack(const struct context *ctx, const struct build_options *o,
                    const struct prepare_request *request, struct preparation *ret,
                    struct err *err) MUST_USE;

/* Recipe and lock only, for `mkimage lock`: what moved stands in b->resolved; the lock is written
 * if it changed. New packages of third parties are unpacked, for b->vendors. */
int pipeline_lock(const struct context *ctx, const char *recipe, const struct build_options *o,
                  struct build *ret, struct err *err) MUST_USE;

/* All of it up to the documents; the layers are in the cache. ret is to be released also after a
 * failure. */
int pipeline_build(const struct context *ctx, const char *recipe, const struct build_options *o,
                   struct build *ret, struct err *err) MUST_USE;

/* The steps of it, for those who have something to do in between:
 *
 *     open      recipe, architectures, place of the lock
 *     check     allowances that have expired
 *     resolve   the lock; base: the one to go on from in place of the file's, or NULL
 *     make      packages, tree, policy, layers, documents
 *     keep_lock writes the lock if it says something new; a place that can't be written is a
 *               warning
 *
 * ret is to be released also after a failure. */
int pipeline_open(const char *recipe, const struct build_options *o, struct build *ret,
                  struct err *err) MUST_USE;
int pipeline_check(const struct session *s, const struct build_options *o, const struct build *b,
                   struct err *err) MUST_USE;
int pipeline_resolve(const struct context *ctx, const struct build_options *o,
                     const struct lock *base, struct build *b, struct err *err) MUST_USE;
int pipeline_make(const struct context *ctx, const struct build_options *o, struct build *b,
                  struct err *err) MUST_USE;
void pipeline_keep_lock(const struct session *s, const struct build_options *o, struct build *b);

/* What output_write takes; borrows from b. images has room for b->n_arches. */
struct output pipeline_output(const struct build *b, struct built_image *images);

void build_release(struct build *b);

#endif
