/* SPDX-License-Identifier: Apache-2.0 */
#include "lock/plan.h"

/* A layer to be: members in the order of rank and name. */
struct part {
    size_t *members;
    size_t n;
    uint64_t size;
    unsigned rank; /* of the first member */
};

struct plan {
    const struct lock_arch *arch;
    const unsigned *rank;
    struct part *parts;
    size_t n;
};

struct place {
    size_t index;
    unsigned rank;
};

static int compare_places(const void *a, const void *b)
{
    const struct place *x = a, *y = b;

    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

static void plan_start(struct plan *plan, const struct lock_arch *a, const unsigned *rank)
{
    CLEANUP(free_ptr) struct place *order = xcalloc(a->n_packages, sizeof(*order));

    *plan = (struct plan){.arch = a, .rank = rank, .n = a->n_packages};
    plan->parts = xcalloc(a->n_packages, sizeof(*plan->parts));
    for (size_t i = 0; i < a->n_packages; i++)
        order[i] = (struct place){i, rank[i]};
    qsort(order, a->n_packages, sizeof(*order), compare_places);
    for (size_t i = 0; i < a->n_packages; i++) {
        struct part *p = &plan->parts[i];
        p->members = xmalloc(sizeof(*p->members));
        p->members[0] = order[i].index;
        p->n = 1;
        p->size = a->packages[order[i].index].size;
        p->rank = order[i].rank;
    }
}

/* Puts part j behind part i < j. */
static void join(struct plan *plan, size_t i, size_t j)
{
    struct part *a = &plan->parts[i], *b = &plan->parts[j];

    a->members = xrealloc(a->members, a->n + b->n, sizeof(*a->members));
    memcpy(a->members + a->n, b->members, b->n * sizeof(*b->members));
    a->n += b->n;
    a->size += b->size;
    free(b->members);
    plan->n--;
    memmove(b, b + 1, (plan->n - j) * sizeof(*b));
}

static const struct lock_package *first_of(const struct plan *plan, size_t i)
{
    return &plan->arch->packages[plan->parts[i].members[0]];
}

static bool same_source(const struct plan *plan, size_t i, size_t j)
{
    return plan->parts[i].rank == plan->parts[j].rank &&
           lock_same_source(first_of(plan, i), first_of(plan, j));
}

/* The source with the smallest sum that still lies in several layers: the index of its first one,
 * or plan->n if there is none. */
static size_t smallest_source(const struct plan *plan)
{
    size_t best = plan->n;
    uint64_t best_size = 0;

    for (size_t i = 0; i < plan->n; i++) {
        uint64_t size = plan->parts[i].size;
        bool first = true, several = false;

        for (size_t j = 0; j < i && first; j++)
            first = !same_source(plan, i, j);
        for (size_t j = i + 1; j < plan->n && first; j++) {
            if (!same_source(plan, i, j))
                continue;
            several = true;
            size += plan->parts[j].size;
        }
        if (!first || !several || size > PLAN_GROUP_MAX)
            continue;
        if (best == plan->n || size < best_size) {
            best = i;
            best_size = size;
        }
    }
    return best;
}

static void join_sources(struct plan *plan, size_t limit)
{
    while (plan->n > limit) {
        size_t i = smallest_source(plan);
        if (i == plan->n)
            return;
        for (size_t j = i + 1; j < plan->n;) {
            if (same_source(plan, i, j))
                join(plan, i, j);
            else
                j++;
        }
    }
}

/* Joins the two neighbours with the smallest sum, until the limit is kept. */
static void join_neighbours(struct plan *plan, size_t limit, bool across_ranks, uint64_t max)
{
    while (plan->n > limit) {
        size_t best = plan->n;
        uint64_t best_size = 0;

        for (size_t i = 0; i + 1 < plan->n; i++) {
            uint64_t size = plan->parts[i].size + plan->parts[i + 1].size;
            if (!across_ranks && plan->parts[i].rank != plan->parts[i + 1].rank)
                continue;
            if (size > max || (best != plan->n && size >= best_size))
                continue;
            best = i;
            best_size = size;
        }
        if (best == plan->n)
            return;
        join(plan, best, best + 1);
    }
}

size_t plan_limit(unsigned budget)
{
    return budget > 2 ? budget - 1 : 1;
}

void plan_layers(struct lock_arch *a, const unsigned *rank, unsigned budget)
{
    size_t limit = plan_limit(budget);
    struct plan plan;

    if (a->n_packages == 0)
        return;
    plan_start(&plan, a, rank);
    join_sources(&plan, limit);
    join_neighbours(&plan, limit, false, PLAN_GROUP_MAX);
    join_neighbours(&plan, limit, true, PLAN_GROUP_MAX);
    join_neighbours(&plan, limit, false, UINT64_MAX);
    join_neighbours(&plan, limit, true, UINT64_MAX);
    a->layers = xcalloc(plan.n, sizeof(*a->layers));
    a->n_layers = plan.n;
    for (size_t i = 0; i < plan.n; i++)
        a->layers[i] = (struct lock_layer){plan.parts[i].members, plan.parts[i].n};
    free(plan.parts);
}
