/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which software anybody's image holds, by its own records: dpkg's (the status file of a Debian
 * system; status.d/ of distroless, a file a package), apk's database, rpm's (seen, not read); and
 * which distribution it is, and until when that is looked after.
 *
 * Files get the package that has them (node.package); what is left over is nobody's.
 */
#ifndef MKIMAGE_AUDIT_SOFTWARE_H
#define MKIMAGE_AUDIT_SOFTWARE_H

#include "harden/view.h"

#define SOFTWARE_PACKAGES_MAX 100000u
#define SOFTWARE_FAULTS_MAX   200u

struct distribution {
    char *id, *version_id, *name; /* os-release(5); or NULL */
    bool known;                   /* its end is: by the table, or */
    bool own_word;                /* by what the image says itself (SUPPORT_END) */
    int64_t end;                  /* seconds: the last day of security updates; 0: not known */
    int64_t extended;             /* the same for Debian's LTS, where that is later; else 0 */
};

struct software {
    enum records records;
    struct package **packages; /* name, version, arch, source, source_version: sorted by name */
    size_t *files;             /* of each, that are in the tree */
    size_t n, cap;
    struct strv faults; /* where the records and the tree differ */
    struct distribution distribution;
    size_t unowned;     /* files of no package, dpkg's and apk's own records aside */
    size_t unowned_elf; /* the ELF files among them */
};

/* Reads the records in the tree, and sets its nodes' packages, which live as long as ret. */
void software_read(struct tree *t, struct software *ret);
/* A package's place in the list, from 1; 0 for NULL. */
size_t software_place(const struct software *s, const struct package *p);
void software_release(struct software *s);

/* What a distribution's end means today (seconds): */
enum support { SUPPORT_UNKNOWN, SUPPORT_FULL, SUPPORT_EXTENDED, SUPPORT_OVER };
enum support distribution_support(const struct distribution *d, int64_t today);

#endif
