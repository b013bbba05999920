/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "harden/rules_files.h"
#include "rootfs/account_files.h"

/* ---- what the app can write ----------------------------------------------------------------- */

static bool writes(const struct view *v, const struct node *n)
{
    return n->type == ENTRY_DIRECTORY ? view_may(v, n, MAY_WRITE | MAY_EXECUTE)
                                      : view_may(v, n, MAY_WRITE);
}

/* What FS-WW says already. */
static bool is_open_to_all(const struct node *n)
{
    return n->mode & 0002 && !(n->type == ENTRY_DIRECTORY && n->mode & 01000);
}

/* Its directory is reported instead: who writes there can replace it. */
static bool is_covered(const struct view *v, const struct node *n)
{
    char above[PATH_BYTES_MAX + 1];
    struct slice dir = path_dir(n->path);

    if (dir.n > PATH_BYTES_MAX)
        return false;
    memcpy(above, dir.p, dir.n);
    above[dir.n] = '\0';
    const struct node *parent = tree_find(v->tree, above);
    return parent && parent->type == ENTRY_DIRECTORY && !(parent->mode & 01000) &&
           writes(v, parent);
}

/* A spool, open to all as /tmp is. */
static bool is_spool(const struct node *n)
{
    return n->type == ENTRY_DIRECTORY && (n->mode & 01002) == 01002 &&
           (path_below(n->path, "var") || path_below(n->path, "run"));
}

void fs_appwr(const struct rule *r, const struct view *v, const struct node *n,
              struct findings *ret)
{
    if (n->type == ENTRY_SYMLINK || v->user.root || !writes(v, n) || is_open_to_all(n) ||
        is_spool(n) || view_is_data(v, n->path) || is_covered(v, n))
        return;
    struct finding *f = finding_at(ret, r, n, "the image's user can write it (mode %04o of %u:%u)",
                                   n->mode, n->uid, n->gid);
    finding_varies(f, "the image's user can write them (mode %s)", "%04o of %u:%u", n->mode, n->uid,
                   n->gid);
}

/* ---- links ---------------------------------------------------------------------------------- */

/* Files that programs trust for who is who and what is loaded. */
static bool is_vital(const char *path)
{
    static const char *const files[] = {"etc/ld.so.preload", "etc/ld.so.cache",
                                        "etc/nsswitch.conf"};

    for (size_t i = 0; i < ARRAY_SIZE(files); i++)
        if (strcmp(path, files[i]) == 0)
            return true;
    return account_file_at(path) != NULL;
}

/* A relative target with more ".." than there is above it. */
static bool escapes(const struct node *n)
{
    size_t depth = 0;

    for (const char *c = n->path; *c; c++)
        depth += *c == '/';
    if (n->target[0] == '/')
        depth = 0;
    for (const char *at = n->target; *at; at += strspn(at, "/")) {
        size_t len = strcspn(at, "/");
        if (len == 2 && starts_with(at, "..")) {
            if (depth == 0)
                return n->target[0] != '/';
            depth--;
        } else if (len && !(len == 1 && at[0] == '.')) {
            depth++;
        }
        at += len;
    }
    return false;
}

/* Where the runtime puts something, or something is put while it runs. */
static bool comes_later(const struct view *v, const struct node *n)
{
    CLEANUP(buf_release) struct buf to = BUF_INIT(PATH_BYTES_MAX);
    const char *path;

    path_link_target(n->path, n->target, &to);
    path = buf_str(&to);
    return path_below(path, "proc") || path_below(path, "run") || path_below(path, "var/run") ||
           path_below(path, "sys") || path_below(path, "dev") || view_is_data(v, path);
}

void fs_link(const struct rule *r, const struct view *v, const struct node *n, struct findings *ret)
{
    struct finding *f = NULL;

    if (n->type != ENTRY_SYMLINK)
        return;
    if (is_vital(n->path))
        f = finding_at(ret, r, n, "is a link (to %s), and has to be a file", n->target);
    if (f) {
        f->severity = SEVERITY_HIGH;
        f->action = RULE_DENY;
    } else if (escapes(n)) {
        finding_varies(finding_at(ret, r, n, "leads out of the image (to %s)", n->target),
                       "lead out of the image (to %s)", "%s", n->target);
    } else if (!tree_resolve(v->tree, n->path) && !comes_later(v, n)) {
        finding_varies(finding_at(ret, r, n, "leads nowhere (to %s)", n->target),
                       "lead nowhere (to %s)", "%s", n->target);
    }
}

/* ---- leavings ------------------------------------------------------------------------------- */

static bool inside(const char *path, const char *dir)
{
    return path_below(path, dir) && strcmp(path, dir) != 0;
}

/* What is left out of packages. */
const struct fix junk_fix[] = {
    {.types = FIX_ALL_BUT(ENTRY_DIRECTORY),
     .what = "lies in a directory for what is temporary",
     .inside = FIX_LIST("tmp", "var/tmp", "run")},
    {.types = FIX_ALL_BUT(ENTRY_DIRECTORY),
     .what = "is a cache",
     .inside = FIX_LIST("var/cache", "var/lib/apt/lists")},
    {.types = FIX_ALL_BUT(ENTRY_DIRECTORY),
     .what = "is of use to a linker only",
     .ends = FIX_LIST(".a", ".la", ".o"),
     .below = FIX_LIST("usr/lib", "usr/local/lib")},
    {0},
};

static const char *junk(const struct rule *r, const struct node *n)
{
    static const char *const names[] = {"Dockerfile", "Containerfile", ".dockerignore"};
    static const char *const ends[] = {".dpkg-old", ".dpkg-dist", ".dpkg-new", ".dpkg-bak",
                                       ".rpmsave",  ".rpmnew",    ".swp",      "~"};
    char *path = n->path;
    const char *base = path_base(path);
    const struct fix *packaged = fix_for(r, NULL, &(struct entry){.path = path, .type = n->type});

    if (packaged)
        return packaged->what;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (strcmp(base, names[i]) == 0)
            return "is for building the image";
    for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
        if (ends_with(path, ends[i]))
            return "is a copy that an update or an editor left";
    if (inside(path, "root/.cache") || inside(path, "root/.npm"))
        return "is a cache";
    return NULL;
}

void fs_junk(const struct rule *r, const struct view *v, const struct node *n, struct findings *ret)
{
    const char *what = n->type == ENTRY_DIRECTORY ? NULL : junk(r, n);

    (void)v;
    if (what)
        finding_at(ret, r, n, "%s", what)->action = RULE_NOTE;
}
