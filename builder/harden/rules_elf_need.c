/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arch.h"
#include "harden/loading.h"
#include "rootfs/depends.h"

/* ---- what is told --------------------------------------------------------------------------- */

void loading_soften(const struct object *o, struct finding *f)
{
    f->severity = SEVERITY_MEDIUM;
    f->action = o->node->package ? RULE_NOTE : RULE_DENY;
}

/* A program for a machine that the architecture still runs needs a world of its own. */
static bool is_older(const struct loading *c, const struct object *o)
{
    bool older = false;

    (void)elf_fits(o->elf, c->view->arch, &older);
    return older;
}

/* The first file of that name that could be loaded; NULL if it is nowhere. */
static const struct object *lying_about(const struct needed_name *name, const struct object *o)
{
    for (size_t i = 0; i < name->n_carriers; i++)
        if (loader_alike(name->carriers[i]->elf, o->elf))
            return name->carriers[i];
    return NULL;
}

/* What would make the loader find a file that is there. */
static char *way_to(const struct needed_name *name, const struct object *there)
{
    struct slice dir = path_dir(there->node->path);
    CLEANUP(free_ptr) char *file = xstrndup(there->node->path, dir.n);

    return xasprintf("the library is there, and the loader doesn't look in /%s: name the directory "
                     "to it, as by file \"/etc/ld.so.conf.d/own.conf\" { content = \"/%s\\n\" }, "
                     "or link it into a directory that it looks in, as by "
                     "link \"/usr/local/lib/%.*s\" { target = \"/%s\" }",
                     file, file, NAME_SHOW, name->text, there->node->path);
}

static void tell_missing(struct loading *c, struct object *o, struct needed_name *name, bool plugin)
{
    const struct object *there = lying_about(name, o);
    const struct package *p = o->node->package;
    const char *text = name->text;
    struct finding *f;

    if (name->missed == o)
        return;
    name->missed = o;
    if (there)
        f = finding_at(c->ret, c->rule, o->node,
                       "needs %.*s, which the loader doesn't look for in /%s", NAME_SHOW, text,
                       there->node->path);
    else if (plugin)
        f = finding_at(c->ret, c->rule, o->node, "needs %.*s, which isn't there, when it is loaded",
                       NAME_SHOW, text);
    else
        f = finding_at(c->ret, c->rule, o->node, "needs %.*s, which isn't there", NAME_SHOW, text);
    f->kind = name->text; /* one finding a library */
    if (plugin || is_older(c, o))
        loading_soften(o, f);
    if (!there) {
        f->wants = xstrdup(text);
        return;
    }
    f->advice = way_to(name, there);
    if (plugin) {
        const struct package *q = there->node->package;
        f->action = p == q || (p && q && package_depends(p, q)) ? RULE_DENY : RULE_NOTE;
    }
}

/* Whether the file that runs first is there, and for this machine. */
static bool has_interp(struct loading *c, struct object *o)
{
    const char *interp = o->elf->interp;
    CLEANUP(buf_release) struct buf path = BUF_INIT(PATH_BYTES_MAX);

    if (!interp)
        return true;
    path_link_target("", interp, &path);
    if (interp[0] == '/' && loader_at(&c->loader, buf_str(&path), o->elf))
        return true;
    struct finding *f = finding_at(
        c->ret, c->rule, o->node,
        tree_resolve(c->view->tree, buf_str(&path))
            ? "is started by the loader %.*s, which is none for its machine"
            : "is started by the loader %.*s, which isn't there",
        NAME_SHOW, interp);
    if (is_older(c, o))
        loading_soften(o, f);
    return false;
}

/* ---- the closure ---------------------------------------------------------------------------- */

/* What musl's libc itself stands for (ldso/dynlink.c, load_library). */
static bool is_in_musl(const char *name)
{
    static const char *const parts[] = {"c.", "pthread.", "rt.", "m.", "dl.", "util.", "xnet."};

    for (size_t i = 0; starts_with(name, "lib") && i < ARRAY_SIZE(parts); i++)
        if (starts_with(name + 3, parts[i]))
            return true;
    return false;
}

static bool uses_musl(const struct elf_facts *e)
{
    if (e->interp)
        return strstr(e->interp, "/ld-musl-") != NULL;
    strv_each (name, &e->needed) {
        if (starts_with(*name, "libc.musl-") || strcmp(*name, "libc.so") == 0)
            return true;
    }
    return false;
}

static void load_as(struct loading *c, struct needed_name *name, struct object *o)
{
    if (name->round == c->loader.round)
        return;
    name->round = c->loader.round;
    name->loaded = o;
}

static void load(struct loading *c, struct object *o, struct object *by)
{
    if (o->round == c->loader.round)
        return;
    o->round = c->loader.round;
    o->parent = by;
    struct needed_name *own = o->elf->soname ? loader_name(&c->loader, o->elf->soname) : NULL;
    if (own)
        load_as(c, own, o);
    GROW(c->queue, c->n_queue, c->cap_queue);
    c->queue[c->n_queue++] = o;
}

/* Whether one of two directories holds the other, and the loader looks in neither. */
static bool is_near(struct loading *c, const struct object *a, const struct object *b)
{
    struct slice x = path_dir(a->node->path), y = path_dir(b->node->path);
    CLEANUP(free_ptr) char *one = xstrndup(x.p, x.n), *other = xstrndup(y.p, y.n);

    return *one && *other && !loader_looks_in(&c->loader, one, a->elf) &&
           !loader_looks_in(&c->loader, other, b->elf) &&
           (path_below(one, other) || path_below(other, one));
}

/* Whether who made one file made the other, so that it knows how to find it: packages of one
 * source, files of one section of a recipe, or, in an image of others, of one place. */
static bool same_maker(struct loading *c, const struct object *a, const struct object *b)
{
    const struct node *x = a->node, *y = b->node;

    if (x->package || y->package)
        return x->package && y->package && strcmp(x->package->source, y->package->source) == 0;
    if (x->origin && y->origin)
        return strcmp(x->origin, y->origin) == 0;
    return !x->origin && !y->origin && is_near(c, a, b);
}

/* What its own search doesn't find for a plugin may be there all the same: loaded already, by a
 * program that the plugin is for, or by code that knows where it lies. */
static bool is_met(struct loading *c, const struct object *o, const struct needed_name *name)
{
    for (size_t i = 0; i < name->n_carriers && c->loader.work < LOADER_WORK_MAX; i++) {
        const struct object *there = name->carriers[i];
        c->loader.work++;
        if (loader_alike(there->elf, o->elf) && (there->needed || same_maker(c, o, there)))
            return true;
    }
    return false;
}

/* Everything that one object needs; of a plugin no further than that. */
static void needs_of(struct loading *c, struct object *o, bool musl, bool plugin)
{
    struct loader *l = &c->loader;
    size_t told = 0;

    strv_each (text, &o->elf->needed) {
        struct needed_name *name = loader_name(l, *text);
        if (l->work >= LOADER_WORK_MAX)
            break;
        if (name->round == l->round || (musl && is_in_musl(*text)))
            continue;
        struct object *found = loader_search(l, o, name, musl);
        if (found) {
            load_as(c, name, found);
            found->needed = found->needed || !plugin;
            if (!plugin)
                load(c, found, o);
        } else if (!(plugin && is_met(c, o, name)) && !o->told && !l->cache_unread &&
                   told++ < TOLD_MAX) {
            tell_missing(c, o, name, plugin);
        }
    }
    o->told = o->told || told;
}

/* Breadth first, as the loader does it; versions once all of it is loaded. */
static void follow(struct loading *c, struct object *root, bool plugin)
{
    bool musl = uses_musl(root->elf);

    c->loader.round++;
    c->n_queue = 0;
    load(c, root, NULL);
    for (size_t i = 0; i < c->n_queue && c->loader.work < LOADER_WORK_MAX; i++) {
        c->loader.work += c->queue[i]->elf->needed.n;
        needs_of(c, c->queue[i], musl, plugin);
    }
    for (size_t i = 0; !musl && i < c->n_queue && c->loader.work < LOADER_WORK_MAX; i++)
        loading_versions(c, c->queue[i], plugin);
}

static void follow_all(struct loading *c)
{
    struct loader *l = &c->loader;

    for (size_t i = 0; i < l->n; i++) {
        struct object *o = &l->objects[i];
        if (!(o->elf->flags & ELF_DYNAMIC))
            continue;
        if ((o->elf->interp || o->elf->flags & (ELF_IS_EXEC | ELF_IS_PIE)) && has_interp(c, o))
            follow(c, o, false);
    }
    for (size_t i = 0; i < l->n; i++) {
        struct object *o = &l->objects[i];
        if (o->elf->flags & ELF_DYNAMIC && !o->needed && !o->elf->interp &&
            !(o->elf->flags & (ELF_IS_EXEC | ELF_IS_PIE)))
            follow(c, o, true);
    }
    if (l->work >= LOADER_WORK_MAX)
        finding_add(c->ret, c->rule, NULL, NULL,
                    "there is more to look up than is looked up: not all needs were followed")
            ->action = RULE_NOTE;
}

/* ---- preloaded ------------------------------------------------------------------------------ */

static void look_at_preload(const struct rule *r, const struct view *v, struct findings *ret)
{
    const struct node *n = tree_resolve(v->tree, "etc/ld.so.preload");
    CLEANUP(strv_release) struct strv names = STRV_INIT;
    struct slice text;

    if (!n || !tree_text(n, &text))
        return;
    strv_split(&names, text, " \t\n:");
    if (!names.n)
        return;
    finding_at(ret, r, n, "makes every program load %.*s", NAME_SHOW, names.v[0]);
}

void elf_need(const struct rule *r, const struct view *v, struct findings *ret)
{
    struct loading c = {.rule = r, .view = v, .ret = ret};

    look_at_preload(r, v, ret);
    loader_start(&c.loader, v);
    follow_all(&c);
    loader_release(&c.loader);
    free(c.queue);
}
