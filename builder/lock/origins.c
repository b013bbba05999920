/* SPDX-License-Identifier: Apache-2.0 */
#include "lock/universe.h"

#include <solv/bitmap.h>

/* ---- names ---------------------------------------------------------------------------------- */

const struct universe_file *origins_claim(const struct universe *u, const char *name)
{
    for (size_t i = 0; i < u->n_files; i++)
        if (!u->files[i].debian && strv_has_sorted(&u->files[i].packages, name))
            return &u->files[i];
    return NULL;
}

/* Who claims a name keeps all others from delivering it. */
static void settle_names(struct universe *u)
{
    Pool *pool = u->pool;
    Map claimed;
    Id p;

    map_init(&claimed, pool->ss.nstrings);
    for (size_t i = 0; i < u->n_files; i++) {
        strv_each (name, &u->files[i].packages) {
            Id id = u->files[i].debian ? 0 : pool_str2id(pool, *name, 0);
            if (id)
                MAPSET(&claimed, id);
        }
    }
    FOR_POOL_SOLVABLES(p)
    {
        struct stanza *s = &u->stanzas[p];
        if (!s->usable || !MAPTST(&claimed, pool->solvables[p].name))
            continue;
        const struct universe_file *owner = origins_claim(u, universe_name(u, p));
        s->elsewhere = owner && strcmp(owner->origin, u->files[s->file].origin) != 0;
        s->usable = !s->elsewhere;
    }
    map_free(&claimed);
}

/* ---- Provides ------------------------------------------------------------------------------- */

static Id name_of(const Pool *pool, Id dep)
{
    while (ISRELDEP(dep))
        dep = GETRELDEP(pool, dep)->name;
    return dep;
}

Id origins_held(const struct universe *u, Id name, const char *origin)
{
    for (size_t i = 0; i < u->n_held; i++)
        if (u->held[i].name == name && strcmp(u->files[u->held[i].file].origin, origin) == 0)
            return u->held[i].held;
    return 0;
}

bool origins_is_held(const Pool *pool, Id dep)
{
    return strchr(pool_id2str(pool, name_of(pool, dep)), ',') != NULL;
}

/* The dependency with another name in it; 0 where there is a kind in it that has none. */
static Id renamed(Pool *pool, Id dep, Id name)
{
    if (!ISRELDEP(dep))
        return name;
    const Reldep r = *GETRELDEP(pool, dep);
    if (r.flags >= 8) /* more than a comparison of versions */
        return 0;
    Id inner = renamed(pool, r.name, name);
    return inner ? pool_rel2id(pool, inner, r.evr, (int)r.flags, 1) : 0;
}

static Id hold(struct universe *u, Id name, size_t file)
{
    Id held = origins_held(u, name, u->files[file].origin);

    if (held)
        return held;
    CLEANUP(free_ptr)
    char *text = xasprintf("%s,%s", pool_id2str(u->pool, name), u->files[file].origin);
    GROW(u->held, u->n_held, u->cap_held);
    held = pool_str2id(u->pool, text, 1);
    u->held[u->n_held++] = (struct held_name){name, held, file};
    return held;
}

static void copy_list(const Solvable *s, Offset offset, Queue *ret)
{
    queue_empty(ret);
    for (const Id *dep = offset ? s->repo->idarraydata + offset : NULL; dep && *dep; dep++)
        queue_push(ret, *dep);
}

static Offset write_list(Repo *repo, const Queue *list)
{
    Offset ret = 0;

    for (int i = 0; i < list->count; i++)
        ret = repo_addid(repo, ret, list->elements[i]);
    return ret;
}

/* Takes out of what a third party's package provides what isn't its to provide. */
static void hold_provides(struct universe *u, Id p, const Map *real, Queue *list)
{
    Pool *pool = u->pool;
    Solvable *s = pool->solvables + p;
    size_t file = u->stanzas[p].file;
    bool any = false;

    copy_list(s, s->provides, list);
    for (int i = 0; i < list->count; i++) {
        Id name = name_of(pool, list->elements[i]);
        if (name == s->name || !MAPTST(real, name) ||
            strv_has(&u->files[file].provides, pool_id2str(pool, name)))
            continue;
        Id held = hold(u, name, file);
        Id now = renamed(pool, list->elements[i], held);
        list->elements[i] = now ? now : held;
        any = true;
    }
    if (any)
        s->provides = write_list(s->repo, list);
}

/* "a | b" with what its own origin provides behind each. 0: nothing to add. */
static Id with_own(struct universe *u, Id dep, const char *origin)
{
    Pool *pool = u->pool;

    if (ISRELDEP(dep) && GETRELDEP(pool, dep)->flags == REL_OR) {
        Id first = GETRELDEP(pool, dep)->name, rest = GETRELDEP(pool, dep)->evr;
        Id more = with_own(u, rest, origin);
        Id held = origins_held(u, name_of(pool, first), origin);
        Id own = held ? renamed(pool, first, held) : 0;
        if (!own && !more)
            return 0;
        rest = more ? more : rest;
        rest = own ? pool_rel2id(pool, own, rest, REL_OR, 1) : rest;
        return pool_rel2id(pool, first, rest, REL_OR, 1);
    }
    Id held = origins_held(u, name_of(pool, dep), origin);
    Id own = held ? renamed(pool, dep, held) : 0;
    return own ? pool_rel2id(pool, dep, own, REL_OR, 1) : 0;
}

static Offset own_provides(struct universe *u, Solvable *s, Offset offset, const char *origin,
                           Queue *list)
{
    bool any = false;

    copy_list(s, offset, list);
    for (int i = 0; i < list->count; i++) {
        Id now = list->elements[i] == SOLVABLE_PREREQMARKER
                     ? 0
                     : with_own(u, list->elements[i], origin);
        any = any || now;
        list->elements[i] = now ? now : list->elements[i];
    }
    return any ? write_list(s->repo, list) : offset;
}

/* A conflict with the name is one with all that provide it, whoever may depend on them. */
static void own_conflicts(struct universe *u, Solvable *s, Queue *list)
{
    int n;

    copy_list(s, s->conflicts, list);
    n = list->count;
    for (int i = 0; i < n; i++) {
        Id name = name_of(u->pool, list->elements[i]);
        for (size_t k = 0; k < u->n_held; k++) {
            Id also = u->held[k].name == name ? renamed(u->pool, list->elements[i], u->held[k].held)
                                              : 0;
            if (also)
                queue_push(list, also);
        }
    }
    if (list->count > n)
        s->conflicts = write_list(s->repo, list);
}

static void settle_provides(struct universe *u)
{
    Pool *pool = u->pool;
    Queue list;
    Map real;
    Id p;

    map_init(&real, pool->ss.nstrings);
    queue_init(&list);
    FOR_POOL_SOLVABLES(p)
    {
        if (u->files[u->stanzas[p].file].debian && u->stanzas[p].fits)
            MAPSET(&real, pool->solvables[p].name);
    }
    FOR_POOL_SOLVABLES(p)
    {
        if (!u->files[u->stanzas[p].file].debian && u->stanzas[p].usable)
            hold_provides(u, p, &real, &list);
    }
    for (p = 2; u->n_held && p < pool->nsolvables; p++) {
        Solvable *s = pool->solvables + p;
        const struct universe_file *f = &u->files[u->stanzas[p].file];
        if (!s->repo || !u->stanzas[p].usable)
            continue;
        own_conflicts(u, s, &list);
        if (f->debian)
            continue;
        s->requires = own_provides(u, s, s->requires, f->origin, &list);
        s->recommends = own_provides(u, s, s->recommends, f->origin, &list);
    }
    queue_free(&list);
    map_free(&real);
}

void origins_settle(struct universe *u)
{
    settle_names(u);
    settle_provides(u);
}
