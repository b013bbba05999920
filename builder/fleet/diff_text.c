/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/diff.h"

#include "base/path.h"

#include <inttypes.h>

#define FEW 6 /* as many changes alike in a directory are shown one by one */

struct writer {
    const struct log *log;
    bool all; /* nothing is put together */
    struct buf *out;
};

static const char *colour(const struct writer *w, const void *old, const void *now)
{
    return old && now ? log_yellow(w->log) : now ? log_green(w->log) : log_red(w->log);
}

/* "    + ", "    - ", "    ~ " in its colour. */
static void line(struct writer *w, const void *old, const void *now)
{
    buf_addf(w->out, "    %s%c%s ", colour(w, old, now),
             old && now ? '~'
             : now      ? '+'
                        : '-',
             log_reset(w->log));
}

/* ---- packages, scripts, findings, config ------------------------------------------------------
 */

static void text_packages(struct writer *w, const struct arch_diff *a)
{
    for (size_t i = 0; i < a->n_packages; i++) {
        const struct package_change *c = &a->packages[i];
        line(w, c->old, c->now);
        if (!c->old || !c->now)
            buf_addf(w->out, "%s %s\n", (c->old ? c->old : c->now)->name,
                     (c->old ? c->old : c->now)->version);
        else
            buf_addf(w->out, "%s %s -> %s%s\n", c->now->name, c->old->version, c->now->version,
                     c->kind == PACKAGE_DOWNGRADED ? " (older)"
                     : c->kind == PACKAGE_REBUILT  ? " (other bytes)"
                                                   : "");
    }
}

static void text_scripts(struct writer *w, const struct arch_diff *a)
{
    for (size_t i = 0; i < a->n_scripts; i++) {
        const struct script_change *c = &a->scripts[i];
        const struct record_script *s = c->now ? c->now : c->old;
        line(w, c->old, c->now);
        buf_addf(w->out, "%s %s", s->package, s->script);
        if (c->now)
            buf_addf(w->out, " (%s%s%s)", s->class, s->what ? ": " : "", s->what ? s->what : "");
        buf_addch(w->out, '\n');
    }
}

static void text_findings(struct writer *w, const struct arch_diff *a)
{
    for (size_t i = 0; i < a->n_findings; i++) {
        const struct record_finding *f = a->findings[i].finding;
        bool gone = a->findings[i].gone;
        line(w, gone ? f : NULL, gone ? NULL : f);
        buf_addf(w->out, "%s %s", f->rule, f->action);
        if (f->path)
            buf_addf(w->out, " /%s", f->path);
        buf_addf(w->out, ": %s\n", f->text);
    }
}

static void text_config(struct writer *w, const struct arch_diff *a)
{
    for (size_t i = 0; i < a->n_config; i++) {
        const struct config_change *c = &a->config[i];
        CLEANUP(free_ptr) char *key = text_escape(c->key, strlen(c->key));
        line(w, c->old, c->now);
        if (c->old && c->now)
            buf_addf(w->out, "%s %s -> %s\n", key, c->old, c->now);
        else
            buf_addf(w->out, "%s %s\n", key, c->old ? c->old : c->now);
    }
}

/* ---- files ----------------------------------------------------------------------------------- */

/* Changes that are told in one line: a directory that came or went with all below it, or files of
 * one directory that came, went or have other content. */
struct path_group {
    char *dir;
    unsigned flags;
    bool tree;
    size_t n;
    bool told;
};

struct member {
    char *dir; /* owned until it becomes a group's */
    unsigned flags;
    bool tree;
    size_t at; /* of the arch_diff's paths */
};

static const struct record_path *path_of(const struct path_change *c)
{
    return c->now ? c->now : c->old;
}

/* The uppermost directory above a path that came or went as a whole, or NULL. */
static const struct record_path *whole_above(const struct arch_diff *a,
                                             const struct path_change *change)
{
    const char *path = path_of(change)->path;
    CLEANUP(free_ptr) char *prefix = xstrdup(path);

    for (char *slash = strchr(prefix, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        for (size_t low = 0, high = a->n_paths; low < high;) {
            size_t middle = low + (high - low) / 2;
            const struct path_change *c = &a->paths[middle];
            int r = strcmp(path_of(c)->path, prefix);
            if (r == 0 && c->flags == change->flags && path_of(c)->type == ENTRY_DIRECTORY)
                return path_of(c);
            low = r < 0 ? middle + 1 : low;
            high = r < 0 ? high : middle;
        }
        *slash = '/';
    }
    return NULL;
}

static bool may_join(const struct path_change *c)
{
    const unsigned special = 06000; /* setuid, setgid: always shown */

    if (path_of(c)->type != ENTRY_DIRECTORY && (path_of(c)->mode & special))
        return false;
    return c->flags == PATH_ADDED || c->flags == PATH_REMOVED || c->flags == PATH_CONTENT;
}

static int by_group(const void *a, const void *b)
{
    const struct member *x = a, *y = b;
    int r = strcmp(x->dir, y->dir);

    if (r == 0 && x->flags != y->flags)
        r = x->flags < y->flags ? -1 : 1;
    return r ? r : (int)x->tree - (int)y->tree;
}

static size_t find_members(const struct arch_diff *a, struct member *ret)
{
    size_t n = 0;

    for (size_t i = 0; i < a->n_paths; i++) {
        const struct path_change *c = &a->paths[i];
        if (!may_join(c))
            continue;
        const struct record_path *p = path_of(c);
        const struct record_path *above = c->flags == PATH_CONTENT ? NULL : whole_above(a, c);
        if (!above && p->type == ENTRY_DIRECTORY)
            above = p;
        struct slice dir = above ? slice_of(above->path) : path_dir(p->path);
        ret[n++] = (struct member){xstrndup(dir.p, dir.n), c->flags, above != NULL, i};
    }
    if (n)
        qsort(ret, n, sizeof(*ret), by_group);
    return n;
}

/* of[i]: the group of the i-th path, from 1; 0: none. */
static size_t make_groups(const struct arch_diff *a, struct path_group *groups, size_t *of)
{
    struct member *members = xcalloc(a->n_paths + 1, sizeof(*members));
    size_t n = find_members(a, members), n_groups = 0;

    for (size_t i = 0; i < n; i++) {
        const struct member *m = &members[i];
        if (i == 0 || by_group(m - 1, m) != 0)
            groups[n_groups++] = (struct path_group){m->dir, m->flags, m->tree, 0, false};
        groups[n_groups - 1].n++;
        of[m->at] = n_groups;
    }
    /* the names of all but the first of each group */
    for (size_t i = n; i-- > 1;)
        if (by_group(&members[i - 1], &members[i]) == 0)
            free(members[i].dir);
    free(members);
    return n_groups;
}

static void text_group(struct writer *w, struct path_group *g)
{
    const char *what = g->flags == PATH_CONTENT ? ": content of " : ": ";

    if (g->told)
        return;
    g->told = true;
    line(w, g->flags == PATH_ADDED ? NULL : g, g->flags == PATH_REMOVED ? NULL : g);
    buf_addf(w->out, "%s%s/%s%zu %s\n", *g->dir ? "/" : "", g->dir, what, g->n,
             g->tree ? "paths" : "files");
}

static void text_path(struct writer *w, const struct path_change *c)
{
    const struct record_path *p = path_of(c);

    line(w, c->old, c->now);
    buf_addf(w->out, "/%s", p->path);
    if (p->type == ENTRY_DIRECTORY && !(c->flags & PATH_TYPE))
        buf_addch(w->out, '/');
    if (c->flags & PATH_TYPE)
        buf_addf(w->out, ", %s -> %s", entry_type_name(c->old->type),
                 entry_type_name(c->now->type));
    if (c->flags & PATH_CONTENT) {
        if (p->target)
            buf_addf(w->out, ", target %s -> %s", c->old->target ? c->old->target : "none",
                     p->target);
        else
            buf_addstr(w->out, ", content");
    }
    if (c->flags & PATH_MODE)
        buf_addf(w->out, ", mode %04o -> %04o", c->old->mode, c->now->mode);
    else if ((c->flags & PATH_ADDED) && (p->mode & 06000) && p->type != ENTRY_DIRECTORY)
        buf_addf(w->out, ", mode %04o", p->mode);
    if (c->flags & PATH_OWNER)
        buf_addf(w->out, ", owner %u:%u -> %u:%u", c->old->uid, c->old->gid, c->now->uid,
                 c->now->gid);
    buf_addch(w->out, '\n');
}

static void text_paths(struct writer *w, const struct arch_diff *a)
{
    struct path_group *groups = xcalloc(a->n_paths + 1, sizeof(*groups));
    size_t *of = xcalloc(a->n_paths + 1, sizeof(*of));
    size_t n = w->all ? 0 : make_groups(a, groups, of);

    for (size_t i = 0; i < a->n_paths; i++) {
        struct path_group *g = of[i] ? &groups[of[i] - 1] : NULL;
        if (g && g->n > FEW)
            text_group(w, g);
        else
            text_path(w, &a->paths[i]);
    }
    for (size_t i = 0; i < n; i++)
        free(groups[i].dir);
    free(groups);
    free(of);
}

/* ---- all of it ------------------------------------------------------------------------------- */

static const struct section {
    const char *title;
    void (*write)(struct writer *w, const struct arch_diff *a);
} sections[] = {
    {"Packages", text_packages}, {"Files", text_paths},   {"Maintainer scripts", text_scripts},
    {"Findings", text_findings}, {"Config", text_config},
};

static void write_section(struct writer *w, const struct section *s, const struct buf *body)
{
    if (!body->len)
        return;
    buf_addf(w->out, "  %s%s%s\n", log_bold(w->log), s->title, log_reset(w->log));
    buf_add(w->out, body->data, body->len);
}

static void text_size(struct writer *w, const char *what, uint64_t old, uint64_t now)
{
    if (old == now)
        return;
    buf_addf(w->out, "    %s %s -> %s (%c%s)\n", what, size_text(old).s, size_text(now).s,
             now > old ? '+' : '-', size_text(now > old ? now - old : old - now).s);
}

static void text_sizes(struct writer *w, const struct arch_diff *a)
{
    if (!a->old || !a->now) {
        buf_addf(w->out, "  %s%s this architecture%s\n", colour(w, a->old, a->now),
                 a->now ? "gains" : "loses", log_reset(w->log));
        return;
    }
    if (a->old->packed == a->now->packed && a->old->unpacked == a->now->unpacked)
        return;
    buf_addf(w->out, "  %sSize%s\n", log_bold(w->log), log_reset(w->log));
    text_size(w, "packed", a->old->packed, a->now->packed);
    text_size(w, "unpacked", a->old->unpacked, a->now->unpacked);
}

struct texts {
    struct buf body[ARRAY_SIZE(sections)];
};

/* Whether all architectures say the same in a section. */
static bool common(const struct texts *texts, size_t n, size_t section)
{
    const struct buf *first = &texts[0].body[section];

    for (size_t i = 1; i < n; i++) {
        const struct buf *b = &texts[i].body[section];
        if (b->len != first->len || (b->len && memcmp(b->data, first->data, b->len) != 0))
            return false;
    }
    return n > 1 && first->len;
}

static void write_arches(struct writer *w, const struct image_diff *d, const struct texts *texts)
{
    bool shared[ARRAY_SIZE(sections)], any = false;

    for (size_t k = 0; k < ARRAY_SIZE(sections); k++) {
        shared[k] = common(texts, d->n_arches, k);
        any = any || shared[k];
    }
    if (any)
        buf_addf(w->out, "%sall architectures%s\n", log_bold(w->log), log_reset(w->log));
    for (size_t k = 0; k < ARRAY_SIZE(sections); k++)
        if (shared[k])
            write_section(w, &sections[k], &texts[0].body[k]);
    for (size_t i = 0; i < d->n_arches; i++) {
        buf_addf(w->out, "%s%s%s\n", log_bold(w->log), d->arches[i].arch, log_reset(w->log));
        size_t before = w->out->len;
        text_sizes(w, &d->arches[i]);
        bool both = d->arches[i].old && d->arches[i].now;
        for (size_t k = 0; both && k < ARRAY_SIZE(sections); k++)
            if (!shared[k])
                write_section(w, &sections[k], &texts[i].body[k]);
        if (w->out->len == before)
            buf_addf(w->out, "  nothing %s\n", any ? "more" : "differs");
    }
}

void diff_text(const struct image_diff *d, const char *old, const char *now, bool all,
               const struct log *log, struct buf *ret)
{
    struct writer w = {log, all, ret};
    struct texts *texts = xcalloc(d->n_arches + 1, sizeof(*texts));

    buf_addf(ret, "%s-%s %s\n%s+%s %s\n", log_red(log), log_reset(log), old, log_green(log),
             log_reset(log), now);
    for (size_t i = 0; i < d->n_arches; i++)
        for (size_t k = 0; k < ARRAY_SIZE(sections); k++) {
            struct writer body = {log, all, &texts[i].body[k]};
            sections[k].write(&body, &d->arches[i]);
        }
    if (diff_empty(d))
        buf_addstr(ret, "no difference\n");
    else
        write_arches(&w, d, texts);
    for (size_t i = 0; i < d->n_arches; i++)
        for (size_t k = 0; k < ARRAY_SIZE(sections); k++)
            buf_release(&texts[i].body[k]);
    free(texts);
}
