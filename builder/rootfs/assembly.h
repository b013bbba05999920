/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An image's tree while it is assembled, and the subjects that this directory adds to it: what no
 * package brings, one function a subject. What maintainer scripts would have made is effects/'s;
 * the order of all stands in assemble.c. Nothing reads the host but the recipe's own files.
 */
#ifndef MKIMAGE_ROOTFS_ASSEMBLY_H
#define MKIMAGE_ROOTFS_ASSEMBLY_H

#include "net/context.h"
#include "recipe/recipe.h"
#include "rootfs/accounts.h"
#include "rootfs/edits.h"
#include "rootfs/tree.h"

struct script_calls; /* effects/call.h */
struct diversions;   /* effects/diversions.h */

struct assembly {
    const struct context *ctx; /* files by url are there already (files.h) */
    const struct recipe *recipe;
    const char *arch;     /* Debian's name */
    const char *data_dir; /* shipped templates, or NULL */
    int64_t epoch;
    const struct lock_arch *lock;    /* who delivers the packages; or NULL: all are Debian's */
    struct package *const *packages; /* in the order of layers */
    size_t n_packages;
    const struct script_calls *calls;    /* of their maintainer scripts, in the order of packages */
    const struct diversions *diversions; /* between packages; or NULL */
    struct lock_account *accounts;       /* ids allotted before: kept; new ones are added */
    size_t n_accounts;
    /* Accounts that scripts make by hand, Debian's and third parties': assemble_accounts takes
     * them. */
    struct sysusers called, called_by_guests;
    struct accounts known; /* all accounts of the image, from assemble_accounts on */
    struct strv origins;   /* what the accounts' origins point to */
    /* What the policy says of a path that a package's script makes or changes; NULL: nothing. */
    struct edit (*decide)(const struct recipe *r, const struct lock_arch *lock, const char *package,
                          const struct entry *e);
    size_t effort;     /* how much scripts had to be done for (effect_works) */
    struct strv notes; /* for the summary, escaped: expired certificates, skipped lines, … */
};

/* Of what the subjects keep for each other; the lock's accounts and the notes are the caller's. */
void assembly_release(struct assembly *a);

/* Whether a package comes from a third party's source, and whether two are from the same. */
bool assembly_is_guest(const struct assembly *a, const struct package *p);
bool assembly_same_origin(const struct assembly *a, const struct package *p,
                          const struct package *other);

/* The subjects. */
int assemble_links(struct assembly *a, struct tree *t, struct err *err) MUST_USE;
int assemble_template(struct assembly *a, struct tree *t, struct err *err) MUST_USE;
int assemble_accounts(struct assembly *a, struct tree *t, struct err *err) MUST_USE;
int assemble_account_files(struct assembly *a, struct tree *t, struct err *err) MUST_USE;
int assemble_os_release(struct assembly *a, struct tree *t, struct err *err) MUST_USE;
int assemble_ca_bundle(struct assembly *a, struct tree *t, struct err *err) MUST_USE;
int assemble_ld_cache(struct assembly *a, struct tree *t, struct err *err) MUST_USE;
int assemble_files(struct assembly *a, struct tree *t, struct err *err) MUST_USE;
int assemble_dpkg(struct assembly *a, struct tree *t, struct err *err) MUST_USE;

/* Fetches the recipe's files that are given by url into the cache, each checked against its
 * SHA-256. */
int assemble_fetch(const struct context *ctx, const struct recipe *recipe,
                   struct err *err) MUST_USE;

#endif
