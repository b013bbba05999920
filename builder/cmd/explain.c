/* SPDX-License-Identifier: Apache-2.0 */
#include "report/explain.h"
#include "cmd/cmd.h"
#include "harden/policy.h"

static int explain_one(const char *id, const struct log *log, struct buf *ret, struct err *err)
{
    const struct rule *r = rule_find(id);
    const char *nearest = r ? NULL : rule_nearest(id);

    if (r) {
        explain_rule(r, log, ret);
        return 0;
    }
    err_code(err, ERR_USAGE, "explain: there is no rule \"%s\"", id);
    return nearest ? err_hint(err, "did you mean \"%s\"?", nearest)
                   : err_hint(err, "mkimage explain lists all rules");
}

int cmd_explain(struct cli *cli, struct err *err)
{
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);

    if (!cli->args.n)
        explain_list(cli->out, &text);
    strv_each (id, &cli->args) {
        if (id != cli->args.v)
            buf_addch(&text, '\n');
        if (explain_one(*id, cli->out, &text, err) < 0)
            return err_ret(err);
    }
    return print_out(&text, err);
}
