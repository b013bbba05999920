/* SPDX-License-Identifier: Apache-2.0 */
#include "lock/resolve.h"

#include "base/path.h"
#include "lock/memo.h"
#include "lock/plan.h"
#include "lock/solve.h"
#include "lock/suitenames.h"

void resolved_release(struct resolved *r)
{
    lock_free(r->lock);
    lock_free(r->old);
    *r = (struct resolved){0};
}

/* One run of resolve(). */
struct run {
    const struct context *ctx;
    const struct recipe *recipe;
    const struct resolve_options *options;
    const char *path;
    struct strv arches; /* that the lock will hold, sorted */
    const struct lock *old;
    struct archives *archives;
    struct archive_view view;
    struct lock *lock;
};

static const char *compressor_name(const struct recipe *r)
{
    return r->compression == COMPRESSION_GZIP ? "gzip" : "zstd";
}

/* ---- does the lock fit? --------------------------------------------------------------------- */

static bool same_wishes(const struct lock *l, const struct recipe *recipe)
{
    CLEANUP(strv_release) struct strv arches = STRV_INIT;

    for (size_t i = 0; i < l->n_arches; i++)
        strv_add(&arches, l->arches[i].arch);
    const struct sha256 digest = recipe_solver_digest(recipe, &arches);
    return sha256_eq(&digest, &l->recipe);
}

static bool holds_all(const struct lock *l, const struct strv *arches)
{
    strv_each (arch, arches)
        if (!lock_find_arch(l, *arch))
            return false;
    return true;
}

/* Whether its layers keep to the recipe's budget, which may have been lowered since. */
static bool keeps_budget(const struct lock *l, const struct recipe *r)
{
    for (size_t i = 0; i < l->n_arches; i++)
        if (l->arches[i].n_layers > plan_limit(r->layers))
            return false;
    return true;
}

/* What of the recipe the lock visibly lacks, as hints: the digest alone can't tell. */
static void hint_differences(const struct lock *l, const struct recipe *r, struct err *err)
{
    for (size_t a = 0; a < l->n_arches; a++) {
        const struct lock_arch *arch = &l->arches[a];
        for (size_t i = 0; i < r->n_packages; i++)
            if (!suitenames_find(arch, r->packages[i].name))
                err_hint(err, "%s:%u wants %s, which isn't locked for %s", r->packages[i].at.file,
                         r->packages[i].at.line, r->packages[i].name, arch->arch);
        for (size_t i = 0; i < r->forbid.n; i++)
            if (lock_find(arch, r->forbid.v[i].text))
                err_hint(err, "%s:%u forbids %s, which is locked for %s", r->forbid.v[i].at.file,
                         r->forbid.v[i].at.line, r->forbid.v[i].text, arch->arch);
    }
}

static int refuse_stale(const struct run *run, bool wishes, struct err *err)
{
    CLEANUP(strv_release) struct strv missing = STRV_INIT;

    strv_each (arch, &run->arches)
        if (!lock_find_arch(run->old, *arch))
            strv_add(&missing, *arch);
    CLEANUP(free_ptr) char *text = strv_join(&missing, ", ");
    if (!wishes) {
        err_set(err,
                "--locked: %s is stale: what the recipe says of packages, sources or "
                "architectures has changed since it was written",
                run->path);
        hint_differences(run->old, run->recipe, err);
    } else {
        err_set(err, "--locked: %s holds no packages for %s", run->path, text);
    }
    return err_hint(err, "run mkimage lock %s, and commit what it writes", run->recipe->path);
}

static int refuse_compressor(const struct run *run, struct err *err)
{
    const struct lock *l = run->old;
    const struct recipe *r = run->recipe;

    if (strcmp(l->compressor, compressor_name(r)) != 0 || l->level != r->level)
        err_set(err, "--locked: %s is for %s of level %d, the recipe says %s of level %d",
                run->path, l->compressor, l->level, compressor_name(r), r->level);
    else if (strcmp(l->compressor_version, run->options->compressor_version) != 0)
        err_set(err, "--locked: %s is for %s %s, this program builds with %s: other digests",
                run->path, l->compressor, l->compressor_version, run->options->compressor_version);
    else
        return 0;
    return err_hint(err, "run mkimage lock --update %s, and commit what it writes", r->path);
}

static int refuse_budget(const struct run *run, struct err *err)
{
    err_set(err, "--locked: %s has more layers than the recipe allows: layers = %u", run->path,
            run->recipe->layers);
    return err_hint(err, "run mkimage lock %s, and commit what it writes", run->recipe->path);
}

static int refuse_origins(const struct run *run, struct err *why, struct err *err)
{
    (void)err_move(err, why);
    err_wrap(err, "--locked: %s", run->path);
    return err_hint(err, "run mkimage lock %s, and commit what it writes", run->recipe->path);
}

static int refuse_missing(const struct run *run, struct err *err)
{
    err_set(err, "--locked: there is no %s", run->path);
    return err_hint(err, "run mkimage lock %s, and commit what it writes", run->recipe->path);
}

/* ---- a lock that goes on ----------------------------------------------------------------------
 */

static char *copy(const char *s)
{
    return s ? xstrdup(s) : NULL;
}

/* The old lock as the new one; what the recipe says of the compressor is adopted, the version
 * that the lock was made with stays. */
static int keep_old(const struct run *run, struct lock **ret, struct err *err)
{
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);

    lock_format(run->old, &text);
    if (lock_parse(buf_str(&text), text.len, run->path, ret, err) < 0)
        return err_ret(err);
    struct lock *l = *ret;
    if (strcmp(l->compressor, compressor_name(run->recipe)) != 0) {
        free(l->compressor);
        free(l->compressor_version);
        l->compressor = xstrdup(compressor_name(run->recipe));
        l->compressor_version = xstrdup(run->options->compressor_version);
    }
    l->level = run->recipe->level;
    return 0;
}

/* ---- a new one --------------------------------------------------------------------------------
 */

static void add_sources(struct run *run)
{
    struct lock *l = run->lock;

    l->sources = xcalloc(run->view.archive->n, sizeof(*l->sources));
    for (size_t i = 0; i < run->view.archive->n; i++) {
        const struct archive_suite *s = &run->view.archive->suites[i];
        l->sources[l->n_sources++] = (struct lock_source){xstrdup(s->source->name),
                                                          xstrdup(s->suite), s->date, s->inrelease};
    }
}

static void add_accounts(struct run *run)
{
    size_t n = run->old ? run->old->n_accounts : 0;
    struct lock *l = run->lock;

    l->accounts = xcalloc(n, sizeof(*l->accounts));
    for (size_t i = 0; i < n; i++)
        l->accounts[l->n_accounts++] = (struct lock_account){
            copy(run->old->accounts[i].name), run->old->accounts[i].uid, run->old->accounts[i].gid};
}

static int check_rollback(const struct run *run, struct err *err)
{
    for (size_t i = 0; run->old && i < run->old->n_sources; i++) {
        const struct lock_source *was = &run->old->sources[i];
        for (size_t k = 0; k < run->view.archive->n; k++) {
            const struct archive_suite *now = &run->view.archive->suites[k];
            if (strcmp(was->source, now->source->name) != 0 ||
                strcmp(was->suite, now->suite) != 0 || now->date >= was->date)
                continue;
            err_set(err, "source \"%s\", suite %s: its Date is older than the one in %s",
                    was->source, was->suite, run->path);
            return err_hint(err, "this mirror lags behind, or replays old files: use another one");
        }
    }
    return 0;
}

struct arch_job {
    const struct run *run;
    struct lock_arch *ret;
    size_t arch;
};

static int arch_task(void *arg, struct err *err)
{
    struct arch_job *job = arg;
    const struct run *run = job->run;
    const struct recipe *r = run->recipe;
    bool stay = run->old && !run->options->update;
    const struct solve_request request = {
        .packages = r->packages,
        .n_packages = r->n_packages,
        .omit = &r->omit,
        .forbid = &r->forbid,
        .file = r->path,
        .recommends = r->recommends,
        .favour = stay ? lock_find_arch(run->old, run->arches.v[job->arch]) : NULL,
    };
    struct universe *u = NULL;

    if (archives_universe(&run->view, job->arch, &u, err) < 0)
        return err_ret(err);
    return solve(run->ctx->session, u, &request, r->layers, job->ret, err);
}

static int solve_all(struct run *run, struct err *err)
{
    size_t n = run->arches.n;
    CLEANUP(free_ptr) struct arch_job *jobs = xcalloc(n, sizeof(*jobs));
    struct group *group = pool_group(run->ctx->session->pool);

    run->lock->arches = xcalloc(n, sizeof(*run->lock->arches));
    run->lock->n_arches = n;
    for (size_t i = 0; i < n; i++) {
        jobs[i] = (struct arch_job){run, &run->lock->arches[i], i};
        group_add(group, arch_task, &jobs[i]);
    }
    return group_wait(group, err);
}

/* The solution that is known already, or a new one. */
static int solve_once(struct run *run, struct err *err)
{
    bool stay = run->old && !run->options->update;
    const struct sha256 key = memo_key(run->recipe, &run->arches, run->view.archive);

    if (!stay && memo_get(run->ctx->cache, &key, run->old, run->lock))
        return 0;
    if (archives_load(&run->view, run->ctx, err) < 0 || solve_all(run, err) < 0)
        return err_ret(err);
    if (!stay)
        memo_put(run->ctx->cache, &key, run->lock);
    return 0;
}

static int resolve_anew(struct run *run, struct err *err)
{
    struct lock *l = run->lock;

    if (check_rollback(run, err) < 0)
        return err_ret(err);
    l->recipe = recipe_solver_digest(run->recipe, &run->arches);
    l->compressor = xstrdup(compressor_name(run->recipe));
    l->compressor_version = xstrdup(run->options->compressor_version);
    l->level = run->recipe->level;
    add_sources(run);
    add_accounts(run);
    return solve_once(run, err);
}

static int from_archive(struct run *run, struct resolved *ret, struct err *err)
{
    CLEANUP(strv_release) struct strv names = STRV_INIT;

    if (archives_get(run->archives, run->ctx, run->recipe, &run->arches, &run->options->archive,
                     &run->view, err) < 0)
        return err_ret(err);
    run->lock = ret->lock = xcalloc(1, sizeof(*run->lock));
    ret->fresh = true;
    if (resolve_anew(run, err) < 0)
        return err_ret(err);
    suitenames_list(run->recipe, run->lock, &names);
    strv_each (line, &names)
        log_info(run->ctx->session->log, "%s: %s", run->recipe->path, *line);
    return 0;
}

static int read_old(const char *path, struct lock **ret, struct err *err)
{
    if (lock_read(path, ret, err) == 0)
        return 0;
    if (err->code != ERR_NOT_FOUND)
        return err_ret(err);
    err_clear(err);
    return 0;
}

static int resolve_run(struct run *run, struct resolved *ret, struct err *err)
{
    if (run->options->base)
        ret->old = lock_copy(run->options->base);
    else if (read_old(run->path, &ret->old, err) < 0)
        return err_ret(err);
    run->old = ret->old;
    if (run->options->locked && !run->old)
        return refuse_missing(run, err);
    bool wishes = run->old && same_wishes(run->old, run->recipe);
    bool fits = wishes && holds_all(run->old, &run->arches);
    if (run->options->locked && !fits)
        return refuse_stale(run, wishes, err);
    if (fits && !keeps_budget(run->old, run->recipe)) {
        if (run->options->locked)
            return refuse_budget(run, err);
        fits = false;
    }
    CLEANUP(err_release) struct err why = ERR_INIT;
    if (fits && lock_check_origins(run->old, run->recipe, &why) < 0) {
        if (run->options->locked)
            return refuse_origins(run, &why, err);
        log_warn(run->ctx->session->log, "%s: %s; it is made anew", run->path, why.message);
        fits = false;
    }
    if (run->options->locked && refuse_compressor(run, err) < 0)
        return err_ret(err);
    if (fits && !run->options->update)
        return keep_old(run, &ret->lock, err);
    /* A lock of the same wishes keeps the architectures that weren't asked for now. */
    for (size_t i = 0; wishes && i < run->old->n_arches; i++)
        strv_add(&run->arches, run->old->arches[i].arch);
    strv_sort(&run->arches);
    strv_uniq(&run->arches);
    return from_archive(run, ret, err);
}

int resolve(const struct context *ctx, const struct recipe *recipe, const struct strv *arches,
            const char *path, const struct resolve_options *options, struct resolved *ret,
            struct err *err)
{
    CLEANUP(archives_cleanup) struct archives *own = options->archives ? NULL : archives_new();
    struct run run = {
        .ctx = ctx,
        .recipe = recipe,
        .options = options,
        .path = path,
        .archives = own ? own : options->archives,
    };

    *ret = (struct resolved){0};
    strv_copy(&run.arches, arches);
    strv_sort(&run.arches);
    strv_uniq(&run.arches);
    int code = resolve_run(&run, ret, err);
    strv_release(&run.arches);
    if (code < 0)
        resolved_release(ret);
    return code;
}
