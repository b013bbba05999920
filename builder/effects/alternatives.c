/* SPDX-License-Identifier: Apache-2.0 */
#include "effects/alternatives.h"
#include "base/nearest.h"
#include "effects/alternatives_groups.h"

static int run_calls(struct alternatives *a, const struct script_calls *calls, struct err *err)
{
    call_each(call, calls)
    {
        CLEANUP(alternatives_call_release) struct alternatives_call c = {0};
        if (!alternatives_takes(call))
            continue;
        if (session_check(a->assembly->ctx->session, err) < 0 ||
            alternatives_call_parse(call, &c, err) < 0 || alternatives_run(a, &c, err) < 0)
            return err_ret(err);
    }
    return 0;
}

/* ---- the recipe ----------------------------------------------------------------------------- */

static int refuse_name(const struct alternatives *a, const struct recipe_alternative *r,
                       struct err *err)
{
    struct nearest near = NEAREST_INIT(r->name);
    for (size_t i = 0; i < a->n_groups; i++)
        if (a->groups[i]->n_offers)
            nearest_try(&near, a->groups[i]->name);
    err_set(err, "%s:%u: alternative %s: no package of the image offers one", r->at.file,
            r->at.line, r->name);
    return near.best ? err_hint(err, "did you mean \"%s\"?", near.best) : err_ret(err);
}

static int refuse_path(const struct link_group *g, const struct recipe_alternative *r,
                       struct err *err)
{
    CLEANUP(strv_release) struct strv paths = STRV_INIT;
    for (size_t i = 0; i < g->n_offers; i++)
        strv_add(&paths, g->offers[i].path);
    CLEANUP(free_ptr) char *list = strv_join(&paths, ", ");
    err_set(err, "%s:%u: alternative %s: no package of the image offers %s", r->at.file, r->at.line,
            r->name, r->path);
    return err_hint(err, "there are: %s", list);
}

static int choose_by_recipe(struct alternatives *a, const struct recipe_alternative *r,
                            struct err *err)
{
    struct link_group *g = alternatives_find(a, r->name);
    if (!g)
        return refuse_name(a, r, err);
    int chosen = alternatives_choose(a, g, r->path, err);
    return chosen == 0 ? refuse_path(g, r, err) : chosen;
}

/* Which of several it is. */
static void tell(const struct alternatives *a)
{
    for (size_t i = 0; i < a->n_groups; i++) {
        const struct link_group *g = a->groups[i];
        CLEANUP(strv_release) struct strv others = STRV_INIT;
        for (size_t k = 0; k < g->n_offers; k++)
            if (strcmp(g->offers[k].path, g->current) != 0)
                strv_add(&others, g->offers[k].path);
        if (!g->current || !others.n || a->assembly->notes.n >= ALTERNATIVES_NOTES_MAX)
            continue;
        CLEANUP(free_ptr) char *list = strv_join(&others, ", ");
        strv_addf(&a->assembly->notes, "alternative %s: %s, not %s", g->name, g->current, list);
    }
}

int assemble_alternatives(struct assembly *a, struct tree *t, struct err *err)
{
    CLEANUP(calls_release) struct script_calls java = {0};
    CLEANUP(alternatives_release) struct alternatives all = {.assembly = a, .tree = t};
    jinfo_calls(t, &java);
    if ((a->calls && run_calls(&all, a->calls, err) < 0) || run_calls(&all, &java, err) < 0)
        return err_ret(err);
    for (size_t i = 0; i < a->recipe->n_alternatives; i++)
        if (choose_by_recipe(&all, &a->recipe->alternatives[i], err) < 0)
            return err_ret(err);
    tell(&all);
    return 0;
}
