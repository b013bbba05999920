/* SPDX-License-Identifier: Apache-2.0 */
#include "lock/solving.h"

#include "lock/suitenames.h"

/* Whether there is a package of this name for the architecture, of Debian's or, if any, of
 * anybody's, and be it one that its source may not deliver. */
static bool is_there(const struct universe *u, const char *name, bool any)
{
    Pool *pool = u->pool;
    Id id = pool_str2id(pool, name, 0), p, pp;

    if (!id)
        return false;
    FOR_PROVIDES(p, pp, id)
    {
        const struct stanza *s = universe_stanza(u, p);
        if (pool->solvables[p].name == id &&
            (any ? s->fits : s->usable && universe_file_of(u, p)->debian))
            return true;
    }
    return false;
}

static bool debian_has(const void *user, const char *name)
{
    return is_there(user, name, false);
}

static char *rename_one(struct renamed *r, const struct universe *u, char *name)
{
    if (is_there(u, name, true) || origins_claim(u, name))
        return name;
    char *other = suitenames_other(name, debian_has, u);
    if (!other)
        return name;
    strv_take(&r->names, other);
    return other;
}

/* Of the copies only the list itself is owned. */
static const struct recipe_list *rename_list(struct renamed *r, const struct universe *u,
                                             const struct recipe_list *from, struct recipe_list *to)
{
    if (!from)
        return NULL;
    *to = (struct recipe_list){.v = xmemdup(from->v, from->n * sizeof(*from->v)), .n = from->n};
    for (size_t i = 0; i < to->n; i++)
        to->v[i].text = rename_one(r, u, to->v[i].text);
    return to;
}

void renamed_init(struct renamed *r, const struct universe *u, const struct solve_request *request)
{
    size_t n = request->n_packages;

    *r = (struct renamed){.request = *request};
    r->packages = xmemdup(request->packages, n * sizeof(*r->packages));
    for (size_t i = 0; i < n; i++)
        r->packages[i].name = rename_one(r, u, r->packages[i].name);
    r->request.packages = r->packages;
    r->request.omit = rename_list(r, u, request->omit, &r->omit);
    r->request.forbid = rename_list(r, u, request->forbid, &r->forbid);
}

void renamed_release(struct renamed *r)
{
    free(r->packages);
    free(r->omit.v);
    free(r->forbid.v);
    strv_release(&r->names);
}
