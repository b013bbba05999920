/* SPDX-License-Identifier: Apache-2.0 */
/* A sysusers.d fragment, and passwd and group made of it: no line of theirs is out of form. */
#include "rootfs/assembly.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_field(const char *s)
{
    for (; s && *s; s++)
        if (*s == ':' || *s == '\n')
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(sysusers_release) struct sysusers lines = {0};
    CLEANUP(accounts_release) struct accounts accounts = {0};
    CLEANUP(strv_release) struct strv notes = STRV_INIT;
    struct recipe recipe = {0};
    struct assembly a = {.recipe = &recipe};
    struct tree *t = tree_new();
    sysusers_parse(&lines, (const char *)data, size, "fuzz", &notes);
    if (lines.n > 500) /* allotting is quadratic */
        lines.n = 500;
    accounts_sysusers(&accounts, &a, t, &lines, size % 2);
    for (size_t i = 0; i < accounts.n_users; i++) {
        check_field(accounts.users[i].name);
        check_field(accounts.users[i].comment);
        check_field(accounts.users[i].home);
        check_field(accounts.users[i].shell);
        if (!account_name_valid(accounts.users[i].name) || accounts.users[i].uid > 65534)
            abort();
    }
    for (size_t i = 0; i < accounts.n_groups; i++)
        if (!account_name_valid(accounts.groups[i].name) || accounts.groups[i].gid > 65534)
            abort();
    for (size_t i = 0; i < a.n_accounts; i++)
        free(a.accounts[i].name);
    free(a.accounts);
    strv_release(&a.notes);
    tree_free(t);
    return 0;
}
