/* SPDX-License-Identifier: Apache-2.0 */
#include "effects/alternatives_links.h"
#include "base/path.h"

#define DIRECTORY "/etc/alternatives/"
#define ORIGIN    "alternatives of package "

bool alternatives_is_guest(const struct alternatives *a, const struct alternatives_call *offer)
{
    return assembly_is_guest(a->assembly, offer->from->package);
}

void alternatives_note(const struct alternatives *a, const struct script_call *c, const char *fmt,
                       ...)
{
    va_list ap;
    va_start(ap, fmt);
    CLEANUP(free_ptr) char *what = xvasprintf(fmt, ap);
    va_end(ap);
    CLEANUP(free_ptr) char *text = xasprintf("package %s: %s", c->package->name, what);
    struct strv *notes = &a->assembly->notes;
    if (notes->n < ALTERNATIVES_NOTES_MAX && !strv_has(notes, text))
        strv_add(notes, text);
}

/* ---- the tree ------------------------------------------------------------------------------- */

bool alternatives_is_there(const struct tree *t, const char *path)
{
    CLEANUP(buf_release) struct buf clean = BUF_INIT(PATH_BYTES_MAX);
    path_link_target("", path, &clean);
    return !clean.overflow && tree_resolve(t, buf_str(&clean));
}

/* Where a link of this path lies: behind the links on the way to it, but not behind itself. */
static void place_of(const struct tree *t, const char *link, struct buf *ret)
{
    CLEANUP(buf_release) struct buf clean = BUF_INIT(PATH_BYTES_MAX);
    path_link_target("", link, &clean);
    struct slice above = path_dir(buf_str(&clean));
    CLEANUP(free_ptr) char *dir = xstrndup(above.p, above.n);
    const struct node *n = tree_resolve(t, dir);
    if (n && n->type == ENTRY_DIRECTORY && *n->path)
        buf_addf(ret, "%s/%s", n->path, path_base(buf_str(&clean)));
    else
        buf_addstr(ret, buf_str(&clean));
}

static bool is_made_here(const struct node *n)
{
    return !n->package && n->type == ENTRY_SYMLINK && starts_with(n->origin, ORIGIN);
}

/* Where it may be put: 1, or 0. What the recipe put there is its own word. */
static int may_put(const struct alternatives *a, const struct alternatives_call *offer,
                   const struct node *there)
{
    if (!there || is_made_here(there))
        return 1;
    if (!there->package)
        return 0;
    bool mine = !alternatives_is_guest(a, offer) ||
                assembly_same_origin(a->assembly, offer->from->package, there->package);
    if (mine && (there->type == ENTRY_SYMLINK || (offer->force && there->type != ENTRY_DIRECTORY)))
        return 1;
    alternatives_note(a, offer->from, "/%s of package %s stays: no alternative takes its place",
                      there->path, there->package->name);
    return 0;
}

static int put_link(const struct alternatives *a, const struct alternatives_call *offer,
                    const char *link, const char *target, struct err *err)
{
    CLEANUP(buf_release) struct buf path = BUF_INIT(PATH_BYTES_MAX);
    place_of(a->tree, link, &path);
    const struct node *there = tree_find(a->tree, buf_str(&path));
    if (there && there->type == ENTRY_SYMLINK && strcmp(there->target, target) == 0)
        return 0;
    if (!may_put(a, offer, there))
        return 0;
    CLEANUP(free_ptr) char *origin = xasprintf(ORIGIN "%s", offer->from->package->name);
    struct node_spec spec = {
        .path = buf_str(&path),
        .type = ENTRY_SYMLINK,
        .mtime = tree_epoch(a->tree),
        .target = target,
        .content.fd = -1,
        .replace = true,
        .maker = offer->from->package,
        .origin = origin,
    };
    return tree_put(a->tree, &spec, err);
}

void alternatives_take_link(const struct alternatives *a, const char *link)
{
    CLEANUP(buf_release) struct buf path = BUF_INIT(PATH_BYTES_MAX);
    place_of(a->tree, link, &path);
    const struct node *there = tree_find(a->tree, buf_str(&path));
    if (there && is_made_here(there))
        tree_take(a->tree, there->path);
}

static char *registered(const char *name)
{
    return xasprintf(DIRECTORY "%s", name);
}

void alternatives_take_pair(const struct alternatives *a, const char *name, const char *link)
{
    CLEANUP(free_ptr) char *middle = registered(name);
    alternatives_take_link(a, link);
    alternatives_take_link(a, middle);
}

/* The policy is asked as about a link that the package itself brings. */
static bool is_left_out(const struct alternatives *a, const struct alternatives_call *offer,
                        char *path, char *target)
{
    const struct assembly *m = a->assembly;
    const struct entry link = {.path = path, .target = target, .type = ENTRY_SYMLINK, .mode = 0777};
    return m->decide &&
           m->decide(m->recipe, m->lock, offer->from->package->name, &link).action == EDIT_DROP;
}

int alternatives_put_pair(const struct alternatives *a, const struct alternatives_call *offer,
                          const char *name, const char *link, const char *path, struct err *err)
{
    CLEANUP(free_ptr) char *middle = registered(name);
    CLEANUP(buf_release) struct buf place = BUF_INIT(PATH_BYTES_MAX);
    place_of(a->tree, link, &place);
    if (is_left_out(a, offer, place.data, middle))
        return 0;
    if (put_link(a, offer, middle, path, err) < 0)
        return err_ret(err);
    return put_link(a, offer, link, middle, err);
}
