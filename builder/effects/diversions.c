/* SPDX-License-Identifier: Apache-2.0 */
#include "effects/diversions.h"
#include "base/path.h"
#include "effects/effect.h"
#include "effects/scripts.h"
#include "rootfs/paths.h"

#define DIVERSIONS_MAX 10000u

void diversions_release(struct diversions *d)
{
    for (size_t i = 0; i < d->n; i++) {
        free(d->v[i].from);
        free(d->v[i].to);
        free(d->v[i].place);
    }
    free(d->v);
    free(d->moved);
    *d = (struct diversions){0};
}

/* ---- calls ---------------------------------------------------------------------------------- */

struct divert_call {
    bool remove, rename;
    const char *package, *to, *path;
};

/* Options may stand in any order, and their values behind a blank or an equals sign. */
static const char *value_of(const struct strv *words, size_t *i, const char *name)
{
    size_t n = strlen(name);
    const char *word = words->v[*i];
    if (strncmp(word, name, n) != 0)
        return NULL;
    if (word[n] == '=')
        return word + n + 1;
    return word[n] == '\0' && *i + 1 < words->n ? words->v[++*i] : NULL;
}

static bool read_words(const struct strv *words, struct divert_call *ret)
{
    bool add = false, keep = false;
    *ret = (struct divert_call){0};
    for (size_t i = 1; i < words->n; i++) {
        const char *word = words->v[i], *value;
        if ((value = value_of(words, &i, "--package")))
            ret->package = value;
        else if ((value = value_of(words, &i, "--divert")))
            ret->to = value;
        else if (strcmp(word, "--add") == 0)
            add = true;
        else if (strcmp(word, "--remove") == 0)
            ret->remove = true;
        else if (strcmp(word, "--rename") == 0)
            ret->rename = true;
        else if (strcmp(word, "--no-rename") == 0)
            keep = true;
        else if (word[0] == '-' ? strcmp(word, "--quiet") != 0 : ret->path != NULL)
            return false;
        else if (word[0] != '-')
            ret->path = word;
    }
    return ret->path && !(add && ret->remove) && !(ret->rename && keep);
}

bool diversions_takes(const struct script_call *c)
{
    struct divert_call d;
    return !c->to && c->words.n && strcmp(c->words.v[0], "dpkg-divert") == 0 &&
           read_words(&c->words, &d) && (d.remove || d.rename) &&
           (!d.package || strcmp(d.package, c->package->name) == 0);
}

static char *path_of(const char *word)
{
    CLEANUP(buf_release) struct buf path = BUF_INIT(PATH_BYTES_MAX);
    path_link_target("", word, &path);
    path_merge_plain(&path);
    return xstrdup(buf_str(&path));
}

static struct diversion *find(const struct diversions *all, const char *from)
{
    for (size_t i = 0; i < all->n; i++)
        if (strcmp(all->v[i].from, from) == 0)
            return &all->v[i];
    return NULL;
}

static void forget(struct diversions *all, struct diversion *d)
{
    free(d->from);
    free(d->to);
    free(d->place);
    *d = all->v[--all->n];
}

static int add(struct diversions *all, const struct script_call *c, const char *from,
               const char *to, const struct diversion *there, struct err *err)
{
    CLEANUP(free_ptr) char *place = call_place(c);
    if (there && there->by == c->package && strcmp(there->to, to) == 0)
        return 0;
    if (there)
        return err_set(err, "%s: /%s is diverted already (%s)", place, from, there->place);
    if (strcmp(from, to) == 0)
        return err_set(err, "%s: /%s is diverted to itself", place, from);
    if (all->n == DIVERSIONS_MAX)
        return err_set(err, "%s: too many diversions", place);
    GROW(all->v, all->n, all->cap);
    all->v[all->n++] = (struct diversion){c->package, xstrdup(from), xstrdup(to), place};
    place = NULL;
    return 0;
}

static int run(struct diversions *all, const struct script_call *c, struct err *err)
{
    struct divert_call d;
    if (!diversions_takes(c) || !read_words(&c->words, &d))
        return 0;
    CLEANUP(free_ptr) char *other = xasprintf("%s.distrib", d.path);
    if (!effect_is_path(d.path) || (d.to && !effect_is_path(d.to))) {
        CLEANUP(free_ptr) char *place = call_place(c);
        return err_set(err, "%s: dpkg-divert: a path is not absolute and clean", place);
    }
    CLEANUP(free_ptr) char *from = path_of(d.path);
    CLEANUP(free_ptr) char *to = path_of(d.to ? d.to : other);
    struct diversion *there = find(all, from);
    if (!d.remove)
        return add(all, c, from, to, there, err);
    if (there && there->by == c->package)
        forget(all, there);
    return 0;
}

static bool calls_divert(const struct package *p)
{
    for (size_t i = 0; i < p->n_scripts; i++)
        if (memmem(p->scripts[i].text, p->scripts[i].size, "dpkg-divert", 11))
            return true;
    return false;
}

int diversions_find(struct package *const *packages, size_t n, struct diversions *ret,
                    struct err *err)
{
    CLEANUP(scripts_release) struct image_scripts scripts = {0};
    bool any = false;
    for (size_t i = 0; i < n; i++)
        any |= calls_divert(packages[i]);
    if (any)
        scripts_read(packages, n, &scripts);
    call_each(c, &scripts.calls) if (run(ret, c, err) < 0) return err_ret(err);
    return 0;
}

/* ---- what they move ------------------------------------------------------------------------- */

static int divert(struct diversions *d, size_t by, const struct package *p, const struct entry *e,
                  struct strv *lost, struct err *err)
{
    if (e->type == ENTRY_DIRECTORY)
        return err_set(err, "%s: /%s is a directory of package %s, and can't be diverted",
                       d->v[by].place, e->path, p->name);
    GROW(d->moved, d->n_moved, d->cap_moved);
    d->moved[d->n_moved++] = (struct diverted){p, e, by};
    strv_add(lost, e->path);
    return 0;
}

static const struct delivery *delivery_of(const struct package *p, struct package *const *packages,
                                          const struct delivery *from, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (packages[i] == p)
            return &from[i];
    return NULL;
}

int diversions_apply(struct diversions *d, struct package *const *packages,
                     const struct delivery *from, size_t n, struct strv *lost, struct err *err)
{
    for (size_t i = 0; i < d->n; i++) {
        const struct diversion *v = &d->v[i];
        const struct delivery *by = delivery_of(v->by, packages, from, n);
        for (size_t k = 0; k < n; k++) {
            const struct entry *e = packages[k] == v->by ? NULL
                                                         : package_find(packages[k], v->from);
            if (!e)
                continue;
            if (by && !delivery_may_take(by, &from[k], packages[k]->name)) {
                err_set(err, "%s: it diverts /%s of package %s, which comes from source %s",
                        v->place, e->path, packages[k]->name, from[k].source);
                return err_hint(err, "where it may: replaces = {\"%s\"} in source \"%s\"",
                                packages[k]->name, by->source);
            }
            if (divert(d, i, packages[k], e, &lost[k], err) < 0)
                return err_ret(err);
        }
    }
    return 0;
}

/* ---- the tree ------------------------------------------------------------------------------- */

static int put(struct effect *m, const struct diverted *d, const char *to, struct err *err)
{
    const struct entry *e = d->entry;
    if (e->type == ENTRY_SYMLINK)
        return effect_put_link(m, to, e->target, err);
    const struct entry *data = e->type == ENTRY_HARDLINK ? package_find(d->package, e->target) : e;
    if (!data || data->type != ENTRY_FILE)
        return err_set(err, "%s: /%s of package %s has no content", m->place, e->path,
                       d->package->name);
    const struct node from = {
        .path = data->path,
        .type = ENTRY_FILE,
        .size = data->size,
        .sha256 = data->sha256,
        .facts = data->facts,
        .package = d->package,
        .content.fd = -1,
    };
    return effect_put_copy(m, to, &from, e->mode, e->uid, e->gid, e->mtime, err);
}

int assemble_diversions(struct assembly *a, struct tree *t, struct err *err)
{
    const struct diversions *all = a->diversions;
    for (size_t i = 0; all && i < all->n_moved; i++) {
        const struct diverted *d = &all->moved[i];
        const struct diversion *by = &all->v[d->by];
        const struct node *there = tree_find(t, by->to);
        if (there)
            return err_set(err, "%s: /%s of package %s can't move to /%s: package %s has it",
                           by->place, by->from, d->package->name, by->to,
                           there->package ? there->package->name : "of another diversion");
        CLEANUP(effect_release) struct effect m;
        effect_start(&m, a, t, by->by, xstrdup(by->place));
        if (put(&m, d, by->to, err) < 0)
            return err_ret(err);
        if (tree_find(t, by->to))
            effect_note(&m, "/%s of package %s lies at /%s", by->from, d->package->name, by->to);
    }
    return 0;
}
