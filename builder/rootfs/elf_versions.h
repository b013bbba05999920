/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Symbol versions of an ELF file: those that it asks of the libraries it needs (DT_VERNEED), and
 * those that it has (DT_VERDEF), as the loader walks them: by their own links, not by sections
 * (Linux Standard Base, "Symbol Versioning"; elf/dl-version.c of glibc).
 *
 * What is wanted weakly (VER_FLG_WEAK) isn't kept, since no program fails for it.
 */
#ifndef MKIMAGE_ROOTFS_ELF_VERSIONS_H
#define MKIMAGE_ROOTFS_ELF_VERSIONS_H

#include "rootfs/package.h"

#define ELF_VERSIONS_MAX 4096 /* records of either kind in a file; libc has forty */

/* Where they lie in a file; offsets of 0 for a table that isn't there. */
struct elf_version_tables {
    const char *bytes;
    size_t n;
    bool swapped; /* the file's byte order isn't this machine's */
    uint64_t strings, strings_size;
    uint64_t need, def; /* offsets in the file */
};

/* Fills e's versions and defines; false, with what was read before, if a table isn't sound. */
bool elf_versions_read(const struct elf_version_tables *t, struct elf_facts *e) MUST_USE;

#endif
