/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "cmd/cmd.h"

#include <jansson.h>

static void text_of(const struct strv *tags, bool json, struct buf *ret)
{
    json_t *list = json_array();

    strv_each (tag, tags) {
        if (json)
            json_add(list, text_json(*tag));
        else
            buf_addf(ret, "%s\n", *tag);
    }
    if (json) {
        json_bytes(list, ret);
        buf_addch(ret, '\n');
    }
    json_decref(list);
}

int cmd_tags(struct cli *cli, struct err *err)
{
    CLEANUP(reference_release) struct reference name = {0};
    CLEANUP(http_cleanup) struct http *h = NULL;
    CLEANUP(registry_cleanup) struct registry *r = NULL;
    CLEANUP(strv_release) struct strv tags = STRV_INIT;
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);

    if (cli->args.n != 1)
        return err_code(err, ERR_USAGE, "tags: one name is wanted, as docker://HOST/base/python3");
    if (cli_check_format(cli, err) < 0 || reference_parse(cli->args.v[0], &name, err) < 0)
        return err_ret(err);
    if (name.tag || name.has_digest)
        return err_code(err, ERR_USAGE, "tags: a name without tag and digest is wanted");
    if (http_new(&cli->session, 0, &h, err) < 0 || cli_registry(cli, h, &name, &r, err) < 0 ||
        registry_tags(r, name.repository, &tags, err) < 0)
        return err_ret(err);
    text_of(&tags, cli_json(cli), &text);
    return print_out(&text, err);
}
