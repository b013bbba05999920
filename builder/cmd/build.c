/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cmd.h"
#include "fleet/build_record.h"
#include "registry/publish.h"
#include "report/summary.h"

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

struct job {
    struct cli *cli;
    struct context ctx;
    const struct build_options *options;
    struct registry *registry; /* of --push */
    double start;
};

static int write_one(const struct job *job, const struct build *b, const char *name,
                     struct err *err)
{
    CLEANUP(location_release) struct location to = {0};
    CLEANUP(buf_release) struct buf text = BUF_INIT(0), line = BUF_INIT(0);
    CLEANUP(free_ptr) struct built_image *images = xcalloc(b->n_arches + 1, sizeof(*images));
    struct output output = pipeline_output(b, images);
    const struct session *s = &job->cli->session;
    bool unchanged = false;

    if (location_parse(name, &to, err) < 0 ||
        output_write(&job->ctx, &to, &output, &unchanged, err) < 0)
        return err_ret(err);
    summary_text(b, name, unchanged, now() - job->start, s->log, &text);
    log_lines(s->log, &text);
    if (strcmp(to.path, "-") == 0)
        return 0; /* stdout is the archive */
    if (cli_json(job->cli))
        summary_json(b, name, unchanged, &line);
    else
        buf_addf(&line, "%s@%s\n", name, sha256_digest(&b->digest).s);
    return print_out(&line, err);
}

static int tags_of(const struct job *job, const struct build *b, const struct reference *to,
                   struct strv *moving, struct strv *fixed, struct err *err)
{
    CLEANUP(strv_release) struct strv arches = STRV_INIT;

    if (to->tag)
        return 0;
    for (size_t i = 0; i < b->n_arches; i++)
        strv_add(&arches, b->arches[i].lock->arch);
    return publish_tags(&job->cli->session, b->recipe, b->resolved.lock, &arches, &b->digest,
                        moving, fixed, err);
}

/* One push, for what comes before its tags. */
struct pushing {
    struct job *job;
    const struct build *build;
    const struct reference *to;
};

/* The record of what is published (docs/record.md): update goes on from it. */
static int push_record(void *user, const struct push_result *result, struct err *err)
{
    const struct pushing *p = user;
    struct job *job = p->job;
    const struct subject subject = build_subject(p->build, p->to->repository);
    struct record_facts facts = {.replaced = result->replaced};
    struct record record = {0};
    struct record_blob ignored;

    int r = build_record(&job->ctx, job->options, p->build, &facts, &record, err);
    if (r == 0)
        r = record_attach(job->registry, &subject, &record, &ignored, err);
    record_release(&record);
    return r;
}

static int published_before(void *user, const struct sha256 *digest, bool *ret, struct err *err)
{
    const struct pushing *p = user;

    return record_exists(p->job->registry, p->to->repository, digest, ret, err);
}

static int push_one(struct job *job, const struct build *b, struct err *err)
{
    CLEANUP(reference_release) struct reference to = {0};
    CLEANUP(strv_release) struct strv moving = STRV_INIT, fixed = STRV_INIT;
    CLEANUP(push_result_release) struct push_result result = {0};
    CLEANUP(free_ptr) struct built_image *images = xcalloc(b->n_arches + 1, sizeof(*images));
    struct output output = pipeline_output(b, images);
    const struct cli *cli = job->cli;
    struct pushing pushing = {job, b, &to};
    struct push_options options = {.tags = &moving,
                                   .fixed = &fixed,
                                   .arch_tags = cli->arch_tags,
                                   .verify = cli->verify,
                                   .before_tags = push_record,
                                   .published_before = published_before,
                                   .user = &pushing};

    if (publish_name(cli->push, cli->args.n > 1, b->recipe->name, &to, err) < 0 ||
        tags_of(job, b, &to, &moving, &fixed, err) < 0)
        return err_ret(err);
    if (!job->registry && cli_registry(cli, job->ctx.http, &to, &job->registry, err) < 0)
        return err_ret(err);
    unsigned before = registry_requests(job->registry);
    struct reader *from = output_reader(job->ctx.cache, &output);
    int r = push_image(&job->ctx, from, job->registry, &to, &options, &result, err);
    reader_free(from);
    if (r < 0)
        return r;
    return cli_tell_push(cli, &to, registry_requests(job->registry) - before, &result, err);
}

static int build_one(struct job *job, const char *recipe, struct err *err)
{
    CLEANUP(build_release) struct build b = {0};
    const struct strv *outputs = &job->cli->outputs;
    const struct session *s = &job->cli->session;

    job->start = now();
    if (pipeline_build(&job->ctx, recipe, job->options, &b, err) < 0)
        return err_ret(err);
    if (b.resolved.fresh && b.resolved.old) {
        CLEANUP(buf_release) struct buf moved = BUF_INIT(0);
        if (summary_lock_changes(&b.resolved, &moved))
            log_lines(s->log, &moved);
    }
    if (!outputs->n && !job->cli->push) {
        CLEANUP(free_ptr) char *name = xasprintf("oci:%s.oci", b.recipe->name);
        return write_one(job, &b, name, err);
    }
    strv_each (name, outputs) {
        if (write_one(job, &b, *name, err) < 0)
            return err_ret(err);
    }
    return job->cli->push ? push_one(job, &b, err) : 0;
}

/* One recipe's failure doesn't stop the others; the first one's code is the command's. */
static int build_all(struct job *job, struct err *err)
{
    const struct strv *recipes = &job->cli->args;
    size_t failed = 0;
    enum err_code code = 0;

    if (recipes->n == 1)
        return build_one(job, recipes->v[0], err);
    strv_each (recipe, recipes) {
        CLEANUP(err_release) struct err one = ERR_INIT;
        if (build_one(job, *recipe, &one) == 0)
            continue;
        if (one.code == ERR_STOPPED)
            return err_move(err, &one);
        log_err(job->cli->session.log, &one);
        code = code ? code : one.code;
        failed++;
    }
    if (!failed)
        return 0;
    return err_code(err, code, "%zu of %zu recipes failed", failed, recipes->n);
}

static int check_push(const struct cli *cli, struct err *err)
{
    CLEANUP(reference_release) struct reference to = {0};

    if (publish_name(cli->push, cli->args.n > 1, "x", &to, err) < 0)
        return err_ret(err);
    return 0;
}

static int check_usage(const struct cli *cli, struct err *err)
{
    if (!cli->args.n)
        return err_code(err, ERR_USAGE, "build: a recipe is wanted");
    if (cli->args.n > 1 && (cli->outputs.n || cli->lock))
        return err_code(err, ERR_USAGE,
                        "build: --output and --lock are for one recipe, but there are %zu",
                        cli->args.n);
    if (cli_check_format(cli, err) < 0 || (cli->push && check_push(cli, err) < 0))
        return err_ret(err);
    if (!cli->push && (cli->verify || cli->arch_tags))
        return err_code(err, ERR_USAGE, "build: --verify and --arch-tags go with --push");
    strv_each (name, &cli->outputs) {
        CLEANUP(location_release) struct location to = {0};
        if (location_parse(*name, &to, err) < 0) {
            err->code = ERR_USAGE;
            return -ERR_USAGE;
        }
    }
    return 0;
}

int cmd_build(struct cli *cli, struct err *err)
{
    CLEANUP(context_release) struct context ctx = {0};
    CLEANUP(build_options_release) struct build_options options = {0};

    if (check_usage(cli, err) < 0 || cli_build_options(cli, &options, err) < 0 ||
        cli_context(cli, &ctx, err) < 0)
        return err_ret(err);
    struct job job = {.cli = cli, .ctx = ctx, .options = &options};
    int r = build_all(&job, err);
    registry_close(job.registry);
    return r;
}
