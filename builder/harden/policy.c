/* SPDX-License-Identifier: Apache-2.0 */
#include "harden/policy.h"

#include "base/nearest.h"
#include "lock/suitenames.h"

#include <assert.h>
const char *rule_nearest(const char *id)
{
    struct nearest near = NEAREST_INIT(id);

    rule_each (rule)
        nearest_try(&near, rule->id);
    return near.best;
}

int policy_recipe(const struct recipe *recipe, struct err *err)
{
    for (size_t i = 0; i < recipe->n_allows; i++) {
        const struct recipe_allow *a = &recipe->allows[i];
        if (rule_find(a->rule))
            continue;
        const char *nearest = rule_nearest(a->rule);
        err_set(err, "%s:%u: allow: there is no rule \"%s\"", a->at.file, a->at.line, a->rule);
        return nearest ? err_hint(err, "did you mean \"%s\"?", nearest) : err_ret(err);
    }
    return 0;
}

static bool any_glob(const struct strv *globs, const char *path)
{
    strv_each (glob, globs) {
        if (glob_match(*glob, path))
            return true;
    }
    return false;
}

static bool any_item(const struct recipe_list *globs, const char *path)
{
    for (size_t i = 0; i < globs->n; i++)
        if (glob_match(globs->v[i].text, path))
            return true;
    return false;
}

static struct edit drop(const char *rule)
{
    return (struct edit){.action = EDIT_DROP, .rule = rule};
}

static struct edit decide(const void *context, const char *package, const struct entry *e)
{
    const struct package_policy *p = context;
    const struct recipe *r = p->recipe;

    if (p->lost && strv_has_sorted(p->lost, e->path))
        return drop("replaced");
    if (p->part && p->part->only.n && !any_glob(&p->part->only, e->path))
        return drop("only");
    if (p->part && any_glob(&p->part->exclude, e->path))
        return drop("exclude");
    if (any_item(&r->exclude, e->path) && !any_item(&r->keep, e->path))
        return drop("exclude");
    rule_each (rule) {
        struct edit edit = fix_edit(rule, package, e);
        if (edit.action != EDIT_KEEP && (edit.always || !allow_for(r, rule->id, e->path)))
            return edit;
    }
    return (struct edit){.action = EDIT_KEEP};
}

struct edit policy_decide(const struct recipe *recipe, const struct lock_arch *lock,
                          const char *package, const struct entry *e)
{
    struct package_policy p = {.recipe = recipe, .part = suitenames_part(recipe, lock, package)};

    return decide(&p, package, e);
}

static void hash_text(struct hasher *h, const char *kind, const char *text)
{
    hasher_add(h, kind, strlen(kind));
    hasher_add(h, text, strlen(text) + 1);
}

struct edit_policy package_policy(const struct package_policy *context, const char *package)
{
    struct edit_policy ret = {.decide = decide, .context = context};
    const struct recipe *r = context->recipe;
    struct hasher h = {0};

    assert(!sha256_is_zero(&context->fixes));
    hasher_start(&h);
    hasher_add(&h, context->fixes.bytes, sizeof(context->fixes.bytes));
    hash_text(&h, "package ", package);
    for (size_t i = 0; i < r->exclude.n; i++)
        hash_text(&h, "exclude ", r->exclude.v[i].text);
    for (size_t i = 0; i < r->keep.n; i++)
        hash_text(&h, "keep ", r->keep.v[i].text);
    for (size_t i = 0; i < r->n_allows; i++) {
        hash_text(&h, "allow ", r->allows[i].rule);
        hash_text(&h, "path ", r->allows[i].path);
    }
    if (context->part) {
        strv_each (glob, &context->part->only)
            hash_text(&h, "only ", *glob);
        strv_each (glob, &context->part->exclude)
            hash_text(&h, "part ", *glob);
    }
    if (context->lost)
        strv_each (path, context->lost)
            hash_text(&h, "lost ", *path);
    ret.digest = hasher_end(&h);
    hasher_release(&h);
    return ret;
}

struct sha256 policy_fixes_digest(void)
{
    CLEANUP(hasher_release) struct hasher h = {0};

    hasher_start(&h);
    fix_hash(rule_groups, &h);
    return hasher_end(&h);
}

void policy_fixes(const struct package *p, struct findings *ret)
{
    for (size_t i = 0; i < p->n_entries; i++) {
        const struct entry *e = &p->entries[i];
        const struct rule *r = e->rule ? rule_find(e->rule) : NULL;
        if (!r)
            continue;
        if (e->dropped)
            finding_add(ret, r, e->path, p->name, "left out");
        else if (e->mode != e->mode_deb)
            finding_add(ret, r, e->path, p->name, "mode %04o, was %04o", e->mode, e->mode_deb);
        else
            finding_add(ret, r, e->path, p->name, "dropped");
        ret->v[ret->n - 1].action = RULE_FIX;
    }
}

void policy_check(const struct recipe *recipe, const struct view *v, struct findings *ret)
{
    size_t first = ret->n, n_nodes = 0;
    struct node *const *nodes = tree_nodes(v->tree, &n_nodes);

    rule_each (r) {
        if (r->image)
            r->image(r, v, ret);
        for (size_t k = 0; r->path && k < n_nodes; k++)
            r->path(r, v, nodes[k], ret);
    }
    for (size_t i = first; i < ret->n; i++) {
        struct finding *f = &ret->v[i];
        const struct node *n = f->path ? tree_find(v->tree, f->path) : NULL;
        f->allow = allow_for(recipe, f->rule->id, f->path);
        f->origin = n && !n->package && n->origin && strchr(n->origin, ':') ? n->origin : NULL;
    }
    findings_merge(ret, first);
}

/* ---- allowances ----------------------------------------------------------------------------- */

/* Whether an allowance kept a packaged path as it came: without it the rule's edit would have
 * taken effect. */
static bool allow_kept(const struct recipe_allow *a, const struct package *p)
{
    const struct rule *r = rule_find(a->rule);

    for (size_t i = 0; r && r->fix && i < p->n_entries; i++) {
        const struct entry *e = &p->entries[i];
        if (!e->dropped && !e->rule && glob_match(a->path, e->path) && fix_for(r, p->name, e))
            return true;
    }
    return false;
}

void policy_unused(const struct recipe *recipe, const struct findings *f,
                   struct package *const *packages, size_t n, bool *used)
{
    for (size_t i = 0; i < recipe->n_allows; i++) {
        used[i] = false;
        for (size_t k = 0; k < f->n && !used[i]; k++)
            used[i] = f->v[k].allow == &recipe->allows[i];
        for (size_t k = 0; k < n && !used[i]; k++)
            used[i] = allow_kept(&recipe->allows[i], packages[k]);
    }
}

int policy_expired(const struct recipe *recipe, int64_t now, bool locked, struct strv *ret_warnings,
                   struct err *err)
{
    CLEANUP(free_ptr) char *today = xstrdup(time_text(now).s);

    today[strcspn(today, "T")] = '\0';
    for (size_t i = 0; i < recipe->n_allows; i++) {
        const struct recipe_allow *a = &recipe->allows[i];
        if (!a->expires || strcmp(a->expires, today) >= 0)
            continue;
        if (locked) {
            strv_addf(ret_warnings, "%s:%u: allow %s %s: expired on %s", a->at.file, a->at.line,
                      a->rule, a->path, a->expires);
            continue;
        }
        err_code(err, ERR_POLICY, "%s:%u: allow %s %s: expired on %s", a->at.file, a->at.line,
                 a->rule, a->path, a->expires);
        err_hint(err, "remove it, or give it a later date if \"%s\" still holds", a->reason);
        return err_hint(err, "with --locked, for a rebuild of the past, it is only a warning");
    }
    return 0;
}
