/* SPDX-License-Identifier: Apache-2.0 */
#include "prepare.h"
#include "rootfs/content.h"

#include "lock/places.h"
#include "lock/suitenames.h"
#include "oci/image.h"

struct prepare_job {
    const struct lock_package *locked;
    struct strv lost; /* sorted paths that other packages take over */
    struct package_policy policy;
    struct unpack_request request;
    struct package *package;
    bool made;
    const struct context *ctx; /* for the task */
    struct group *group;
    struct progress *progress;
};

/* What all of a run's jobs share. */
struct run {
    const struct context *ctx;
    const struct prepare_request *request;
    struct preparation *ret;
    struct sha256 fixes, tables; /* what keys of packages follow from */
    struct places places;
};

static void job_free(struct prepare_job *j)
{
    package_free(j->package);
    strv_release(&j->lost);
    free(j);
}

static int job_load(void *arg, struct err *err)
{
    struct prepare_job *j = arg;

    return package_load(j->ctx->cache, &j->request, &j->package, err);
}

static int job_make(void *arg, struct err *err)
{
    struct prepare_job *j = arg;

    int r = package_get(j->ctx, &j->request, &j->package, &j->made, err);
    progress_add(j->progress, 1);
    return r;
}

static struct prepare_job *job_find(const struct run *run, const struct lock_package *p,
                                    const struct sha256 *policy)
{
    for (size_t i = 0; i < run->ret->n_jobs; i++) {
        struct prepare_job *j = run->ret->jobs[i];
        if (sha256_eq(&j->locked->sha256, &p->sha256) &&
            sha256_eq(&j->request.policy.digest, policy))
            return j;
    }
    return NULL;
}

/* The job for a package that loses these paths (taken over): a new one, or an equal one. */
static struct prepare_job *job_add(const struct run *run, const struct lock_arch *lock,
                                   const struct lock_package *p, struct strv *lost)
{
    struct preparation *ret = run->ret;
    struct prepare_job *j = xcalloc(1, sizeof(*j));

    j->locked = p;
    j->lost = *lost;
    *lost = (struct strv)STRV_INIT;
    strv_sort(&j->lost);
    strv_uniq(&j->lost);
    j->policy = (struct package_policy){
        .fixes = run->fixes,
        .recipe = run->request->recipe,
        .part = suitenames_part(run->request->recipe, lock, p->name),
        .lost = j->lost.n ? &j->lost : NULL,
    };
    j->request = (struct unpack_request){
        .package = p,
        .policy = package_policy(&j->policy, p->name),
        .compressor = run->request->compressor,
        .tables = run->tables,
    };
    j->ctx = run->ctx;

    struct prepare_job *same = job_find(run, p, &j->request.policy.digest);
    if (same) {
        job_free(j);
        return same;
    }
    GROW(ret->jobs, ret->n_jobs, ret->cap_jobs);
    ret->jobs[ret->n_jobs++] = j;
    return j;
}

static int fetched(struct fetch *f, struct err *err)
{
    struct prepare_job *j = f->user;

    (void)err;
    group_add(j->group, job_make, j);
    return 0;
}

static int fetch_debs(struct run *run, struct fetch *files, size_t n, struct err *err)
{
    uint64_t bytes = 0;

    if (http_fetch(run->ctx, files, n, fetched, &bytes, err) < 0) {
        if (err->code == ERR_NOT_FOUND) {
            err_hint(err, "the archive drops packages that a newer version replaced; either");
            err_hint(err, "  move to today's archive: mkimage lock --update %s",
                     run->request->recipe->path);
            err_hint(err, "  or name a dated archive in the recipe's source section: archive = "
                          "{\"https://HOST/archive/debian/{date}\"}");
        }
        return err_ret(err);
    }
    run->ret->fetched += bytes;
    return 0;
}

static int jobs_load(struct run *run, size_t first, struct err *err)
{
    struct group *g = pool_group(run->ctx->session->pool);

    for (size_t i = first; i < run->ret->n_jobs; i++)
        group_add(g, job_load, run->ret->jobs[i]);
    return group_wait(g, err);
}

static int by_size(const void *a, const void *b)
{
    const struct prepare_job *x = *(struct prepare_job *const *)a;
    const struct prepare_job *y = *(struct prepare_job *const *)b;

    if (x->locked->size != y->locked->size)
        return x->locked->size > y->locked->size ? -1 : 1;
    return memcmp(&x->locked->sha256, &y->locked->sha256, sizeof(x->locked->sha256));
}

/* Of the jobs that the cache had nothing for: fills files with what must be fetched, and hands the
 * rest to the pool at once. The largest come first, so that none is left alone at the end. */
static int jobs_sort(struct run *run, size_t first, struct group *g, struct progress *progress,
                     struct fetch *files, size_t *ret_n, struct err *err)
{
    size_t n = run->ret->n_jobs - first;
    uint64_t wanted = 0;

    CLEANUP(free_ptr) struct prepare_job **jobs = xcalloc(n + 1, sizeof(struct prepare_job *));
    memcpy(jobs, run->ret->jobs + first, n * sizeof(struct prepare_job *));
    qsort(jobs, n, sizeof(struct prepare_job *), by_size);
    for (size_t i = 0; i < n; i++) {
        struct prepare_job *j = jobs[i];
        j->group = g;
        if (j->package)
            continue;
        j->progress = progress;
        progress_total(progress, ++wanted);
        if (cache_has_blob(run->ctx->cache, &j->locked->sha256, j->locked->size)) {
            group_add(g, job_make, j);
            continue;
        }
        struct fetch *f = &files[(*ret_n)++];
        *f = (struct fetch){.sha256 = j->locked->sha256, .size = j->locked->size, .user = j};
        f->name = j->locked->name;
        if (places_urls(&run->places, j->locked, &f->urls, err) < 0)
            return err_ret(err);
    }
    return 0;
}

/* Runs the jobs from `first` on to their end. */
static int jobs_run(struct run *run, size_t first, struct err *err)
{
    size_t n_jobs = run->ret->n_jobs, n_files = 0;
    if (jobs_load(run, first, err) < 0)
        return err_ret(err);
    struct fetch *files = xcalloc(n_jobs - first + 1, sizeof(*files));
    struct group *g = pool_group(run->ctx->session->pool);
    struct progress *progress = progress_start(run->ctx->session->log, "unpacking", 0, false);
    CLEANUP(err_release) struct err fetch_err = ERR_INIT;
    CLEANUP(err_release) struct err task_err = ERR_INIT;

    int r = jobs_sort(run, first, g, progress, files, &n_files, &fetch_err);
    if (r == 0 && n_files)
        r = fetch_debs(run, files, n_files, &fetch_err);
    int waited = group_wait(g, &task_err);
    progress_end(progress);
    for (size_t i = 0; i < n_files; i++)
        strv_release(&files[i].urls);
    free(files);
    if (r < 0)
        return err_move(err, &fetch_err);
    if (waited < 0)
        return err_move(err, &task_err);
    for (size_t i = first; i < n_jobs; i++)
        run->ret->made += run->ret->jobs[i]->made;
    return 0;
}

static void take_packages(struct prepared_arch *a, struct prepare_job *const *jobs)
{
    for (size_t i = 0; i < a->lock->n_packages; i++)
        a->packages[i] = jobs[i]->package;
}

/* The packages of one architecture in the order of layers, for what depends on who comes first. */
static size_t in_layer_order(const struct prepared_arch *a, size_t *ret)
{
    size_t n = 0;

    for (size_t i = 0; i < a->lock->n_layers; i++)
        for (size_t k = 0; k < a->lock->layers[i].n; k++)
            ret[n++] = a->lock->layers[i].packages[k];
    return n;
}

static struct delivery delivered_by(const struct recipe *recipe, const struct lock_package *p)
{
    const struct recipe_source *s = recipe_source_of(recipe, p->origin);

    return (struct delivery){p->origin, s ? &s->replaces : NULL};
}

/* Finds what packages lose to others, and makes the variants of those that do. */
static int settle_conflicts(struct run *run, struct prepared_arch *a, struct prepare_job **jobs,
                            struct err *err)
{
    size_t n = a->lock->n_packages, first = run->ret->n_jobs;
    CLEANUP(free_ptr) size_t *order = xcalloc(n + 1, sizeof(*order));
    CLEANUP(free_ptr) struct package **packages = xcalloc(n + 1, sizeof(struct package *));
    CLEANUP(free_ptr) struct strv *lost = xcalloc(n + 1, sizeof(*lost));
    CLEANUP(free_ptr) struct delivery *from = xcalloc(n + 1, sizeof(*from));

    n = in_layer_order(a, order);
    for (size_t i = 0; i < n; i++) {
        packages[i] = a->packages[order[i]];
        from[i] = delivered_by(run->request->recipe, &a->lock->packages[order[i]]);
    }
    int r = diversions_find(packages, n, &a->diversions, err);
    if (r == 0)
        r = diversions_apply(&a->diversions, packages, from, n, lost, err);
    if (r == 0)
        r = tree_conflicts(packages, from, n, lost, err);
    for (size_t i = 0; i < n; i++) {
        if (r == 0 && lost[i].n)
            jobs[order[i]] = job_add(run, a->lock, &a->lock->packages[order[i]], &lost[i]);
        strv_release(&lost[i]);
    }
    if (r < 0 || (run->ret->n_jobs > first && jobs_run(run, first, err) < 0))
        return err_ret(err);
    take_packages(a, jobs);
    return 0;
}

static int prepare_all(struct run *run, struct err *err)
{
    struct preparation *ret = run->ret;
    size_t total = 0, at = 0;

    for (size_t i = 0; i < ret->n_arches; i++)
        total += ret->arches[i].lock->n_packages;
    CLEANUP(free_ptr)
    struct prepare_job **jobs = xcalloc(total + 1, sizeof(struct prepare_job *));
    for (size_t i = 0; i < ret->n_arches; i++)
        for (size_t k = 0; k < ret->arches[i].lock->n_packages; k++)
            jobs[at++] = job_add(run, ret->arches[i].lock, &ret->arches[i].lock->packages[k],
                                 &(struct strv)STRV_INIT);
    if (jobs_run(run, 0, err) < 0)
        return err_ret(err);
    at = 0;
    for (size_t i = 0; i < ret->n_arches; i++) {
        struct prepared_arch *a = &ret->arches[i];
        take_packages(a, jobs + at);
        if (settle_conflicts(run, a, jobs + at, err) < 0)
            return err_wrap(err, "%s", a->lock->arch);
        at += a->lock->n_packages;
    }
    return 0;
}

int prepare(const struct context *ctx, const struct prepare_request *request,
            struct preparation *ret, struct err *err)
{
    struct run run = {.ctx = ctx,
                      .request = request,
                      .ret = ret,
                      .fixes = policy_fixes_digest(),
                      .tables = content_tables_digest()};

    *ret = (struct preparation){.n_arches = request->n_arches};
    ret->arches = xcalloc(request->n_arches + 1, sizeof(*ret->arches));
    for (size_t i = 0; i < request->n_arches; i++) {
        ret->arches[i].lock = request->arches[i];
        ret->arches[i].packages = xcalloc(request->arches[i]->n_packages + 1,
                                          sizeof(struct package *));
    }
    places_init(&run.places, ctx->session, request->recipe, request->lock, request->mirrors);
    int r = prepare_all(&run, err);
    places_release(&run.places);
    if (r < 0)
        preparation_release(ret);
    return r;
}

void preparation_release(struct preparation *p)
{
    for (size_t i = 0; i < p->n_arches; i++) {
        free(p->arches[i].packages);
        diversions_release(&p->arches[i].diversions);
    }
    free(p->arches);
    for (size_t i = 0; i < p->n_jobs; i++)
        job_free(p->jobs[i]);
    free(p->jobs);
    *p = (struct preparation){0};
}
