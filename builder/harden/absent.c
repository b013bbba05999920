/* SPDX-License-Identifier: Apache-2.0 */
#include "harden/absent.h"

#include "base/text.h"
#include "lock/suitenames.h"

/* Packages of programs that aren't called like them, where no index is at hand. */
static const struct {
    const char *program, *package;
} known[] = {
    {"sh", "dash"},       {"perl", "perl-base"},
    {"awk", "mawk"},      {"python3", "python3-minimal"},
    {"env", "coreutils"}, {"psql", "postgresql-client-common"},
};

static const char *const places[] = {"usr/bin", "usr/sbin",      "bin",
                                     "sbin",    "usr/local/bin", "usr/local/sbin"};

static bool is_library(const char *wants)
{
    return !strchr(wants, '/') && strstr(wants, ".so");
}

/* Whether a path is where something would be looked for. "/bin/x" is "usr/bin/x", too. */
static bool is_at(const char *wants, const char *path)
{
    struct slice dir = path_dir(path);
    const char *slash = strrchr(wants, '/');

    if (strcmp(path_base(wants), path_base(path)) != 0)
        return false;
    if (is_library(wants))
        return true;
    if (slash && strcmp(wants + 1, path) == 0)
        return true;
    CLEANUP(free_ptr)
    char *top = slash ? xstrndup(wants + 1, (size_t)(slash - wants) - (slash > wants)) : NULL;
    for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
        CLEANUP(free_ptr) char *merged = top ? xasprintf("usr/%s", top) : NULL;
        if (slice_eq(dir, places[i]) && (!top || strcmp(places[i], merged) == 0))
            return true;
    }
    return false;
}

/* ---- what was left out ---------------------------------------------------------------------- */

static const struct recipe_item *item_for(const struct recipe_list *globs, const char *path)
{
    for (size_t i = 0; i < globs->n; i++)
        if (glob_match(globs->v[i].text, path))
            return &globs->v[i];
    return NULL;
}

static bool any_glob(const struct strv *globs, const char *path)
{
    strv_each (glob, globs) {
        if (glob_match(*glob, path))
            return true;
    }
    return false;
}

/* Who left an entry out, in words. */
static char *who_dropped(const struct absent *a, const struct package *p, const struct entry *e)
{
    const struct recipe *r = a->recipe;
    const struct recipe_part *part = suitenames_part(r, a->lock, p->name);
    const struct recipe_item *item = item_for(&r->exclude, e->path);
    bool only = strcmp(e->rule, "only") == 0;

    if (part && (only || any_glob(&part->exclude, e->path)))
        return xasprintf("%s:%u leaves it out (%s of package \"%s\")", part->at.file, part->at.line,
                         only ? "only" : "exclude", part->package);
    if (item && item->at.line)
        return xasprintf("%s:%u leaves it out (exclude)", item->at.file, item->at.line);
    if (rule_find(e->rule))
        return xasprintf("the policy leaves it out (%s)", e->rule);
    return xstrdup("it is left out by default (keep has it stay)");
}

static char *left_out(const struct absent *a, const char *wants)
{
    for (size_t i = 0; i < a->n_packages; i++) {
        const struct package *p = a->packages[i];
        for (size_t k = 0; k < p->n_entries; k++) {
            const struct entry *e = &p->entries[k];
            if (!e->dropped || !e->rule || e->type == ENTRY_DIRECTORY || !is_at(wants, e->path))
                continue;
            CLEANUP(free_ptr) char *who = who_dropped(a, p, e);
            return xasprintf("package %s has /%s, but %s", p->name, e->path, who);
        }
    }
    return NULL;
}

/* ---- where it is ---------------------------------------------------------------------------- */

static char *elsewhere(const struct absent *a, const char *wants)
{
    size_t n_nodes;
    struct node *const *nodes = tree_nodes(a->tree, &n_nodes);

    for (size_t i = 0; i < n_nodes && !is_library(wants); i++) {
        const struct node *n = nodes[i];
        if (n->type == ENTRY_FILE && n->mode & 0111 && n->facts &&
            n->facts->marks & (MARK_ELF | MARK_SCRIPT) &&
            strcmp(path_base(n->path), path_base(wants)) == 0)
            return xasprintf("the image has /%s: start that, or add a link to it", n->path);
    }
    return NULL;
}

/* ---- whose it is ---------------------------------------------------------------------------- */

static const struct recipe_item *omitted(const struct absent *a, const char *package)
{
    for (size_t i = 0; i < a->recipe->omit.n; i++)
        if (strcmp(a->recipe->omit.v[i].text, package) == 0)
            return &a->recipe->omit.v[i];
    return NULL;
}

static char *of_package(const struct absent *a, const char *package)
{
    const struct recipe_item *item = omitted(a, package);

    if (item)
        return xasprintf("package %s has it, which %s:%u omits: add it to packages to have it",
                         package, item->at.file, item->at.line);
    return xasprintf("package %s has it: add it to packages", package);
}

/* Of what the recipe omits a name is often enough. */
static char *of_omitted(const struct absent *a, const char *wants)
{
    const char *name = path_base(wants), *package = name;

    for (size_t i = 0; i < ARRAY_SIZE(known); i++)
        package = strcmp(known[i].program, name) == 0 ? known[i].package : package;
    return omitted(a, package) ? of_package(a, package) : NULL;
}

static bool is_open(const struct finding *f)
{
    return f->wants && !f->whence && f->action == RULE_DENY && !f->allow;
}

static void ask_archive(const struct absent *a, struct findings *f)
{
    CLEANUP(strv_release) struct strv wants = STRV_INIT;
    size_t at = 0;

    for (size_t i = 0; i < f->n; i++)
        if (is_open(&f->v[i]))
            strv_add(&wants, f->v[i].wants);
    char **packages = wants.n && a->archive ? a->archive->packages_of(a->archive->user, &wants)
                                            : NULL;
    for (size_t i = 0; packages && i < f->n; i++) {
        if (!is_open(&f->v[i]))
            continue;
        CLEANUP(free_ptr) char *package = packages[at++];
        f->v[i].whence = package ? of_package(a, package) : NULL;
    }
    free(packages);
}

void absent_explain(const struct absent *a, struct findings *f)
{
    for (size_t i = 0; i < f->n; i++) {
        struct finding *one = &f->v[i];
        if (!is_open(one))
            continue;
        one->whence = left_out(a, one->wants);
        one->whence = one->whence ? one->whence : elsewhere(a, one->wants);
        one->whence = one->whence ? one->whence : of_omitted(a, one->wants);
    }
    ask_archive(a, f);
}
