/* SPDX-License-Identifier: Apache-2.0 */
#include "effects/tmpfiles.h"
#include "base/path.h"
#include "effects/args.h"
#include "effects/files_called.h"

enum { TF_CREATE };
static const struct arg_option options[] = {
    {0, "create", false},   {0, "root", true},     {0, "graceful", false},
    {0, "no-pager", false}, {0, "dry-run", false}, {0},
};

bool tmpfiles_takes(const struct script_call *c)
{
    struct args a;
    if (c->to || !args_read(c, 1, options, &a) || !args_has(&a, TF_CREATE) || a.n == 0 ||
        (a.value[1] && a.value[1][0] && strcmp(a.value[1], "/") != 0) || args_has(&a, 4))
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (a.operand[i][0] == '/' ? !effect_is_path(a.operand[i])
                                   : strchr(a.operand[i], '/') || a.operand[i][0] == '-')
            return false;
    return true;
}

/* ---- one line ------------------------------------------------------------------------------- */

/* The rules for one line, with the place in its fragment. */
struct item {
    struct effect *m;
    const struct tmpfiles_line *line;
    uint32_t uid, gid; /* SYSUSERS_NO_ID where the line gives none */
};

static bool find_owner(struct item *i)
{
    const struct accounts *known = &i->m->assembly->known;
    const struct tmpfiles_line *l = i->line;
    i->uid = l->user ? accounts_uid_of(known, l->user, NULL) : SYSUSERS_NO_ID;
    i->gid = l->group ? accounts_gid_of(known, l->group) : SYSUSERS_NO_ID;
    bool user = l->user && i->uid == SYSUSERS_NO_ID;
    if (!user && (!l->group || i->gid != SYSUSERS_NO_ID))
        return true;
    effect_note(i->m, "there is no %s \"%s\": skipped", user ? "account" : "group",
                user ? l->user : l->group);
    return false;
}

/* "~": no more than the file has anyway, as far as reading, writing and executing goes. */
static uint16_t masked(const struct node *n, uint16_t mode)
{
    for (uint16_t bit = 0111; bit <= 0444; bit *= 2)
        if (!(n->mode & bit))
            mode &= (uint16_t)~bit;
    return n->type == ENTRY_DIRECTORY ? mode : mode & 0777;
}

static int adjust(const struct item *i, struct node *n, bool is_new, struct err *err)
{
    const struct tmpfiles_line *l = i->line;
    uint16_t mode = n->mode;
    if (l->has_mode && (is_new || !l->mode_new))
        mode = l->mode_masked ? masked(n, l->mode) : l->mode;
    uint32_t uid = i->uid == SYSUSERS_NO_ID || (l->user_new && !is_new) ? n->uid : i->uid;
    uint32_t gid = i->gid == SYSUSERS_NO_ID || (l->group_new && !is_new) ? n->gid : i->gid;
    return effect_attributes(i->m, n, mode, uid, gid, err);
}

/* The directories above, as far as they aren't there. False, with a note, if something is in the
 * way. */
static int make_parents(struct effect *m, const char *path, bool *ret_ok, struct err *err)
{
    *ret_ok = true;
    for (size_t n = 1; path[n]; n++) {
        if (path[n] != '/')
            continue;
        CLEANUP(free_ptr) char *above = xstrndup(path, n);
        const struct node *there = tree_find(m->tree, above);
        if (!there && effect_put_directory(m, above, 0755, 0, 0, err) < 0)
            return err_ret(err);
        if (there && there->type != ENTRY_DIRECTORY) {
            effect_note(m, "/%s isn't made: /%s is no directory", path, above);
            *ret_ok = false;
            return 0;
        }
    }
    return 0;
}

/* What a link leads to, or what is copied; malloc'ed. */
static char *source_of(const struct item *i)
{
    const struct tmpfiles_line *l = i->line;
    return l->argument ? xstrdup(l->argument) : xasprintf("/usr/share/factory%s", l->path);
}

static int new_node(const struct item *i, const char *path, struct err *err)
{
    const struct tmpfiles_line *l = i->line;
    const char *text = l->argument ? l->argument : "";
    CLEANUP(free_ptr) char *source = source_of(i);
    switch (l->type) {
    case 'f':
        return effect_put_text(i->m, path, 0644, text, strlen(text), err);
    case 'L':
        return effect_put_link(i->m, path, source, err);
    case 'C':
        return files_copy(i->m, source, path, err);
    default:
        return effect_put_directory(i->m, path, 0755, 0, 0, err);
    }
}

/* Whether the line only holds where its source is there, and it isn't. */
static bool lacks_source(const struct item *i)
{
    const struct tmpfiles_line *l = i->line;
    CLEANUP(free_ptr) char *source = source_of(i);
    CLEANUP(buf_release) struct buf target = BUF_INIT(PATH_BYTES_MAX);
    if (l->type == 'C')
        return !effect_is_path(source) || !effect_find(i->m, source);
    if (l->type != 'L' || !l->question)
        return false;
    path_link_target(l->path + 1, source, &target);
    return !tree_resolve(i->m->tree, buf_str(&target));
}

static int make(const struct item *i, struct err *err)
{
    const struct tmpfiles_line *l = i->line;
    CLEANUP(free_ptr) char *path = effect_path(i->m, l->path, false);
    struct node *there = tree_find(i->m->tree, path);
    bool directory = strchr("dDvqQ", l->type) != NULL, ok;
    if (there && there->type == ENTRY_SYMLINK && l->type != 'L')
        there = tree_resolve(i->m->tree, path);
    bool again = there && l->plus && strchr("fL", l->type) && effect_is_own(i->m, there) &&
                 there->type != ENTRY_DIRECTORY;
    if (!path[0] || (!there && lacks_source(i)))
        return 0;
    if (there && !again) {
        if (l->type == 'L' || l->type == 'C')
            return 0;
        if ((there->type == ENTRY_DIRECTORY) != directory) {
            effect_note(i->m, "/%s is there already and is %s directory", path,
                        directory ? "no" : "a");
            return 0;
        }
        if (l->type == 'f' && l->plus)
            effect_note(i->m, "/%s stays as it is: nothing is written to it", path);
        return adjust(i, there, false, err);
    }
    if (make_parents(i->m, path, &ok, err) < 0 || !ok || new_node(i, path, err) < 0)
        return err_ret(err);
    there = tree_find(i->m->tree, path);
    return there && l->type != 'L' ? adjust(i, there, true, err) : 0;
}

/* "w": into a file that is there; only what the package itself made is known whole. */
static int write_text(const struct item *i, struct node *n, struct err *err)
{
    const char *text = i->line->argument ? i->line->argument : "";
    struct slice before = {"", 0};
    if (n->type != ENTRY_FILE)
        return 0;
    if (!effect_is_own(i->m, n) || !tree_text(n, &before)) {
        effect_note(i->m, "/%s stays as it is: nothing is written to it", n->path);
        return 0;
    }
    uint16_t mode = n->mode;
    uint32_t uid = n->uid, gid = n->gid;
    CLEANUP(free_ptr) char *path = xstrdup(n->path);
    CLEANUP(free_ptr)
    char *all = xasprintf("%.*s%s", i->line->plus ? (int)before.n : 0, before.p, text);
    if (effect_put_text(i->m, path, mode, all, strlen(all), err) < 0)
        return err_ret(err);
    n = tree_find(i->m->tree, path);
    return n ? effect_attributes(i->m, n, mode, uid, gid, err) : 0;
}

static int change(const struct item *i, const char *path, struct err *err)
{
    struct node *n = tree_resolve(i->m->tree, path);
    if (!n || (i->line->type == 'e' && n->type != ENTRY_DIRECTORY))
        return 0;
    return i->line->type == 'w' ? write_text(i, n, err) : adjust(i, n, false, err);
}

static int change_glob(const struct item *i, struct err *err)
{
    CLEANUP(strv_release) struct strv paths = STRV_INIT;
    CLEANUP(free_ptr) char *path = effect_path(i->m, i->line->path, true);
    bool below = i->line->type == 'Z', glob = strpbrk(path, "*?[") != NULL;
    if (!glob && !below)
        return change(i, path, err);
    size_t n;
    struct node *const *nodes = tree_nodes(i->m->tree, &n);
    if (effect_works(i->m, n, err) < 0)
        return err_ret(err);
    const char *top = NULL; /* the last path that fits: what lies in it follows it */
    for (size_t k = 0; k < n; k++) {
        if (below && top && path_below(nodes[k]->path, top)) {
            strv_add(&paths, nodes[k]->path);
        } else if (glob ? glob_match(path, nodes[k]->path) : strcmp(path, nodes[k]->path) == 0) {
            top = nodes[k]->path;
            strv_add(&paths, top);
        }
    }
    strv_each (one, &paths)
        if (change(i, *one, err) < 0)
            return err_ret(err);
    return 0;
}

/* ---- all of a call -------------------------------------------------------------------------- */

static bool is_glob(const struct tmpfiles_line *l)
{
    return strchr("wezmZ", l->type) != NULL;
}

/* Files before globs, what lies above first, else as written. */
static int by_path(const void *a, const void *b)
{
    const struct tmpfiles_line *const *x = a, *const *y = b;
    if (is_glob(*x) != is_glob(*y))
        return is_glob(*x) ? 1 : -1;
    int c = strcmp((*x)->path, (*y)->path);
    return c ? c : (*x > *y) - (*x < *y);
}

static int apply_line(const struct effect *m, const struct tmpfiles_line *l, struct err *err)
{
    CLEANUP(effect_release) struct effect here;
    effect_start(&here, m->assembly, m->tree, m->package,
                 xasprintf("package %s: /%s:%u", m->package->name, l->file, l->line));
    struct item i = {.m = &here, .line = l};
    if (!find_owner(&i))
        return 0;
    return is_glob(l) ? change_glob(&i, err) : make(&i, err);
}

static int apply_all(const struct effect *m, const struct tmpfiles *t, struct err *err)
{
    CLEANUP(free_ptr)
    const struct tmpfiles_line **sorted = xcalloc(t->n + 1, sizeof(const struct tmpfiles_line *));
    for (size_t i = 0; i < t->n; i++)
        sorted[i] = &t->v[i];
    qsort(sorted, t->n, sizeof(const struct tmpfiles_line *), by_path);
    for (size_t i = 0; i < t->n; i++) {
        bool again = i && !is_glob(sorted[i]) && strcmp(sorted[i]->path, sorted[i - 1]->path) == 0;
        if (!again && apply_line(m, sorted[i], err) < 0)
            return err_ret(err);
    }
    return 0;
}

/* Whether a file speaks for this script: a third party's doesn't for a package of others. */
static bool counts(const struct effect *m, const struct node *n)
{
    const struct package *by = n && n->package ? n->package : n ? n->maker : NULL;
    return n && (!by || !assembly_is_guest(m->assembly, by) ||
                 assembly_same_origin(m->assembly, m->package, by));
}

/* The fragment that counts for a name. */
static const struct node *find_fragment(const struct effect *m, const char *name)
{
    static const char *const places[] = {"etc", "run", "usr/local/lib", "usr/lib"};
    for (size_t i = 0; name[0] != '/' && i < ARRAY_SIZE(places); i++) {
        CLEANUP(free_ptr) char *path = xasprintf("%s/tmpfiles.d/%s", places[i], name);
        const struct node *link = tree_find(m->tree, path), *n = tree_resolve(m->tree, path);
        if (counts(m, link) && (!n || counts(m, n)))
            return n;
    }
    const struct node *n = name[0] == '/' ? effect_find(m, name) : NULL;
    return counts(m, n) ? n : NULL;
}

struct fragment_notes {
    const struct effect *m;
    const char *path;
};

static void note_skipped(void *arg, unsigned line, const char *why)
{
    const struct fragment_notes *f = arg;
    CLEANUP(effect_release) struct effect here;
    effect_start(&here, f->m->assembly, f->m->tree, f->m->package,
                 xasprintf("package %s: /%s:%u", f->m->package->name, f->path, line));
    effect_note(&here, "%s: skipped", why);
}

int tmpfiles_apply(struct effect *m, const struct script_call *c, struct err *err)
{
    CLEANUP(tmpfiles_release) struct tmpfiles lines = {0};
    struct args a;
    if (!args_read(c, 1, options, &a))
        return 0;
    for (size_t i = 0; i < a.n; i++) {
        struct slice text;
        const struct node *n = find_fragment(m, a.operand[i]);
        struct fragment_notes notes = {m, n ? n->path : NULL};
        if (n && tree_text(n, &text))
            tmpfiles_parse(&lines, text.p, text.n, n->path, note_skipped, &notes);
        else if (n && n->type == ENTRY_FILE)
            effect_note(m, "/%s isn't read: it is too large", n->path);
    }
    return apply_all(m, &lines, err);
}
