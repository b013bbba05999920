/* SPDX-License-Identifier: Apache-2.0 */
#include "harden/view.h"
#include "harden/acl.h"
#include "harden/login.h"
#include "rootfs/usrmerge.h"

#define LINKS_MAX 40

/* ---- where the user may write --------------------------------------------------------------- */

/* A home that is a home, and not the place of the program: of images of others it is taken only
 * where homes are. */
static bool is_home(const char *path)
{
    static const char *const places[] = {"home", "root", "var/lib"};

    if (strcmp(path, "root") == 0)
        return true;
    for (size_t i = 0; i < ARRAY_SIZE(places); i++)
        if (path_below(path, places[i]) && strlen(path) > strlen(places[i]))
            return true;
    return false;
}

/* What belongs to the system is no data, whoever declares it. */
static bool is_system(const char *path)
{
    static const char *const places[] = {"boot", "etc", "usr", "var/lib/dpkg"};
    const struct merged_dir *merged = merged_above(path);

    if (merged && merged->of_usr)
        return true;
    for (size_t i = 0; i < ARRAY_SIZE(places); i++)
        if (path_below(path, places[i]) || path_below(places[i], path))
            return true;
    return false;
}

static void add_data(struct view *v, const char *path)
{
    CLEANUP(buf_release) struct buf clean = BUF_INIT(PATH_BYTES_MAX);

    path_link_target("", path, &clean);
    if (!is_system(buf_str(&clean)))
        strv_add(&v->data, buf_str(&clean));
}

static void find_data(struct view *v)
{
    static const char *const always[] = {"tmp", "var/tmp", "proc", "sys", "dev"};

    for (size_t i = 0; i < ARRAY_SIZE(always); i++)
        add_data(v, always[i]);
    if (v->user.home && is_home(v->user.home))
        add_data(v, v->user.home);
    for (size_t i = 0; v->writable && i < v->writable->n; i++)
        add_data(v, v->writable->v[i]);
    for (size_t i = 0; i < v->image->volumes.n; i++)
        add_data(v, v->image->volumes.v[i]);
    strv_sort(&v->data);
    strv_uniq(&v->data);
}

bool view_is_data(const struct view *v, const char *path)
{
    CLEANUP(free_ptr) char *at = xstrdup(path);

    for (; *at; at[path_dir(at).n] = '\0')
        if (strv_has_sorted(&v->data, at))
            return true;
    return false;
}

/* ---- rights --------------------------------------------------------------------------------- */

static bool in_group(const struct identity *u, uint32_t gid)
{
    if (u->gid == gid)
        return true;
    for (size_t i = 0; i < u->n_groups; i++)
        if (u->groups[i] == gid)
            return true;
    return false;
}

static unsigned mode_rights(const struct view *v, const struct node *n)
{
    unsigned mode = n->mode;

    if (v->user.root)
        return MAY_READ | MAY_WRITE | (mode & 0111 || n->type == ENTRY_DIRECTORY ? MAY_EXECUTE : 0);
    if (v->user.uid == n->uid)
        return ((mode >> 6) & 7) | MAY_WRITE;
    if (in_group(&v->user, n->gid))
        return (mode >> 3) & 7;
    return mode & 7;
}

bool view_may(const struct view *v, const struct node *n, unsigned access)
{
    unsigned rights = mode_rights(v, n);

    if (n->facts && n->facts->n_xattrs && !v->user.root && v->user.uid != n->uid)
        rights = acl_rights(n, &v->user, rights);
    return (rights & access) == access;
}

/* One step: from `at`, which is passed, to what path[0..n) names; NULL if it isn't there. */
static const struct node *step(const struct view *v, const char *path, size_t n)
{
    char part[PATH_BYTES_MAX + 1];

    if (n > PATH_BYTES_MAX)
        return NULL;
    memcpy(part, path, n);
    part[n] = '\0';
    return tree_find(v->tree, part);
}

/* Walks path up to its first link: the node at its end, or NULL. *ret_link is the link, *ret_rest
 * what follows it. */
static const struct node *walk_plain(const struct view *v, const char *path,
                                     const struct node **ret_link, const char **ret_rest,
                                     const struct node **ret_blocked)
{
    const struct node *at = tree_find(v->tree, "");

    for (size_t end = 0; path[0] && end <= strlen(path); end++) {
        if (end == 0 || (path[end] && path[end] != '/'))
            continue;
        if (at->type != ENTRY_DIRECTORY)
            return NULL;
        if (!view_may(v, at, MAY_EXECUTE)) {
            *ret_blocked = at;
            return NULL;
        }
        at = step(v, path, end);
        if (!at)
            return NULL;
        if (at->type == ENTRY_SYMLINK) {
            *ret_link = at;
            *ret_rest = path + end;
            return NULL;
        }
    }
    return at;
}

const struct node *view_walk(const struct view *v, const char *path,
                             const struct node **ret_blocked)
{
    CLEANUP(free_ptr) char *now = xstrdup(path);

    *ret_blocked = NULL;
    for (unsigned links = 0; links <= LINKS_MAX; links++) {
        CLEANUP(buf_release) struct buf next = BUF_INIT(PATH_BYTES_MAX);
        const struct node *link = NULL;
        const char *rest = NULL;
        const struct node *n = walk_plain(v, now, &link, &rest, ret_blocked);
        if (!link)
            return n;
        path_link_target(link->path, link->target, &next);
        buf_addstr(&next, next.len ? rest : rest + (*rest == '/'));
        if (next.overflow)
            return NULL;
        free(now);
        now = xstrdup(buf_str(&next));
    }
    return NULL;
}

bool view_could_fill(const struct view *v, const char *path)
{
    CLEANUP(free_ptr) char *at = xstrdup(path);

    for (;;) {
        const struct node *n = *at ? tree_resolve(v->tree, at) : tree_find(v->tree, "");
        if (n)
            return n->type == ENTRY_DIRECTORY && view_may(v, n, MAY_WRITE | MAY_EXECUTE);
        at[path_dir(at).n] = '\0';
    }
}

const char *view_env(const struct view *v, const char *name)
{
    size_t n = strlen(name);

    strv_each (item, &v->image->env) {
        if (strncmp(*item, name, n) == 0 && (*item)[n] == '=')
            return *item + n + 1;
    }
    return NULL;
}

const struct file_facts *view_facts(const struct view *v, const struct node *n)
{
    if (n->type == ENTRY_HARDLINK && !n->facts && n->target) {
        const struct node *file = tree_find(v->tree, n->target);
        return file && file->type == ENTRY_FILE ? file->facts : NULL;
    }
    return n->facts;
}

/* ---- what is started ------------------------------------------------------------------------ */

static bool try_start(struct view *v, const char *dir, const char *word)
{
    CLEANUP(buf_release) struct buf clean = BUF_INIT(PATH_BYTES_MAX);
    CLEANUP(free_ptr) char *path = xasprintf("%s/%s", dir, word);

    path_link_target("", path, &clean);
    free(v->start.path);
    v->start.path = xstrdup(buf_str(&clean));
    v->start.node = view_walk(v, v->start.path, &v->start.blocked);
    return v->start.node != NULL;
}

void view_search_path(const struct view *v, struct strv *ret)
{
    static const char fallback[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    const char *search = view_env(v, "PATH");

    strv_split(ret, slice_of(search ? search : fallback), ":");
}

static void find_start(struct view *v)
{
    const struct strv *words = v->image->entrypoint.n ? &v->image->entrypoint : &v->image->cmd;
    const char *word = words->n ? words->v[0] : "";
    CLEANUP(strv_release) struct strv dirs = STRV_INIT;

    if (!*word)
        return;
    if (strchr(word, '/')) {
        const char *workdir = v->image->workdir ? v->image->workdir : "";
        (void)try_start(v, word[0] == '/' ? "" : workdir, word);
        return;
    }
    view_search_path(v, &dirs);
    strv_each (dir, &dirs) {
        if (try_start(v, *dir, word))
            return;
    }
    free_ptr(&v->start.path);
    v->start.blocked = NULL;
}

void view_start(struct view *v)
{
    logins_read(v);
    find_data(v);
    find_start(v);
}

void view_release(struct view *v)
{
    logins_release(v);
    strv_release(&v->data);
    free_ptr(&v->start.path);
}
