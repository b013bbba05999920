/* SPDX-License-Identifier: Apache-2.0 */
#include "report/inspect.h"
#include "cmd/cmd.h"

int cmd_inspect(struct cli *cli, struct err *err)
{
    CLEANUP(location_release) struct location from = {0};
    CLEANUP(http_cleanup) struct http *h = NULL;
    CLEANUP(opened_release) struct opened opened = {0};
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    CLEANUP(read_set_release) struct read_set set = {0};

    if (cli->args.n != 1)
        return err_code(err, ERR_USAGE, "inspect: one location is wanted, as oci:python3.oci");
    if (cli_check_format(cli, err) < 0 || location_parse(cli->args.v[0], &from, err) < 0 ||
        http_new(&cli->session, 0, &h, err) < 0 || cli_open(cli, h, &from, &opened, err) < 0 ||
        reader_images(opened.reader, NULL, &set, err) < 0)
        return err_ret(err);
    struct inspection inspection = {.location = cli->args.v[0], .set = &set};
    if (cli_json(cli))
        inspect_json(&inspection, &text);
    else
        inspect_text(&inspection, cli->out, &text);
    return print_out(&text, err);
}
