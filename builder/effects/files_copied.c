/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"
#include "effects/args.h"
#include "effects/files_called.h"
#include "effects/modes.h"

static bool are_paths(const struct args *a)
{
    for (size_t i = 0; i < a->n; i++)
        if (!effect_is_path(a->operand[i]))
            return false;
    return true;
}

static bool is_file(const struct node *n)
{
    return n->type == ENTRY_FILE || n->type == ENTRY_HARDLINK;
}

/* ---- cp ------------------------------------------------------------------------------------- */

enum {
    CP_ARCHIVE,
    CP_RECURSIVE,
    CP_RECURSIVE_TOO,
    CP_ALL,
    CP_PRESERVE,
    CP_NO_FOLLOW,
    CP_LINKS,
    CP_AS_FILE,
    CP_INTO
};
static const struct arg_option cp_options[] = {
    {'a', "archive", false},
    {'r', "recursive", false},
    {'R', NULL, false},
    {'p', NULL, false},
    {0, "preserve", true},
    {'P', "no-dereference", false},
    {'d', NULL, false},
    {'T', "no-target-directory", false},
    {'t', "target-directory", true},
    {'f', "force", false},
    {'n', "no-clobber", false},
    {'u', NULL, false},
    {'v', "verbose", false},
    {'L', "dereference", false},
    {'Z', NULL, false},
    {0},
};

static bool operands_fit(const struct args *a, unsigned into, unsigned as_file)
{
    if (a->value[into])
        return effect_is_path(a->value[into]) && a->n >= 1;
    return a->n == 2 || (a->n > 2 && !args_has(a, as_file));
}

bool cp_takes(const struct script_call *c)
{
    struct args a;
    return !c->to && args_read(c, 1, cp_options, &a) && are_paths(&a) &&
           operands_fit(&a, CP_INTO, CP_AS_FILE);
}

struct copying {
    bool recursive; /* directories too */
    bool keep;      /* modes, owners and times */
    bool links;     /* as links, not as what they lead to */
};

static int copy_node(struct effect *m, const struct copying *how, const struct node *from,
                     const char *to, struct err *err)
{
    uint16_t mode = how->keep ? from->mode : from->mode & 0777 & (uint16_t)~MODE_UMASK;
    uint32_t uid = how->keep ? from->uid : 0, gid = how->keep ? from->gid : 0;
    const struct node *there = tree_find(m->tree, to);
    if (from->type == ENTRY_DIRECTORY && there && there->type == ENTRY_DIRECTORY)
        return 0;
    if (!effect_may_put(m, to))
        return 0;
    if (from->type == ENTRY_DIRECTORY)
        return effect_put_directory(m, to, mode, uid, gid, err);
    if (from->type == ENTRY_SYMLINK)
        return effect_put_link(m, to, from->target, err);
    if (!is_file(from))
        return 0;
    return effect_put_copy(m, to, from, mode, uid, gid,
                           how->keep ? from->mtime : tree_epoch(m->tree), err);
}

/* What lies below a directory, in the tree's order; the list is taken before anything is made. */
static int copy_below(struct effect *m, const struct copying *how, const char *from, const char *to,
                      struct err *err)
{
    CLEANUP(strv_release) struct strv below = STRV_INIT;
    size_t n, length = strlen(from);
    struct node *const *nodes = tree_nodes(m->tree, &n);
    if (effect_works(m, n, err) < 0)
        return err_ret(err);
    for (size_t i = 0; i < n; i++)
        if (path_below(nodes[i]->path, from) && nodes[i]->path[length])
            strv_add(&below, nodes[i]->path);
    strv_each (path, &below) {
        const struct node *one = tree_find(m->tree, *path);
        CLEANUP(free_ptr) char *place = xasprintf("%s%s", to, *path + length);
        if (strlen(place) > PATH_BYTES_MAX)
            return err_set(err, "%s: /%s is too long a path", m->place, place);
        if (one && copy_node(m, how, one, place, err) < 0)
            return err_ret(err);
    }
    return 0;
}

static int copy(struct effect *m, const struct copying *how, const char *from, const char *to,
                bool inside, struct err *err)
{
    CLEANUP(free_ptr) char *source = effect_path(m, from, !how->links);
    CLEANUP(free_ptr) char *name = effect_name(from);
    CLEANUP(free_ptr) char *place = effect_place(m, to, name, inside);
    const struct node *n = tree_find(m->tree, source);
    if (!n || !place[0] || (n->type == ENTRY_DIRECTORY && !how->recursive)) {
        effect_lacks(m, from, "/%s isn't made: there is no file %s", place, from);
        return 0;
    }
    if (n->type == ENTRY_DIRECTORY && path_below(place, source))
        return err_set(err, "%s: %s can't be copied into itself", m->place, from);
    if (copy_node(m, how, n, place, err) < 0)
        return err_ret(err);
    return n->type == ENTRY_DIRECTORY ? copy_below(m, how, source, place, err) : 0;
}

int cp_apply(struct effect *m, const struct script_call *c, struct err *err)
{
    struct args a;
    if (!args_read(c, 1, cp_options, &a))
        return 0;
    bool archive = args_has(&a, CP_ARCHIVE);
    struct copying how = {
        .recursive = archive || args_has(&a, CP_RECURSIVE) || args_has(&a, CP_RECURSIVE_TOO),
        .keep = archive || args_has(&a, CP_ALL) || args_has(&a, CP_PRESERVE),
        .links = archive || args_has(&a, CP_NO_FOLLOW) || args_has(&a, CP_LINKS),
    };
    how.links |= how.recursive;
    size_t n = a.value[CP_INTO] ? a.n : a.n - 1;
    const char *to = a.value[CP_INTO] ? a.value[CP_INTO] : a.operand[a.n - 1];
    for (size_t i = 0; i < n; i++)
        if (copy(m, &how, a.operand[i], to, !args_has(&a, CP_AS_FILE), err) < 0)
            return err_ret(err);
    return 0;
}

int files_copy(struct effect *m, const char *from, const char *to, struct err *err)
{
    static const struct copying how = {.recursive = true, .keep = true, .links = true};
    CLEANUP(free_ptr) char *word = xasprintf("/%s", to);
    return copy(m, &how, from, word, false, err);
}

/* ---- mv and rm: only what the package itself has made can be gone --------------------------- */

enum { MV_INTO, MV_AS_FILE };
static const struct arg_option mv_options[] = {
    {'t', "target-directory", true},
    {'T', "no-target-directory", false},
    {'f', "force", false},
    {'n', "no-clobber", false},
    {'v', "verbose", false},
    {'Z', NULL, false},
    {0},
};

bool mv_takes(const struct script_call *c)
{
    struct args a;
    return !c->to && args_read(c, 1, mv_options, &a) && are_paths(&a) &&
           operands_fit(&a, MV_INTO, MV_AS_FILE);
}

static int move(struct effect *m, const char *from, const char *to, bool inside, struct err *err)
{
    static const struct copying how = {.recursive = true, .keep = true, .links = true};
    CLEANUP(free_ptr) char *source = effect_path(m, from, false);
    const struct node *n = tree_find(m->tree, source);
    if (!n)
        return 0; /* what an older version left */
    if (!effect_is_own(m, n) || n->type == ENTRY_DIRECTORY) {
        effect_note(m, "%s stays where it is", from);
        return 0;
    }
    if (copy(m, &how, from, to, inside, err) < 0)
        return err_ret(err);
    CLEANUP(free_ptr) char *name = effect_name(from);
    CLEANUP(free_ptr) char *place = effect_place(m, to, name, inside);
    if (strcmp(place, source) != 0)
        tree_remove(m->tree, source);
    return 0;
}

int mv_apply(struct effect *m, const struct script_call *c, struct err *err)
{
    struct args a;
    if (!args_read(c, 1, mv_options, &a))
        return 0;
    size_t n = a.value[MV_INTO] ? a.n : a.n - 1;
    const char *to = a.value[MV_INTO] ? a.value[MV_INTO] : a.operand[a.n - 1];
    for (size_t i = 0; i < n; i++)
        if (move(m, a.operand[i], to, !args_has(&a, MV_AS_FILE), err) < 0)
            return err_ret(err);
    return 0;
}

enum { RM_RECURSIVE, RM_RECURSIVE_TOO };
static const struct arg_option rm_options[] = {
    {'r', "recursive", false}, {'R', NULL, false},      {'f', "force", false},
    {'d', "dir", false},       {'v', "verbose", false}, {0},
};
static const struct arg_option rmdir_options[] = {
    {'p', "parents", false},
    {'v', "verbose", false},
    {0, "ignore-fail-on-non-empty", false},
    {0},
};

static bool rm_args(const struct script_call *c, struct args *ret)
{
    bool dir = strcmp(c->words.v[0], "rmdir") == 0;
    return args_read(c, 1, dir ? rmdir_options : rm_options, ret);
}

bool rm_takes(const struct script_call *c)
{
    struct args a;
    return !c->to && rm_args(c, &a) && are_paths(&a);
}

static int remove_path(struct effect *m, const char *word, bool recursive, struct err *err)
{
    CLEANUP(strv_release) struct strv gone = STRV_INIT;
    CLEANUP(free_ptr) char *path = effect_path(m, word, false);
    if (!path[0] || !tree_find(m->tree, path))
        return 0;
    strv_add(&gone, path);
    size_t n = 0, length = strlen(path);
    struct node *const *nodes = recursive ? tree_nodes(m->tree, &n) : NULL;
    if (effect_works(m, n, err) < 0)
        return err_ret(err);
    for (size_t i = 0; i < n; i++)
        if (path_below(nodes[i]->path, path) && nodes[i]->path[length])
            strv_add(&gone, nodes[i]->path);
    for (size_t i = gone.n; i-- > 0;) {
        const struct node *one = tree_find(m->tree, gone.v[i]);
        bool own = one && effect_is_own(m, one);
        if (own && one->type == ENTRY_DIRECTORY && effect_works(m, n, err) < 0)
            return err_ret(err);
        if (own && (one->type != ENTRY_DIRECTORY || recursive))
            tree_remove(m->tree, gone.v[i]);
        else if (one && !own && one->type != ENTRY_DIRECTORY)
            effect_note(m, "/%s stays: the package has it", gone.v[i]);
    }
    return 0;
}

int rm_apply(struct effect *m, const struct script_call *c, struct err *err)
{
    struct args a;
    bool dir = strcmp(c->words.v[0], "rmdir") == 0;
    if (!rm_args(c, &a))
        return 0;
    bool recursive = !dir && (args_has(&a, RM_RECURSIVE) || args_has(&a, RM_RECURSIVE_TOO));
    for (size_t i = 0; i < a.n; i++) {
        CLEANUP(free_ptr) char *path = dir ? effect_path(m, a.operand[i], false) : NULL;
        const struct node *n = dir ? tree_find(m->tree, path) : NULL;
        if (!dir && remove_path(m, a.operand[i], recursive, err) < 0)
            return err_ret(err);
        if (n && effect_is_own(m, n) && n->type == ENTRY_DIRECTORY)
            tree_remove(m->tree, path);
    }
    return 0;
}

/* ---- ucf ------------------------------------------------------------------------------------ */

enum { UCF_PURGE };
static const struct arg_option ucf_options[] = {
    {'p', "purge", false},
    {0, "three-way", false},
    {0, "debconf-ok", false},
    {0, "debconf-template", true},
    {0, "sum-file", true},
    {0, "src-dir", true},
    {0, "state-dir", true},
    {'v', "verbose", false},
    {'d', "debug", true},
    {'Z', NULL, false},
    {0},
};
static const struct arg_option ucfr_options[] = {
    {'p', "purge", false},
    {'f', "force", false},
    {'v', "verbose", false},
    {'d', "debug", true},
    {0},
};

bool ucf_takes(const struct script_call *c)
{
    struct args a;
    if (c->to)
        return false;
    if (strcmp(c->words.v[0], "ucfr") == 0)
        return args_read(c, 1, ucfr_options, &a);
    return args_read(c, 1, ucf_options, &a) && are_paths(&a) &&
           a.n == (args_has(&a, UCF_PURGE) ? 1u : 2u);
}

/* Where nothing is, the new file with its mode and owner; no record in /var/lib/ucf, as without
 * dpkg nothing is upgraded. */
int ucf_apply(struct effect *m, const struct script_call *c, struct err *err)
{
    static const struct copying how = {.keep = true};
    struct args a;
    if (strcmp(c->words.v[0], "ucfr") == 0 || !args_read(c, 1, ucf_options, &a) ||
        args_has(&a, UCF_PURGE) || effect_find(m, a.operand[1]))
        return 0;
    return copy(m, &how, a.operand[0], a.operand[1], false, err);
}
