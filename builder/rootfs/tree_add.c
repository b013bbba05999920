/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"
#include "rootfs/dpkg.h"
#include "rootfs/tree_private.h"

static bool same_attributes(const struct node *n, uint16_t mode, uint32_t uid, uint32_t gid)
{
    return n->mode == mode && n->uid == uid && n->gid == gid;
}

/* Attributes that a later layer gives a directory otherwise are given again by the image's own
 * layer. Who ships a directory decides, not who merely needs it for what lies in it. */
static int add_directory(struct tree_item *i, const struct package *p, const struct entry *e,
                         const char *origin, struct err *err)
{
    struct node *n = &i->node;
    if (n->type != ENTRY_DIRECTORY)
        return tree_refuse(err, n, origin, "is a directory here and none there");
    if (!same_attributes(n, e->mode, e->uid, e->gid))
        n->own_layer = true;
    if (i->implicit) {
        n->mode = e->mode;
        n->uid = e->uid;
        n->gid = e->gid;
        n->mtime = e->mtime;
        n->package = p;
        i->implicit = false;
    }
    i->shipper = p;
    return 0;
}

static int add_entry(struct tree *t, const struct package *p, const struct entry *e,
                     const char *origin, struct err *err)
{
    if (e->path[0] == '\0')
        return 0;
    struct tree_item *i = tree_item(t, slice_of(e->path));
    if (i && e->type == ENTRY_DIRECTORY)
        return add_directory(i, p, e, origin, err);
    if (i && i->node.type == ENTRY_SYMLINK && e->type == ENTRY_SYMLINK &&
        strcmp(i->node.target, e->target) == 0)
        return 0;
    if (i)
        return tree_refuse(err, &i->node, origin, "is brought by another package too");

    CLEANUP(buf_release) struct buf path = BUF_INIT(PATH_BYTES_MAX);
    if (tree_parents(t, e->path, p, origin, &path, err) < 0)
        return err_ret(err);
    i = tree_insert(t, e->path);
    i->shipper = p;
    i->node.type = e->type;
    i->node.mode = e->mode;
    i->node.uid = e->uid;
    i->node.gid = e->gid;
    i->node.mtime = e->mtime;
    i->node.size = e->size;
    i->node.target = tree_string(t, e->target);
    i->node.sha256 = e->sha256;
    i->node.facts = e->facts;
    i->node.package = p;
    return 0;
}

/* The directories that lie in a package's layer without being shipped, because its files need
 * them: 0755 and root's there. They must not win over what an earlier package says. */
static void correct_implied(struct tree *t, const struct package *p, struct slice above)
{
    while (above.n) {
        struct tree_item *i = tree_item(t, above);
        if (i && i->shipper != p && !same_attributes(&i->node, 0755, 0, 0))
            i->node.own_layer = true;
        const char *slash = memrchr(above.p, '/', above.n);
        above.n = slash ? (size_t)(slash - above.p) : 0;
    }
}

int tree_add_package(struct tree *t, const struct package *p, struct err *err)
{
    CLEANUP(free_ptr) char *origin = xasprintf("package %s", p->name);
    for (size_t k = 0; k < p->n_entries; k++)
        if (!p->entries[k].dropped && add_entry(t, p, &p->entries[k], origin, err) < 0)
            return err_ret(err);

    struct slice last = {"", 0};
    for (size_t k = 0; k < p->n_entries; k++) {
        struct slice above = path_dir(p->entries[k].path);
        if (p->entries[k].dropped || (above.n == last.n && memcmp(above.p, last.p, last.n) == 0))
            continue;
        correct_implied(t, p, above);
        last = above;
    }
    correct_implied(t, p, slice_of(DPKG_INFO));
    return 0;
}
