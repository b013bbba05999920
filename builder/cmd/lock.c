/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "cmd/cmd.h"
#include "report/summary.h"

static int lock_one(struct cli *cli, struct http *h, struct cache *c, const char *recipe,
                    const struct build_options *options, struct err *err)
{
    CLEANUP(build_release) struct build b = {0};
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);

    if (pipeline_lock(&cli->session, h, c, recipe, options, &b, err) < 0)
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
    CLEANUP(cache_cleanup) struct cache *c = NULL;
    CLEANUP(http_cleanup) struct http *h = NULL;
    CLEANUP(build_options_release) struct build_options options = {0};

    if (!cli->args.n)
        return err_code(err, ERR_USAGE, "lock: a recipe is wanted");
    if (cli->lock && cli->args.n > 1)
        return err_code(err, ERR_USAGE, "lock: --lock names one lock, but there are %zu recipes",
                        cli->args.n);
    if (cli_build_options(cli, &options, err) < 0 || cli_cache(cli, &c, err) < 0 ||
        cli_http(cli, &h, err) < 0)
        return err_ret(err);
    strv_each (recipe, &cli->args) {
        if (lock_one(cli, h, c, *recipe, &options, err) < 0)
            return err_ret(err);
    }
    return 0;
}
