/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/overlay.h"

void overlay_start(struct overlay *p)
{
    *p = (struct overlay){.top = {.name = ""}};
    p->top.inode = overlay_inode(p, ENTRY_DIRECTORY);
    p->top.inode->mode = 0755;
}

static void forget_place(void *thing)
{
    struct overlay_place *p = thing;

    pathmap_release(&p->children, forget_place);
}

/* All but what others borrow. */
static void forget_places(struct overlay *p)
{
    forget_place(&p->top);
    arena_release(&p->places);
    arena_release(&p->inodes);
    p->top.inode = NULL;
}

void overlay_release(struct overlay *p)
{
    forget_places(p);
    arena_release(&p->targets);
    for (size_t i = 0; i < p->n_facts; i++)
        file_facts_free(p->facts[i]);
    free(p->facts);
    *p = (struct overlay){0};
}

struct inode *overlay_inode(struct overlay *p, enum entry_type type)
{
    struct inode *i = arena_take(&p->inodes, sizeof(*i));

    *i = (struct inode){.type = type};
    return i;
}

void overlay_facts(struct overlay *p, struct inode *i, struct file_facts *facts)
{
    i->facts = facts;
    if (!facts)
        return;
    GROW(p->facts, p->n_facts, p->cap_facts);
    p->facts[p->n_facts++] = facts;
}

void overlay_target(struct overlay *p, struct inode *i, const char *target)
{
    i->target = arena_string(&p->targets, target);
}

void overlay_path(const struct overlay_place *p, struct buf *ret)
{
    if (!p->parent)
        return;
    overlay_path(p->parent, ret);
    if (ret->len)
        buf_addch(ret, '/');
    buf_addstr(ret, p->name);
}

struct overlay_place *overlay_child(const struct overlay_place *dir, const char *name)
{
    return pathmap_find(&dir->children, name);
}

static size_t child_length(const struct overlay_place *dir, const char *name)
{
    return dir->length + (dir->length != 0) + strlen(name);
}

static struct overlay_place *add_child(struct overlay *p, struct overlay_place *dir,
                                       const char *name, struct inode *inode, unsigned layer)
{
    size_t n = strlen(name) + 1;
    struct overlay_place *new = arena_take(&p->places, sizeof(*new) + n);

    *new = (struct overlay_place){.name = memcpy(new + 1, name, n),
                                  .parent = dir,
                                  .inode = inode,
                                  .layer = layer,
                                  .depth = dir->depth + 1,
                                  .length = child_length(dir, name)};
    if (pathmap_add(&dir->children, new) != new)
        abort();
    p->n++;
    p->paths += new->length;
    return new;
}

/* ---- the way to a place ---------------------------------------------------------------------- */

/* What is left of a way: a text, and how much of it is behind us. */
struct way {
    struct buf text;
    size_t at;
};

static void release_way(struct way *w)
{
    buf_release(&w->text);
}

/* The next part; empty at the end. */
static struct slice next_part(struct way *w)
{
    const char *s = buf_str(&w->text) + w->at;
    size_t skip = strspn(s, "/"), n = strcspn(s + skip, "/");

    w->at += skip + n;
    return (struct slice){s + skip, n};
}

/* A link's target goes in front of the rest of the way. */
static bool turn(struct way *w, const char *target)
{
    CLEANUP(free_ptr) char *rest = xstrdup(buf_str(&w->text) + w->at);

    buf_reset(&w->text);
    buf_addf(&w->text, "%s/%s", target, rest);
    w->at = 0;
    return !w->text.overflow;
}

static struct overlay_place *make_directory(struct overlay *p, struct overlay_place *at,
                                            const char *name, unsigned layer)
{
    if (at->depth == OVERLAY_DEPTH_MAX || child_length(at, name) > PATH_BYTES_MAX)
        return NULL;
    struct inode *i = overlay_inode(p, ENTRY_DIRECTORY);
    i->mode = 0755;
    return add_child(p, at, name, i, layer);
}

struct overlay_place *overlay_directory(struct overlay *p, const char *path, unsigned layer,
                                        bool make, const char **ret_name)
{
    CLEANUP(release_way) struct way way = {.text = BUF_INIT(2 * PATH_BYTES_MAX)};
    struct overlay_place *at = &p->top;
    struct slice part;
    unsigned links = 0;

    *ret_name = path_base(path);
    buf_addslice(&way.text, path_dir(path));
    while (at && (part = next_part(&way)).n) {
        char name[PATH_BYTES_MAX + 1];
        if (part.n > PATH_BYTES_MAX)
            return NULL;
        memcpy(name, part.p, part.n);
        name[part.n] = '\0';
        if (strcmp(name, ".") == 0)
            continue;
        if (strcmp(name, "..") == 0) {
            at = at->parent ? at->parent : at;
            continue;
        }
        struct overlay_place *next = overlay_child(at, name);
        if (!next) {
            at = make ? make_directory(p, at, name, layer) : NULL;
        } else if (next->inode->type == ENTRY_SYMLINK) {
            const char *target = next->inode->target;
            p->turned += strlen(target);
            if (++links > OVERLAY_LINKS_MAX || !turn(&way, target))
                return NULL;
            at = target[0] == '/' ? &p->top : at;
        } else {
            at = next->inode->type == ENTRY_DIRECTORY ? next : NULL;
        }
    }
    return at;
}

/* ---- changes --------------------------------------------------------------------------------- */

static void hide(struct overlay *p, const struct overlay_place *place)
{
    if (!p->hidden)
        return;
    p->paths += place->length;
    p->hidden(p->context, place);
}

static void hide_all(struct overlay *p, struct overlay_place *place)
{
    CLEANUP(free_ptr) void **list = pathmap_list(&place->children);

    hide(p, place);
    for (size_t i = 0; list[i]; i++)
        hide_all(p, list[i]);
}

static void drop(struct overlay *p, struct overlay_place *place)
{
    hide_all(p, place);
    pathmap_remove(&place->parent->children, place);
    forget_place(place);
}

static bool same(const struct inode *a, const struct inode *b)
{
    return a == b || (a->type == ENTRY_FILE && b->type == ENTRY_FILE && a->mode == b->mode &&
                      a->uid == b->uid && a->gid == b->gid && sha256_eq(&a->sha256, &b->sha256) &&
                      !sha256_is_zero(&a->sha256));
}

struct overlay_place *overlay_put(struct overlay *p, struct overlay_place *dir, const char *name,
                                  struct inode *inode, unsigned layer)
{
    struct overlay_place *there = overlay_child(dir, name);
    bool directory = inode->type == ENTRY_DIRECTORY;

    if (there && there->inode->type == ENTRY_DIRECTORY && !directory) {
        drop(p, there);
        there = NULL;
    }
    if (!there)
        return add_child(p, dir, name, inode, layer);
    if (there->inode->type != ENTRY_DIRECTORY && !same(there->inode, inode))
        hide(p, there);
    there->inode = inode;
    there->layer = layer;
    return there;
}

/* Whether anything in it is this layer's. */
static bool holds_own(const struct overlay_place *place, unsigned layer)
{
    CLEANUP(free_ptr) void **list = pathmap_list(&place->children);

    if (place->layer >= layer)
        return true;
    for (size_t i = 0; list[i]; i++)
        if (holds_own(list[i], layer))
            return true;
    return false;
}

void overlay_remove(struct overlay *p, struct overlay_place *dir, const char *name, unsigned layer)
{
    struct overlay_place *there = overlay_child(dir, name);

    if (!there || there->emptied == layer)
        return;
    if (!holds_own(there, layer))
        drop(p, there);
    else if (there->inode->type == ENTRY_DIRECTORY)
        overlay_empty(p, there, layer);
}

void overlay_empty(struct overlay *p, struct overlay_place *dir, unsigned layer)
{
    if (dir->emptied == layer)
        return;
    dir->emptied = layer;
    CLEANUP(free_ptr) void **list = pathmap_list(&dir->children);
    for (size_t i = 0; list[i]; i++) {
        struct overlay_place *child = list[i];
        if (!holds_own(child, layer))
            drop(p, child);
        else if (child->inode->type == ENTRY_DIRECTORY)
            overlay_empty(p, child, layer);
    }
}

static void take_down(struct overlay_place *place,
                      void (*visit)(void *context, struct overlay_place *p), void *context)
{
    if (!place->children.n)
        return;
    CLEANUP(free_ptr) void **list = pathmap_list(&place->children);
    pathmap_release(&place->children, NULL);
    for (size_t i = 0; list[i]; i++) {
        visit(context, list[i]);
        take_down(list[i], visit, context);
    }
}

void overlay_take_down(struct overlay *p, void (*visit)(void *context, struct overlay_place *p),
                       void *context)
{
    take_down(&p->top, visit, context);
    forget_places(p);
}
