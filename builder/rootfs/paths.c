/* SPDX-License-Identifier: Apache-2.0 */
#include "rootfs/paths.h"

#include "base/path.h"
#include "rootfs/usrmerge.h"
#include <search.h>

static void apply_merge(const struct merged_dir *m, struct buf *path)
{
    CLEANUP(free_ptr) char *rest = xstrdup(path->data + strlen(m->path));
    buf_reset(path);
    buf_addstr(path, m->leads_to);
    buf_addstr(path, rest);
}

void path_merge_plain(struct buf *path)
{
    const struct merged_dir *m = merged_above(buf_str(path));
    if (m)
        apply_merge(m, path);
}

static bool is_its_link(const struct merged_dir *m, const char *target)
{
    for (size_t i = 0; i < ARRAY_SIZE(m->targets) && m->targets[i]; i++) {
        if (strcmp(target, m->targets[i]) == 0)
            return true;
    }
    return false;
}

int path_merge(struct buf *path, bool directory, const char *link, bool *ret_moved, struct err *err)
{
    *ret_moved = false;
    const struct merged_dir *m = merged_above(buf_str(path));
    if (!m)
        return 0;
    if (strcmp(path->data, m->path) == 0 && !directory) {
        if (link && is_its_link(m, link))
            return 0;
        return err_set(err, "/%s must be a directory or the link to %s", m->path, m->targets[0]);
    }
    apply_merge(m, path);
    *ret_moved = true;
    if (path->overflow)
        return err_set(err, "a path is longer than %d bytes", PATH_BYTES_MAX);
    return 0;
}

/* A path and what is there. The text of an entry's path is the entry's own, that of an implied
 * directory the node's. */
struct path_node {
    const char *path;
    char *own;
    size_t index;
    bool directory, moved;
};

static int compare_node(const void *a, const void *b)
{
    const struct path_node *x = a, *y = b;
    return strcmp(x->path, y->path);
}

static void free_node(void *p)
{
    struct path_node *n = p;
    free(n->own);
    free(n);
}

void path_set_release(struct path_set *s)
{
    tdestroy(s->root, free_node);
    s->root = NULL;
}

static struct path_node *find_node(const struct path_set *s, const char *path)
{
    struct path_node key = {.path = path};
    void *found = tfind(&key, &s->root, compare_node);
    return found ? *(struct path_node **)found : NULL;
}

static void add_node(struct path_set *s, struct path_node node)
{
    s->bytes += strlen(node.path) + 1;
    struct path_node *n = xmemdup(&node, sizeof(node));
    if (!tsearch(n, &s->root, compare_node))
        abort();
}

bool path_set_find(const struct path_set *s, const char *path, size_t *ret)
{
    const struct path_node *n = find_node(s, path);
    if (n)
        *ret = n->index;
    return n != NULL;
}

/* From the path upwards until a directory that is known. */
static int add_parents(struct path_set *s, const char *path, struct err *err)
{
    struct slice dir = path_dir(path);
    while (dir.n) {
        char *parent = xstrndup(dir.p, dir.n);
        const struct path_node *n = find_node(s, parent);
        if (n) {
            free(parent);
            if (n->directory)
                return 0;
            return err_set(err, "it lies below /%s, which is not a directory in this package",
                           n->path);
        }
        add_node(s, (struct path_node){parent, parent, PATH_IMPLIED, true, false});
        dir = path_dir(parent);
    }
    return 0;
}

/* What is there already, against what comes now. */
static int meet(struct path_node *there, const struct path_node *now, struct err *err)
{
    if (there->index == PATH_IMPLIED) {
        if (!now->directory)
            return err_set(err, "other files of this package lie below it, and it is not a "
                                "directory");
        there->index = now->index;
        there->moved = now->moved;
        return 0;
    }
    if (there->directory && now->directory && there->moved != now->moved)
        return 1;
    return err_set(err, "it stands twice in the package");
}

static int check_limits(const struct path_set *s, const char *path, struct err *err)
{
    size_t parts = 1;
    for (const char *p = path; *p; p++)
        parts += *p == '/';
    if (parts > PATH_DEPTH_MAX)
        return err_set(err, "it has more than %d parts", PATH_DEPTH_MAX);
    if (s->bytes > PATH_NAMES_MAX)
        return err_set(err, "the package's paths take more than %u bytes", PATH_NAMES_MAX);
    return 0;
}

int path_set_add(struct path_set *s, const char *path, bool directory, bool moved, size_t index,
                 struct err *err)
{
    struct path_node now = {path, NULL, index, directory, moved};
    struct path_node *there = find_node(s, path);
    if (there)
        return meet(there, &now, err);
    int r = check_limits(s, path, err);
    if (r == 0)
        r = add_parents(s, path, err);
    if (r < 0)
        return r;
    add_node(s, now);
    return 0;
}

void path_set_claim(struct path_set *s, const char *path, size_t index)
{
    struct path_node *n = find_node(s, path);
    if (n)
        n->index = index;
}
