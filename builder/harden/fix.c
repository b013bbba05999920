/* SPDX-License-Identifier: Apache-2.0 */
#include "harden/fix.h"
#include "base/path.h"
#include "base/text.h"
#include "harden/rule.h"

/* ---- names and paths ------------------------------------------------------------------------ */

bool fix_name_among(const char *name, const char *const *names)
{
    for (; *names; names++) {
        size_t n = strlen(*names);
        if ((*names)[n - 1] == '*' ? strncmp(name, *names, n - 1) == 0 : strcmp(name, *names) == 0)
            return true;
    }
    return false;
}

bool fix_in_program_directory(const char *path)
{
    struct slice dir = path_dir(path);
    const char *last = memrchr(dir.p, '/', dir.n);
    struct slice name = last ? (struct slice){last + 1, dir.n - (size_t)(last + 1 - dir.p)} : dir;

    return slice_eq(name, "bin") || slice_eq(name, "sbin");
}

bool fix_is_program(const char *path, const char *const *names)
{
    return fix_in_program_directory(path) && fix_name_among(path_base(path), names);
}

static bool is_one_of(const char *path, const char *const *paths)
{
    for (; *paths; paths++)
        if (strcmp(path, *paths) == 0)
            return true;
    return false;
}

static bool is_below(const char *path, const char *const *dirs, bool itself)
{
    for (; *dirs; dirs++)
        if (path_below(path, *dirs) && (itself || strcmp(path, *dirs) != 0))
            return true;
    return false;
}

static bool ends_in(const char *path, const char *const *ends)
{
    for (; *ends; ends++)
        if (ends_with(path, *ends))
            return true;
    return false;
}

/* ---- rows ----------------------------------------------------------------------------------- */

static bool fits(const char *path, const char *const *globs)
{
    for (; *globs; globs++)
        if (glob_match(*globs, path))
            return true;
    return false;
}

static bool leaves_out(const struct fix *f, const char *package, const struct entry *e)
{
    if (f->not_of && package && is_one_of(package, f->not_of))
        return false;
    return (f->programs && fix_is_program(e->path, f->programs)) ||
           (f->inside && is_below(e->path, f->inside, false)) ||
           (f->ends && ends_in(e->path, f->ends) && is_below(e->path, f->below, true)) ||
           (f->globs && fits(e->path, f->globs));
}

static bool changes_mode(const struct fix *f, const struct entry *e)
{
    bool sticky = e->type == ENTRY_DIRECTORY && e->mode & 01000;

    if ((f->only && !is_one_of(e->path, f->only)) || (f->but && is_one_of(e->path, f->but)) ||
        (f->but_sticky && sticky))
        return false;
    return e->mode & f->clear || (f->becomes && e->mode != f->becomes);
}

const struct fix *fix_for(const struct rule *r, const char *package, const struct entry *e)
{
    for (const struct fix *f = r->fix; f && f->types; f++)
        if (f->types & FIX_TYPE(e->type) && (leaves_out(f, package, e) || changes_mode(f, e)))
            return f;
    return NULL;
}

struct edit fix_edit(const struct rule *r, const char *package, const struct entry *e)
{
    const struct fix *f = fix_for(r, package, e);

    if (!f)
        return (struct edit){.action = EDIT_KEEP};
    if (leaves_out(f, package, e))
        return (struct edit){.action = EDIT_DROP, .rule = r->id, .always = f->always};
    uint16_t mode = f->becomes ? f->becomes : e->mode & 07777 & (uint16_t)~f->clear;
    return (struct edit){.action = EDIT_MODE, .mode = mode, .rule = r->id};
}

/* ---- keys ----------------------------------------------------------------------------------- */

static void add_text(struct hasher *h, const char *text)
{
    hasher_add(h, text, strlen(text) + 1);
}

/* No list, and an empty one, are told apart from each other and from what stands behind them. */
static void add_list(struct hasher *h, const char *name, const char *const *list)
{
    add_text(h, name);
    add_text(h, list ? "list" : "none");
    for (; list && *list; list++)
        add_text(h, *list);
    add_text(h, "");
}

static void add_row(struct hasher *h, const struct fix *f)
{
    CLEANUP(free_ptr)
    char *numbers = xasprintf("types %x clear %o becomes %o but sticky %d always %d", f->types,
                              (unsigned)f->clear, (unsigned)f->becomes, f->but_sticky, f->always);

    add_text(h, numbers);
    add_list(h, "programs", f->programs);
    add_list(h, "inside", f->inside);
    add_list(h, "ends", f->ends);
    add_list(h, "below", f->below);
    add_list(h, "globs", f->globs);
    add_list(h, "not of", f->not_of);
    add_list(h, "only", f->only);
    add_list(h, "but", f->but);
}

static void add_rule(struct hasher *h, const struct rule *r)
{
    add_text(h, "rule");
    add_text(h, r->id);
    for (const struct fix *f = r->fix; f && f->types; f++)
        add_row(h, f);
}

void fix_hash(const struct rule *const *groups, struct hasher *h)
{
    CLEANUP(free_ptr) char *format = xasprintf("fixes %d", FIX_FORMAT);

    add_text(h, format);
    for (; *groups; groups++)
        for (const struct rule *r = *groups; r->id; r++)
            if (r->fix)
                add_rule(h, r);
}
