/* SPDX-License-Identifier: Apache-2.0 */
/* What several pushes to one registry, at the same time, know of each other. */
#include "registry/private.h"

#define POLL_MS 200 /* between two looks at whether to stop */

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

/* r->lock is held. */
static struct sha256 *find(const struct registry *r, const struct sha256 *digest)
{
    for (size_t i = 0; i < r->n_sending; i++)
        if (sha256_eq(&r->sending[i], digest))
            return &r->sending[i];
    return NULL;
}

/* r->lock is held. */
static void wait_a_little(struct registry *r)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += POLL_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_cond_timedwait(&r->sent, &r->lock, &until);
}

int sharing_begin(struct registry *r, const struct sha256 *digest, struct err *err)
{
    int result = 0;

    pthread_mutex_lock(&r->lock);
    while (find(r, digest) && (result = session_check(r->session, err)) == 0)
        wait_a_little(r);
    if (result == 0) {
        GROW(r->sending, r->n_sending, r->cap_sending);
        r->sending[r->n_sending++] = *digest;
    }
    pthread_mutex_unlock(&r->lock);
    return result;
}

void sharing_end(struct registry *r, const struct sha256 *digest)
{
    pthread_mutex_lock(&r->lock);
    struct sha256 *at = find(r, digest);
    if (at)
        *at = r->sending[--r->n_sending];
    pthread_cond_broadcast(&r->sent);
    pthread_mutex_unlock(&r->lock);
}
