/* SPDX-License-Identifier: Apache-2.0 */
#include "lock/solving.h"

/* The omitted name that meets this one alternative, 0 if none does: by its name in any version,
 * or by what its candidate provides. */
static Id omitted_for(const struct solving *v, Id dep)
{
    Pool *pool = v->pool;
    Id name = dep_name(pool, dep), p, pp;

    if ((size_t)name < v->n_names && MAPTST(&v->omitted, name))
        return name;
    FOR_PROVIDES(p, pp, dep)
    {
        Id owner = pool->solvables[p].name;
        if (MAPTST(&v->omitted, owner) && v->candidate[owner] == p)
            return owner;
    }
    return 0;
}

static Id omitted_for_any(const struct solving *v, Id dep, Queue *alternatives)
{
    dep_alternatives(v->pool, dep, alternatives);
    for (int i = 0; i < alternatives->count; i++) {
        Id name = omitted_for(v, alternatives->elements[i]);
        if (name)
            return name;
    }
    return 0;
}

/* Dependencies that nothing omitted meets: the same ones stand in many packages. By their ids, of
 * names and of relations. */
struct unmet {
    Map names, relations;
    Queue alternatives;
};

static bool is_omitted(const struct solving *v, Id dep, struct unmet *unmet)
{
    Map *known = ISRELDEP(dep) ? &unmet->relations : &unmet->names;
    Id at = ISRELDEP(dep) ? (Id)GETRELID(dep) : dep;

    if (MAPTST(known, at))
        return false;
    if (omitted_for_any(v, dep, &unmet->alternatives))
        return true;
    MAPSET(known, at);
    return false;
}

static void strip(struct solving *v, Id p, struct unmet *unmet, Queue *kept)
{
    Solvable *s = v->pool->solvables + p;
    bool any = false;

    queue_empty(kept);
    for (const Id *dep = dep_list(s, s->requires); *dep; dep++) {
        if (*dep != SOLVABLE_PREREQMARKER && is_omitted(v, *dep, unmet))
            any = true;
        else
            queue_push(kept, *dep);
    }
    if (!any)
        return;
    queue_push2(&v->stripped, p, (Id)s->requires);
    s->requires = 0;
    for (int i = 0; i < kept->count; i++)
    s->requires = repo_addid(s->repo, s->requires, kept->elements[i]);
}

void omit_strip(struct solving *v)
{
    struct unmet unmet;
    Queue kept;

    if (!v->request->omit || v->request->omit->n == 0)
        return;
    map_init(&unmet.names, v->pool->ss.nstrings);
    map_init(&unmet.relations, v->pool->nrels);
    queue_init(&unmet.alternatives);
    queue_init(&kept);
    for (Id p = 1; p < v->pool->nsolvables; p++)
        if (MAPTST(&v->considered, p))
            strip(v, p, &unmet, &kept);
    map_free(&unmet.names);
    map_free(&unmet.relations);
    queue_free(&unmet.alternatives);
    queue_free(&kept);
}

static bool met_by_chosen(const struct solving *v, Id dep, const Map *chosen)
{
    Pool *pool = v->pool;
    Id p, pp;

    FOR_PROVIDES(p, pp, dep)
    if (MAPTST(chosen, p))
        return true;
    return false;
}

void omit_used(const struct solving *v, const Map *chosen, struct strv *ret)
{
    Queue alternatives;

    queue_init(&alternatives);
    for (int i = 0; i < v->stripped.count; i += 2) {
        const Solvable *s = v->pool->solvables + v->stripped.elements[i];

        if (!MAPTST(chosen, v->stripped.elements[i]))
            continue;
        for (const Id *dep = dep_list(s, (Offset)v->stripped.elements[i + 1]); *dep; dep++) {
            if (*dep == SOLVABLE_PREREQMARKER || met_by_chosen(v, *dep, chosen))
                continue;
            Id name = omitted_for_any(v, *dep, &alternatives);
            if (name)
                strv_add(ret, pool_id2str(v->pool, name));
        }
    }
    queue_free(&alternatives);
    strv_sort(ret);
    strv_uniq(ret);
}
