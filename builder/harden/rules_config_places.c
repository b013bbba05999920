/* SPDX-License-Identifier: Apache-2.0 */
#include "harden/rules_config.h"

/* ---- search paths --------------------------------------------------------------------------- */

static const char *bad_directory(const struct view *v, struct slice dir, bool preload)
{
    CLEANUP(buf_release) struct buf clean = BUF_INIT(PATH_BYTES_MAX);
    CLEANUP(free_ptr) char *path = xstrndup(dir.p, dir.n);

    if (dir.n == 0)
        return "an empty part, which means the working directory";
    if (dir.p[0] != '/')
        return "a relative directory";
    path_link_target("", path, &clean);
    if (preload || v->user.root)
        return NULL;
    return view_could_fill(v, buf_str(&clean)) ? "a directory that the user can write" : NULL;
}

static void search_path(const struct rule *r, const struct view *v, const char *name,
                        struct findings *ret)
{
    const char *value = view_env(v, name);
    bool libraries = strcmp(name, "PATH") != 0;

    if (!value || (libraries && !*value))
        return;
    for (const char *at = value;; at++) {
        struct slice dir = {at, strcspn(at, libraries ? ":;" : ":")};
        const char *bad = bad_directory(v, dir, false);
        if (bad)
            finding_add(ret, r, NULL, NULL, "%s has %s (\"%.*s\")", name, bad, (int)dir.n, dir.p);
        at += dir.n;
        if (!*at)
            return;
    }
}

void cfg_ld(const struct rule *r, const struct view *v, struct findings *ret)
{
    static const char *const preloads[] = {"LD_PRELOAD", "LD_AUDIT"};

    for (size_t i = 0; i < ARRAY_SIZE(preloads); i++) {
        const char *value = view_env(v, preloads[i]);
        if (value && *value)
            finding_add(ret, r, NULL, NULL, "%s loads code into every program", preloads[i]);
    }
    search_path(r, v, "LD_LIBRARY_PATH", ret);
    search_path(r, v, "PATH", ret);
}

/* ---- paths ---------------------------------------------------------------------------------- */

static bool is_clean(const char *path)
{
    CLEANUP(buf_release) struct buf clean = BUF_INIT(PATH_BYTES_MAX);
    size_t n = strlen(path);

    path_link_target("", path, &clean);
    n -= n > 1 && path[n - 1] == '/';
    return n == clean.len + 1 && strncmp(path + 1, buf_str(&clean), clean.len) == 0;
}

/* The first link on the way to an image path, or NULL. */
static const struct node *link_on(const struct view *v, const char *path)
{
    CLEANUP(free_ptr) char *part = xstrdup(path);

    for (size_t end = 1; *path && end <= strlen(path); end++) {
        if (path[end] && path[end] != '/')
            continue;
        part[end] = '\0';
        const struct node *n = tree_find(v->tree, part);
        part[end] = path[end];
        if (n && n->type == ENTRY_SYMLINK)
            return n;
    }
    return NULL;
}

static void look_at_place(const struct rule *r, const struct view *v, const char *what,
                          const char *path, struct findings *ret)
{
    static const char *const kernel[] = {"proc", "sys", "dev"};
    CLEANUP(buf_release) struct buf clean = BUF_INIT(PATH_BYTES_MAX);

    if (path[0] != '/' || !is_clean(path)) {
        finding_add(ret, r, NULL, NULL, "%s \"%s\" isn't absolute and clean", what, path);
        return;
    }
    path_link_target("", path, &clean);
    for (size_t i = 0; i < ARRAY_SIZE(kernel); i++)
        if (path_below(buf_str(&clean), kernel[i]))
            finding_add(ret, r, NULL, NULL, "%s %s lies in /%s, which is the kernel's", what, path,
                        kernel[i]);
    const struct node *link = link_on(v, buf_str(&clean));
    if (link)
        finding_add(ret, r, NULL, NULL, "%s %s leads over the link /%s", what, path, link->path);
}

void cfg_path(const struct rule *r, const struct view *v, struct findings *ret)
{
    if (v->image->workdir && *v->image->workdir)
        look_at_place(r, v, "the working directory", v->image->workdir, ret);
    strv_each (volume, &v->image->volumes)
        look_at_place(r, v, "the volume", *volume, ret);
}
