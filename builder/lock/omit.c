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

/* Depended on for maintainer scripts, so that nobody misses them when an image runs. */
static bool is_for_scripts(const char *name)
{
    static const char *const names[] = {
        "adduser",
        "base-passwd",
        "cdebconf",
        "debconf",
        "dpkg",
        "install-info",
        "openssl",
        "init-system-helpers",
        "libpam-runtime",
        "passwd",
        "sensible-utils",
        "sysvinit-utils",
        "ucf",
        "update-inetd",
    };

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

/* What one wanted package does without. */
static void add_missed(const struct solving *v, const Map *chosen, int pair,
                       const struct recipe_package *want, struct strv *ret)
{
    Id p = v->stripped.elements[pair];
    Queue alternatives;

    queue_init(&alternatives);
    for (const Id *dep = dep_list(v->pool->solvables + p, (Offset)v->stripped.elements[pair + 1]);
         *dep; dep++) {
        if (*dep == SOLVABLE_PREREQMARKER || met_by_chosen(v, *dep, chosen))
            continue;
        Id name = omitted_for_any(v, *dep, &alternatives);
        const char *text = name ? pool_id2str(v->pool, name) : NULL;
        for (size_t i = 0; text && !is_for_scripts(text) && i < v->request->omit->n; i++) {
            const struct recipe_item *omit = &v->request->omit->v[i];
            if (strcmp(omit->text, text) != 0)
                continue;
            strv_addf(ret,
                      "%s:%u: %s depends on %s, which %s:%u omits: add \"%s\" to packages, if it "
                      "is needed at run time",
                      want->at.file, want->at.line, want->name, text, omit->at.file, omit->at.line,
                      text);
            break;
        }
    }
    queue_free(&alternatives);
}

void omit_wanted(const struct solving *v, const Map *chosen, struct strv *ret)
{
    const struct solve_request *r = v->request;

    for (int i = 0; r->file && i < v->stripped.count; i += 2) {
        Id p = v->stripped.elements[i];
        for (size_t k = 0; MAPTST(chosen, p) && k < r->n_packages; k++) {
            const struct recipe_package *want = &r->packages[k];
            if (strcmp(want->at.file, r->file) != 0 ||
                strcmp(want->name, universe_name(v->u, p)) != 0)
                continue;
            add_missed(v, chosen, i, want, ret);
            break;
        }
    }
    strv_sort(ret);
    strv_uniq(ret);
}
