/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The dynamic loader's cache, /etc/ld.so.cache, as bytes: glibc's format
 * "glibc-ld.so.cache1.1" with its extension sections (facts from glibc 2.41: elf/cache.c,
 * elf/stringtable.c, sysdeps/generic/dl-cache.h, sysdeps/generic/ldconfig.h).
 *
 *     header (48 bytes), an entry of 24 bytes for each library, the strings (sorted from behind,
 *     a string that ends another one shares its bytes), padding to 4, the extension directory,
 *     the names of glibc-hwcaps directories, the generator's name
 */
#ifndef MKIMAGE_ROOTFS_LD_CACHE_H
#define MKIMAGE_ROOTFS_LD_CACHE_H

#include "base/buf.h"

struct ld_entry {
    char *soname;
    char *path;         /* absolute, as the directory was configured */
    char *hwcaps;       /* name of the glibc-hwcaps directory, or NULL */
    uint32_t flags;     /* FLAG_ELF_LIBC6 and the ABI */
    uint32_t isa_level; /* of hwcaps entries */
    size_t order;       /* of equal entries: the directories' order */
};

/* Negative, 0 or positive: names compared with their numbers as numbers, as glibc does it
 * (_dl_cache_libcmp). */
int ld_compare(const char *a, const char *b);

/* Sorts the entries as the loader's binary search wants them, and adds the file's bytes. */
void ld_cache_format(struct ld_entry *entries, size_t n, bool big_endian, struct buf *ret);

/* What a cache says, for who looks for a library: texts lie in the cache's bytes. */
struct ld_found {
    const char *name, *path;
    size_t order; /* in the cache */
    bool hwcaps;  /* only for some CPUs */
};

/* The entries of anybody's cache, sorted by name, then as they stand there; also of one behind the
 * cache of old systems (ld.so-1.7.0). What isn't whole is left out. The caller frees *ret. */
size_t ld_cache_parse(struct slice bytes, struct ld_found **ret);

#endif
