/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/flat.h"
#include "rootfs/account_files.h"

#include <errno.h>
#include <inttypes.h>

#define WHITEOUT ".wh."
#define OPAQUE   ".wh..wh..opq"

static struct flat_layer *layer_now(struct flat *f)
{
    return &f->layers[f->n_layers - 1];
}

static void fault(struct flat *f, const char *path, const char *what)
{
    layer_fault(&layer_now(f)->faults, "/%s %s", path, what);
}

/* A name as an image path, as engines clean it: by its letters alone, and at the root ".." stays
 * there. False if it is too long. */
static bool clean_name(struct flat *f, const char *name, struct buf *ret)
{
    bool up = false;

    for (const char *p = name; *p; p += strspn(p, "/")) {
        size_t n = strcspn(p, "/");
        up = up || slice_eq((struct slice){p, n}, "..");
        p += n;
    }
    path_link_target("", name, ret);
    if (up)
        layer_fault(&layer_now(f)->faults, "%.200s leads out of its directory", name);
    if (ret->overflow)
        layer_fault(&layer_now(f)->faults, "%.200s… is longer than %d bytes", name, PATH_BYTES_MAX);
    return !ret->overflow;
}

/* ---- facts ----------------------------------------------------------------------------------- */

static bool ends_in(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);
    return n > m && strcmp(s + n - m, end) == 0;
}

/* Whether a file's text is needed later on, beside what packages keep. */
static bool flat_keeps(const char *path)
{
    static const char *const files[] = {"etc/shells",           "etc/ld.so.preload",
                                        "etc/alpine-release",   "var/lib/dpkg/status",
                                        "lib/apk/db/installed", "usr/lib/apk/db/installed"};
    if (account_file_at(path) || account_copy_at(path))
        return true;
    for (size_t i = 0; i < ARRAY_SIZE(files); i++)
        if (strcmp(path, files[i]) == 0)
            return true;
    /* os-release may be a link to where a distribution keeps several of them. */
    return (path_below(path, "var/lib/dpkg/info") && ends_in(path, ".list")) ||
           path_below(path, "var/lib/dpkg/status.d") || strstr(path_base(path), "os-release");
}

static size_t facts_size(const struct file_facts *f)
{
    size_t n = sizeof(*f) + f->content_size;

    for (size_t i = 0; i < f->n_xattrs; i++)
        n += sizeof(*f->xattrs) + f->xattrs[i].size + strlen(f->xattrs[i].name);
    if (!f->elf)
        return n;
    n += sizeof(*f->elf);
    strv_each (item, &f->elf->needed)
        n += strlen(*item) + sizeof(*item);
    return n;
}

static int count_facts(struct flat *f, const struct file_facts *facts, struct err *err)
{
    if (facts)
        f->n_facts += facts_size(facts) - facts->content_size;
    if (f->n_facts > FLAT_FACTS_MAX)
        return err_set(err, "layer %s: has more to tell about its files than %u MiB",
                       layer_now(f)->name, FLAT_FACTS_MAX >> 20);
    return 0;
}

static void add_xattrs(struct file_facts **facts, const struct layer_item *item)
{
    if (!item->n_xattrs)
        return;
    if (!*facts)
        *facts = xcalloc(1, sizeof(**facts));
    struct file_facts *f = *facts;
    f->xattrs = xcalloc(item->n_xattrs, sizeof(*f->xattrs));
    for (size_t i = 0; i < item->n_xattrs; i++) {
        const struct xattr *x = &item->xattrs[i];
        f->xattrs[f->n_xattrs++] = (struct xattr){
            .name = xstrdup(x->name), .value = xmemdup(x->value, x->size + 1), .size = x->size};
        if (strcmp(x->name, "security.capability") == 0)
            f->marks |= MARK_CAPABILITY;
    }
}

static void keep(struct flat *f, struct entry *e, const char *path, struct buf *text)
{
    if (f->n_kept + text->len > FLAT_KEEP_MAX || text->overflow) {
        fault(f, path, "is too long to be looked at");
        return;
    }
    f->n_kept += text->len;
    if (!e->facts)
        e->facts = xcalloc(1, sizeof(*e->facts));
    e->facts->content_size = text->len;
    free(e->facts->content);
    e->facts->content = text->data ? buf_detach(text) : xstrdup("");
}

/* A file too large to be looked into: its digest alone. */
static int hash_data(const struct flat_data *data, struct sha256 *ret, struct err *err)
{
    CLEANUP(hasher_release) struct hasher h = {0};
    const void *p;
    ssize_t n;

    hasher_start(&h);
    while ((n = data->next(data->context, &p, err)) > 0)
        hasher_add(&h, p, (size_t)n);
    *ret = hasher_end(&h);
    return n < 0 ? (int)n : 0;
}

static int look(struct flat *f, const char *path, const struct layer_item *item,
                const struct flat_data *data, struct entry *e, struct err *err)
{
    CLEANUP(buf_release) struct buf text = BUF_INIT(FLAT_KEEP_FILE);
    bool kept = flat_keeps(path);
    const void *p;
    ssize_t n;

    if (!data)
        return 0;
    if (item->size > FLAT_LOOK_MAX) {
        fault(f, path, "is too large to be looked into");
        return hash_data(data, &e->sha256, err);
    }
    content_start(&f->scan, path, item->size, CONTENT_FACTS);
    f->scan.keep = f->scan.keep && !kept && f->n_kept + item->size <= FLAT_KEEP_MAX;
    while ((n = data->next(data->context, &p, err)) > 0) {
        if (kept)
            buf_add(&text, p, (size_t)n);
        if (content_add(&f->scan, p, (size_t)n, err) < 0)
            return err_wrap(err, "/%s", path);
    }
    if (n < 0)
        return (int)n;
    if (content_end(&f->scan, e, NULL, err) < 0)
        return err_wrap(err, "/%s", path);
    if (e->facts)
        f->n_kept += e->facts->content_size;
    if (kept)
        keep(f, e, path, &text);
    return 0;
}

/* ---- in its place ---------------------------------------------------------------------------- */

static void set_attributes(struct inode *i, const struct layer_item *item)
{
    i->mode = item->mode;
    i->uid = item->uid;
    i->gid = item->gid;
    i->mtime = item->mtime;
}

static int make_inode(struct flat *f, const char *path, const struct layer_item *item,
                      const struct flat_data *data, struct inode **ret, struct err *err)
{
    struct inode *i = overlay_inode(&f->overlay, item->type);
    struct entry e = {0};
    int r = 0;

    set_attributes(i, item);
    i->size = item->type == ENTRY_FILE ? item->size : item->device;
    if (item->type == ENTRY_SYMLINK) {
        CLEANUP(free_ptr) char *target = xstrndup(item->target, PATH_BYTES_MAX);
        overlay_target(&f->overlay, i, target);
        f->n_facts += strlen(target);
        i->mode = 0777;
    }
    if (item->type == ENTRY_FILE)
        r = look(f, path, item, data, &e, err);
    add_xattrs(&e.facts, item);
    overlay_facts(&f->overlay, i, e.facts);
    i->sha256 = e.sha256;
    *ret = i;
    return r < 0 ? r : count_facts(f, i->facts, err);
}

/* The inode that a hard link shares; NULL (with a fault) if there is none. Its header's attributes
 * become the inode's, as engines do it. */
static struct inode *linked_inode(struct flat *f, const char *path, const struct layer_item *item)
{
    CLEANUP(buf_release) struct buf target = BUF_INIT(PATH_BYTES_MAX);
    const char *name;

    if (!clean_name(f, item->target, &target))
        return NULL;
    struct overlay_place *dir = overlay_directory(&f->overlay, buf_str(&target), 0, false, &name);
    struct overlay_place *there = dir && *name ? overlay_child(dir, name) : NULL;
    if (!there || there->inode->type == ENTRY_DIRECTORY) {
        fault(f, path, there ? "is a hard link to a directory" : "is a hard link to nothing");
        return NULL;
    }
    if (there->inode->type != ENTRY_SYMLINK)
        set_attributes(there->inode, item);
    return there->inode;
}

static void whiteout(struct flat *f, struct overlay_place *dir, const char *path, const char *name)
{
    const char *removed = name + strlen(WHITEOUT);

    layer_now(f)->whiteouts++;
    if (strcmp(name, OPAQUE) == 0)
        overlay_empty(&f->overlay, dir, (unsigned)f->n_layers);
    else if (strncmp(removed, WHITEOUT, strlen(WHITEOUT)) == 0)
        return; /* aufs's own records */
    else if (!*removed || strcmp(removed, ".") == 0 || strcmp(removed, "..") == 0)
        fault(f, path, "is a whiteout of nothing");
    else
        overlay_remove(&f->overlay, dir, removed, (unsigned)f->n_layers);
}

static void told_twice(struct flat *f, const struct overlay_place *dir, const char *name,
                       const char *path, enum entry_type type)
{
    const struct overlay_place *there = overlay_child(dir, name);

    if (!there || there->layer != f->n_layers ||
        (there->inode->type == ENTRY_DIRECTORY && type == ENTRY_DIRECTORY))
        return;
    fault(f, path, "stands twice in it");
}

static int put(struct flat *f, struct overlay_place *dir, const char *name, const char *path,
               const struct layer_item *item, const struct flat_data *data, struct err *err)
{
    struct flat_layer *l = layer_now(f);
    CLEANUP(buf_release) struct buf real = BUF_INIT(0);
    struct inode *inode = NULL;

    overlay_path(dir, &real);
    buf_addf(&real, "%s%s", real.len ? "/" : "", name);
    told_twice(f, dir, name, path, item->type);
    if (item->type == ENTRY_HARDLINK)
        inode = linked_inode(f, path, item);
    else if (make_inode(f, buf_str(&real), item, data, &inode, err) < 0)
        return err_ret(err);
    if (!inode)
        return 0;
    overlay_put(&f->overlay, dir, name, inode, (unsigned)f->n_layers);
    l->files += item->type == ENTRY_FILE;
    l->content += item->type == ENTRY_FILE ? item->size : 0;
    return 0;
}

static int put_root(struct flat *f, const struct layer_item *item, struct err *err)
{
    struct inode *top = f->overlay.top.inode;

    if (item->type != ENTRY_DIRECTORY) {
        layer_fault(&layer_now(f)->faults, "an entry for the root itself is no directory");
        return 0;
    }
    set_attributes(top, item);
    struct file_facts *facts = NULL;
    add_xattrs(&facts, item);
    overlay_facts(&f->overlay, top, facts);
    return count_facts(f, top->facts, err);
}

/* What a few bytes can make grow: directories that paths imply, paths themselves, hidden ones too,
 * and ways through links. */
static int check_bounds(struct flat *f, struct err *err)
{
    const char *name = layer_now(f)->name;

    if (f->entries++ == FLAT_ENTRIES_MAX || f->overlay.n > FLAT_ENTRIES_MAX)
        return err_set(err, "layer %s: more than %u entries, with those of the layers below it",
                       name, FLAT_ENTRIES_MAX);
    if (f->overlay.paths > FLAT_PATHS_MAX)
        return err_set(err,
                       "layer %s: paths of more than %u MiB, with those of the layers below it",
                       name, FLAT_PATHS_MAX >> 20);
    if (f->overlay.turned > FLAT_TURNED_MAX)
        return err_set(err, "layer %s: its entries lead through too many links", name);
    return 0;
}

int flat_entry(struct flat *f, const struct layer_item *item, const struct flat_data *data,
               struct err *err)
{
    CLEANUP(buf_release) struct buf path = BUF_INIT(PATH_BYTES_MAX);
    const char *name;

    if (check_bounds(f, err) < 0)
        return err_ret(err);
    layer_now(f)->entries++;
    if (!clean_name(f, item->name, &path))
        return 0;
    if (path.len == 0)
        return put_root(f, item, err);
    struct overlay_place *dir = overlay_directory(&f->overlay, buf_str(&path),
                                                  (unsigned)f->n_layers, true, &name);
    if (!dir) {
        fault(f, buf_str(&path), "lies below something that is no directory");
        return 0;
    }
    if (!f->plain && strncmp(name, WHITEOUT, strlen(WHITEOUT)) == 0) {
        whiteout(f, dir, buf_str(&path), name);
        return 0;
    }
    return put(f, dir, name, buf_str(&path), item, data, err);
}
