/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Architectures: what Debian calls one, and what all others call it. The one table of the program;
 * who needs a fact about an architecture looks it up here.
 *
 *     arch_find("armhf")               by Debian's name: recipes, locks, packages
 *     arch_of_platform("arm", "v7")    by an OCI platform: configs, indexes
 *     arch_of_elf(…)                   by a program's header
 *
 * It has those of Debian's releases, and of its ports those that GOARCH has a name for. What isn't
 * in the table isn't known: the caller says so, or leaves the question open, but guesses nothing.
 */
#ifndef MKIMAGE_BASE_ARCH_H
#define MKIMAGE_BASE_ARCH_H

#include "base/mem.h"
#include "base/strv.h"

struct arch {
    const char *name;         /* Debian's */
    const char *go, *variant; /* OCI's platform: GOARCH, and its variant or NULL */
    bool implied;             /* the variant goes without saying (arm64's v8) */
    const char *triplet;      /* GNU's, which the directories of libraries are called by */
    uint16_t machine;         /* of ELF */
    bool wide, big_endian;    /* ELF class 64; byte order */
    uint16_t older;           /* the ELF machine whose programs start there, too; or 0 */
    uint16_t cached[2];       /* the machines that its ldconfig takes; 0: not known here */
    const char *platform;     /* what $PLATFORM is to glibc's loader; NULL: not known here */
    const char *musl;         /* what musl's loader calls it: ld-musl-….so.1 */
};

/* All of them, the ones that are met most first. */
const struct arch *arch_all(size_t *ret_n);

/* NULL if it isn't known; so with the next ones. */
const struct arch *arch_find(const char *debian_name);

/* The one that has exactly this platform; variant may be NULL or "". */
const struct arch *arch_of_platform(const char *go, const char *variant);

/* That one, or else the first one of the GOARCH, for images that others made: their variants are
 * often left out, and there are some that Debian doesn't have. */
const struct arch *arch_like_platform(const char *go, const char *variant);

/* By machine, class and byte order; `rather` is taken if several have the same (armel, armhf). It
 * may be NULL. */
const struct arch *arch_of_elf(uint16_t machine, bool wide, bool big_endian, const char *rather);

/* Debian's name of the architecture that this program runs on. */
const char *arch_host(void);

#endif
