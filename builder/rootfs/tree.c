/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"
#include "rootfs/tree_private.h"
#include "rootfs/usrmerge.h"

#define LINKS_MAX 40

char *tree_string(struct tree *t, const char *s)
{
    return arena_string(&t->arena, s);
}

void tree_release_content(struct content *c)
{
    free(c->bytes);
    if (c->from == FROM_HOST)
        close_fd(&c->fd);
    *c = (struct content){.from = FROM_PACKAGE, .fd = -1};
}

void tree_release_own(struct tree_item *i)
{
    tree_release_content(&i->node.content);
    file_facts_free(i->facts);
    i->facts = NULL;
}

struct tree *tree_new(void)
{
    struct tree *t = xcalloc(1, sizeof(*t));
    t->ways = xcalloc(1, sizeof(*t->ways));
    t->top.node = (struct node){
        .path = tree_string(t, ""),
        .type = ENTRY_DIRECTORY,
        .mode = 0755,
        .content.fd = -1,
    };
    t->top.implicit = true;
    return t;
}

static void release_item(void *p)
{
    tree_release_own(p);
}

void tree_free(struct tree *t)
{
    if (!t)
        return;
    pathmap_release(&t->items, release_item);
    arena_release(&t->arena);
    free(t->sorted);
    free(t->ways);
    free(t);
}

void tree_set_epoch(struct tree *t, int64_t epoch)
{
    t->epoch = epoch;
}

int64_t tree_epoch(const struct tree *t)
{
    return t->epoch;
}

bool tree_crossable(const char *path)
{
    const struct merged_dir *d = merged_above(path);
    return d && strcmp(path, d->path) == 0;
}

struct tree_item *tree_item(const struct tree *t, struct slice path)
{
    char copy[PATH_BYTES_MAX + 1];
    if (path.n == 0)
        return (struct tree_item *)(uintptr_t)&t->top;
    if (path.n > PATH_BYTES_MAX)
        return NULL;
    memcpy(copy, path.p, path.n);
    copy[path.n] = '\0';
    return pathmap_find(&t->items, copy);
}

struct node *tree_find(const struct tree *t, const char *path)
{
    struct tree_item *i = tree_item(t, slice_of(path));
    return i ? &i->node : NULL;
}

void tree_bound(struct tree *t, size_t bytes)
{
    t->ways->max = bytes;
}

bool tree_exhausted(const struct tree *t)
{
    return t->ways->max && t->ways->followed > t->ways->max;
}

static int follow_link(const struct tree *t, const struct node *link, const char *rest,
                       struct buf *ret)
{
    if (t->ways->max)
        t->ways->followed += strlen(link->target);
    path_link_target(link->path, link->target, ret);
    buf_addstr(ret, rest);
    return ret->overflow ? -1 : 1;
}

/* Follows the first link on the way to path: 1 and *ret is the way from there, 0 if there is no
 * link, negative if a part is missing or is no directory. Above what is there are directories. */
static int follow_one(const struct tree *t, const char *path, struct buf *ret)
{
    size_t n = strlen(path);
    const struct tree_item *whole = tree_item(t, slice_of(path));
    if (whole)
        return whole->node.type == ENTRY_SYMLINK ? follow_link(t, &whole->node, "", ret) : 0;
    for (size_t end = 1; end < n; end++) {
        if (path[end] != '/')
            continue;
        const struct tree_item *i = tree_item(t, (struct slice){path, end});
        if (!i)
            return -1;
        if (i->node.type == ENTRY_SYMLINK)
            return follow_link(t, &i->node, path + end, ret);
        if (i->node.type != ENTRY_DIRECTORY)
            return -1;
    }
    return -1;
}

struct node *tree_resolve(const struct tree *t, const char *path)
{
    CLEANUP(buf_release) struct buf now = BUF_INIT(PATH_BYTES_MAX);
    CLEANUP(buf_release) struct buf next = BUF_INIT(PATH_BYTES_MAX);
    buf_addstr(&now, path);
    for (unsigned links = 0; links <= LINKS_MAX && !tree_exhausted(t); links++) {
        int r = follow_one(t, buf_str(&now), &next);
        if (r < 0)
            return NULL;
        if (r == 0)
            return tree_find(t, buf_str(&now));
        struct slice s = slice_of(buf_str(&next));
        while (s.n && s.p[0] == '/')
            s.p++, s.n--;
        buf_reset(&now);
        buf_addslice(&now, s);
    }
    return NULL;
}

struct tree_item *tree_insert(struct tree *t, const char *path)
{
    struct tree_item *i = arena_take(&t->arena, sizeof(*i));
    *i = (struct tree_item){.node.path = tree_string(t, path), .node.content.fd = -1};
    if (pathmap_add(&t->items, i) != i)
        abort();
    free(t->sorted);
    t->sorted = NULL;
    return i;
}

struct node *const *tree_nodes(struct tree *t, size_t *ret_n)
{
    if (!t->sorted)
        t->sorted = (struct node **)pathmap_list(&t->items);
    *ret_n = t->items.n;
    return t->sorted;
}

bool tree_text(const struct node *n, struct slice *ret)
{
    if (n->type != ENTRY_FILE)
        return false;
    if (!n->package && n->content.from == FROM_MEMORY) {
        *ret = (struct slice){n->content.bytes ? n->content.bytes : "", n->size};
        return true;
    }
    if (!n->facts || !n->facts->content)
        return false;
    *ret = (struct slice){n->facts->content, n->facts->content_size};
    return true;
}
