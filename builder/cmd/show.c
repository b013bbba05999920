/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cmd.h"

static void recipe_cleanup(struct recipe **r)
{
    recipe_free(*r);
}

int cmd_show(struct cli *cli, struct err *err)
{
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    CLEANUP(build_options_release) struct build_options options = {0};
    CLEANUP(recipe_cleanup) struct recipe *recipe = NULL;

    if (cli->args.n != 1)
        return err_code(err, ERR_USAGE, "show: one recipe is wanted");
    if (cli_build_options(cli, &options, err) < 0 ||
        recipe_load(cli->args.v[0], &options.recipe, &recipe, err) < 0)
        return err_ret(err);
    recipe_show(recipe, &text);
    return print_out(&text, err);
}
