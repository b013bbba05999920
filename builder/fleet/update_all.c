/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The recipes of a run, some of them at the same time: most of what an update takes, where little
 * has changed, is waiting for the registry. Archives are read, and packages unpacked, by one recipe
 * at a time, on all threads.
 */
#include "fleet/update_private.h"

#define AT_ONCE 4 /* recipes; each has some transfers at the same time */

struct run {
    struct updater *updater;
    struct update_image *images;
    bool *done;
    size_t n;
    update_told told;
    void *user;
    pthread_mutex_t lock; /* over what follows, and while `told` is called */
    size_t next;          /* the first that wasn't told of */
    bool over;            /* none is begun any more */
};

struct one {
    struct run *run;
    struct work work;
    size_t index;
};

/* run->lock is held. */
static int tell_next(struct run *r, struct err *err)
{
    return r->told(r->user, &r->images[r->next++], err);
}

static int finish(struct run *r, size_t index, int result, struct err *err)
{
    pthread_mutex_lock(&r->lock);
    r->done[index] = result == 0;
    while (result == 0 && !r->over && r->next < r->n && r->done[r->next])
        result = tell_next(r, err);
    r->over = r->over || result < 0;
    pthread_mutex_unlock(&r->lock);
    return result;
}

static bool is_over(struct run *r)
{
    pthread_mutex_lock(&r->lock);
    bool over = r->over;
    pthread_mutex_unlock(&r->lock);
    return over;
}

static int run_one(void *arg, struct err *err)
{
    struct one *o = arg;

    if (is_over(o->run)) {
        work_release(&o->work);
        update_image_release(&o->run->images[o->index]);
        return 0;
    }
    return finish(o->run, o->index, update_image(&o->work, err), err);
}

/* Of a run that was asked to stop: those that others, before them, kept from being told of. */
static void tell_rest(struct run *r)
{
    for (; r->next < r->n; r->next++) {
        CLEANUP(err_release) struct err ignored = ERR_INIT;
        if (r->done[r->next])
            (void)!r->told(r->user, &r->images[r->next], &ignored);
    }
}

static int run_all(struct run *r, struct one *ones, struct err *err)
{
    bool alone = pool_threads(r->updater->ctx->session->pool) == 1; /* --jobs 1 */
    unsigned threads = alone ? 1 : r->n < AT_ONCE ? (unsigned)r->n : AT_ONCE;
    struct pool *pool = pool_new(threads - 1);
    struct group *g = pool_group(pool);

    for (size_t i = 0; i < r->n; i++)
        group_add(g, run_one, &ones[i]);
    int result = group_wait(g, err);
    pool_end(pool);
    return result;
}

int update_all(struct updater *u, const struct strv *recipes, struct update_image *images,
               update_told told, void *user, struct err *err)
{
    CLEANUP(free_ptr) struct one *ones = xcalloc(recipes->n + 1, sizeof(*ones));
    CLEANUP(free_ptr) bool *done = xcalloc(recipes->n + 1, sizeof(*done));
    struct run run = {
        .updater = u,
        .images = images,
        .done = done,
        .n = recipes->n,
        .told = told,
        .user = user,
        .lock = PTHREAD_MUTEX_INITIALIZER,
    };

    for (size_t i = 0; i < recipes->n; i++) {
        ones[i].run = &run;
        ones[i].index = i;
        update_begin(u, recipes->v[i], &images[i], &ones[i].work);
    }
    int result = run_all(&run, ones, err);
    if (result < 0)
        tell_rest(&run);
    pthread_mutex_destroy(&run.lock);
    return result;
}
