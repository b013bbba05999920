/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "harden/loader.h"
#include "harden/rules_elf.h"

#define TOLD_MAX  20 /* missing libraries that are named of one file */
#define NAME_SHOW 200

struct closure {
    const struct rule *rule;
    const struct view *view;
    struct loader loader;
    struct object **queue;
    size_t n_queue, cap_queue;
    struct findings *ret;
};

/* ---- what is told --------------------------------------------------------------------------- */

/* What a plugin lacks fails when somebody loads it; a package may leave it at that on purpose, and
 * recommend the library's package. */
static void soften(const struct object *o, struct finding *f)
{
    f->severity = SEVERITY_MEDIUM;
    f->action = o->node->package ? RULE_NOTE : RULE_DENY;
}

/* A program for a machine that the architecture still runs needs a world of its own. */
static bool is_older(const struct closure *c, const struct object *o)
{
    bool older = false;

    (void)elf_fits(o->elf, c->view->arch, &older);
    return older;
}

static void tell_missing(struct closure *c, struct object *o, struct needed_name *name, bool plugin)
{
    const char *text = name->text;
    struct finding *f;

    if (name->missed == o)
        return;
    name->missed = o;
    if (plugin)
        f = finding_at(c->ret, c->rule, o->node, "needs %.*s, which isn't there, when it is loaded",
                       NAME_SHOW, text);
    else if (name->carrier && loader_alike(name->carrier->elf, o->elf))
        f = finding_at(c->ret, c->rule, o->node,
                       "needs %.*s, which the loader doesn't look for in /%s", NAME_SHOW, text,
                       name->carrier->node->path);
    else
        f = finding_at(c->ret, c->rule, o->node, "needs %.*s, which isn't there", NAME_SHOW, text);
    f->kind = name->text; /* one finding a library */
    if (plugin || is_older(c, o))
        soften(o, f);
}

/* Whether the file that runs first is there, and for this machine. */
static bool has_interp(struct closure *c, struct object *o)
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
        soften(o, f);
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

static void load(struct closure *c, struct object *o, struct object *by)
{
    if (o->round == c->loader.round)
        return;
    o->round = c->loader.round;
    o->parent = by;
    struct needed_name *own = o->elf->soname ? loader_name(&c->loader, o->elf->soname) : NULL;
    if (own)
        own->round = c->loader.round;
    GROW(c->queue, c->n_queue, c->cap_queue);
    c->queue[c->n_queue++] = o;
}

/* Everything that one object needs; of a plugin no further than that. */
static void needs_of(struct closure *c, struct object *o, bool musl, bool plugin)
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
        if (!found && plugin && name->carrier && loader_alike(name->carrier->elf, o->elf))
            found = name->carrier; /* loaded already by who loads the plugin */
        if (found && !plugin) {
            found->needed = true;
            name->round = l->round;
            load(c, found, o);
        } else if (!found && !o->told && !l->cache_unread && told++ < TOLD_MAX) {
            tell_missing(c, o, name, plugin);
        }
    }
    o->told = o->told || told;
}

/* Breadth first, as the loader does it. */
static void follow(struct closure *c, struct object *root, bool plugin)
{
    bool musl = uses_musl(root->elf);

    c->loader.round++;
    c->n_queue = 0;
    load(c, root, NULL);
    for (size_t i = 0; i < c->n_queue && c->loader.work < LOADER_WORK_MAX; i++) {
        c->loader.work += c->queue[i]->elf->needed.n;
        needs_of(c, c->queue[i], musl, plugin);
    }
}

static void follow_all(struct closure *c)
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
    struct closure c = {.rule = r, .view = v, .ret = ret};

    look_at_preload(r, v, ret);
    loader_start(&c.loader, v);
    follow_all(&c);
    loader_release(&c.loader);
    free(c.queue);
}
