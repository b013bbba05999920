/* SPDX-License-Identifier: Apache-2.0 */
#include "effects/alternatives_groups.h"
#include "effects/alternatives_links.h"
#include "effects/effect.h"

#define NAMES_MAX  20000u /* of groups and slaves, in an image */
#define SLAVES_MAX 1000u  /* of a group */
#define OFFERS_MAX 1000u  /* the same */

/* A name or a link, and whose it is. */
struct taken {
    char *text; /* first: for pathmap; borrowed from a call */
    struct link_group *group;
    const struct slave *slave; /* NULL: the group's own */
};

static void group_free(struct link_group *g)
{
    for (size_t i = 0; i < g->n_offers; i++)
        alternatives_call_release(&g->offers[i]);
    for (size_t i = 0; i < g->n_slaves; i++)
        free(g->slaves[i]);
    free(g->offers);
    free(g->slaves);
    free(g);
}

void alternatives_release(struct alternatives *a)
{
    pathmap_release(&a->names, free);
    pathmap_release(&a->links, free);
    for (size_t i = 0; i < a->n_groups; i++)
        group_free(a->groups[i]);
    free(a->groups);
}

PRINTF_LIKE(3, 4)
static int refuse(const struct script_call *c, struct err *err, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    CLEANUP(free_ptr) char *what = xvasprintf(fmt, ap);
    va_end(ap);
    CLEANUP(free_ptr) char *place = call_place(c);
    return err_set(err, "%s: update-alternatives: %s", place, what);
}

/* ---- groups --------------------------------------------------------------------------------- */

static struct alternatives_call *offer_of(const struct link_group *g, const char *path)
{
    for (size_t i = 0; path && i < g->n_offers; i++)
        if (strcmp(g->offers[i].path, path) == 0)
            return &g->offers[i];
    return NULL;
}

static const char *file_of(const struct alternatives_call *offer, const char *slave)
{
    for (size_t i = 0; i < offer->n_slaves; i++)
        if (strcmp(offer->slaves[i].name, slave) == 0)
            return offer->slaves[i].path;
    return NULL;
}

/* Whether it is a third party's call on a group in which others have a choice: it adds one of its
 * own to it, and changes nothing. */
static bool is_foreign(const struct alternatives *a, const struct link_group *g,
                       const struct alternatives_call *c)
{
    for (size_t i = 0; i < g->n_offers && alternatives_is_guest(a, c); i++)
        if (!assembly_same_origin(a->assembly, c->from->package, g->offers[i].from->package))
            return true;
    return false;
}

static bool is_better(const struct alternatives *a, const struct alternatives_call *offer,
                      const struct alternatives_call *best)
{
    bool guest = alternatives_is_guest(a, offer), other = alternatives_is_guest(a, best);
    if (guest != other)
        return other;
    return offer->priority > best->priority;
}

/* The current one stays among equals, else the first by path. */
static const char *best_of(const struct alternatives *a, const struct link_group *g)
{
    const struct alternatives_call *best = offer_of(g, g->current);
    if (!best)
        best = g->offers;
    for (size_t i = 0; i < g->n_offers; i++)
        if (is_better(a, &g->offers[i], best))
            best = &g->offers[i];
    return g->n_offers ? best->path : NULL;
}

static void take_all(const struct alternatives *a, const struct link_group *g)
{
    alternatives_take_pair(a, g->name, g->link);
    for (size_t i = 0; i < g->n_slaves; i++)
        alternatives_take_pair(a, g->slaves[i]->name, g->slaves[i]->link);
}

/* Makes the links of the current choice. What is there is asked before anything is made. */
static int make_links(const struct alternatives *a, const struct link_group *g, struct err *err)
{
    const struct alternatives_call *offer = offer_of(g, g->current);
    if (!offer) {
        take_all(a, g);
        return 0;
    }
    CLEANUP(free_ptr) const char **files = xcalloc(g->n_slaves + 1, sizeof(*files));
    for (size_t i = 0; i < g->n_slaves; i++) {
        const char *file = file_of(offer, g->slaves[i]->name);
        files[i] = file && alternatives_is_there(a->tree, file) ? file : NULL;
    }
    int r = alternatives_put_pair(a, offer, g->name, g->link, offer->path, err);
    for (size_t i = 0; r == 0 && i < g->n_slaves; i++) {
        const struct slave *s = g->slaves[i];
        if (files[i])
            r = alternatives_put_pair(a, offer, s->name, s->link, files[i], err);
        else
            alternatives_take_pair(a, s->name, s->link);
    }
    return r;
}

static struct taken *find_name(const struct alternatives *a, const char *name)
{
    return pathmap_find(&a->names, name);
}

static struct link_group *find_group(const struct alternatives *a, const char *name)
{
    const struct taken *t = find_name(a, name);
    return t && !t->slave ? t->group : NULL;
}

struct link_group *alternatives_find(const struct alternatives *a, const char *name)
{
    struct link_group *g = find_group(a, name);
    return g && g->n_offers ? g : NULL;
}

static void take(struct pathmap *m, const char *text, struct link_group *g, const struct slave *s)
{
    struct taken *t = xmalloc(sizeof(*t));
    *t = (struct taken){(char *)(uintptr_t)text, g, s};
    if (pathmap_add(m, t) != t)
        free(t);
}

static void give_up(struct pathmap *m, const char *text)
{
    struct taken *t = pathmap_find(m, text);
    if (t) {
        pathmap_remove(m, t);
        free(t);
    }
}

/* A name is a group's or a slave's of one group, and so is a link. */
static int check_free(const struct alternatives *a, const struct alternatives_call *c,
                      const char *name, const char *link, bool slave, struct err *err)
{
    const struct taken *n = find_name(a, name), *l = pathmap_find(&a->links, link);
    if (n && strcmp(n->group->name, c->name) != 0)
        return refuse(c->from, err, "%s is %s alternative %s already", name,
                      n->slave ? "a slave of" : "the", n->group->name);
    if (n && slave != (n->slave != NULL))
        return refuse(c->from, err, "%s is both a group and its own slave", name);
    if (l &&
        (l->group != find_group(a, c->name) || (l->slave && strcmp(l->slave->name, name) != 0)))
        return refuse(c->from, err, "link %s belongs to alternative %s already", link,
                      l->slave ? l->slave->name : l->group->name);
    return 0;
}

static int check_install(const struct alternatives *a, const struct alternatives_call *c,
                         struct err *err)
{
    int r = check_free(a, c, c->name, c->link, false, err);
    for (size_t i = 0; r == 0 && i < c->n_slaves; i++)
        r = check_free(a, c, c->slaves[i].name, c->slaves[i].link, true, err);
    return r;
}

static struct link_group *new_group(struct alternatives *a, const struct alternatives_call *c)
{
    struct link_group *g = xcalloc(1, sizeof(*g));
    g->name = c->name;
    g->link = c->link;
    GROW(a->groups, a->n_groups, a->cap_groups);
    a->groups[a->n_groups++] = g;
    take(&a->names, c->name, g, NULL);
    take(&a->links, c->link, g, NULL);
    return g;
}

/* A later call may give a link another place. */
static void move_link(struct alternatives *a, struct link_group *g, const struct slave *s,
                      const char **link, const char *now)
{
    if (strcmp(*link, now) == 0)
        return;
    alternatives_take_link(a, *link);
    give_up(&a->links, *link);
    *link = now;
    take(&a->links, now, g, s);
}

static void add_slave(struct alternatives *a, struct link_group *g,
                      const struct alternatives_slave *s, bool foreign)
{
    const struct taken *known = find_name(a, s->name);
    struct slave *mine = (struct slave *)(uintptr_t)(known ? known->slave : NULL);
    if (mine) {
        if (!foreign)
            move_link(a, g, mine, &mine->link, s->link);
        return;
    }
    mine = xmalloc(sizeof(*mine));
    *mine = (struct slave){.name = s->name, .link = s->link};
    GROW(g->slaves, g->n_slaves, g->cap_slaves);
    g->slaves[g->n_slaves++] = mine;
    take(&a->names, s->name, g, mine);
    take(&a->links, s->link, g, mine);
}

static int by_path(const void *x, const void *y)
{
    const struct alternatives_call *a = x, *b = y;
    return strcmp(a->path, b->path);
}

static void count_uses(const struct alternatives *a, const struct alternatives_call *offer,
                       int more)
{
    for (size_t i = 0; i < offer->n_slaves; i++) {
        const struct taken *t = find_name(a, offer->slaves[i].name);
        struct slave *s = (struct slave *)(uintptr_t)t->slave;
        s->uses = more < 0 ? s->uses - 1 : s->uses + 1;
    }
}

static void add_offer(struct alternatives *a, struct link_group *g, struct alternatives_call *c)
{
    struct alternatives_call *known = offer_of(g, c->path);
    count_uses(a, c, 1);
    if (known) {
        count_uses(a, known, -1);
        alternatives_call_release(known);
        *known = *c;
    } else {
        GROW(g->offers, g->n_offers, g->cap_offers);
        g->offers[g->n_offers++] = *c;
        qsort(g->offers, g->n_offers, sizeof(*g->offers), by_path);
    }
    c->slaves = NULL;
}

/* What no choice has any more is free for others. */
static void forget(struct alternatives *a, struct link_group *g)
{
    size_t kept = 0;
    for (size_t i = 0; i < g->n_slaves; i++) {
        struct slave *s = g->slaves[i];
        if (s->uses) {
            g->slaves[kept++] = s;
            continue;
        }
        give_up(&a->names, s->name);
        give_up(&a->links, s->link);
        free(s);
    }
    g->n_slaves = kept;
    if (!g->n_offers) {
        give_up(&a->names, g->name);
        give_up(&a->links, g->link);
    }
}

static int settle(struct alternatives *a, struct link_group *g, struct err *err)
{
    int r = make_links(a, g, err);
    forget(a, g);
    return r;
}

/* ---- calls ---------------------------------------------------------------------------------- */

static int install(struct alternatives *a, struct alternatives_call *c, struct err *err)
{
    if (check_install(a, c, err) < 0)
        return err_ret(err);
    if (!alternatives_is_there(a->tree, c->path)) {
        if (!effect_left_out(a->assembly, c->from->package, c->path + 1, ENTRY_FILE))
            alternatives_note(a, c->from, "alternative %s without %s, which isn't in the image",
                              c->name, c->path);
        return 0;
    }
    struct link_group *g = find_group(a, c->name);
    if (!g)
        g = new_group(a, c);
    bool foreign = is_foreign(a, g, c);
    if (foreign && offer_of(g, c->path)) {
        alternatives_note(a, c->from, "alternative %s: %s is another source's choice already",
                          c->name, c->path);
        return 0;
    }
    if (!foreign)
        move_link(a, g, NULL, &g->link, c->link);
    for (size_t i = 0; i < c->n_slaves; i++)
        add_slave(a, g, &c->slaves[i], foreign);
    if (a->names.n > NAMES_MAX || g->n_slaves > SLAVES_MAX || g->n_offers >= OFFERS_MAX)
        return refuse(c->from, err, "too many alternatives");
    add_offer(a, g, c);
    if (!g->manual)
        g->current = best_of(a, g);
    return settle(a, g, err);
}

static int remove_offer(struct alternatives *a, struct link_group *g, const char *path,
                        struct err *err)
{
    struct alternatives_call *o = offer_of(g, path);
    if (!o)
        return 0;
    bool is_current = strcmp(g->current, o->path) == 0;
    size_t behind = g->n_offers - (size_t)(o - g->offers) - 1;
    count_uses(a, o, -1);
    alternatives_call_release(o);
    memmove(o, o + 1, behind * sizeof(*o));
    g->n_offers--;
    if (is_current) {
        g->current = NULL;
        g->manual = false;
        g->current = best_of(a, g);
    }
    return settle(a, g, err);
}

int alternatives_choose(struct alternatives *a, struct link_group *g, const char *path,
                        struct err *err)
{
    const struct alternatives_call *offer = offer_of(g, path);
    if (!offer)
        return 0;
    g->current = offer->path;
    g->manual = true;
    int r = make_links(a, g, err);
    return r < 0 ? r : 1;
}

int alternatives_run(struct alternatives *a, struct alternatives_call *c, struct err *err)
{
    if (c->action == ALTERNATIVES_INSTALL)
        return install(a, c, err);
    struct link_group *g = alternatives_find(a, c->name);
    if (!g)
        return 0;
    if (is_foreign(a, g, c)) {
        alternatives_note(a, c->from, "alternative %s stays as it is: it is of another source",
                          c->name);
        return 0;
    }
    switch (c->action) {
    case ALTERNATIVES_REMOVE:
        return remove_offer(a, g, c->path, err);
    case ALTERNATIVES_REMOVE_ALL:
        while (g->n_offers)
            if (remove_offer(a, g, g->offers[0].path, err) < 0)
                return err_ret(err);
        return 0;
    case ALTERNATIVES_SET:
        return alternatives_choose(a, g, c->path, err);
    case ALTERNATIVES_AUTO:
        g->manual = false;
        g->current = best_of(a, g);
        return make_links(a, g, err);
    default:
        return 0;
    }
}
