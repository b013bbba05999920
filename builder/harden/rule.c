/* SPDX-License-Identifier: Apache-2.0 */
#include "harden/rule.h"

const struct rule *rule_find(const char *id)
{
    for (size_t i = 0; i < rule_count; i++)
        if (strcmp(rule_table[i].id, id) == 0)
            return &rule_table[i];
    return NULL;
}

const char *severity_name(enum severity s)
{
    static const char *const names[] = {"info", "low", "medium", "high", "critical"};
    return names[s];
}

const char *rule_action_name(enum rule_action a)
{
    static const char *const names[] = {"fix", "deny", "note"};
    return names[a];
}

void finding_add(struct findings *f, const struct rule *r, const char *path, const char *package,
                 const char *fmt, ...)
{
    va_list ap;

    GROW(f->v, f->n, f->cap);
    struct finding *new = &f->v[f->n++];
    *new = (struct finding){.rule = r, .action = r->action};
    new->path = path ? xstrdup(path) : NULL;
    new->package = package ? xstrdup(package) : NULL;
    va_start(ap, fmt);
    new->text = xvasprintf(fmt, ap);
    va_end(ap);
}

void findings_release(struct findings *f)
{
    for (size_t i = 0; i < f->n; i++) {
        free(f->v[i].path);
        free(f->v[i].package);
        free(f->v[i].text);
    }
    free(f->v);
    *f = (struct findings){0};
}

const struct recipe_allow *allow_for(const struct recipe *r, const char *rule, const char *path)
{
    for (size_t i = 0; i < r->n_allows; i++) {
        const struct recipe_allow *a = &r->allows[i];
        if (strcmp(a->rule, rule) != 0)
            continue;
        if (!path || glob_match(a->path, path))
            return a;
    }
    return NULL;
}
