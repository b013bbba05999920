/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/steady.h"

static bool same_packages(const struct lock *a, const struct lock *b)
{
    struct lock x = *a, y = *b;

    x.n_sources = y.n_sources = 0;
    x.n_accounts = y.n_accounts = 0;
    return lock_same(&x, &y);
}

static void take_accounts(struct lock *l, const struct lock *base)
{
    for (size_t i = 0; i < l->n_accounts; i++)
        free(l->accounts[i].name);
    free(l->accounts);
    l->accounts = xcalloc(base->n_accounts + 1, sizeof(*l->accounts));
    l->n_accounts = base->n_accounts;
    for (size_t i = 0; i < base->n_accounts; i++)
        l->accounts[i] = (struct lock_account){xstrdup(base->accounts[i].name),
                                               base->accounts[i].uid, base->accounts[i].gid};
}

void lock_settle(struct lock **now, const struct lock *base)
{
    if (!base)
        return;
    if (!same_packages(*now, base)) {
        take_accounts(*now, base);
        return;
    }
    struct lock *copy = lock_copy(base);
    lock_free(*now);
    *now = copy;
}

struct sha256 lock_digest(const struct lock *l)
{
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);

    lock_format(l, &text);
    return sha256_of(text.data, text.len);
}

bool lock_same(const struct lock *a, const struct lock *b)
{
    CLEANUP(buf_release) struct buf x = BUF_INIT(0), y = BUF_INIT(0);

    lock_format(a, &x);
    lock_format(b, &y);
    return x.len == y.len && memcmp(buf_str(&x), buf_str(&y), x.len) == 0;
}
