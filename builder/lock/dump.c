/* SPDX-License-Identifier: Apache-2.0 */
#include "lock/solving.h"

#include "deb/deb822.h"

/* What the solver reads of a stanza, and what the result is filled from. */
static const char *const kept[] = {
    "Package",   "Version",  "Architecture", "Source",  "Multi-Arch",  "Essential",  "Protected",
    "Important", "Priority", "Provides",     "Depends", "Pre-Depends", "Recommends", "Conflicts",
    "Breaks",    "Replaces", "Filename",     "Size",    "SHA256",
};

static void add_list(struct buf *b, const char *field, const struct recipe_list *list)
{
    for (size_t i = 0; list && i < list->n; i++)
        buf_addf(b, "%s%s", i ? ", " : field, list->v[i].text);
    if (list && list->n > 0)
        buf_addch(b, '\n');
}

/* What the third parties among the sources may deliver, a line each. */
static void add_sources(const struct universe *u, struct buf *b)
{
    CLEANUP(strv_release) struct strv seen = STRV_INIT;

    for (size_t i = 0; i < u->n_files; i++) {
        const struct universe_file *f = &u->files[i];
        CLEANUP(free_ptr) char *packages = strv_join(&f->packages, ",");
        CLEANUP(free_ptr) char *provides = strv_join(&f->provides, ",");

        if ((f->all && !f->provides.n) || strv_has(&seen, f->origin))
            continue;
        buf_addf(b, "%s%s %s %s\n", seen.n ? " " : "Sources: ", f->origin, f->all ? "*" : packages,
                 provides);
        strv_add(&seen, f->origin);
    }
}

static void add_request(const struct solving *v, struct buf *b)
{
    const struct solve_request *r = v->request;

    buf_addf(b, "Test: \nArch: %s\nWant: ", v->u->arch);
    for (size_t i = 0; i < r->n_packages; i++) {
        const struct recipe_package *p = &r->packages[i];
        buf_addf(b, "%s%s", i ? ", " : "", p->name);
        if (p->op)
            buf_addf(b, " (%s %s)", p->op, p->version);
    }
    buf_addch(b, '\n');
    add_list(b, "Omit: ", r->omit);
    add_list(b, "Forbid: ", r->forbid);
    add_sources(v->u, b);
    if (r->recommends)
        buf_addstr(b, "With-Recommends: yes\n");
    for (size_t i = 0; r->favour && i < r->favour->n_packages; i++)
        buf_addf(b, "%s%s (= %s)", i ? ", " : "Stay: ", r->favour->packages[i].name,
                 r->favour->packages[i].version);
    if (r->favour && r->favour->n_packages > 0)
        buf_addch(b, '\n');
}

static int add_stanza(const struct solving *v, Id p, struct buf *b, struct err *err)
{
    CLEANUP(deb822_release) struct deb822 d;
    struct slice text = universe_text(v->u, p);
    const struct universe_file *f = &v->u->files[universe_stanza(v->u, p)->file];

    deb822_init(&d, text.p, text.n, f->name);
    if (deb822_next(&d, err) < 0)
        return err_ret(err);
    buf_addf(b, "\nOrigin: %s\n", f->origin);
    for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
        struct slice value = deb822_get(&d, kept[i]);
        if (value.n == 0)
            continue;
        buf_addf(b, "%s: ", kept[i]);
        buf_addslice(b, value);
        buf_addch(b, '\n');
    }
    return 0;
}

struct closure {
    const struct solving *v;
    Map seen;
    Queue todo, alternatives;
};

/* All versions and all providers of the names in `a (>= 2) | b`, not just those that would do. */
static void add_dep(struct closure *c, Id dep)
{
    Pool *pool = c->v->pool;
    Id p, pp;

    dep_alternatives(pool, dep, &c->alternatives);
    for (int i = 0; i < c->alternatives.count; i++) {
        Id name = dep_name(pool, c->alternatives.elements[i]);
        FOR_PROVIDES(p, pp, name)
        {
            if (MAPTST(&c->seen, p) || !universe_stanza(c->v->u, p)->usable)
                continue;
            MAPSET(&c->seen, p);
            queue_push(&c->todo, p);
        }
    }
}

static void closure_find(struct closure *c)
{
    const struct solve_request *r = c->v->request;

    for (size_t i = 0; i < r->n_packages; i++) {
        Id name = pool_str2id(c->v->pool, r->packages[i].name, 0);
        if (name)
            add_dep(c, name);
    }
    for (int i = 0; i < c->todo.count; i++) {
        const Solvable *s = c->v->pool->solvables + c->todo.elements[i];
        for (const Id *dep = dep_list(s, s->requires); *dep; dep++)
            if (*dep != SOLVABLE_PREREQMARKER)
                add_dep(c, *dep);
        if (r->recommends)
            for (const Id *dep = dep_list(s, s->recommends); *dep; dep++)
                add_dep(c, *dep);
    }
}

int solve_dump(struct universe *u, const struct solve_request *request, struct buf *ret,
               struct err *err)
{
    CLEANUP(solving_release) struct solving v;
    struct closure c = {.v = &v};
    int r = 0;

    universe_ready(u);
    solving_init(&v, u, request);
    map_init(&c.seen, u->pool->nsolvables);
    queue_init(&c.todo);
    queue_init(&c.alternatives);
    closure_find(&c);
    add_request(&v, ret);
    for (Id p = 1; r == 0 && p < u->pool->nsolvables; p++)
        if (MAPTST(&c.seen, p))
            r = add_stanza(&v, p, ret, err);
    map_free(&c.seen);
    queue_free(&c.todo);
    queue_free(&c.alternatives);
    return r;
}
