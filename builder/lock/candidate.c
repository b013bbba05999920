/* SPDX-License-Identifier: Apache-2.0 */
#include "lock/solving.h"

#include "deb/version.h"
#include <solv/evr.h>

void solving_init(struct solving *v, struct universe *u, const struct solve_request *request)
{
    *v = (struct solving){.u = u, .pool = u->pool, .request = &v->renamed.request};
    renamed_init(&v->renamed, u, request);
    v->n_names = (size_t)u->pool->ss.nstrings;
    v->candidate = xcalloc(v->n_names, sizeof(*v->candidate));
    map_init(&v->considered, u->pool->nsolvables);
    map_init(&v->forbidden, (int)v->n_names);
    map_init(&v->omitted, (int)v->n_names);
    map_init(&v->wanted, (int)v->n_names);
    queue_init(&v->stripped);
    queue_init(&v->lists);
    queue_init(&v->walked);
    for (int i = 0; i < u->pool->nrepos; i++)
        queue_push(&v->lists, u->pool->repos[i] ? u->pool->repos[i]->idarraysize : 0);
}

/* The pool as it was: many requests are solved on one, and each may shorten thousands of lists. */
static void put_back(struct solving *v)
{
    for (int i = 0; i < v->stripped.count; i += 2) {
        Solvable *s = v->pool->solvables + v->stripped.elements[i];
        s->requires = (Offset)v->stripped.elements[i + 1];
    }
    for (int i = 0; i < v->lists.count; i++) {
        Repo *repo = v->pool->repos[i];
        if (repo && repo->idarraysize > v->lists.elements[i])
            repo->idarraysize = v->lists.elements[i];
    }
    v->pool->considered = NULL;
}

void solving_release(struct solving *v)
{
    if (!v->u)
        return;
    put_back(v);
    renamed_release(&v->renamed);
    free(v->candidate);
    map_free(&v->considered);
    map_free(&v->forbidden);
    map_free(&v->omitted);
    map_free(&v->wanted);
    queue_free(&v->stripped);
    queue_free(&v->lists);
    queue_free(&v->walked);
    *v = (struct solving){0};
}

static Id name_id(const struct solving *v, const char *name)
{
    Id id = pool_str2id(v->pool, name, 0);

    return id > 0 && (size_t)id < v->n_names ? id : 0;
}

static void mark_names(const struct solving *v, const struct recipe_list *list, Map *names)
{
    for (size_t i = 0; list && i < list->n; i++) {
        Id id = name_id(v, list->v[i].text);
        if (id)
            MAPSET(names, id);
    }
}

static bool version_meets(const char *version, const struct recipe_package *want)
{
    if (!want->op)
        return true;
    int c = version_compare(version, want->version);
    if (want->op[0] == '=')
        return c == 0;
    if (want->op[0] == '<')
        return want->op[1] == '=' ? c <= 0 : c < 0;
    return want->op[1] == '=' ? c >= 0 : c > 0;
}

/* Whether all of the recipe's constraints on this name hold. */
static bool meets_wants(const struct solving *v, Id p)
{
    const struct solve_request *r = v->request;
    const char *name = universe_name(v->u, p), *version = universe_version(v->u, p);

    for (size_t i = 0; i < r->n_packages; i++)
        if (strcmp(r->packages[i].name, name) == 0 && !version_meets(version, &r->packages[i]))
            return false;
    return true;
}

/* By name the version that the old lock holds, 0 if there is none. */
static Id *locked_versions(const struct solving *v)
{
    const struct lock_arch *favour = v->request->favour;
    Id *ret = xcalloc(v->n_names, sizeof(*ret));

    for (size_t i = 0; favour && i < favour->n_packages; i++) {
        Id name = name_id(v, favour->packages[i].name);
        if (name)
            ret[name] = name_id(v, favour->packages[i].version);
    }
    return ret;
}

static void choose_versions(struct solving *v, const Id *locked)
{
    Pool *pool = v->pool;
    Id p;

    CLEANUP(free_ptr) Id *stay = xcalloc(v->n_names, sizeof(*stay));
    FOR_POOL_SOLVABLES(p)
    {
        const Solvable *s = pool->solvables + p;
        Id *best = &v->candidate[s->name];

        if (!universe_stanza(v->u, p)->usable || MAPTST(&v->forbidden, s->name))
            continue;
        if (MAPTST(&v->wanted, s->name) && !meets_wants(v, p))
            continue;
        if (s->evr == locked[s->name] && !stay[s->name])
            stay[s->name] = p;
        if (!*best || pool_evrcmp(pool, s->evr, pool->solvables[*best].evr, EVRCMP_COMPARE) > 0)
            *best = p;
    }
    for (size_t name = 1; name < v->n_names; name++) {
        if (!v->candidate[name] || MAPTST(&v->omitted, (Id)name))
            continue;
        MAPSET(&v->considered, v->candidate[name]);
        if (stay[name]) {
            v->candidate[name] = stay[name];
            MAPSET(&v->considered, stay[name]);
        }
    }
}

int candidates_find(struct solving *v, struct err *err)
{
    const struct solve_request *r = v->request;
    CLEANUP(free_ptr) Id *locked = locked_versions(v);

    mark_names(v, r->forbid, &v->forbidden);
    mark_names(v, r->omit, &v->omitted);
    for (size_t i = 0; i < r->n_packages; i++) {
        Id id = name_id(v, r->packages[i].name);
        if (!id)
            return explain_missing(v, &r->packages[i], err);
        MAPSET(&v->wanted, id);
        MAPCLR(&v->omitted, id);
    }
    choose_versions(v, locked);
    for (size_t i = 0; i < r->n_packages; i++)
        if (!v->candidate[name_id(v, r->packages[i].name)])
            return explain_missing(v, &r->packages[i], err);
    v->pool->considered = &v->considered;
    return 0;
}

static const Id no_deps[] = {0};

const Id *dep_list(const Solvable *s, Offset offset)
{
    return offset ? s->repo->idarraydata + offset : no_deps;
}

void dep_alternatives(const Pool *pool, Id dep, Queue *ret)
{
    queue_empty(ret);
    while (ISRELDEP(dep)) {
        const Reldep *r = GETRELDEP(pool, dep);
        if (r->flags != REL_OR)
            break;
        queue_push(ret, r->name);
        dep = r->evr;
    }
    queue_push(ret, dep);
}

Id dep_name(const Pool *pool, Id dep)
{
    while (ISRELDEP(dep))
        dep = GETRELDEP(pool, dep)->name;
    return dep;
}
