/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which repositories of a registry were seen to hold a blob: sources of mounts, kept in the cache.
 * It may be wrong: a mount that fails is no error. Private to registry.
 */
#ifndef MKIMAGE_REGISTRY_MEMORY_H
#define MKIMAGE_REGISTRY_MEMORY_H

#include "base/strv.h"
#include "net/cache.h"

#define MEMORY_REPOSITORIES 32    /* of a host, the newest ones */
#define MEMORY_BLOBS        16384 /* of a repository */

struct memory_repository {
    char *name;
    struct buf digests; /* 32 bytes each, in no order */
    bool changed;
};

struct memory {
    char *host;
    struct memory_repository *repositories; /* newest first */
    size_t n, cap;
};

void memory_load(struct cache *c, const char *host, struct memory *ret);
/* What can't be written is forgotten. */
void memory_save(struct cache *c, struct memory *m);
void memory_release(struct memory *m);

bool memory_holds(const struct memory *m, const char *repository, const struct sha256 *digest);
/* Another repository that holds it, borrowed, or NULL. */
const char *memory_source(const struct memory *m, const char *repository,
                          const struct sha256 *digest);
void memory_add(struct memory *m, const char *repository, const struct sha256 *digest);

#endif
