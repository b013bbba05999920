/* SPDX-License-Identifier: Apache-2.0 */
#include "lock/solving.h"

/* The chosen package of a third party that conflicts with p; 0 if there is none. */
static Id excluded_by(const struct solving *v, const Map *chosen, Id p)
{
    Pool *pool = v->pool;
    Id t, q, pp;

    for (t = 2; t < pool->nsolvables; t++) {
        const Solvable *s = pool->solvables + t;
        if (!MAPTST(chosen, t) || universe_file_of(v->u, t)->debian)
            continue;
        for (const Id *dep = dep_list(s, s->conflicts); *dep; dep++)
            FOR_PROVIDES(q, pp, *dep)
        if (q == p)
            return t;
    }
    return 0;
}

/* The first alternative's package of Debian's that could have been taken; 0 if one was. */
static Id missed(const struct solving *v, const Map *chosen, Id dep)
{
    Pool *pool = v->pool;
    Id ret = 0, q, pp;

    FOR_PROVIDES(q, pp, dep)
    {
        if (MAPTST(chosen, q))
            return 0;
        if (MAPTST(&v->considered, q) && universe_file_of(v->u, q)->debian && !ret)
            ret = q;
    }
    return ret;
}

static void look_at(const struct solving *v, const Map *chosen, Id p, Id dep, Queue *alternatives,
                    struct strv *ret)
{
    dep_alternatives(v->pool, dep, alternatives);
    Id first = alternatives->count > 1 ? missed(v, chosen, alternatives->elements[0]) : 0;
    Id by = first ? excluded_by(v, chosen, first) : 0;
    CLEANUP(buf_release) struct buf line = BUF_INIT(4096);

    if (!by)
        return;
    package_text(v, p, &line);
    buf_addstr(&line, " depends on ");
    dep_text(v->pool, dep, &line);
    buf_addstr(&line, ", and the first of them falls out: ");
    package_text(v, by, &line);
    buf_addf(&line, " of source %s conflicts with ", universe_file_of(v->u, by)->origin);
    package_text(v, first, &line);
    strv_add(ret, buf_str(&line));
}

static bool has_third_party(const struct universe *u)
{
    for (size_t i = 0; i < u->n_files; i++)
        if (!u->files[i].debian)
            return true;
    return false;
}

void fallout_find(const struct solving *v, const Map *chosen, struct strv *ret)
{
    bool third = has_third_party(v->u);
    Queue alternatives;

    queue_init(&alternatives);
    for (Id p = 2; third && p < v->pool->nsolvables; p++) {
        const Solvable *s = v->pool->solvables + p;
        if (!MAPTST(chosen, p) || !universe_file_of(v->u, p)->debian)
            continue;
        for (const Id *dep = dep_list(s, s->requires); *dep; dep++)
            if (*dep != SOLVABLE_PREREQMARKER)
                look_at(v, chosen, p, *dep, &alternatives, ret);
    }
    queue_free(&alternatives);
}

/* The third party's package that alone meets it, under another name than its own; else 0. */
static Id provider_of(const struct solving *v, const Map *chosen, Id dep, Queue *alternatives)
{
    Pool *pool = v->pool;
    Id ret = 0, q, pp;

    dep_alternatives(pool, dep, alternatives);
    for (int i = 0; i < alternatives->count; i++) {
        Id name = dep_name(pool, alternatives->elements[i]);
        FOR_PROVIDES(q, pp, alternatives->elements[i])
        {
            if (!MAPTST(chosen, q))
                continue;
            if (universe_file_of(v->u, q)->debian || pool->solvables[q].name == name)
                return 0;
            ret = q;
        }
    }
    return ret;
}

void provided_find(const struct solving *v, const Map *chosen, struct strv *ret)
{
    bool third = has_third_party(v->u);
    Queue alternatives;

    queue_init(&alternatives);
    for (Id p = 2; third && p < v->pool->nsolvables; p++) {
        const Solvable *s = v->pool->solvables + p;
        for (const Id *dep = dep_list(s, s->requires); MAPTST(chosen, p) && *dep; dep++) {
            CLEANUP(buf_release) struct buf line = BUF_INIT(4096);
            Id by = *dep == SOLVABLE_PREREQMARKER ? 0 : provider_of(v, chosen, *dep, &alternatives);
            if (!by || by == p)
                continue;
            package_text(v, by, &line);
            buf_addf(&line, " of source %s provides what ", universe_file_of(v->u, by)->origin);
            package_text(v, p, &line);
            buf_addstr(&line, " depends on: ");
            dep_text(v->pool, *dep, &line);
            strv_add(ret, buf_str(&line));
        }
    }
    queue_free(&alternatives);
}
