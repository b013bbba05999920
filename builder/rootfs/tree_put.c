/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"
#include "rootfs/tree_private.h"
#include <errno.h>
#include <fcntl.h>

static const char *owner_of(const struct node *n)
{
    return n->package ? n->package->name : n->origin ? n->origin : "the image itself";
}

int tree_refuse(struct err *err, const struct node *there, const char *origin, const char *what)
{
    return err_set(err, "%s: /%s %s (%s%s)", origin, there->path, what,
                   there->package ? "package " : "", owner_of(there));
}

static void make_directory(struct tree *t, const char *path, const struct package *p,
                           const char *origin)
{
    struct tree_item *i = tree_insert(t, path);
    i->implicit = true;
    i->node.type = ENTRY_DIRECTORY;
    i->node.mode = 0755;
    i->node.mtime = p ? p->time : t->epoch;
    i->node.package = p;
    i->node.own_layer = !p;
    i->node.origin = p ? NULL : tree_string(t, origin);
}

/* What is behind a link that may be crossed: 0 and *ret, or an error. */
static int cross(struct tree *t, const struct tree_item *link, const char *rest, const char *origin,
                 struct buf *ret, struct err *err)
{
    CLEANUP(buf_release) struct buf behind = BUF_INIT(PATH_BYTES_MAX);
    path_link_target(link->node.path, link->node.target, &behind);
    const struct tree_item *i = tree_item(t, slice_of(buf_str(&behind)));
    if (behind.len == 0 || tree_crossable(buf_str(&behind)) || (i && i->node.type == ENTRY_SYMLINK))
        return tree_refuse(err, &link->node, origin, "is a link that leads to no directory");
    buf_addstr(&behind, rest);
    if (behind.overflow)
        return tree_refuse(err, &link->node, origin, "is followed by a path that is too long");
    buf_reset(ret);
    buf_addstr(ret, buf_str(&behind));
    return 1;
}

int tree_parents(struct tree *t, const char *path, const struct package *p, const char *origin,
                 struct buf *ret, struct err *err)
{
    buf_reset(ret);
    buf_addstr(ret, path);
    const struct tree_item *nearest = tree_item(t, path_dir(path));
    if (nearest && nearest->node.type == ENTRY_DIRECTORY)
        return 0;
    for (size_t end = 1; end < ret->len; end++) {
        if (ret->data[end] != '/')
            continue;
        CLEANUP(free_ptr) char *above = xstrndup(ret->data, end);
        const struct tree_item *i = tree_item(t, slice_of(above));
        if (!i) {
            make_directory(t, above, p, origin);
        } else if (i->node.type == ENTRY_SYMLINK && !p && tree_crossable(above)) {
            CLEANUP(free_ptr) char *rest = xstrdup(ret->data + end);
            if (cross(t, i, rest, origin, ret, err) < 0)
                return err_ret(err);
            end = 0;
        } else if (i->node.type != ENTRY_DIRECTORY) {
            (void)tree_refuse(err, &i->node, origin,
                              i->node.type == ENTRY_SYMLINK ? "is a link in the way"
                                                            : "is a file in the way");
            return err_hint(err, "it stands above /%s", path);
        }
    }
    return 0;
}

static int put_over_directory(struct tree *t, struct tree_item *i, const struct node_spec *spec,
                              struct err *err)
{
    struct node *n = &i->node;
    if (spec->type != ENTRY_DIRECTORY)
        return tree_refuse(err, n, spec->origin, "is a directory already");
    if (n->mode != spec->mode || n->uid != spec->uid || n->gid != spec->gid)
        n->own_layer = true;
    n->mode = spec->mode;
    n->uid = spec->uid;
    n->gid = spec->gid;
    n->origin = tree_string(t, spec->origin);
    i->implicit = false;
    return 0;
}

static int check_replace(const struct tree_item *i, const struct node_spec *spec, struct err *err)
{
    const struct node *n = &i->node;
    if (spec->type == ENTRY_DIRECTORY)
        return tree_refuse(err, n, spec->origin, "is there already and is no directory");
    if (spec->replace || i->weak || (spec->made && n->package))
        return 0;
    if (spec->made) {
        (void)err_set(err, "%s: /%s is made by the build (%s)", owner_of(n), n->path, spec->origin);
        return err_hint(err, "if it shall stand in for that one, add replace = true");
    }
    (void)tree_refuse(err, n, spec->origin,
                      n->package ? "is there already"
                      : n->made  ? "is made by the build"
                                 : "is given a second time");
    return err_hint(err, "if it shall stand in for the other one, add replace = true");
}

static void fill(struct tree *t, struct tree_item *i, const struct node_spec *spec)
{
    struct node *n = &i->node;
    tree_release_own(i);
    *n = (struct node){
        .path = n->path,
        .type = spec->type,
        .mode = spec->type == ENTRY_SYMLINK ? 0777 : spec->mode,
        .uid = spec->uid,
        .gid = spec->gid,
        .mtime = spec->mtime,
        .size = spec->size,
        .target = tree_string(t, spec->target),
        .sha256 = spec->sha256,
        .facts = spec->facts,
        .content = spec->content,
        .own_layer = true,
        .made = spec->made,
        .maker = spec->maker,
        .replaced = n->replaced || n->package,
        .origin = tree_string(t, spec->origin),
    };
    i->facts = spec->facts;
    i->weak = spec->weak;
    i->replaces = spec->replace;
    i->implicit = false;
}

static int put(struct tree *t, const struct node_spec *spec, bool *taken, struct err *err)
{
    if (spec->path[0] == '\0')
        return spec->weak ? 0 : err_set(err, "%s: the root itself can't be put", spec->origin);
    CLEANUP(buf_release) struct buf path = BUF_INIT(PATH_BYTES_MAX);
    if (path_from_member(spec->path, strlen(spec->path), &path, err) < 0)
        return err_wrap(err, "%s", spec->origin);
    if (strcmp(buf_str(&path), spec->path) != 0)
        return err_set(err, "%s: path \"%s\" is not clean", spec->origin, spec->path);
    if (tree_parents(t, spec->path, NULL, spec->origin, &path, err) < 0)
        return err_ret(err);

    struct tree_item *i = tree_item(t, slice_of(buf_str(&path)));
    if (i && i->node.type == ENTRY_SYMLINK && spec->type == ENTRY_DIRECTORY &&
        tree_crossable(i->node.path)) {
        CLEANUP(buf_release) struct buf behind = BUF_INIT(PATH_BYTES_MAX);
        if (cross(t, i, "", spec->origin, &behind, err) < 0)
            return err_ret(err);
        struct node_spec there = *spec;
        there.path = buf_str(&behind);
        return put(t, &there, taken, err);
    }
    if (i && ((spec->weak && !i->implicit) || (spec->made && i->replaces)))
        return 0;
    if (i && i->node.type == ENTRY_DIRECTORY)
        return put_over_directory(t, i, spec, err);
    if (i && check_replace(i, spec, err) < 0)
        return err_ret(err);
    fill(t, i ? i : tree_insert(t, buf_str(&path)), spec);
    *taken = true;
    return 0;
}

int tree_put(struct tree *t, const struct node_spec *spec, struct err *err)
{
    bool taken = false;
    int r = put(t, spec, &taken, err);
    if (!taken) {
        struct content content = spec->content;
        tree_release_content(&content);
        file_facts_free(spec->facts);
    }
    return r;
}

void tree_take(struct tree *t, const char *path)
{
    struct tree_item *i = pathmap_find(&t->items, path);
    if (!i || i->node.type != ENTRY_SYMLINK || i->node.package || i->node.replaced)
        return;
    tree_release_own(i);
    pathmap_remove(&t->items, i);
    free(t->sorted);
    t->sorted = NULL;
}

struct node *tree_put_foreign(struct tree *t, const struct node *n)
{
    struct tree_item *i = *n->path ? tree_insert(t, n->path) : &t->top;
    char *path = i->node.path;
    i->node = *n;
    i->node.path = path;
    i->node.target = tree_string(t, n->target);
    i->implicit = false;
    return &i->node;
}

bool tree_remove(struct tree *t, const char *path)
{
    struct tree_item *i = tree_item(t, slice_of(path));
    if (!i || i == &t->top || i->node.package || i->shipper)
        return false;
    size_t n;
    struct node *const *nodes = i->node.type == ENTRY_DIRECTORY ? tree_nodes(t, &n) : NULL;
    for (size_t k = 0; nodes && k < n; k++)
        if (nodes[k] != &i->node && path_below(nodes[k]->path, path))
            return false;
    pathmap_remove(&t->items, i);
    free(t->sorted);
    t->sorted = NULL;
    tree_release_own(i);
    return true;
}

int tree_copy_content(const struct node *n, struct content *ret, struct err *err)
{
    *ret = (struct content){.from = n->content.from, .fd = -1};
    if (n->package) {
        ret->from = FROM_COPY;
        ret->bytes = xstrdup(n->type == ENTRY_HARDLINK ? n->target : n->path);
        ret->package = n->package;
        return 0;
    }
    ret->package = n->content.package;
    if (n->content.from == FROM_MEMORY) {
        ret->bytes = xcalloc(1, n->size + 1);
        if (n->size)
            memcpy(ret->bytes, n->content.bytes, n->size);
    } else if (n->content.bytes)
        ret->bytes = xstrdup(n->content.bytes);
    if (n->content.fd >= 0 && (ret->fd = fcntl(n->content.fd, F_DUPFD_CLOEXEC, 0)) < 0) {
        int errnum = errno;
        free_ptr(&ret->bytes);
        return err_errno(err, errnum, "%s", n->path);
    }
    return 0;
}

static struct node_spec text_spec(const struct tree *t, const char *path, uint16_t mode,
                                  const char *text, size_t n, const char *origin)
{
    return (struct node_spec){
        .path = path,
        .type = ENTRY_FILE,
        .mode = mode,
        .mtime = t->epoch,
        .size = n,
        .sha256 = sha256_of(text, n),
        .content = {.from = FROM_MEMORY, .bytes = xmemdup(text, n), .fd = -1},
        .origin = origin,
    };
}

static struct node_spec directory_spec(const struct tree *t, const char *path, uint16_t mode,
                                       uint32_t uid, uint32_t gid, const char *origin)
{
    return (struct node_spec){
        .path = path,
        .type = ENTRY_DIRECTORY,
        .mode = mode,
        .uid = uid,
        .gid = gid,
        .mtime = t->epoch,
        .content.fd = -1,
        .origin = origin,
    };
}

static struct node_spec link_spec(const struct tree *t, const char *path, const char *target,
                                  const char *origin)
{
    return (struct node_spec){
        .path = path,
        .type = ENTRY_SYMLINK,
        .mtime = t->epoch,
        .target = target,
        .content.fd = -1,
        .origin = origin,
    };
}

int tree_put_text(struct tree *t, const char *path, uint16_t mode, const char *text, size_t n,
                  const char *origin, struct err *err)
{
    struct node_spec spec = text_spec(t, path, mode, text, n, origin);
    return tree_put(t, &spec, err);
}

int tree_put_directory(struct tree *t, const char *path, uint16_t mode, uint32_t uid, uint32_t gid,
                       const char *origin, struct err *err)
{
    struct node_spec spec = directory_spec(t, path, mode, uid, gid, origin);
    return tree_put(t, &spec, err);
}

int tree_put_link(struct tree *t, const char *path, const char *target, const char *origin,
                  struct err *err)
{
    struct node_spec spec = link_spec(t, path, target, origin);
    return tree_put(t, &spec, err);
}

int tree_put_made(struct tree *t, const char *path, uint16_t mode, const char *text, size_t n,
                  const char *origin, struct err *err)
{
    struct node_spec spec = text_spec(t, path, mode, text, n, origin);
    spec.made = true;
    return tree_put(t, &spec, err);
}

int tree_offer_text(struct tree *t, const char *path, uint16_t mode, const char *text, size_t n,
                    const char *origin, struct err *err)
{
    struct node_spec spec = text_spec(t, path, mode, text, n, origin);
    spec.weak = true;
    return tree_put(t, &spec, err);
}

int tree_offer_directory(struct tree *t, const char *path, uint16_t mode, uint32_t uid,
                         uint32_t gid, const char *origin, struct err *err)
{
    struct node_spec spec = directory_spec(t, path, mode, uid, gid, origin);
    spec.weak = true;
    return tree_put(t, &spec, err);
}

int tree_offer_link(struct tree *t, const char *path, const char *target, const char *origin,
                    struct err *err)
{
    struct node_spec spec = link_spec(t, path, target, origin);
    spec.weak = true;
    return tree_put(t, &spec, err);
}
