/* SPDX-License-Identifier: Apache-2.0 */
#include "harden/policy.h"

#include "recipe/options.h"

#define NEAR 3 /* letters that a misspelt rule may differ in */

int policy_recipe(const struct recipe *recipe, struct err *err)
{
    for (size_t i = 0; i < recipe->n_allows; i++) {
        const struct recipe_allow *a = &recipe->allows[i];
        const char *nearest = NULL;
        unsigned best = NEAR + 1;
        if (rule_find(a->rule))
            continue;
        for (size_t k = 0; k < rule_count; k++) {
            unsigned d = edit_distance(a->rule, rule_table[k].id, NEAR);
            nearest = d < best ? rule_table[k].id : nearest;
            best = d < best ? d : best;
        }
        err_set(err, "%s:%u: allow: there is no rule \"%s\"", a->at.file, a->at.line, a->rule);
        return nearest ? err_hint(err, "did you mean \"%s\"?", nearest) : -(int)err->code;
    }
    return 0;
}

int policy_expiry(const struct recipe *recipe, int64_t date, struct err *err)
{
    struct time_text now = time_text(date);

    for (size_t i = 0; i < recipe->n_allows; i++) {
        const struct recipe_allow *a = &recipe->allows[i];
        if (!a->expires || strncmp(now.s, a->expires, strlen(a->expires)) <= 0)
            continue;
        err_code(err, ERR_POLICY,
                 "%s:%u: allow %s: it counted until %s, and the archive is of %.10s", a->at.file,
                 a->at.line, a->rule, a->expires, now.s);
        return err_hint(err, "do without it, or give it a new date and reason");
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

    (void)package;
    if (p->lost && strv_has_sorted(p->lost, e->path))
        return drop("replaced");
    if (p->part && p->part->only.n && !any_glob(&p->part->only, e->path))
        return drop("only");
    if (p->part && any_glob(&p->part->exclude, e->path))
        return drop("exclude");
    if (any_item(&r->exclude, e->path) && !any_item(&r->keep, e->path))
        return drop("exclude");
    for (size_t i = 0; i < rule_count; i++) {
        if (!rule_table[i].edit)
            continue;
        struct edit edit = rule_table[i].edit(e);
        if (edit.action != EDIT_KEEP && !allow_for(r, rule_table[i].id, e->path))
            return edit;
    }
    return (struct edit){.action = EDIT_KEEP};
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
    CLEANUP(free_ptr) char *format = xasprintf("%d", HARDEN_FORMAT);
    struct hasher h = {0};

    hasher_start(&h);
    hash_text(&h, "harden ", format);
    sw_names_hash(&h);
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

    for (size_t i = 0; i < rule_count; i++) {
        const struct rule *r = &rule_table[i];
        if (r->image)
            r->image(r, v, ret);
        for (size_t k = 0; r->path && k < n_nodes; k++)
            r->path(r, v, nodes[k], ret);
    }
    for (size_t i = first; i < ret->n; i++) {
        struct finding *f = &ret->v[i];
        const struct node *n = f->path ? tree_find(v->tree, f->path) : NULL;
        f->allow = allow_for(recipe, f->rule->id, f->path);
        f->origin = n && !n->package && strchr(n->origin, ':') ? n->origin : NULL;
    }
}

static void finding_describe(const struct finding *f, struct buf *ret)
{
    CLEANUP(free_ptr) char *path = f->path ? text_escape(f->path, strlen(f->path)) : NULL;

    if (path)
        buf_addf(ret, "%s: /%s", f->rule->id, path);
    else
        buf_addf(ret, "%s: config", f->rule->id);
    if (f->package)
        buf_addf(ret, " (package %s)", f->package);
    buf_addf(ret, ": %s", f->text);
}

/* The line of the recipe that a finding comes from, as far as that can be told. */
static char *finding_place(const struct recipe *recipe, const struct finding *f)
{
    const struct origin *at = &recipe->config.at;

    if (f->origin)
        return xstrdup(f->origin);
    if (!f->path && at->line)
        return xasprintf("%s:%u", at->file, at->line);
    return xstrdup(recipe->path);
}

int policy_verdict(const struct recipe *recipe, const struct findings *f, struct err *err)
{
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    const struct finding *first = NULL;
    size_t denied = 0;

    for (size_t i = 0; i < f->n; i++) {
        if (f->v[i].action != RULE_DENY || f->v[i].allow)
            continue;
        first = first ? first : &f->v[i];
        denied++;
    }
    if (!first)
        return 0;
    finding_describe(first, &text);
    if (denied > 1)
        buf_addf(&text, " (and %zu more)", denied - 1);
    CLEANUP(free_ptr) char *place = finding_place(recipe, first);
    err_code(err, ERR_POLICY, "%s: refused by policy: %s", place, buf_str(&text));
    err_hint(err, "%s", first->rule->advice);
    err_hint(err, "if it must stay: allow { rule = \"%s\" path = \"/%s\" reason = \"…\" }",
             first->rule->id, first->path ? first->path : "**");
    for (size_t i = 0; i < f->n && denied > 1; i++) {
        if (f->v[i].action != RULE_DENY || f->v[i].allow || &f->v[i] == first)
            continue;
        buf_reset(&text);
        finding_describe(&f->v[i], &text);
        err_hint(err, "also %s", buf_str(&text));
    }
    return -ERR_POLICY;
}

/* Whether an allowance kept a packaged path as it came: without it the rule's edit would have
 * taken effect. */
static bool allow_kept(const struct recipe_allow *a, const struct package *p)
{
    const struct rule *r = rule_find(a->rule);

    for (size_t i = 0; r && r->edit && i < p->n_entries; i++) {
        const struct entry *e = &p->entries[i];
        if (!e->dropped && !e->rule && glob_match(a->path, e->path) &&
            r->edit(e).action != EDIT_KEEP)
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
