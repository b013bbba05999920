/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/update.h"
#include "cmd/cmd.h"

#include "base/json.h"
#include "base/path.h"
#include "base/text.h"
#include "fleet/entry.h"
#include "fleet/hook.h"
#include "registry/publish.h"
#include "report/night.h"
#include <errno.h>
#include <unistd.h>

#define WAIT_MAX 86400 /* seconds */

/* One run. */
struct night {
    struct cli *cli;
    struct updater *updater;
    struct update_image *images; /* as many as recipes */
    const struct update_image **told;
    size_t n;             /* of those */
    pthread_mutex_t lock; /* over what follows, and while --before-tags runs: one at a time */
    json_t *entries;
    size_t unchanged;
    const struct update_image *failed; /* the newest that did */
    enum err_code worst;               /* what the program exits with */
};

static void night_release(struct night *n)
{
    for (size_t i = 0; i < n->cli->args.n; i++)
        update_image_release(&n->images[i]);
    free(n->images);
    free(n->told);
    json_decref(n->entries);
    pthread_mutex_destroy(&n->lock);
    update_close(n->updater);
}

/* ---- usage ---------------------------------------------------------------------------------- */

static int check_accept(const struct cli *cli, struct err *err)
{
    if (cli->accept.n && !(cli->reason && *cli->reason))
        return err_code(err, ERR_USAGE,
                        "update: --accept wants a --reason: it stands in the image's record");
    if (cli->reason && !cli->accept.n)
        return err_code(err, ERR_USAGE, "update: --reason goes with --accept");
    strv_each (text, &cli->accept) {
        const char *at = strchr(*text, '@');
        struct sha256 digest;
        if (!at || at == *text || !sha256_parse_digest(slice_of(at + 1), &digest))
            return err_code(err, ERR_USAGE, "--accept %s: it is NAME@sha256:DIGEST", *text);
    }
    return 0;
}

static int check_usage(const struct cli *cli, struct err *err)
{
    CLEANUP(reference_release) struct reference to = {0};
    enum night_format format;

    if (!cli->args.n)
        return err_code(err, ERR_USAGE, "update: a recipe is wanted");
    if (cli->lock && cli->args.n > 1)
        return err_code(err, ERR_USAGE, "update: --lock names one lock, but there are %zu recipes",
                        cli->args.n);
    if (!cli->push && !cli->dry_run) {
        err_code(err, ERR_USAGE, "update: where the images are published is wanted");
        return err_hint(err, "give --push PREFIX, or --dry-run to see what would change");
    }
    if (cli->push && publish_name(cli->push, true, "x", &to, err) < 0) {
        err->code = ERR_USAGE;
        return -ERR_USAGE;
    }
    if (cli->report_format && !night_format_parse(cli->report_format, &format))
        return err_code(err, ERR_USAGE, "--report-format %s: it is text, markdown or json",
                        cli->report_format);
    if (cli->report_format && !cli->report)
        return err_code(err, ERR_USAGE, "update: --report-format goes with --report");
    return cli_check_format(cli, err) < 0 ? err_ret(err) : check_accept(cli, err);
}

/* Before any work: a night whose report can't be written isn't begun. */
static int check_report(const struct cli *cli, struct err *err)
{
    CLEANUP(free_ptr) char *dir = NULL;

    if (!cli->report)
        return 0;
    struct slice d = path_dir(cli->report);
    dir = d.n ? xstrndup(d.p, d.n) : xstrdup(*cli->report == '/' ? "/" : ".");
    if (access(dir, W_OK | X_OK) < 0)
        return err_errno(err, errno, "--report %s: %s", cli->report, dir);
    return 0;
}

/* ---- what became of one --------------------------------------------------------------------- */

static bool same_reasons(const struct update_image *a, const struct update_image *b)
{
    bool same = a && a->reasons.n == b->reasons.n;

    for (size_t i = 0; same && i < a->reasons.n; i++)
        same = strcmp(a->reasons.v[i], b->reasons.v[i]) == 0;
    return same;
}

/* A failure as any other command would tell it, with its hint, but not twice on end. */
static void say_failure(struct night *n, const struct update_image *image)
{
    const char *name = image->name ? image->name : image->recipe;
    CLEANUP(err_release) struct err err = ERR_INIT;
    const struct strv *reasons = &image->reasons;

    if (same_reasons(n->failed, image)) {
        log_say(n->cli->session.log, LOG_ERROR, "%s: failed, too", name);
        return;
    }
    n->failed = image;
    err_code(&err, image->code, "%s", reasons->n ? reasons->v[0] : "");
    for (size_t i = 1; i < reasons->n; i++)
        err_hint(&err, "%s", reasons->v[i]);
    err_wrap(&err, "%s: failed", name);
    log_err(n->cli->session.log, &err);
}

static void say_stop(const struct cli *cli, const struct update_image *image)
{
    struct log *log = cli->session.log;
    const char *name = image->name ? image->name : image->recipe;

    strv_each (reason, &image->reasons)
        log_warn(log, "%s: stopped: %s", name, *reason);
    if (!image->acceptable)
        return;
    log_info(log, "%s: to release just these bytes past the gate: --accept %s@%s --reason ...",
             name, image->recipe, sha256_digest(&image->digest).s);
}

static void say(struct night *n, const struct update_image *image)
{
    const struct cli *cli = n->cli;
    const char *name = image->name ? image->name : image->recipe;
    CLEANUP(free_ptr) char *tags = strv_join(&image->tags, ", ");
    struct log *log = cli->session.log;

    switch (image->state) {
    case UPDATE_UNCHANGED:
        log_debug(log, "%s: unchanged", name);
        break;
    case UPDATE_PUBLISHED:
    case UPDATE_TAGGED:
        log_info(log, "%s: %s: %s", name, update_state_name(image->state), tags);
        break;
    case UPDATE_CHANGES:
        log_info(log, "%s: would change", name);
        break;
    case UPDATE_STOPPED:
        say_stop(cli, image);
        break;
    case UPDATE_FAILED:
        say_failure(n, image);
        break;
    }
}

static void add_json(const struct update_image *image, struct buf *ret)
{
    json_t *o = object_json("recipe", text_json(image->recipe), "name", text_json(image->name),
                            "state", text_json(update_state_name(image->state)), "digest",
                            digest_json(&image->digest), "replaced", digest_json(&image->replaced),
                            "tags", strings_json(&image->tags), "reasons",
                            strings_json(&image->reasons), NULL);

    json_bytes(o, ret);
    buf_addch(ret, '\n');
    json_decref(o);
}

/* "    openssl 3.5.1 -> 3.5.2", of a dry run. */
static void add_moves(const struct update_image *image, struct buf *ret)
{
    size_t i;
    const json_t *c;

    json_array_foreach(json_object_get(image->entry, "packages"), i, c)
    {
        const char *from = json_string_value(json_object_get(c, "from"));
        const char *to = json_string_value(json_object_get(c, "to"));
        const char *name = json_string_value(json_object_get(c, "name"));
        if (from && to)
            text_addf(ret, "%s: %s %s -> %s\n", image->recipe, name, from, to);
        else
            text_addf(ret, "%s: %c %s %s\n", image->recipe, to ? '+' : '-', name, to ? to : from);
    }
}

static int print_image(const struct cli *cli, const struct update_image *image, struct err *err)
{
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);

    if (cli_json(cli))
        add_json(image, &text);
    else if (image->state == UPDATE_PUBLISHED || image->state == UPDATE_TAGGED)
        text_addf(&text, "%s@%s\n", image->name, sha256_digest(&image->digest).s);
    else if (image->state == UPDATE_CHANGES)
        add_moves(image, &text);
    return print_out(&text, err);
}

/* ---- all of them ---------------------------------------------------------------------------- */

/* Each recipe stands once in the report. */
static void add_entry(struct night *n, const struct update_image *image)
{
    json_t *entry = night_entry(image->entry, image->earlier);

    if (!entry && image->state != UPDATE_UNCHANGED)
        entry = entry_new(image);
    if (entry)
        json_add(n->entries, entry);
    n->unchanged += !entry;
    enum err_code code = image->code == ERR_POLICY ? ERR_POLICY : image->code ? ERR_FAIL : ERR_NONE;
    /* A failure is worth another run, which a stop (3) is not: a failure is what is told. */
    if (code && n->worst != ERR_FAIL)
        n->worst = code;
}

static int told(void *user, const struct update_image *image, struct err *err)
{
    struct night *n = user;

    n->told[n->n++] = image;
    pthread_mutex_lock(&n->lock);
    add_entry(n, image);
    pthread_mutex_unlock(&n->lock);
    say(n, image);
    return print_image(n->cli, image, err);
}

/* The report as it would be if the run ended with this image. n->lock is held. */
static void report_so_far(struct night *n, const struct update_image *image, struct buf *ret)
{
    json_t *entries = json_deep_copy(n->entries);
    json_t *own = image->entry ? json_deep_copy(image->entry) : entry_new(image);

    json_add(entries, own);
    json_t *report = night_report(entries, n->unchanged);
    night_write(report, NIGHT_JSON, ret);
    json_decref(report);
    json_decref(entries);
}

static int before_tags(void *user, const struct update_image *image, struct err *err)
{
    CLEANUP(buf_release) struct buf report = BUF_INIT(0);
    struct night *n = user;
    const struct hook hook = {.command = n->cli->before_tags,
                              .name = image->name,
                              .digest = &image->digest,
                              .report = &report};

    pthread_mutex_lock(&n->lock);
    report_so_far(n, image, &report);
    int r = hook_run(&n->cli->session, &hook, err);
    pthread_mutex_unlock(&n->lock);
    return r;
}

/* Written whole by rename; then its entries are delivered. */
static int write_report(struct night *n, const json_t *report, struct err *err)
{
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    const char *path = n->cli->report;
    enum night_format format = night_format_of(path);

    if (n->cli->report_format)
        (void)night_format_parse(n->cli->report_format, &format);
    night_write(report, format, &text);
    if (file_write(path, text.data, text.len, 0644, err) < 0)
        return err_wrap(err, "--report");
    for (size_t i = 0; i < n->n; i++)
        update_delivered(n->updater, n->told[i]);
    return 0;
}

static void warn_unused(const struct night *n)
{
    CLEANUP(strv_release) struct strv unused = STRV_INIT;

    update_unused(n->updater, &unused);
    strv_each (text, &unused)
        log_warn(n->cli->session.log, "--accept %s: the gate stopped no such image", *text);
}

/* Also of a run that was asked to stop: what it published is told. */
static int close_night(struct night *n, struct err *err)
{
    CLEANUP(buf_release) struct buf counts = BUF_INIT(0);
    json_t *report = night_report(n->entries, n->unchanged);
    int r = n->cli->report ? write_report(n, report, err) : 0;

    warn_unused(n);
    night_counts(report, &counts);
    json_decref(report);
    if (r < 0)
        return r;
    if (!n->worst) {
        log_info(n->cli->session.log, "%s", buf_str(&counts));
        return 0;
    }
    return err_code(err, n->worst, "%s", buf_str(&counts));
}

static int run_night(struct night *n, struct err *err)
{
    CLEANUP(err_release) struct err stopped = ERR_INIT;

    if (update_all(n->updater, &n->cli->args, n->images, told, n, &stopped) == 0)
        return close_night(n, err);
    if (n->cli->report && close_night(n, err) < 0)
        err_clear(err);
    return err_move(err, &stopped);
}

int cmd_update(struct cli *cli, struct err *err)
{
    CLEANUP(context_release) struct context ctx = {0};
    CLEANUP(build_options_release) struct build_options build = {0};
    struct registry_options registry;
    struct recipe *gate = NULL;
    unsigned wait = 0;

    if ((cli->wait && cli_number("--wait", cli->wait, WAIT_MAX, &wait, err) < 0) ||
        check_usage(cli, err) < 0 || check_report(cli, err) < 0 ||
        cli_build_options(cli, &build, err) < 0 || cli_registry_options(cli, &registry, err) < 0 ||
        cli_context(cli, &ctx, err) < 0 ||
        (cli->gate && recipe_load_gate(cli->gate, &gate, err) < 0))
        return err_ret(err);
    struct night night = {.cli = cli, .lock = PTHREAD_MUTEX_INITIALIZER};
    const struct update_options options = {
        .build = &build,
        .registry = &registry,
        .push = cli->push,
        .gate = gate,
        .accept = &cli->accept,
        .reason = cli->reason,
        .dry_run = cli->dry_run,
        .adopt = cli->adopt,
        .allow_downgrade = cli->allow_downgrade,
        .arch_tags = cli->arch_tags,
        .report = cli->report,
        .wait = wait,
        .before_tags = cli->before_tags ? before_tags : NULL,
        .user = &night,
    };
    night.updater = update_open(&ctx, &options);
    night.images = xcalloc(cli->args.n, sizeof(*night.images));
    night.told = xcalloc(cli->args.n, sizeof(struct update_image *));
    night.entries = json_array();
    int r = run_night(&night, err);
    night_release(&night);
    recipe_free(gate);
    return r;
}
