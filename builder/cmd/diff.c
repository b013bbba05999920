/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/diff.h"
#include "base/arch.h"
#include "cmd/cmd.h"
#include "fleet/attach.h"
#include "fleet/layers.h"
#include "report/difference.h"

/* One of the two. */
struct side {
    const char *name;
    struct record record;
    bool built; /* the record is that of the build, beside the image */
};

/* What the build left beside an image in a registry; without one side->built stays false. */
static int fetch_record(const struct cli *cli, const struct opened *from, struct side *side,
                        struct err *err)
{
    CLEANUP(cache_cleanup) struct cache *cache = NULL;
    CLEANUP(read_root_release) struct read_root root = {0};
    const char *host = registry_host(from->registry);

    if (cli_cache(cli, &cache, err) < 0 || reader_root(from->reader, &root, err) < 0)
        return err_ret(err);
    struct record_answer answer = {0};
    const struct context ctx = {.session = &cli->session, .cache = cache};
    const struct record_query q = {
        .ctx = &ctx,
        .registry = from->registry,
        .repository = registry_reader_repository(from->reader, host),
        .image = &root.digest,
    };
    int r = record_fetch(&q, &answer, err);
    side->built = answer.state == RECORD_FOUND;
    side->record = answer.record;
    if (r < 0 && err->code != ERR_STOPPED) {
        log_warn(cli->session.log, "%s: its record can't be read: %s", side->name, err->message);
        err_clear(err);
    }
    if (err->code || !side->built)
        return err_ret(err);
    return record_keep_arches(&side->record, &cli->arches, err);
}

static int read_opened(const struct cli *cli, const struct opened *from, struct side *side,
                       struct err *err)
{
    if (from->registry && !cli->layers && fetch_record(cli, from, side, err) < 0)
        return err_ret(err);
    if (side->built)
        return 0;
    return record_of_image(&cli->session, from->reader, &cli->arches, &side->record, err);
}

static int read_side(const struct cli *cli, struct http *h, struct side *side, struct err *err)
{
    CLEANUP(location_release) struct location from = {0};
    CLEANUP(opened_release) struct opened opened = {0};

    if (location_parse(side->name, &from, err) < 0 || cli_open(cli, h, &from, &opened, err) < 0)
        return err_ret(err);
    return read_opened(cli, &opened, side, err) < 0 ? err_wrap(err, "%s", side->name) : 0;
}

/* Layers tell of no scripts and no findings: those of the other one aren't news. */
static void level(const struct cli *cli, struct side *old, struct side *now)
{
    if (old->built == now->built)
        return;
    record_forget_build(&(old->built ? old : now)->record);
    log_info(cli->session.log,
             "%s has no record: maintainer scripts and findings can't be compared",
             (old->built ? now : old)->name);
}

static int compare(struct cli *cli, struct side *old, struct side *now, struct err *err)
{
    CLEANUP(diff_release) struct image_diff d = {0};
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);

    level(cli, old, now);
    diff_records(&old->record, &now->record, &d);
    if (cli_json(cli))
        difference_json(&d, old->name, now->name, &text);
    else
        difference_text(&d, old->name, now->name, cli->verbose, cli->out, &text);
    cli->differs = cli->exit_code && !diff_empty(&d);
    return print_out(&text, err);
}

static int run(struct cli *cli, struct err *err)
{
    CLEANUP(http_cleanup) struct http *h = NULL;
    struct side old = {0}, now = {0};

    if (cli->args.n != 2)
        return err_code(err, ERR_USAGE,
                        "diff: two locations are wanted, as oci:old.oci oci:python3.oci");
    strv_each (name, &cli->arches) {
        if (!arch_find(*name))
            return err_code(err, ERR_USAGE, "--arch %s: not an architecture of Debian", *name);
    }
    old.name = cli->args.v[0];
    now.name = cli->args.v[1];
    if (cli_check_format(cli, err) == 0 && http_new(&cli->session, 0, &h, err) == 0 &&
        read_side(cli, h, &old, err) == 0 && read_side(cli, h, &now, err) == 0)
        (void)compare(cli, &old, &now, err);
    record_release(&old.record);
    record_release(&now.record);
    return err_ret(err);
}

/* With --exit-code, 1 says that the images differ, and nothing else does. */
int cmd_diff(struct cli *cli, struct err *err)
{
    int r = run(cli, err);

    if (r < 0 && cli->exit_code && (err->code == ERR_FAIL || err->code == ERR_NOT_FOUND))
        err->code = ERR_USAGE;
    return err_ret(err);
}
