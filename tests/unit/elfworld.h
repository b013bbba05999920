/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small worlds of ELF files for the tests of rule ELF-NEED: what is put into an image, and what the
 * rule then says.
 */
#ifndef MKIMAGE_TESTS_ELFWORLD_H
#define MKIMAGE_TESTS_ELFWORLD_H

#include "harden.h"

#define LD   "/lib64/ld-linux-x86-64.so.2"
#define MUSL "/lib/ld-musl-x86_64.so.1"
#define DEB  "usr/lib/x86_64-linux-gnu/"

/* A path of a world: an ELF program (with a loader), a library (without one), a link, a text. */
struct part {
    const char *path, *interp, *soname, *needed[3], *rpath, *runpath, *target, *text, *package,
        *origin;
    const char *asks[2], *has[3]; /* versions: asked of needed[0], and its own */
    uint16_t machine;
    bool narrow, nodeflib;
};

struct world {
    const char *name;
    const char *found; /* in the texts of findings, a line each: "PATH: TEXT"; "" for none */
    struct part parts[7];
    const char *env, *arch;
    const char *cache[3]; /* NAME=PATH, with a "+" in front for some CPUs only */
};

/* Puts a path of a world into an image. */
void elfworld_put(struct subject *s, const struct part *p);
/* What ELF-NEED says of an image, a line each: "PATH: TEXT". The caller frees. */
char *elfworld_found(struct subject *s);
/* Makes each world, and fails where the rule says something else of it. */
void elfworld_check(const struct world *worlds, size_t n);

#define LOADER                                   \
    {                                            \
        .path = "usr/lib64/ld-linux-x86-64.so.2" \
    }
#define PROGRAM(...)                                                   \
    {                                                                  \
        .path = "usr/bin/app", .interp = LD, .needed = { __VA_ARGS__ } \
    }

#endif
