/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"
#include "effects/args.h"
#include "effects/files_called.h"
#include "effects/modes.h"

static bool are_paths(const struct args *a, size_t from)
{
    for (size_t i = from; i < a->n; i++)
        if (!effect_is_path(a->operand[i]))
            return false;
    return a->n > from;
}

static bool is_mode(const char *text)
{
    uint16_t mode;
    return !text || mode_apply(text, 0, false, false, &mode);
}

/* ---- mkdir ---------------------------------------------------------------------------------- */

enum { MKDIR_PARENTS, MKDIR_MODE, MKDIR_VERBOSE, MKDIR_LABEL }; /* SELinux's */
static const struct arg_option mkdir_options[] = {
    {'p', "parents", false}, {'m', "mode", true}, {'v', "verbose", false}, {'Z', NULL, false}, {0}};

bool mkdir_takes(const struct script_call *c)
{
    struct args a;
    return !c->to && args_read(c, 1, mkdir_options, &a) && are_paths(&a, 0) &&
           is_mode(a.value[MKDIR_MODE]);
}

static int not_directory(const struct effect *m, const struct node *n, struct err *err)
{
    return err_set(err, "%s: /%s is there already and is no directory", m->place, n->path);
}

/* A directory and, where they may be missing, those above it. ret_new: whether it wasn't there. */
static int make_directory(struct effect *m, const char *word, bool parents, uint16_t mode,
                          bool *ret_new, struct err *err)
{
    CLEANUP(free_ptr) char *path = effect_path(m, word, true);
    const struct node *there = tree_find(m->tree, path);
    *ret_new = false;
    if (!path[0])
        return 0;
    if (there)
        return there->type == ENTRY_DIRECTORY ? 0 : not_directory(m, there, err);
    for (size_t i = 1; parents && path[i]; i++) {
        if (path[i] != '/')
            continue;
        CLEANUP(free_ptr) char *above = xstrndup(path, i);
        there = tree_find(m->tree, above);
        if (there && there->type != ENTRY_DIRECTORY)
            return not_directory(m, there, err);
        if (!there && effect_put_directory(m, above, 0755, 0, 0, err) < 0)
            return err_ret(err);
    }
    if (!effect_may_put(m, path))
        return 0;
    *ret_new = true;
    return effect_put_directory(m, path, mode, 0, 0, err);
}

int mkdir_apply(struct effect *m, const struct script_call *c, struct err *err)
{
    struct args a;
    uint16_t mode = 0777 & ~MODE_UMASK;
    bool is_new;
    if (!args_read(c, 1, mkdir_options, &a) ||
        (a.value[MKDIR_MODE] && !mode_apply(a.value[MKDIR_MODE], 0777, true, false, &mode)))
        return 0;
    for (size_t i = 0; i < a.n; i++)
        if (make_directory(m, a.operand[i], args_has(&a, MKDIR_PARENTS), mode, &is_new, err) < 0)
            return err_ret(err);
    return 0;
}

/* ---- install -------------------------------------------------------------------------------- */

enum {
    INSTALL_DIR,
    INSTALL_MODE,
    INSTALL_OWNER,
    INSTALL_GROUP,
    INSTALL_LEADING,
    INSTALL_TIMES,
    INSTALL_AS_FILE,
    INSTALL_INTO
};
static const struct arg_option install_options[] = {
    {'d', "directory", false},
    {'m', "mode", true},
    {'o', "owner", true},
    {'g', "group", true},
    {'D', NULL, false},
    {'p', "preserve-timestamps", false},
    {'T', "no-target-directory", false},
    {'t', "target-directory", true},
    {'c', NULL, false},
    {'v', "verbose", false},
    {'C', "compare", false},
    {'Z', NULL, false},
    {0},
};

bool install_takes(const struct script_call *c)
{
    struct args a;
    if (c->to || !args_read(c, 1, install_options, &a) || !are_paths(&a, 0) ||
        !is_mode(a.value[INSTALL_MODE]) ||
        (a.value[INSTALL_INTO] && !effect_is_path(a.value[INSTALL_INTO])))
        return false;
    if (args_has(&a, INSTALL_DIR))
        return true;
    return a.value[INSTALL_INTO] ? a.n >= 1 : a.n >= 2;
}

static int install_owner(const struct effect *m, const struct args *a, uint32_t *uid, uint32_t *gid,
                         struct err *err)
{
    CLEANUP(free_ptr)
    char *group = a->value[INSTALL_GROUP] ? xasprintf(":%s", a->value[INSTALL_GROUP]) : NULL;
    *uid = *gid = 0;
    if (a->value[INSTALL_OWNER] && owner_read(m, a->value[INSTALL_OWNER], uid, gid, err) < 0)
        return err_ret(err);
    return group && owner_read(m, group, uid, gid, err) < 0 ? err_ret(err) : 0;
}

/* The last one gets mode and owner, also where it is there already. */
static int install_directory(struct effect *m, const struct args *a, const char *word,
                             uint16_t mode, uint32_t uid, uint32_t gid, struct err *err)
{
    bool is_new;
    if (make_directory(m, word, true, mode, &is_new, err) < 0)
        return err_ret(err);
    struct node *n = effect_find(m, word);
    if (!n || n->type != ENTRY_DIRECTORY)
        return 0;
    if (!is_new) {
        uid = a->value[INSTALL_OWNER] ? uid : n->uid;
        gid = a->value[INSTALL_GROUP] ? gid : n->gid;
    }
    return effect_attributes(m, n, mode, uid, gid, err);
}

static int install_file(struct effect *m, const struct args *a, const char *from, const char *to,
                        uint16_t mode, uint32_t uid, uint32_t gid, struct err *err)
{
    CLEANUP(free_ptr) char *name = effect_name(from);
    CLEANUP(free_ptr) char *path = effect_place(m, to, name, !args_has(a, INSTALL_AS_FILE));
    if (args_has(a, INSTALL_LEADING)) {
        struct slice above = path_dir(path);
        CLEANUP(free_ptr) char *word = xasprintf("/%.*s", (int)above.n, above.p);
        bool is_new;
        if (make_directory(m, word, true, 0755, &is_new, err) < 0)
            return err_ret(err);
    }
    bool null = strcmp(from, "/dev/null") == 0;
    const struct node *n = null ? NULL : effect_find(m, from);
    if (!null && (!n || (n->type != ENTRY_FILE && n->type != ENTRY_HARDLINK))) {
        effect_lacks(m, from, "/%s isn't made: there is no file %s", path, from);
        return 0;
    }
    if (!effect_may_put(m, path))
        return 0;
    if (!null)
        return effect_put_copy(m, path, n, mode, uid, gid,
                               args_has(a, INSTALL_TIMES) ? n->mtime : tree_epoch(m->tree), err);
    if (effect_put_text(m, path, mode, "", 0, err) < 0)
        return err_ret(err);
    struct node *made = tree_find(m->tree, path);
    return made ? effect_attributes(m, made, mode, uid, gid, err) : 0;
}

int install_apply(struct effect *m, const struct script_call *c, struct err *err)
{
    struct args a;
    uint16_t mode = 0755;
    uint32_t uid, gid;
    if (!args_read(c, 1, install_options, &a) || install_owner(m, &a, &uid, &gid, err) < 0)
        return err_ret(err);
    bool dirs = args_has(&a, INSTALL_DIR);
    if (a.value[INSTALL_MODE] && !mode_apply(a.value[INSTALL_MODE], 0, dirs, false, &mode))
        return 0;
    for (size_t i = 0; dirs && i < a.n; i++)
        if (install_directory(m, &a, a.operand[i], mode, uid, gid, err) < 0)
            return err_ret(err);
    size_t n = a.value[INSTALL_INTO] ? a.n : a.n - 1;
    const char *to = a.value[INSTALL_INTO] ? a.value[INSTALL_INTO] : a.operand[a.n - 1];
    for (size_t i = 0; !dirs && i < n; i++)
        if (install_file(m, &a, a.operand[i], to, mode, uid, gid, err) < 0)
            return err_ret(err);
    return 0;
}

/* ---- touch ---------------------------------------------------------------------------------- */

enum { TOUCH_NO_CREATE };
static const struct arg_option touch_options[] = {
    {'c', "no-create", false}, {'a', NULL, false}, {'m', NULL, false}, {'d', "date", true},
    {'r', "reference", true},  {'t', NULL, true},  {'f', NULL, false}, {0},
};

bool touch_takes(const struct script_call *c)
{
    struct args a;
    return !c->to && args_read(c, 1, touch_options, &a) && are_paths(&a, 0);
}

int touch_apply(struct effect *m, const struct script_call *c, struct err *err)
{
    struct args a;
    if (!args_read(c, 1, touch_options, &a) || args_has(&a, TOUCH_NO_CREATE))
        return 0;
    for (size_t i = 0; i < a.n; i++) {
        CLEANUP(free_ptr) char *path = effect_path(m, a.operand[i], true);
        if (path[0] && !tree_find(m->tree, path) && effect_may_put(m, path) &&
            effect_put_text(m, path, 0666 & ~MODE_UMASK, "", 0, err) < 0)
            return err_ret(err);
    }
    return 0;
}

/* ---- ln ------------------------------------------------------------------------------------- */

enum { LN_SYMBOLIC, LN_FORCE, LN_NO_FOLLOW, LN_AS_FILE };
static const struct arg_option ln_options[] = {
    {'s', "symbolic", false},       {'f', "force", false},
    {'n', "no-dereference", false}, {'T', "no-target-directory", false},
    {'v', "verbose", false},        {0},
};

/* Symbolic ones only: of what a hard link is a name isn't a layer's to say. */
bool ln_takes(const struct script_call *c)
{
    struct args a;
    if (c->to || !args_read(c, 1, ln_options, &a) || !args_has(&a, LN_SYMBOLIC) || a.n < 2 ||
        (a.n > 2 && args_has(&a, LN_AS_FILE)))
        return false;
    for (size_t i = 0; i + 1 < a.n; i++)
        if (!a.operand[i][0] || strlen(a.operand[i]) >= PATH_BYTES_MAX ||
            strpbrk(a.operand[i], "\n\r"))
            return false;
    return effect_is_path(a.operand[a.n - 1]);
}

static int put_link(struct effect *m, const struct args *a, const char *target, const char *word,
                    struct err *err)
{
    CLEANUP(free_ptr) char *itself = effect_path(m, word, false);
    CLEANUP(free_ptr) char *name = effect_name(target);
    const struct node *there = tree_find(m->tree, itself);
    bool link = there && there->type == ENTRY_SYMLINK && args_has(a, LN_NO_FOLLOW);
    CLEANUP(free_ptr) char *path = effect_place(m, word, name, !link && !args_has(a, LN_AS_FILE));
    there = tree_find(m->tree, path);
    if (there && there->type == ENTRY_SYMLINK && strcmp(there->target, target) == 0)
        return 0;
    bool over_link = there && there->type == ENTRY_SYMLINK && args_has(a, LN_FORCE) &&
                     effect_may_change(m, there);
    if (!path[0] || (!over_link && !effect_may_put(m, path)))
        return 0;
    return effect_put_link(m, path, target, err);
}

int ln_apply(struct effect *m, const struct script_call *c, struct err *err)
{
    struct args a;
    if (!args_read(c, 1, ln_options, &a))
        return 0;
    for (size_t i = 0; i + 1 < a.n; i++)
        if (put_link(m, &a, a.operand[i], a.operand[a.n - 1], err) < 0)
            return err_ret(err);
    return 0;
}
