/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/memory.h"

#define NAMES_MAX (64u << 10)
#define DIGEST    sizeof(struct sha256)

static struct sha256 key_of(const char *host, const char *repository)
{
    CLEANUP(free_ptr) char *text = xasprintf("%s/%s", host, repository);
    return sha256_of(text, strlen(text));
}

static struct memory_repository *find(const struct memory *m, const char *name)
{
    for (size_t i = 0; i < m->n; i++)
        if (strcmp(m->repositories[i].name, name) == 0)
            return &m->repositories[i];
    return NULL;
}

static bool holds(const struct memory_repository *r, const struct sha256 *digest)
{
    for (size_t at = 0; r && at + DIGEST <= r->digests.len; at += DIGEST)
        if (memcmp(r->digests.data + at, digest, DIGEST) == 0)
            return true;
    return false;
}

void memory_load(struct cache *c, const char *host, struct memory *ret)
{
    CLEANUP(buf_release) struct buf names = BUF_INIT(NAMES_MAX);
    CLEANUP(strv_release) struct strv list = STRV_INIT;
    CLEANUP(err_release) struct err ignored = ERR_INIT;
    struct sha256 key = key_of(host, "");
    *ret = (struct memory){.host = xstrdup(host)};
    if (cache_fact_get(c, "pushed", &key, &names, &ignored) < 0)
        return;
    strv_split(&list, (struct slice){buf_str(&names), names.len}, "\n");
    strv_each (name, &list) {
        CLEANUP(err_release) struct err none = ERR_INIT;
        struct memory_repository now = {.name = xstrdup(*name),
                                        .digests = BUF_INIT(MEMORY_BLOBS * DIGEST)};
        key = key_of(host, *name);
        (void)!cache_fact_get(c, "pushed", &key, &now.digests, &none);
        GROW(ret->repositories, ret->n, ret->cap);
        ret->repositories[ret->n++] = now;
    }
}

void memory_save(struct cache *c, struct memory *m)
{
    CLEANUP(buf_release) struct buf names = BUF_INIT(NAMES_MAX);
    CLEANUP(err_release) struct err ignored = ERR_INIT;
    bool changed = false;
    for (size_t i = 0; i < m->n && i < MEMORY_REPOSITORIES; i++) {
        struct memory_repository *r = &m->repositories[i];
        struct sha256 key = key_of(m->host, r->name);
        buf_addf(&names, "%s\n", r->name);
        if (r->changed)
            (void)!cache_fact_put(c, "pushed", &key, r->digests.data, r->digests.len, &ignored);
        err_clear(&ignored);
        changed = changed || r->changed;
        r->changed = false;
    }
    struct sha256 key = key_of(m->host, "");
    if (changed && !names.overflow)
        (void)!cache_fact_put(c, "pushed", &key, names.data, names.len, &ignored);
}

void memory_release(struct memory *m)
{
    for (size_t i = 0; i < m->n; i++) {
        free(m->repositories[i].name);
        buf_release(&m->repositories[i].digests);
    }
    free(m->repositories);
    free(m->host);
    *m = (struct memory){0};
}

bool memory_holds(const struct memory *m, const char *repository, const struct sha256 *digest)
{
    return holds(find(m, repository), digest);
}

const char *memory_source(const struct memory *m, const char *repository,
                          const struct sha256 *digest)
{
    for (size_t i = 0; i < m->n; i++)
        if (strcmp(m->repositories[i].name, repository) != 0 && holds(&m->repositories[i], digest))
            return m->repositories[i].name;
    return NULL;
}

/* A repository that is new here comes first. */
static struct memory_repository *make(struct memory *m, const char *name)
{
    GROW(m->repositories, m->n, m->cap);
    memmove(m->repositories + 1, m->repositories, m->n * sizeof(*m->repositories));
    m->n++;
    m->repositories[0] = (struct memory_repository){.name = xstrdup(name),
                                                    .digests = BUF_INIT(MEMORY_BLOBS * DIGEST)};
    return &m->repositories[0];
}

void memory_add(struct memory *m, const char *repository, const struct sha256 *digest)
{
    struct memory_repository *r = find(m, repository);
    if (!r)
        r = make(m, repository);
    if (holds(r, digest))
        return;
    /* Beyond its maximum the older half goes. */
    if (r->digests.len + DIGEST > MEMORY_BLOBS * DIGEST) {
        r->digests.len = MEMORY_BLOBS / 2 * DIGEST;
        memmove(r->digests.data, r->digests.data + MEMORY_BLOBS / 2 * DIGEST, r->digests.len);
    }
    buf_add(&r->digests, digest, DIGEST);
    r->changed = true;
}
