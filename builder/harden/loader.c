/* SPDX-License-Identifier: Apache-2.0 */
#include "harden/loader.h"
#include "base/arch.h"
#include "base/text.h"
#include "harden/rules_elf.h"

#include <elf.h>

/* ---- machines ------------------------------------------------------------------------------- */

static const struct arch *arch_for(const struct loader *l, const struct elf_facts *e)
{
    return arch_of_elf(e->machine, (e->flags & ELF_IS_64) != 0, (e->flags & ELF_IS_BIG_ENDIAN) != 0,
                       l->view->arch);
}

bool loader_alike(const struct elf_facts *a, const struct elf_facts *b)
{
    return a->machine == b->machine &&
           ((a->flags ^ b->flags) & (ELF_IS_64 | ELF_IS_BIG_ENDIAN)) == 0;
}

/* ---- objects and names ---------------------------------------------------------------------- */

static int by_node(const void *x, const void *y)
{
    const struct object *a = *(struct object *const *)x, *b = *(struct object *const *)y;
    return a->node < b->node ? -1 : a->node > b->node;
}

static int by_text(const void *x, const void *y)
{
    const struct needed_name *a = x, *b = y;
    return strcmp(a->text, b->text);
}

struct needed_name *loader_name(struct loader *l, const char *text)
{
    struct needed_name key = {.text = text};
    return l->n_names ? bsearch(&key, l->names, l->n_names, sizeof(key), by_text) : NULL;
}

static void find_objects(struct loader *l)
{
    size_t n_nodes;
    struct node *const *nodes = tree_nodes(l->view->tree, &n_nodes);

    for (size_t i = 0; i < n_nodes; i++) {
        const struct elf_facts *e = elf_loadable(l->view, nodes[i]);
        if (!e)
            continue;
        GROW(l->objects, l->n, l->cap);
        l->objects[l->n++] = (struct object){.node = nodes[i], .elf = e};
    }
    l->by_node = xcalloc(l->n + 1, sizeof(struct object *));
    for (size_t i = 0; i < l->n; i++)
        l->by_node[i] = &l->objects[i];
    qsort(l->by_node, l->n, sizeof(struct object *), by_node);
}

static void find_names(struct loader *l)
{
    size_t cap = 0, n = 0;

    for (size_t i = 0; i < l->n; i++) {
        const struct elf_facts *e = l->objects[i].elf;
        strv_each (needed, &e->needed) {
            GROW(l->names, l->n_names, cap);
            l->names[l->n_names++] = (struct needed_name){.text = *needed};
        }
    }
    if (!l->n_names)
        return;
    qsort(l->names, l->n_names, sizeof(*l->names), by_text);
    for (size_t i = 0; i < l->n_names; i++)
        if (n == 0 || strcmp(l->names[n - 1].text, l->names[i].text) != 0)
            l->names[n++] = l->names[i];
    l->n_names = n;
}

static void carry(struct loader *l, const char *text, struct object *o)
{
    struct needed_name *name = loader_name(l, text);

    if (!name || (name->n_carriers && name->carriers[name->n_carriers - 1] == o))
        return;
    GROW(name->carriers, name->n_carriers, name->cap_carriers);
    name->carriers[name->n_carriers++] = o;
}

static void read_cache(struct loader *l)
{
    const struct node *n = tree_resolve(l->view->tree, "etc/ld.so.cache");
    struct slice text;

    if (n && n->size && !tree_text(n, &text))
        l->cache_unread = true;
    else if (n && n->size)
        l->n_cache = ld_cache_parse(text, &l->cache);
}

static bool is_multiarch(const struct view *v)
{
    size_t n_arches;
    const struct arch *arches = arch_all(&n_arches);
    for (size_t i = 0; i < n_arches; i++) {
        CLEANUP(free_ptr) char *path = xasprintf("usr/lib/%s", arches[i].triplet);
        const struct node *n = tree_resolve(v->tree, path);
        if (n && n->type == ENTRY_DIRECTORY)
            return true;
    }
    return false;
}

void loader_start(struct loader *l, const struct view *v)
{
    const char *env = view_env(v, "LD_LIBRARY_PATH");

    *l = (struct loader){.view = v};
    find_objects(l);
    find_names(l);
    for (size_t i = 0; i < l->n; i++) {
        struct object *o = &l->objects[i];
        if (o->elf->soname)
            carry(l, o->elf->soname, o);
        carry(l, path_base(o->node->path), o);
    }
    read_cache(l);
    l->multiarch = is_multiarch(v);
    if (env)
        strv_split(&l->env, slice_of(env), ":;");
}

void loader_release(struct loader *l)
{
    for (size_t i = 0; i < l->n; i++) {
        free(l->objects[i].dir);
        strv_release(&l->objects[i].search);
        free(l->objects[i].sound);
    }
    for (size_t i = 0; i < l->n_names; i++)
        free(l->names[i].carriers);
    free(l->objects);
    free(l->by_node);
    free(l->names);
    free(l->cache);
    strv_release(&l->env);
    *l = (struct loader){0};
}

/* ---- where a library is --------------------------------------------------------------------- */

struct object *loader_at(struct loader *l, const char *path, const struct elf_facts *like)
{
    const struct node *n = tree_resolve(l->view->tree, path);

    l->work++;
    if (n && n->type == ENTRY_HARDLINK && n->target)
        n = tree_find(l->view->tree, n->target);
    if (!n || !l->n)
        return NULL;
    struct object key = {.node = n}, *wanted = &key;
    struct object **found = bsearch(&wanted, l->by_node, l->n, sizeof(struct object *), by_node);
    struct object *o = found ? *found : NULL;
    if (!o || !loader_alike(o->elf, like))
        return NULL;
    if (!o->dir)
        o->dir = xstrndup(path, path_dir(path).n);
    return o;
}

/* dir: as it is written, absolute. */
static struct object *in_directory(struct loader *l, const char *dir, const char *name,
                                   const struct elf_facts *like)
{
    CLEANUP(buf_release) struct buf path = BUF_INIT(PATH_BYTES_MAX);

    if (strlen(dir) + strlen(name) + 2 > PATH_BYTES_MAX)
        return NULL;
    CLEANUP(free_ptr) char *text = xasprintf("%s/%s", dir, name);
    path_link_target("", text, &path);
    return loader_at(l, buf_str(&path), like);
}

static void replace_token(struct buf *ret, const char *element, const char *token,
                          const char *value)
{
    CLEANUP(free_ptr) char *braced = xasprintf("${%s}", token), *plain = xasprintf("$%s", token);

    for (const char *at = element; *at;) {
        size_t n = starts_with(at, braced)  ? strlen(braced)
                   : starts_with(at, plain) ? strlen(plain)
                                            : 0;
        if (n)
            buf_addstr(ret, value);
        else
            buf_addch(ret, *at);
        at += n ? n : 1;
    }
}

/* The image path that a text with $ORIGIN, $LIB and $PLATFORM stands for; false if relative. */
static bool fill_in(const struct loader *l, const struct object *o, const char *element,
                    const char *origin, const char *lib, struct buf *ret)
{
    const struct arch *m = arch_for(l, o->elf);
    CLEANUP(buf_release)
    struct buf a = BUF_INIT(PATH_BYTES_MAX), b = BUF_INIT(PATH_BYTES_MAX),
               c = BUF_INIT(PATH_BYTES_MAX);
    CLEANUP(free_ptr) char *slashed = xasprintf("/%s", origin);

    replace_token(&a, element, "ORIGIN", slashed);
    replace_token(&b, buf_str(&a), "LIB", lib);
    replace_token(&c, buf_str(&b), "PLATFORM", m && m->platform ? m->platform : "");
    if (a.overflow || b.overflow || c.overflow || buf_str(&c)[0] != '/')
        return false;
    path_link_target("", buf_str(&c), ret);
    return true;
}

/* Adds the directory that an element stands for, if it is there. */
static void put_in(struct loader *l, struct object *o, const char *element, const char *origin,
                   const char *lib)
{
    CLEANUP(buf_release) struct buf path = BUF_INIT(PATH_BYTES_MAX);

    if (!fill_in(l, o, element, origin, lib, &path))
        return;
    const struct node *n = tree_resolve(l->view->tree, buf_str(&path));
    l->work++;
    if (n && n->type == ENTRY_DIRECTORY)
        strv_addf(&o->search, "/%s", buf_str(&path));
}

/* $ORIGIN is where the file is, and where it was found; $LIB as Debian builds glibc, or others. */
static void expand(struct loader *l, struct object *o, const char *list)
{
    const struct arch *m = arch_for(l, o->elf);
    CLEANUP(free_ptr) char *triplet = xasprintf("lib/%s", m ? m->triplet : "");
    CLEANUP(free_ptr) char *origin = xstrndup(o->node->path, path_dir(o->node->path).n);
    const char *lib = l->multiarch ? triplet : "lib64";
    CLEANUP(strv_release) struct strv elements = STRV_INIT;

    o->expanded = true;
    strv_split(&elements, slice_of(list), ":");
    strv_each (element, &elements) {
        put_in(l, o, *element, origin, lib);
        if (strstr(*element, "LIB"))
            put_in(l, o, *element, origin, "lib");
        if (o->dir && strstr(*element, "ORIGIN") && strcmp(o->dir, origin) != 0)
            put_in(l, o, *element, o->dir, lib);
    }
}

const struct strv *loader_own_dirs(struct loader *l, struct object *o)
{
    const char *list = o->elf->runpath ? o->elf->runpath : o->elf->rpath;

    if (!o->expanded && list)
        expand(l, o, list);
    return &o->search;
}

static struct object *in_list(struct loader *l, struct object *owner, const char *list,
                              const char *name, const struct elf_facts *like)
{
    if (!owner->expanded)
        expand(l, owner, list);
    strv_each (dir, &owner->search) {
        struct object *o = in_directory(l, *dir, name, like);
        if (o)
            return o;
    }
    return NULL;
}

/* ---- the system's places -------------------------------------------------------------------- */

static struct object *in_cache(struct loader *l, const char *name, const struct elf_facts *like)
{
    size_t low = 0, high = l->n_cache;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(l->cache[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < l->n_cache && strcmp(l->cache[low].name, name) == 0; low++) {
        const struct ld_found *f = &l->cache[low];
        struct object *o = f->hwcaps || f->path[0] != '/' ? NULL
                                                          : in_directory(l, "", f->path, like);
        if (o)
            return o;
    }
    return NULL;
}

static struct object *in_default(struct loader *l, const char *name, const struct elf_facts *like)
{
    const struct arch *m = arch_for(l, like);
    const char *last = !l->multiarch && like->flags & ELF_IS_64 ? "lib64" : m ? m->triplet : NULL;
    struct object *o = NULL;

    if (last) {
        CLEANUP(free_ptr) char *top = xasprintf(l->multiarch ? "/lib/%s" : "/%s", last);
        CLEANUP(free_ptr) char *usr = xasprintf("/usr%s", top);
        o = in_directory(l, top, name, like);
        o = o ? o : in_directory(l, usr, name, like);
    }
    o = o ? o : in_directory(l, "/lib", name, like);
    return o ? o : in_directory(l, "/usr/lib", name, like);
}

bool loader_looks_in(const struct loader *l, const char *dir, const struct elf_facts *like)
{
    static const char *const tops[] = {"lib", "usr/lib", "lib64", "usr/lib64"};
    const struct arch *m = arch_for(l, like);

    for (size_t i = 0; i < ARRAY_SIZE(tops); i++) {
        CLEANUP(free_ptr) char *deep = xasprintf("%s/%s", tops[i], m ? m->triplet : "");
        if (strcmp(dir, tops[i]) == 0 || strcmp(dir, deep) == 0)
            return true;
    }
    return false;
}

static struct object *in_musl(struct loader *l, const char *name, const struct elf_facts *like)
{
    const struct arch *m = arch_for(l, like);
    CLEANUP(free_ptr) char *conf = xasprintf("etc/ld-musl-%s.path", m ? m->musl : "");
    CLEANUP(strv_release) struct strv dirs = STRV_INIT;
    const struct node *n = tree_resolve(l->view->tree, conf);
    struct slice text;

    if (!n || !tree_text(n, &text))
        text = slice_of("/lib:/usr/local/lib:/usr/lib");
    strv_split(&dirs, text, ":\n");
    strv_each (dir, &dirs) {
        struct object *o = **dir == '/' ? in_directory(l, *dir, name, like) : NULL;
        if (o)
            return o;
    }
    return NULL;
}

static struct object *in_system(struct loader *l, struct needed_name *name,
                                const struct elf_facts *like, bool musl)
{
    bool plain = !musl && !(like->flags & ELF_NODEFLIB);

    if (plain && name->asked && loader_alike(name->asked, like))
        return name->found;
    struct object *o = musl ? in_musl(l, name->text, like) : in_cache(l, name->text, like);
    if (!o && plain)
        o = in_default(l, name->text, like);
    if (plain) {
        name->asked = like;
        name->found = o;
    }
    return o;
}

/* A name that is a path: relative only to $ORIGIN. */
static struct object *by_path(struct loader *l, const struct object *o, const char *text)
{
    CLEANUP(free_ptr) char *origin = xstrndup(o->node->path, path_dir(o->node->path).n);
    CLEANUP(buf_release) struct buf path = BUF_INIT(PATH_BYTES_MAX);
    struct object *found = NULL;

    if (fill_in(l, o, text, origin, "lib", &path))
        found = loader_at(l, buf_str(&path), o->elf);
    buf_reset(&path);
    if (!found && o->dir && fill_in(l, o, text, o->dir, "lib", &path))
        found = loader_at(l, buf_str(&path), o->elf);
    return found;
}

struct object *loader_search(struct loader *l, struct object *o, struct needed_name *name,
                             bool musl)
{
    const char *text = name->text, *runpath = o->elf->runpath;
    const struct elf_facts *like = o->elf;
    struct object *found = NULL;

    if (strchr(text, '/'))
        return by_path(l, o, text);
    for (struct object *by = o; by && !found && !runpath && !musl; by = by->parent)
        if (by->elf->rpath && !by->elf->runpath)
            found = in_list(l, by, by->elf->rpath, text, like);
    strv_each (dir, &l->env) {
        found = !found && **dir == '/' ? in_directory(l, *dir, text, like) : found;
    }
    if (!found && !musl && runpath)
        found = in_list(l, o, runpath, text, like);
    for (struct object *by = o; by && !found && musl; by = by->parent) {
        const char *list = by->elf->runpath ? by->elf->runpath : by->elf->rpath;
        found = list ? in_list(l, by, list, text, like) : NULL;
    }
    return found ? found : in_system(l, name, like, musl);
}
