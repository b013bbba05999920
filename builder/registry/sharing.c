/* SPDX-License-Identifier: Apache-2.0 */
/* What several pushes to one registry, at the same time, know of each other. */
#include "registry/private.h"

void sharing_remember(struct registry *r, struct cache *c)
{
    pthread_mutex_lock(&r->lock);
    if (!r->remembers)
        memory_load(c, r->host, &r->memory);
    r->remembers = true;
    pthread_mutex_unlock(&r->lock);
}

void sharing_note(struct registry *r, const char *repository, const struct sha256 *digest)
{
    pthread_mutex_lock(&r->lock);
    memory_add(&r->memory, repository, digest);
    pthread_mutex_unlock(&r->lock);
}

char *sharing_source(struct registry *r, const char *repository, const struct sha256 *digest)
{
    pthread_mutex_lock(&r->lock);
    const char *known = memory_holds(&r->memory, repository, digest)
                            ? NULL
                            : memory_source(&r->memory, repository, digest);
    char *ret = known ? xstrdup(known) : NULL;
    pthread_mutex_unlock(&r->lock);
    return ret;
}

void sharing_keep(struct registry *r, struct cache *c)
{
    pthread_mutex_lock(&r->lock);
    memory_save(c, &r->memory);
    pthread_mutex_unlock(&r->lock);
}

int sharing_begin(struct registry *r, const struct sha256 *digest, struct err *err)
{
    pthread_mutex_lock(&r->lock);
    int result = once_begin(r, sha256_digest(digest).s, err);
    pthread_mutex_unlock(&r->lock);
    return result;
}

void sharing_end(struct registry *r, const struct sha256 *digest)
{
    pthread_mutex_lock(&r->lock);
    once_end(r, sha256_digest(digest).s);
    pthread_mutex_unlock(&r->lock);
}
