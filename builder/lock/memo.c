/* SPDX-License-Identifier: Apache-2.0 */
#include "lock/memo.h"

struct sha256 memo_key(const struct recipe *r, const struct strv *arches,
                       const struct archive *archive)
{
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    const struct sha256 wishes = recipe_solver_digest(r, arches);

    buf_addf(&b, "mkimage solution %d\nmkimage %s\nwishes %s\nlayers %u\n", MEMO_FORMAT,
             MKIMAGE_VERSION, sha256_hex(&wishes).s, r->layers);
    for (size_t i = 0; i < r->n_packages; i++)
        buf_addf(&b, "package %u %s\n", r->packages[i].rank, r->packages[i].name);
    for (size_t i = 0; i < archive->n; i++) {
        const struct archive_suite *s = &archive->suites[i];
        buf_addf(&b, "suite %s %s\n", s->source->name, s->suite);
        for (size_t k = 0; k < s->n_indexes; k++)
            buf_addf(&b, "index %s %s\n", s->indexes[k].arch, sha256_hex(&s->indexes[k].packed).s);
    }
    return sha256_of(b.data, b.len);
}

/* The solution's text: what the archive alone decides. */
static void format_bare(const struct lock *l, struct buf *ret)
{
    struct lock bare = *l;

    bare.n_sources = bare.n_accounts = 0;
    lock_format(&bare, ret);
}

/* Reading costs more than writing: a lock of the same text has the solution already. */
static bool is_solution(const struct lock *l, const struct buf *text)
{
    CLEANUP(buf_release) struct buf own = BUF_INIT(0);

    format_bare(l, &own);
    return own.len == text->len && memcmp(buf_str(&own), text->data, own.len) == 0;
}

bool memo_get(struct cache *c, const struct sha256 *key, const struct lock *old, struct lock *l)
{
    CLEANUP(err_release) struct err ignored = ERR_INIT;
    CLEANUP(buf_release) struct buf text = BUF_INIT(LOCK_BYTES_MAX);
    struct lock *kept = NULL;

    if (cache_fact_get(c, "solution", key, &text, &ignored) < 0)
        return false;
    if (old && is_solution(old, &text)) {
        lock_copy_arches(old, l);
        return true;
    }
    if (lock_parse(buf_str(&text), text.len, "solution", &kept, &ignored) < 0)
        return false;
    l->arches = kept->arches;
    l->n_arches = kept->n_arches;
    kept->arches = NULL;
    kept->n_arches = 0;
    lock_free(kept);
    return true;
}

void memo_put(struct cache *c, const struct sha256 *key, const struct lock *l)
{
    CLEANUP(err_release) struct err ignored = ERR_INIT;
    CLEANUP(buf_release) struct buf text = BUF_INIT(LOCK_BYTES_MAX);

    format_bare(l, &text);
    if (!text.overflow)
        (void)!cache_fact_put(c, "solution", key, text.data, text.len, &ignored);
}
