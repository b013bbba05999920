/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/gate.h"

#include "base/path.h"
#include "base/time.h"
#include "recipe/values.h"
#include <inttypes.h>

#define DAY 86400

static void check_growth_of(const struct recipe_gate *g, const struct arch_diff *a,
                            struct strv *ret)
{
    unsigned percent;
    uint64_t bytes, was = a->old->packed, is = a->now->packed;

    if (!g->growth || !value_growth(g->growth, &percent, &bytes) || is <= was)
        return;
    if (percent ? is - was <= (uint64_t)((double)was * percent / 100) : is - was <= bytes)
        return;
    strv_addf(ret, "growth: %s: the layers grew from %s to %s, by more than %s", a->arch,
              size_text(was).s, size_text(is).s, g->growth);
}

static bool may_change(const struct recipe_gate *g, const char *package)
{
    for (size_t i = 0; i < g->may_change.n; i++)
        if (glob_match(g->may_change.v[i].text, package))
            return true;
    return false;
}

static void check_packages(const struct recipe_gate *g, const struct image_diff *d, size_t at,
                           struct strv *ret)
{
    const struct arch_diff *a = &d->arches[at];

    for (size_t i = 0; g->packages && i < a->n_packages; i++) {
        const struct package_change *c = &a->packages[i];
        const struct record_package *p = c->now ? c->now : c->old;
        if ((c->kind != PACKAGE_ADDED && c->kind != PACKAGE_REMOVED) || may_change(g, p->name) ||
            !diff_package_is_new(d, at, i))
            continue;
        strv_addf(ret, "packages: %s %s was %s", p->name, p->version, package_change_name(c->kind));
    }
}

/* Whether the image's user may execute it; directories aren't meant. */
static bool executable(const struct record_path *p)
{
    unsigned bit = p->uid == RECIPE_USER_ID ? 0100 : p->gid == RECIPE_USER_ID ? 0010 : 0001;

    return (p->type == ENTRY_FILE || p->type == ENTRY_HARDLINK) && p->mode & bit;
}

static void check_executables(const struct recipe_gate *g, const struct arch_diff *a,
                              struct strv *ret)
{
    for (size_t i = 0; g->executables && i < a->n_paths; i++) {
        const struct path_change *c = &a->paths[i];
        if (c->now && executable(c->now) && !(c->old && executable(c->old)))
            strv_addf(ret, "executables: %s: /%s is new, and the user may execute it", a->arch,
                      c->now->path);
    }
}

static void check_setuid(const struct recipe_gate *g, const struct arch_diff *a, struct strv *ret)
{
    if (!g->setuid)
        return;
    for (size_t i = 0; i < a->n_findings; i++) {
        const struct record_finding *f = a->findings[i].finding;
        if (!a->findings[i].gone && strcmp(f->rule, "FS-SUID") == 0)
            strv_addf(ret, "setuid: %s: /%s is new: %s", a->arch, f->path ? f->path : "", f->text);
    }
    for (size_t i = 0; i < a->n_paths; i++) {
        const struct path_change *c = &a->paths[i];
        if (c->now && c->now->type == ENTRY_FILE && c->now->mode & 06000 &&
            !(c->old && c->old->mode & 06000))
            strv_addf(ret, "setuid: %s: /%s is new, mode %04o", a->arch, c->now->path,
                      c->now->mode);
    }
}

static void check_scripts(const struct recipe_gate *g, const struct arch_diff *a, struct strv *ret)
{
    for (size_t i = 0; g->scripts && i < a->n_scripts; i++) {
        const struct script_change *c = &a->scripts[i];
        if (c->now && strcmp(c->now->class, script_class_name(SCRIPT_UNHANDLED)) == 0)
            strv_addf(ret, "scripts: %s: %s %s is %s, and nothing stands in for it: %s", a->arch,
                      c->now->package, c->now->script, c->old ? "changed" : "new",
                      c->now->what ? c->now->what : "");
    }
}

static int severity_rank(const char *name)
{
    for (int i = SEVERITY_INFO; i <= SEVERITY_CRITICAL; i++)
        if (strcmp(name, severity_name((enum severity)i)) == 0)
            return i;
    return SEVERITY_CRITICAL;
}

static void check_findings(const struct recipe_gate *g, const struct record_arch *a,
                           struct strv *ret)
{
    for (size_t i = 0; g->severity && i < a->n_findings; i++) {
        const struct record_finding *f = &a->findings[i];
        if (f->reason || strcmp(f->action, rule_action_name(RULE_FIX)) == 0 ||
            severity_rank(f->severity) < severity_rank(g->severity))
            continue;
        CLEANUP(free_ptr) char *place = f->path ? xasprintf("/%s: ", f->path) : xstrdup("");
        strv_addf(ret, "severity: %s: %s, %s: %s%s", a->arch, f->rule, f->severity, place, f->text);
    }
}

/* The begin of a day "YYYY-MM-DD", in seconds; the recipe was checked. */
static int64_t day_begin(const char *text)
{
    int64_t ret;

    return time_parse_day(text, &ret) ? ret : INT64_MAX;
}

static void check_end_of_life(const struct recipe_gate *g, const char *end, int64_t now,
                              struct strv *ret)
{
    if (!g->end_of_life || !end)
        return;
    int64_t left = (day_begin(end) - now) / DAY;
    if (day_begin(end) <= now)
        strv_addf(ret, "end_of_life: it was on %s", end);
    else if (left < (int64_t)g->end_of_life)
        strv_addf(ret, "end_of_life: it is on %s, in %" PRId64 " day%s", end, left,
                  left == 1 ? "" : "s");
}

void gate_check(const struct recipe_gate *g, const struct image_diff *d, const char *end_of_life,
                int64_t now, struct strv *ret)
{
    for (size_t i = 0; i < d->n_arches; i++) {
        const struct arch_diff *a = &d->arches[i];
        if (a->old && a->now) {
            check_growth_of(g, a, ret);
            check_packages(g, d, i, ret);
            check_executables(g, a, ret);
            check_setuid(g, a, ret);
            check_scripts(g, a, ret);
        }
        if (a->now)
            check_findings(g, a->now, ret);
    }
    check_end_of_life(g, end_of_life, now, ret);
}
