/* SPDX-License-Identifier: Apache-2.0 */
#include "base/pool.h"
#include <assert.h>
#include <pthread.h>
#include <signal.h>

struct task {
    task_fn fn;
    void *arg;
    size_t index; /* in order of submission */
};

struct group {
    struct pool *pool;
    struct group *older, *newer; /* of the open groups */
    struct task *tasks;          /* the queue is tasks[head..n) */
    size_t head, n, cap;
    size_t submitted, done;
    struct err err; /* of the failed task with the lowest index */
    size_t err_index;
};

struct pool {
    pthread_mutex_t lock; /* guards all below, and all of the groups */
    pthread_cond_t changed;
    struct group *newest;
    bool stop;
    unsigned n;
    pthread_t threads[];
};

static struct task take(struct group *g)
{
    struct task t = g->tasks[g->head++];
    if (g->head == g->n)
        g->head = g->n = 0;
    return t;
}

/* Called and returns with the lock held; runs the task without. */
static void run(struct group *g)
{
    struct task t = take(g);
    pthread_mutex_unlock(&g->pool->lock);
    struct err err = ERR_INIT;
    int result = t.fn(t.arg, &err);
    assert((result < 0) == (err.code != ERR_NONE));
    pthread_mutex_lock(&g->pool->lock);

    if (result < 0 && (!g->err.code || t.index < g->err_index)) {
        err_clear(&g->err);
        err_move(&g->err, &err);
        g->err_index = t.index;
    }
    err_release(&err);
    if (++g->done == g->submitted)
        pthread_cond_broadcast(&g->pool->changed);
}

/* The newest group with a queued task, of those opened after `than` (NULL for all): what was
 * opened last is the inner work that somebody waits for. */
static struct group *find_work(struct pool *pool, const struct group *than)
{
    for (struct group *g = pool->newest; g != than; g = g->older)
        if (g->head < g->n)
            return g;
    return NULL;
}

static void *work(void *arg)
{
    struct pool *pool = arg;
    pthread_mutex_lock(&pool->lock);
    for (;;) {
        struct group *g = find_work(pool, NULL);
        if (g)
            run(g);
        else if (pool->stop)
            break;
        else
            pthread_cond_wait(&pool->changed, &pool->lock);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

struct pool *pool_new(unsigned threads)
{
    struct pool *pool = xcalloc(1, sizeof(*pool) + threads * sizeof(pool->threads[0]));
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->changed, NULL);

    sigset_t block, before;
    sigfillset(&block);
    pthread_sigmask(SIG_BLOCK, &block, &before);
    while (pool->n < threads && pthread_create(&pool->threads[pool->n], NULL, work, pool) == 0)
        pool->n++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return pool;
}

void pool_end(struct pool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->lock);
    assert(!pool->newest);
    pool->stop = true;
    pthread_cond_broadcast(&pool->changed);
    pthread_mutex_unlock(&pool->lock);
    for (unsigned i = 0; i < pool->n; i++)
        pthread_join(pool->threads[i], NULL);
    pthread_cond_destroy(&pool->changed);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

unsigned pool_threads(const struct pool *pool)
{
    return pool->n + 1;
}

struct group *pool_group(struct pool *pool)
{
    struct group *g = xcalloc(1, sizeof(*g));
    g->pool = pool;
    pthread_mutex_lock(&pool->lock);
    g->older = pool->newest;
    if (g->older)
        g->older->newer = g;
    pool->newest = g;
    pthread_mutex_unlock(&pool->lock);
    return g;
}

void group_add(struct group *g, task_fn fn, void *arg)
{
    pthread_mutex_lock(&g->pool->lock);
    GROW(g->tasks, g->n, g->cap);
    g->tasks[g->n++] = (struct task){fn, arg, g->submitted++};
    pthread_cond_broadcast(&g->pool->changed);
    pthread_mutex_unlock(&g->pool->lock);
}

bool group_help(struct group *g)
{
    pthread_mutex_lock(&g->pool->lock);
    bool any = g->head < g->n;
    if (any)
        run(g);
    pthread_mutex_unlock(&g->pool->lock);
    return any;
}

int group_wait(struct group *g, struct err *err)
{
    struct pool *pool = g->pool;
    pthread_mutex_lock(&pool->lock);
    while (g->done < g->submitted) {
        struct group *next = g->head < g->n ? g : find_work(pool, g);
        if (next)
            run(next);
        else
            pthread_cond_wait(&pool->changed, &pool->lock);
    }
    if (g->newer)
        g->newer->older = g->older;
    else
        pool->newest = g->older;
    if (g->older)
        g->older->newer = g->newer;
    pthread_mutex_unlock(&pool->lock);

    int result = g->err.code ? err_move(err, &g->err) : 0;
    free(g->tasks);
    free(g);
    return result;
}
