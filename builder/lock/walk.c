/* SPDX-License-Identifier: Apache-2.0 */
/*
 * apt's pkgDepCache::MarkInstall, as far as it applies where nothing is installed: the wanted
 * packages are marked, then each one's dependencies are walked, depth first, in the order in
 * which they stand. A dependency that a marked package meets is done; else its alternatives are
 * tried in order, and the providers of each in the order of apt's CompareProviders. A package
 * that conflicts with a marked one, or whose own dependencies fail, isn't taken.
 */
#include "lock/solving.h"

#include <solv/evr.h>
#include <solv/util.h>

#define WALK_DEPTH_MAX 2000

/* A package is in one of three states: not met yet, marked (taken, as far as can be seen), or
 * failed (its dependencies can't be met). It is marked before its own dependencies are walked, so
 * that a circle of them ends, and so that what it conflicts with is passed over below it. If they
 * fail, it is failed for good and all that it excluded is free again; what was marked below it
 * stays marked, as apt leaves it: these are wishes, and libsolv decides. */
struct walk {
    struct solving *v;
    Map marked;
    Map failed;
    uint32_t *excluded; /* by solvable: how many marked ones it can't be together with */
};

/* Counts, by 1 or -1, what can't be there together with p: what p conflicts with, and its name's
 * other versions. Numbers, not bits, because several marked ones may exclude the same package. */
static void exclude(struct walk *w, Id p, int by)
{
    Pool *pool = w->v->pool;
    const Solvable *s = pool->solvables + p;
    Id q, pp;

    for (const Id *dep = dep_list(s, s->conflicts); *dep; dep++)
        FOR_PROVIDES(q, pp, *dep)
    if (q != p)
        w->excluded[q] = w->excluded[q] + (uint32_t)by;
    FOR_PROVIDES(q, pp, s->name)
    if (q != p && pool->solvables[q].name == s->name)
        w->excluded[q] = w->excluded[q] + (uint32_t)by;
}

/* Both ways: a marked one names p among its conflicts (counted), or p names a marked one. */
static bool conflicts_with_marked(const struct walk *w, Id p)
{
    Pool *pool = w->v->pool;
    const Solvable *s = pool->solvables + p;
    Id q, pp;

    if (w->excluded[p])
        return true;
    for (const Id *dep = dep_list(s, s->conflicts); *dep; dep++)
        FOR_PROVIDES(q, pp, *dep)
    if (q != p && MAPTST(&w->marked, q))
        return true;
    return false;
}

/* What apt's CompareProviders compares: negative if a comes first for a dependency on name. */
static int compare_providers(const struct solving *v, Id name, Id a, Id b)
{
    const Solvable *sa = v->pool->solvables + a, *sb = v->pool->solvables + b;
    const struct stanza *ta = universe_stanza(v->u, a), *tb = universe_stanza(v->u, b);
    bool da = universe_file_of(v->u, a)->debian, db = universe_file_of(v->u, b)->debian;

    if (sa->name == sb->name) {
        if ((v->candidate[sa->name] == a) != (v->candidate[sa->name] == b))
            return v->candidate[sa->name] == a ? -1 : 1;
        return pool_evrcmp(v->pool, sb->evr, sa->evr, EVRCMP_COMPARE);
    }
    if ((sa->name == name) != (sb->name == name))
        return sa->name == name ? -1 : 1;
    if (da != db) /* no third party comes before Debian by the Priority that it gives itself */
        return da ? -1 : 1;
    if (ta->essential != tb->essential)
        return ta->essential ? -1 : 1;
    if (ta->protected != tb->protected)
        return ta->protected ? -1 : 1;
    if (ta->priority != tb->priority)
        return ta->priority - tb->priority;
    return strcmp(pool_id2str(v->pool, sb->name), pool_id2str(v->pool, sa->name));
}

static void providers(const struct walk *w, Id dep, Queue *ret)
{
    const struct solving *v = w->v;
    Pool *pool = v->pool;
    Id name = dep_name(pool, dep), p, pp;

    queue_empty(ret);
    FOR_PROVIDES(p, pp, dep)
    {
        if (!MAPTST(&v->considered, p))
            continue;
        int at = ret->count;
        while (at > 0 && compare_providers(v, name, p, ret->elements[at - 1]) < 0)
            at--;
        queue_insert(ret, at, p);
    }
}

static bool is_met(const struct walk *w, Id dep)
{
    Pool *pool = w->v->pool;
    Id p, pp;

    FOR_PROVIDES(p, pp, dep)
    if (MAPTST(&w->marked, p))
        return true;
    return false;
}

static bool walk_package(struct walk *w, Id p, unsigned depth);

/* One name of `a | b`: its providers, the best first, until one can be taken. */
static bool walk_alternative(struct walk *w, Id dep, unsigned depth)
{
    Queue list;
    bool found = false;

    queue_init(&list);
    providers(w, dep, &list);
    for (int i = 0; !found && i < list.count; i++)
        found = walk_package(w, list.elements[i], depth);
    queue_free(&list);
    return found;
}

/* A whole dependency: met already, whichever alternative that is, or by the first one that can be
 * taken. */
static bool walk_dep(struct walk *w, Id dep, unsigned depth)
{
    Queue alternatives;
    bool found = is_met(w, dep);

    queue_init(&alternatives);
    if (!found)
        dep_alternatives(w->v->pool, dep, &alternatives);
    for (int i = 0; !found && i < alternatives.count; i++)
        found = walk_alternative(w, alternatives.elements[i], depth);
    queue_free(&alternatives);
    return found;
}

/* Pre-Depends stand behind a marker in libsolv's list; apt takes them first. */
static bool walk_requires(struct walk *w, const Solvable *s, unsigned depth)
{
    const Id *list = dep_list(s, s->requires), *marker = list;

    while (*marker && *marker != SOLVABLE_PREREQMARKER)
        marker++;
    if (*marker)
        for (const Id *dep = marker + 1; *dep; dep++)
            if (!walk_dep(w, *dep, depth))
                return false;
    for (const Id *dep = list; dep < marker; dep++)
        if (!walk_dep(w, *dep, depth))
            return false;
    return true;
}

static void mark(struct walk *w, Id p)
{
    if (MAPTST(&w->marked, p))
        return;
    MAPSET(&w->marked, p);
    exclude(w, p, 1);
}

static bool walk_marked(struct walk *w, Id p, unsigned depth)
{
    const Solvable *s = w->v->pool->solvables + p;

    queue_push(&w->v->walked, p); /* walk_all drops it again if it isn't marked at the end */
    if (depth >= WALK_DEPTH_MAX)  /* taken on trust: a wish less for libsolv */
        return true;
    if (!walk_requires(w, s, depth + 1)) {
        MAPCLR(&w->marked, p);
        MAPSET(&w->failed, p);
        exclude(w, p, -1);
        return false;
    }
    if (w->v->request->recommends) /* one that can't be met fails nobody */
        for (const Id *dep = dep_list(s, s->recommends); *dep; dep++)
            walk_dep(w, *dep, depth + 1);
    return true;
}

static bool walk_package(struct walk *w, Id p, unsigned depth)
{
    if (MAPTST(&w->marked, p))
        return true;
    if (MAPTST(&w->failed, p) || conflicts_with_marked(w, p))
        return false;
    mark(w, p);
    return walk_marked(w, p, depth);
}

/* By name: what comes out doesn't depend on the order in which the recipe names its packages. */
static int compare_start(const void *a, const void *b, void *data)
{
    const struct solving *v = data;

    return strcmp(universe_name(v->u, *(const Id *)a), universe_name(v->u, *(const Id *)b));
}

void walk_all(struct solving *v)
{
    struct walk w = {.v = v};
    Queue start;

    map_init(&w.marked, v->pool->nsolvables);
    map_init(&w.failed, v->pool->nsolvables);
    w.excluded = xcalloc((size_t)v->pool->nsolvables, sizeof(*w.excluded));
    queue_init(&start);
    for (size_t i = 0; i < v->request->n_packages; i++)
        queue_push(&start, v->candidate[pool_str2id(v->pool, v->request->packages[i].name, 0)]);
    solv_sort(start.elements, (size_t)start.count, sizeof(Id), compare_start, v);
    /* All wanted ones first: none of them gives way to a dependency of another. */
    for (int i = 0; i < start.count; i++)
        mark(&w, start.elements[i]);
    for (int i = 0; i < start.count; i++)
        walk_marked(&w, start.elements[i], 0);
    int n = 0;
    for (int i = 0; i < v->walked.count; i++)
        if (MAPTST(&w.marked, v->walked.elements[i]))
            v->walked.elements[n++] = v->walked.elements[i];
    queue_truncate(&v->walked, n);
    queue_free(&start);
    map_free(&w.marked);
    map_free(&w.failed);
    free(w.excluded);
}
