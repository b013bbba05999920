/* SPDX-License-Identifier: Apache-2.0 */
#include "lock/solving.h"

#include "lock/check.h"
#include "lock/plan.h"
#include <limits.h>
#include <solv/transaction.h>

static void add_jobs(const struct solving *v, Queue *job)
{
    const struct solve_request *r = v->request;

    for (size_t i = 0; i < r->n_packages; i++)
        queue_push2(job, SOLVER_SOLVABLE_NAME | SOLVER_INSTALL,
                    pool_str2id(v->pool, r->packages[i].name, 0));
    for (int i = 0; i < v->walked.count; i++) {
        queue_push2(job, SOLVER_SOLVABLE | SOLVER_FAVOR, v->walked.elements[i]);
        queue_push2(job, SOLVER_SOLVABLE | SOLVER_INSTALL | SOLVER_WEAK, v->walked.elements[i]);
    }
}

/* Runs libsolv; chosen gets what it would install. 1: solved, 0: it can't be. */
static int run_solver(const struct solving *v, Map *chosen)
{
    Queue job, result;
    int problems;

    queue_init(&job);
    queue_init(&result);
    add_jobs(v, &job);
    Solver *solver = solver_create(v->pool);
    solver_set_flag(solver, SOLVER_FLAG_IGNORE_RECOMMENDED, !v->request->recommends);
    problems = solver_solve(solver, &job);
    if (problems == 0) {
        Transaction *t = solver_create_transaction(solver);
        transaction_installedresult(t, &result);
        for (int i = 0; i < result.count; i++)
            MAPSET(chosen, result.elements[i]);
        transaction_free(t);
    }
    solver_free(solver);
    queue_free(&result);
    queue_free(&job);
    return problems == 0;
}

/* Follows the dependencies of what is in the queue among the chosen, all alternatives that are
 * there. rank: given to what is reached and has none yet. */
static void reach(const struct solving *v, const Map *chosen, Queue *todo, unsigned rank,
                  unsigned *ranks)
{
    Pool *pool = v->pool;
    Id p, pp;

    for (int i = 0; i < todo->count; i++) {
        const Solvable *s = pool->solvables + todo->elements[i];
        const Offset lists[] = {s->requires, v->request->recommends ? s->recommends : 0};

        for (size_t k = 0; k < ARRAY_SIZE(lists); k++)
            for (const Id *dep = dep_list(s, lists[k]); *dep; dep++) {
                if (*dep == SOLVABLE_PREREQMARKER)
                    continue;
                FOR_PROVIDES(p, pp, *dep)
                {
                    if (!MAPTST(chosen, p) || ranks[p] != UINT_MAX)
                        continue;
                    ranks[p] = rank;
                    queue_push(todo, p);
                }
            }
    }
}

static Id chosen_of(const struct solving *v, const Map *chosen, const char *name)
{
    Pool *pool = v->pool;
    Id id = pool_str2id(pool, name, 0), p, pp;

    FOR_PROVIDES(p, pp, id)
    {
        if (pool->solvables[p].name == id && MAPTST(chosen, p))
            return p;
    }
    return 0;
}

/* The lowest rank of a wanted package that reaches it, UINT_MAX for what nothing reaches: a weak
 * job's package whose user lost against another one. */
static unsigned *ranks_of(const struct solving *v, const Map *chosen)
{
    const struct solve_request *r = v->request;
    unsigned *ranks = xcalloc((size_t)v->pool->nsolvables, sizeof(*ranks));
    unsigned rank = 0, next = 0;

    for (int p = 0; p < v->pool->nsolvables; p++)
        ranks[p] = UINT_MAX;
    while (next != UINT_MAX) {
        Queue todo;

        rank = next;
        next = UINT_MAX;
        queue_init(&todo);
        for (size_t i = 0; i < r->n_packages; i++) {
            Id p = chosen_of(v, chosen, r->packages[i].name);
            if (r->packages[i].rank > rank && r->packages[i].rank < next)
                next = r->packages[i].rank;
            if (r->packages[i].rank != rank || ranks[p] != UINT_MAX)
                continue;
            ranks[p] = rank;
            queue_push(&todo, p);
        }
        reach(v, chosen, &todo, rank, ranks);
        queue_free(&todo);
    }
    return ranks;
}

struct by_name {
    const char *name;
    Id p;
};

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct by_name *)a)->name, ((const struct by_name *)b)->name);
}

static int fill(const struct solving *v, const Map *chosen, unsigned budget, struct lock_arch *ret,
                struct err *err)
{
    CLEANUP(free_ptr) unsigned *ranks = ranks_of(v, chosen);
    CLEANUP(free_ptr) unsigned *plan_ranks = NULL;
    CLEANUP(free_ptr) struct by_name *order = NULL;
    size_t n = 0, cap = 0;

    for (Id p = 1; p < v->pool->nsolvables; p++) {
        if (!MAPTST(chosen, p) || ranks[p] == UINT_MAX)
            continue;
        GROW(order, n, cap);
        order[n++] = (struct by_name){universe_name(v->u, p), p};
    }
    if (n > 0)
        qsort(order, n, sizeof(*order), compare_names);
    ret->arch = xstrdup(v->u->arch);
    ret->packages = xcalloc(n, sizeof(*ret->packages));
    plan_ranks = xcalloc(n, sizeof(*plan_ranks));
    for (size_t i = 0; i < n; i++) {
        if (universe_package(v->u, order[i].p, &ret->packages[i], err) < 0)
            return err_ret(err);
        ret->n_packages++;
        plan_ranks[i] = ranks[order[i].p];
    }
    omit_used(v, chosen, &ret->omitted);
    plan_layers(ret, plan_ranks, budget);
    return 0;
}

static void say_missed(const struct session *s, const struct solving *v, const Map *chosen)
{
    CLEANUP(strv_release) struct strv lines = STRV_INIT;

    omit_wanted(v, chosen, &lines);
    strv_each (line, &lines)
        log_info(s->log, "%s: %s", v->u->arch, *line);
}

int solve(const struct session *s, struct universe *u, const struct solve_request *request,
          unsigned budget, struct lock_arch *ret, struct err *err)
{
    CLEANUP(solving_release) struct solving v;
    Map chosen;
    int r;

    *ret = (struct lock_arch){0};
    universe_ready(u);
    solving_init(&v, u, request);
    if (session_check(s, err) < 0 || candidates_find(&v, err) < 0)
        return err_ret(err);
    omit_strip(&v);
    walk_all(&v);
    map_init(&chosen, u->pool->nsolvables);
    if (run_solver(&v, &chosen)) {
        fallout_find(&v, &chosen, &ret->fallout);
        provided_find(&v, &chosen, &ret->provided);
        say_missed(s, &v, &chosen);
        r = fill(&v, &chosen, budget, ret, err);
    } else {
        r = explain(&v, err);
    }
    map_free(&chosen);
    if (r < 0)
        lock_arch_release(ret);
    return r;
}
