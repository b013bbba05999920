/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lock: which packages, byte for byte, an image is made of. JSON, a package a line, so that a
 * merge request shows what changed; described in mkimage.lock(5).
 *
 *     {
 *      "format": 1,
 *      "recipe": "sha256:…",                      what the solver read (recipe_solver_digest)
 *      "sources": [
 *       {"source":"debian","suite":"trixie","date":"2026-11-21T09:15:44Z","inrelease":"sha256:…"}
 *      ],
 *      "compressor": {"name":"zstd","version":"1.5.4","level":3},
 *      "accounts": [
 *       {"name":"_apt","uid":42,"gid":42}
 *      ],
 *      "architectures": {
 *       "amd64": {
 *        "packages": [
 *         {"name":"libc6","version":"2.41-12","arch":"amd64","source":"glibc",
 *          "source_version":"2.41-12","origin":"debian","size":…,"sha256":"…","path":"pool/…"}
 *        ],
 *        "omitted": ["debconf"],
 *        "fallout": ["foo 1 depends on …"], "provided": ["…"],       where there is something
 *        "layers": [["libc6"],["libssl3t64"]]
 *       }
 *      }
 *     }
 *
 * Packages are sorted by name; layers are in the order in which they lie in the image. The dates
 * and digests in "sources" move whenever the archive is signed again; nothing else does as long
 * as the packages are the same.
 */
#ifndef MKIMAGE_LOCK_LOCK_H
#define MKIMAGE_LOCK_LOCK_H

#include "base/buf.h"
#include "base/digest.h"
#include "base/strv.h"
#include "recipe/recipe.h"

#define LOCK_FORMAT    1
#define LOCK_BYTES_MAX (64u << 20)

struct lock_source {
    char *source, *suite;
    int64_t date;
    struct sha256 inrelease;
};

struct lock_package {
    char *name, *version, *arch; /* arch may be "all" */
    char *source, *source_version;
    char *origin; /* the recipe's source that delivered it */
    uint64_t size;
    struct sha256 sha256;
    char *path; /* below the mirror, clean and relative */
};

struct lock_account {
    char *name;
    uint32_t uid, gid;
};

struct lock_layer {
    size_t *packages; /* indexes into lock_arch.packages */
    size_t n;
};

struct lock_arch {
    char *arch;
    struct lock_package *packages;
    size_t n_packages;
    struct strv omitted; /* taken as met and not shipped, as far as something depends on it */
    /* What third parties do to the rest, a sentence each: conflicts that take Debian's first
     * alternative away; what a package depends on and only a third party's Provides meets. */
    struct strv fallout, provided;
    struct lock_layer *layers;
    size_t n_layers;
};

struct lock {
    struct sha256 recipe;
    struct lock_source *sources;
    size_t n_sources;
    char *compressor, *compressor_version;
    int level;
    struct lock_account *accounts;
    size_t n_accounts;
    struct lock_arch *arches; /* sorted by name */
    size_t n_arches;
};

/* Reads a lock strictly: unknown format, duplicate keys, a path that isn't clean and relative, a
 * digest that isn't one, a package in no layer or in two are errors with the file's name. A file
 * that isn't there is ERR_NOT_FOUND. */
int lock_read(const char *path, struct lock **ret, struct err *err) MUST_USE;
int lock_parse(const char *text, size_t n, const char *name, struct lock **ret,
               struct err *err) MUST_USE;
void lock_format(const struct lock *l, struct buf *ret);
int lock_write(const struct lock *l, const char *path, struct err *err) MUST_USE;
struct lock *lock_copy(const struct lock *l); /* the caller frees */
/* Gives a lock that has none the other's architectures. */
void lock_copy_arches(const struct lock *from, struct lock *to);
void lock_free(struct lock *l);

/* Whether the packages are of sources that the recipe names, and come from where its sources'
 * `packages` say: nothing of what only another recipe, or an edited lock, could hold. The message
 * begins with the architecture and package. */
int lock_check_origins(const struct lock *l, const struct recipe *r, struct err *err) MUST_USE;

const struct lock_arch *lock_find_arch(const struct lock *l, const char *arch);
const struct lock_package *lock_find(const struct lock_arch *a, const char *name);

/* Whose word a package's source is: "debian" for all that Debian's own sources deliver, else the
 * name of the third party's. Sources of one name are the same one only where this is, too. */
const char *lock_party(const struct lock_package *p);
bool lock_same_source(const struct lock_package *a, const struct lock_package *b);

/* What moved from one lock to another. */
enum lock_change_kind { LOCK_ADDED, LOCK_REMOVED, LOCK_UPGRADED, LOCK_DOWNGRADED, LOCK_REBUILT };
struct lock_change {
    enum lock_change_kind kind; /* LOCK_REBUILT: the same version, other bytes */
    const char *arch, *name;
    const char *from, *to; /* versions; NULL where there is none; borrowed from the locks */
};
/* old may be NULL. *ret is malloc'ed; sorted by architecture and name. */
size_t lock_diff(const struct lock *old, const struct lock *now, struct lock_change **ret);

#endif
