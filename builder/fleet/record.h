/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record of a published image: what it was made of and what is in it, kept beside it in the
 * registry as a referrer (docs/record.md has the schema). Update, gate and diff compare with it,
 * so that they need neither yesterday's checkout nor yesterday's cache.
 *
 *     record_of_build(build, &facts, &record)      after a build
 *     record_format(&record, &buf)                 the same record, the same bytes
 *     record_parse(p, n, name, &record, err)       strict
 *
 * Names that come out of packages stand in it escaped (base/path.h text_escape): paths need not be
 * UTF-8.
 */
#ifndef MKIMAGE_FLEET_RECORD_H
#define MKIMAGE_FLEET_RECORD_H

#include "pipeline.h"

#include <jansson.h>

#define RECORD_TYPE      "application/vnd.mkimage.record.v1+json"
#define RECORD_FORMAT    1
#define RECORD_BYTES_MAX (256u << 20)

struct record_package {
    char *name, *version, *arch;
    char *source, *source_version;
    char *origin;         /* the third party that delivered it; NULL: Debian's own, or not known */
    struct sha256 sha256; /* of the deb; zero where it isn't known */
};

struct record_script {
    char *package, *script; /* "libc6", "postinst" */
    struct sha256 sha256;
    char *class, *what; /* scripts.h */
};

struct record_finding {
    char *rule, *severity, *action; /* rule.h */
    char *path, *package;           /* or NULL */
    char *text;
    char *reason; /* of the allowance, or NULL */
};

struct record_path {
    char *path; /* escaped, no leading slash */
    enum entry_type type;
    uint16_t mode;
    uint32_t uid, gid;
    struct sha256 sha256; /* of files */
    char *target;         /* of links, escaped; else NULL */
};

struct record_arch {
    char *arch;             /* Debian's name */
    struct sha256 manifest; /* zero where it isn't known */
    uint64_t packed, unpacked;
    json_t *config;                  /* the OCI config's "config" object */
    struct record_package *packages; /* sorted by name; from the lock */
    size_t n_packages, cap_packages;
    struct record_script *scripts; /* in the packages' order */
    size_t n_scripts, cap_scripts;
    struct record_finding *findings;
    size_t n_findings, cap_findings;
    struct record_path *paths; /* sorted by path, bytes */
    size_t n_paths, cap_paths;
};

struct record {
    char *name;          /* of the recipe */
    char *mkimage;       /* the version that built it */
    struct sha256 input; /* input.h */
    struct sha256 image; /* of the manifest or index that it describes */
    struct sha256 replaced;
    struct strv cves;           /* named in the packages' changelogs, sorted */
    char *accepted;             /* why the gate was passed over (--accept, --reason), or NULL */
    struct strv stops;          /* what the gate had said then */
    struct lock *lock;          /* NULL for an image without a record (layers.h) */
    struct record_arch *arches; /* sorted by name */
    size_t n_arches;
};

/* What a record holds beside the build itself. */
struct record_facts {
    struct sha256 input, replaced;
    const struct strv *cves;
    const char *accepted;     /* or NULL */
    const struct strv *stops; /* or NULL */
};

/* Copies all; the tree's nodes are sorted, nothing else of the build changes. */
void record_of_build(const struct build *b, const struct record_facts *facts, struct record *ret);
void record_format(const struct record *r, struct buf *ret);
/* name is for errors. An unknown or missing key, a digest that isn't one, lists that aren't sorted
 * are errors. */
int record_parse(const char *text, size_t n, const char *name, struct record *ret,
                 struct err *err) MUST_USE;
void record_release(struct record *r);

const struct record_arch *record_find_arch(const struct record *r, const char *arch);
const struct record_package *record_find_package(const struct record_arch *a, const char *name);

/* "file", "directory", "symlink", "hardlink"; in images of others "character", "block", "fifo". */
const char *entry_type_name(enum entry_type t);

/* Adds a lock's packages, a tree's paths. */
void record_packages_of(const struct lock_arch *l, struct record_arch *ret);
void record_paths_of(struct tree *t, struct record_arch *ret);

/* Drops the architectures that aren't asked for (NULL or empty: none). One that is asked for and
 * isn't there is -ERR_NOT_FOUND. */
int record_keep_arches(struct record *r, const struct strv *arches, struct err *err) MUST_USE;

/* Drops what only a build knows, and layers don't tell: scripts, findings, the debs' digests. */
void record_forget_build(struct record *r);

/* Makes sorted lists of what was added in any order; for those who fill a record themselves. */
void record_arch_sort(struct record_arch *a);

#endif
