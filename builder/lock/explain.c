/* SPDX-License-Identifier: Apache-2.0 */
#include "lock/solving.h"

#include "base/nearest.h"
#include "base/path.h"
#include "deb/version.h"
#include <solv/problems.h>
#include <solv/rules.h>

#define NEAREST_MAX  3
#define PROVIDED_MAX 8

static void one_text(const Pool *pool, Id dep, struct buf *ret)
{
    static const char *const ops[] = {"", ">>", "=", ">=", "<<", "<>", "<=", ""};

    if (!ISRELDEP(dep)) {
        const char *name = pool_id2str(pool, dep);
        buf_add(ret, name, strcspn(name, ","));
        return;
    }
    const Reldep *r = GETRELDEP(pool, dep);
    one_text(pool, r->name, ret);
    if (r->flags == REL_MULTIARCH) {
        buf_addstr(ret, ":any");
    } else if (r->flags < 8) {
        buf_addf(ret, " (%s %s)", ops[r->flags], pool_id2str(pool, r->evr));
    }
}

void dep_text(const Pool *pool, Id dep, struct buf *ret)
{
    Queue alternatives;
    bool any = false;

    queue_init(&alternatives);
    dep_alternatives(pool, dep, &alternatives);
    for (int i = 0; i < alternatives.count; i++) {
        if (origins_is_held(pool, alternatives.elements[i])) /* origins.c put it there */
            continue;
        buf_addstr(ret, any ? " | " : "");
        one_text(pool, alternatives.elements[i], ret);
        any = true;
    }
    queue_free(&alternatives);
}

void package_text(const struct solving *v, Id p, struct buf *ret)
{
    buf_addf(ret, "%s %s", universe_name(v->u, p), universe_version(v->u, p));
}

/* Where the recipe forbids a name, or NULL. */
static const struct recipe_item *forbidden_at(const struct solving *v, const char *name)
{
    const struct recipe_list *list = v->request->forbid;

    for (size_t i = 0; list && i < list->n; i++)
        if (strcmp(list->v[i].text, name) == 0)
            return &list->v[i];
    return NULL;
}

/* What there is of the name that a dependency without a provider is on. */
static void add_reason(const struct solving *v, Id dep, struct buf *ret)
{
    Pool *pool = v->pool;
    Id name = dep_name(pool, dep), p, pp;

    FOR_PROVIDES(p, pp, name)
    {
        if (pool->solvables[p].name != name || !MAPTST(&v->considered, p))
            continue;
        buf_addstr(ret, " (there is ");
        package_text(v, p, ret);
        buf_addch(ret, ')');
        return;
    }
}

/* The same version as the candidate, from another suite: nothing that explains anything. */
static bool is_twin(const struct solving *v, Id p)
{
    const Solvable *s = v->pool->solvables + p;
    Id candidate = v->candidate[s->name];

    return candidate && candidate != p && v->pool->solvables[candidate].evr == s->evr;
}

/* Why a package that is there isn't considered. */
static void add_obstacle(const struct solving *v, Id p, struct buf *ret)
{
    Id candidate = v->candidate[v->pool->solvables[p].name];
    const struct recipe_item *forbidden = forbidden_at(v, universe_name(v->u, p));

    const struct stanza *s = universe_stanza(v->u, p);
    const struct universe_file *f = universe_file_of(v->u, p);

    if (forbidden) {
        buf_addf(ret, ": %s:%u forbids it", forbidden->at.file, forbidden->at.line);
    } else if (s->elsewhere) {
        buf_addf(ret, ": source %s names it, so it comes from nowhere else",
                 origins_claim(v->u, universe_name(v->u, p))->origin);
    } else if (s->fits && !s->usable) {
        buf_addf(ret,
                 ": source %s has it, but delivers only the packages named for it: add \"%s\" "
                 "to its packages",
                 f->origin, universe_name(v->u, p));
    } else if (candidate && candidate != p) {
        buf_addstr(ret, ": the candidate is ");
        package_text(v, candidate, ret);
    }
}

/* One rule of libsolv's in words; false for rules that explain nothing. */
static bool rule_text(const struct solving *v, SolverRuleinfo type, Id from, Id to, Id dep,
                      struct buf *ret)
{
    switch (type) {
    case SOLVER_RULE_PKG_NOTHING_PROVIDES_DEP:
        package_text(v, from, ret);
        buf_addstr(ret, " depends on ");
        dep_text(v->pool, dep, ret);
        buf_addstr(ret, ", which nothing provides");
        add_reason(v, dep, ret);
        return true;
    case SOLVER_RULE_PKG_REQUIRES:
        package_text(v, from, ret);
        buf_addstr(ret, " depends on ");
        dep_text(v->pool, dep, ret);
        return true;
    case SOLVER_RULE_PKG_CONFLICTS:
    case SOLVER_RULE_PKG_OBSOLETES:
        package_text(v, from, ret);
        buf_addstr(ret, " conflicts with ");
        dep_text(v->pool, dep, ret);
        buf_addstr(ret, ", which ");
        package_text(v, to, ret);
        buf_addstr(ret, " is");
        return true;
    case SOLVER_RULE_PKG_SELF_CONFLICT:
        package_text(v, from, ret);
        buf_addstr(ret, " conflicts with itself");
        return true;
    case SOLVER_RULE_PKG_SAME_NAME:
        package_text(v, from, ret);
        buf_addstr(ret, " and ");
        package_text(v, to, ret);
        buf_addstr(ret, " can't be there together");
        return true;
    case SOLVER_RULE_PKG_NOT_INSTALLABLE:
        if (is_twin(v, from))
            return false;
        package_text(v, from, ret);
        buf_addstr(ret, " can't be chosen");
        add_obstacle(v, from, ret);
        return true;
    default:
        return false;
    }
}

/* Who provides what a dependency is on, and doesn't count for it. */
static void add_held(const struct solving *v, Id from, Id dep, struct strv *lines)
{
    const struct universe *u = v->u;
    Pool *pool = v->pool;
    Queue alternatives;
    Id p, pp;

    queue_init(&alternatives);
    dep_alternatives(pool, dep, &alternatives);
    for (size_t i = 0; i < u->n_held; i++) {
        const struct held_name *h = &u->held[i];
        const struct universe_file *f = &u->files[h->file];
        bool asked = false;
        for (int k = 0; k < alternatives.count; k++)
            asked = asked || dep_name(pool, alternatives.elements[k]) == h->name;
        if (!asked || strcmp(universe_file_of(u, from)->origin, f->origin) == 0)
            continue;
        FOR_PROVIDES(p, pp, h->held)
        {
            CLEANUP(buf_release) struct buf line = BUF_INIT(4096);
            package_text(v, p, &line);
            buf_addf(&line,
                     " of source %s provides %s, which is a package of Debian's: where it may "
                     "stand in for it, add provides = {\"%s\"} to that source",
                     f->origin, pool_id2str(pool, h->name), pool_id2str(pool, h->name));
            if (!strv_has(lines, buf_str(&line)))
                strv_add(lines, buf_str(&line));
        }
    }
    queue_free(&alternatives);
}

/* The rules behind one problem: the wishes among them and the sentences, most telling last. */
static void problem_text(const struct solving *v, Solver *solver, Id problem,
                         const struct recipe_package **want, struct strv *lines)
{
    Queue rules;

    queue_init(&rules);
    solver_findallproblemrules(solver, problem, &rules);
    for (int i = 0; i < rules.count; i++) {
        CLEANUP(buf_release) struct buf line = BUF_INIT(4096);
        Id from = 0, to = 0, dep = 0;
        SolverRuleinfo type = solver_ruleinfo(solver, rules.elements[i], &from, &to, &dep);

        if ((type & SOLVER_RULE_TYPEMASK) == SOLVER_RULE_JOB) {
            size_t n = (size_t)from / 2;
            if (n < v->request->n_packages && (!*want || &v->request->packages[n] < *want))
                *want = &v->request->packages[n];
        } else if (rule_text(v, type, from, to, dep, &line) && !strv_has(lines, buf_str(&line))) {
            strv_add(lines, buf_str(&line));
            if (type == SOLVER_RULE_PKG_REQUIRES || type == SOLVER_RULE_PKG_NOTHING_PROVIDES_DEP)
                add_held(v, from, dep, lines);
        }
    }
    queue_free(&rules);
}

/* The sentence that tells most: what nothing provides, else a conflict, else the first. */
static size_t telling(const struct strv *lines)
{
    static const char *const words[] = {"which nothing provides", "forbids it", "to its packages",
                                        "conflicts with", "can't be"};

    for (size_t w = 0; w < ARRAY_SIZE(words); w++)
        for (size_t i = 0; i < lines->n; i++)
            if (strstr(lines->v[i], words[w]))
                return i;
    return 0;
}

static int say(const struct solving *v, Solver *solver, int problems, struct err *err)
{
    for (int i = 1; i <= problems; i++) {
        CLEANUP(strv_release) struct strv lines = STRV_INIT;
        const struct recipe_package *want = NULL;

        problem_text(v, solver, i, &want, &lines);
        if (!want)
            want = v->request->packages;
        size_t best = telling(&lines);
        const char *sentence = lines.n ? lines.v[best] : "its dependencies can't be met";
        if (i == 1)
            err_set(err, "%s:%u: %s can't be installed on %s: %s", want->at.file, want->at.line,
                    want->name, v->u->arch, sentence);
        else
            err_hint(err, "%s:%u: %s can't be installed either: %s", want->at.file, want->at.line,
                     want->name, sentence);
        for (size_t k = 0; k < lines.n; k++)
            if (k != best)
                err_hint(err, "%s", lines.v[k]);
    }
    return err_ret(err);
}

/* Asks libsolv again for the wishes alone, so that no weak job stands in what it explains. */
int explain(struct solving *v, struct err *err)
{
    Queue job;
    int r;

    queue_init(&job);
    for (size_t i = 0; i < v->request->n_packages; i++)
        queue_push2(&job, SOLVER_SOLVABLE_NAME | SOLVER_INSTALL,
                    pool_str2id(v->pool, v->request->packages[i].name, 0));
    Solver *solver = solver_create(v->pool);
    solver_set_flag(solver, SOLVER_FLAG_IGNORE_RECOMMENDED, 1);
    int problems = solver_solve(solver, &job);
    if (problems > 0)
        r = say(v, solver, problems, err);
    else
        r = err_set(err, "the solver finds no way for %s, and can't say why", v->u->arch);
    solver_free(solver);
    queue_free(&job);
    return r;
}

struct near {
    const char *name;
    unsigned distance;
};

/* The nearest names of usable packages, best first, equal ones in the order of the alphabet. */
static size_t nearest(const struct solving *v, const char *name, struct near *ret)
{
    unsigned limit = near_limit(name);
    Pool *pool = v->pool;
    size_t n = 0;
    Id p;

    FOR_POOL_SOLVABLES(p)
    {
        struct near near = {universe_name(v->u, p), 0};
        size_t at = n;

        if (!universe_stanza(v->u, p)->usable)
            continue;
        near.distance = edit_distance(name, near.name, limit);
        if (near.distance > limit)
            continue;
        for (size_t i = 0; i < n; i++)
            if (strcmp(ret[i].name, near.name) == 0)
                near.name = NULL;
        if (!near.name)
            continue;
        while (at > 0 &&
               (ret[at - 1].distance > near.distance ||
                (ret[at - 1].distance == near.distance && strcmp(ret[at - 1].name, near.name) > 0)))
            at--;
        if (at == NEAREST_MAX)
            continue;
        n += n < NEAREST_MAX;
        memmove(&ret[at + 1], &ret[at], (n - at - 1) * sizeof(*ret));
        ret[at] = near;
    }
    return n;
}

static int no_version(const struct solving *v, const struct recipe_package *want,
                      const struct strv *versions, struct err *err)
{
    CLEANUP(free_ptr) char *text = strv_join(versions, ", ");

    err_set(err, "%s:%u: no version of %s meets what is asked for on %s", want->at.file,
            want->at.line, want->name, v->u->arch);
    for (size_t i = 0; i < v->request->n_packages; i++) {
        const struct recipe_package *other = &v->request->packages[i];
        if (strcmp(other->name, want->name) == 0 && other->op)
            err_hint(err, "%s:%u asks for %s (%s %s)", other->at.file, other->at.line, other->name,
                     other->op, other->version);
    }
    return err_hint(err, "the archive has %s", text);
}

/* Versions under this name; providers' names of this name; the source that keeps it back. */
static void look_for(const struct solving *v, const char *name, struct strv *versions,
                     struct strv *provided_by, const char **kept_back)
{
    Pool *pool = v->pool;
    Id id = pool_str2id(pool, name, 0), p, pp;

    if (!id)
        return;
    FOR_PROVIDES(p, pp, id)
    {
        bool usable = universe_stanza(v->u, p)->usable;
        if (pool->solvables[p].name != id) {
            if (usable && !strv_has(provided_by, universe_name(v->u, p)) &&
                provided_by->n < PROVIDED_MAX)
                strv_add(provided_by, universe_name(v->u, p));
        } else if (!usable) {
            if (universe_stanza(v->u, p)->fits)
                *kept_back = universe_file_of(v->u, p)->origin;
        } else {
            strv_add(versions, universe_version(v->u, p));
        }
    }
    strv_sort(provided_by);
}

int explain_missing(const struct solving *v, const struct recipe_package *want, struct err *err)
{
    CLEANUP(strv_release) struct strv versions = STRV_INIT, provided_by = STRV_INIT;
    const struct recipe_item *forbidden = forbidden_at(v, want->name);
    struct near near[NEAREST_MAX + 1];
    const struct universe_file *claim = origins_claim(v->u, want->name);
    const char *kept_back = NULL;

    if (forbidden)
        return err_set(err, "%s:%u: package %s is wanted, and forbidden by %s:%u", want->at.file,
                       want->at.line, want->name, forbidden->at.file, forbidden->at.line);
    look_for(v, want->name, &versions, &provided_by, &kept_back);
    if (versions.n > 0)
        return no_version(v, want, &versions, err);
    err_set(err, "%s:%u: there is no package %s for %s", want->at.file, want->at.line, want->name,
            v->u->arch);
    if (claim)
        return err_hint(err,
                        "source %s names it, so it comes from nowhere else, and that source has no "
                        "such package for %s",
                        claim->origin, v->u->arch);
    if (kept_back)
        return err_hint(err,
                        "source %s has it, but delivers only the packages named for it: add \"%s\" "
                        "to its packages",
                        kept_back, want->name);
    if (provided_by.n > 0) {
        CLEANUP(free_ptr) char *text = strv_join(&provided_by, ", ");
        return err_hint(err, "it is virtual; name a package that provides it: %s", text);
    }
    size_t n = nearest(v, want->name, near);
    for (size_t i = 0; i < n; i++)
        err_hint(err, "%s %s?", i == 0 ? "did you mean" : "or", near[i].name);
    return err_ret(err);
}
