/* SPDX-License-Identifier: Apache-2.0 */
#include "harden/rule.h"

static struct edit keep(void)
{
    return (struct edit){.action = EDIT_KEEP};
}

static struct edit mode(uint16_t to, const char *rule)
{
    return (struct edit){.action = EDIT_MODE, .mode = to, .rule = rule};
}

static bool is_temporary(const char *path)
{
    return strcmp(path, "tmp") == 0 || strcmp(path, "var/tmp") == 0;
}

static const char *owner_of(const struct node *n)
{
    return n->package ? n->package->name : NULL;
}

/* A hard link carries the mode of its file, so that both names get the same edit. */
static bool has_mode(enum entry_type type)
{
    return type == ENTRY_FILE || type == ENTRY_HARDLINK;
}

struct edit fs_suid_edit(const struct entry *e)
{
    if (has_mode(e->type) && e->mode & 06000)
        return mode(e->mode & 01777, "FS-SUID");
    return keep();
}

struct edit fs_ww_edit(const struct entry *e)
{
    bool sticky = e->type == ENTRY_DIRECTORY && (e->mode & 01000);

    if ((has_mode(e->type) || e->type == ENTRY_DIRECTORY) && (e->mode & 0002) && !sticky &&
        !is_temporary(e->path))
        return mode(e->mode & (uint16_t)~0002, "FS-WW");
    return keep();
}

struct edit fs_sticky_edit(const struct entry *e)
{
    if (e->type == ENTRY_DIRECTORY && is_temporary(e->path) && e->mode != 01777)
        return mode(01777, "FS-STICKY");
    return keep();
}

/* What packages brought was mended when they streamed by, or allowed; own files can't be mended
 * behind the recipe's back, so what is found in them is denied. */
static void own_finding(const struct rule *r, const struct node *n, struct findings *ret,
                        const char *what)
{
    finding_add(ret, r, n->path, owner_of(n), "%s (mode %04o)", what, n->mode);
    ret->v[ret->n - 1].action = RULE_DENY;
}

void fs_suid_path(const struct rule *r, const struct view *v, const struct node *n,
                  struct findings *ret)
{
    (void)v;
    if (has_mode(n->type) && n->mode & 06000)
        own_finding(r, n, ret, n->mode & 04000 ? "is setuid" : "is setgid");
}

void fs_ww_path(const struct rule *r, const struct view *v, const struct node *n,
                struct findings *ret)
{
    (void)v;
    bool sticky = n->type == ENTRY_DIRECTORY && (n->mode & 01000);
    if ((has_mode(n->type) || n->type == ENTRY_DIRECTORY) && (n->mode & 0002) && !sticky)
        own_finding(r, n, ret, "is writable by everybody");
}

void fs_sticky_path(const struct rule *r, const struct view *v, const struct node *n,
                    struct findings *ret)
{
    (void)v;
    if (n->type == ENTRY_DIRECTORY && is_temporary(n->path) && n->mode != 01777)
        own_finding(r, n, ret, "isn't sticky");
}

void fs_usrmerge_image(const struct rule *r, const struct view *v, struct findings *ret)
{
    static const struct {
        const char *path, *target;
    } links[] = {{"bin", "usr/bin"},     {"sbin", "usr/sbin"},   {"lib", "usr/lib"},
                 {"lib32", "usr/lib32"}, {"lib64", "usr/lib64"}, {"libx32", "usr/libx32"}};

    for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
        const struct node *n = tree_find(v->tree, links[i].path);
        if (!n || (n->type == ENTRY_SYMLINK && strcmp(n->target, links[i].target) == 0))
            continue;
        finding_add(ret, r, n->path, owner_of(n), "is not the link to %s", links[i].target);
    }
}
