/* SPDX-License-Identifier: Apache-2.0 */
/* A recipe, a small signed archive, and what resolve() makes of them. */
#ifndef MKIMAGE_TESTS_RESOLVING_H
#define MKIMAGE_TESTS_RESOLVING_H

#include "base/file.h"
#include "lock/resolve.h"
#include "miniarchive.h"
#include "scratch.h"
#include "unit.h"

#define NOW INT64_C(1795300000)
#define DAY INT64_C(86400)
/* The packages of the archive: debian, debian-security, and that one later. */
#define SHA  "\nSHA256: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\nSize: 1\n"
#define FILE "Architecture: all\nFilename: pool/"

extern const char main_packages[];
extern const char security_packages[];
extern const char new_security_packages[];

struct fixture {
    struct miniarchive archive;
    struct session session;
    struct http *http;
    struct cache *cache;
    struct recipe *recipe;
    struct strv arches, mirrors;
    char *lock_path;
    struct resolve_options options;
};
/* This text is the recipe from now on. */
void load(struct fixture *f, const char *text);

#define SOURCES                                     \
    "source \"debian\" { keyring = \"key.gpg\" }\n" \
    "source \"debian-security\" { keyring = \"key.gpg\" }\n"

#define RECIPE SOURCES "packages = {\"app\"}\nomit = {\"debconf\"}\n"

int setup(struct fixture *f, const char *key);
void teardown(struct fixture *f);

#define SETUP(f)                        \
    CLEANUP(teardown) struct fixture f; \
    if (setup(&f, *state) < 0)          \
    skip()

/* It resolves. */
void run(struct fixture *f, struct resolved *ret);

/* Resolves and writes the lock; what it holds, as text. */
char *lock_text(struct fixture *f, bool fresh);
/* It fails with these words, and this hint. */
void check_fails(struct fixture *f, const char *says, const char *hint);
void check_version(const struct lock *l, const char *arch, const char *name, const char *version);
/* The group's: a key for all, or none and all is skipped. */
int make_key(void **state);
int drop_key(void **state);

#endif
