/* SPDX-License-Identifier: Apache-2.0 */
#include "assemble.h"
#include "base/text.h"
#include "effects/accounts_called.h"
#include "effects/alternatives.h"
#include "effects/diversions.h"
#include "effects/files_called.h"
#include "effects/java.h"
#include "effects/nginx.h"
#include "effects/php.h"

static const struct {
    int (*run)(struct assembly *a, struct tree *t, struct err *err);
} subjects[] = {
    {assemble_diversions},    {assemble_links},
    {assemble_template},      {assemble_accounts_called},
    {assemble_accounts},      {assemble_files_called},
    {assemble_account_files}, {assemble_os_release},
    {assemble_ca_bundle},     {assemble_php},
    {assemble_nginx},         {assemble_files},
    {assemble_java},          {assemble_alternatives},
    {assemble_ld_cache},      {assemble_dpkg},
};

int assemble(struct assembly *a, struct tree *t, struct err *err)
{
    tree_set_epoch(t, a->epoch);
    for (size_t i = 0; i < ARRAY_SIZE(subjects); i++)
        if (session_check(a->ctx->session, err) < 0 || subjects[i].run(a, t, err) < 0)
            return err_ret(err);
    /* Names of packages' files are in them; they go into documents as well as into the summary. */
    for (size_t i = 0; i < a->notes.n; i++)
        a->notes.v[i] = text_shown(a->notes.v[i]);
    return 0;
}
