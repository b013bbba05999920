/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "cmd/cmd.h"
#include "report/summary.h"

static int lock_one(struct cli *cli, const struct context *ctx, const char *recipe,
                    const struct build_options *options, struct err *err)
{
    CLEANUP(build_release) struct build b = {0};
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);

    if (pipeline_lock(ctx, recipe, options, &b, err) < 0)
        return err_ret(err);
    size_t n = summary_lock_changes(&b.resolved, &text);
    if (b.lock_written)
        log_info(cli->session.log, "%s: written, %zu change%s", b.lock_path, n, n == 1 ? "" : "s");
    else
        log_info(cli->session.log, "%s: nothing moved", b.lock_path);
    strv_each (line, &b.vendors)
        text_addf(&text, "%s\n", *line);
    return print_out(&text, err);
}

int cmd_lock(struct cli *cli, struct err *err)
{
    CLEANUP(context_release) struct context ctx = {0};
    CLEANUP(build_options_release) struct build_options options = {0};

    if (!cli->args.n)
        return err_code(err, ERR_USAGE, "lock: a recipe is wanted");
    if (cli->lock && cli->args.n > 1)
        return err_code(err, ERR_USAGE, "lock: --lock names one lock, but there are %zu recipes",
                        cli->args.n);
    if (cli_build_options(cli, &options, err) < 0 || cli_context(cli, &ctx, err) < 0)
        return err_ret(err);
    strv_each (recipe, &cli->args) {
        if (lock_one(cli, &ctx, *recipe, &options, err) < 0)
            return err_ret(err);
    }
    return 0;
}
