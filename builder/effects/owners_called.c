/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"
#include "effects/args.h"
#include "effects/files_called.h"
#include "effects/modes.h"

/* ---- accounts by name ----------------------------------------------------------------------- */

static int unknown(const struct effect *m, const char *what, const char *name, struct err *err)
{
    (void)err_set(err, "%s: there is no %s \"%s\"", m->place, what, name);
    return err_hint(err,
                    "an account section of the recipe can make it, or omit leaves package %s out",
                    m->package->name);
}

/* The separator of owner and group: a colon, or a dot where the whole is no account's name. */
static const char *find_group(const struct effect *m, const char *text)
{
    const char *colon = strchr(text, ':');
    if (colon || accounts_uid_of(&m->assembly->known, text, NULL) != SYSUSERS_NO_ID)
        return colon;
    return strchr(text, '.');
}

int owner_read(const struct effect *m, const char *text, uint32_t *uid, uint32_t *gid,
               struct err *err)
{
    const struct accounts *known = &m->assembly->known;
    const char *at = find_group(m, text);
    CLEANUP(free_ptr) char *user = xstrndup(text, at ? (size_t)(at - text) : strlen(text));
    uint32_t login = SYSUSERS_NO_ID;
    if (user[0]) {
        uint32_t id = accounts_uid_of(known, user, &login);
        if (id == SYSUSERS_NO_ID)
            return unknown(m, "account", user, err);
        *uid = id;
    }
    if (!at)
        return 0;
    if (at[1])
        login = accounts_gid_of(known, at + 1);
    else if (!user[0])
        return 0;
    if (login == SYSUSERS_NO_ID)
        return unknown(m, "group", at[1] ? at + 1 : user, err);
    *gid = login;
    return 0;
}

/* ---- chmod, chown, chgrp -------------------------------------------------------------------- */

enum { CH_RECURSIVE, CH_NO_FOLLOW };
static const struct arg_option options[] = {
    {'R', "recursive", false},   {'h', "no-dereference", false},
    {'f', "silent", false},      {0, "quiet", false},
    {'v', "verbose", false},     {'c', "changes", false},
    {0, "preserve-root", false}, {0},
};

static bool are_paths(const struct args *a, size_t from)
{
    for (size_t i = from; i < a->n; i++)
        if (!effect_is_path(a->operand[i]))
            return false;
    return a->n > from;
}

/* "-x" and the like are modes of chmod's, not options. */
static bool chmod_args(const struct script_call *c, struct args *ret)
{
    return args_read(c, 1, options, ret) && !args_has(ret, CH_NO_FOLLOW);
}

bool chmod_takes(const struct script_call *c)
{
    struct args a;
    uint16_t mode;
    return !c->to && chmod_args(c, &a) && are_paths(&a, 1) &&
           mode_apply(a.operand[0], 0, false, false, &mode);
}

bool chown_takes(const struct script_call *c)
{
    struct args a;
    return !c->to && args_read(c, 1, options, &a) && are_paths(&a, 1) && a.operand[0][0];
}

/* What a call does to each node. */
struct change {
    const char *mode; /* or NULL: */
    bool owner, group;
    uint32_t uid, gid;
};

/* Who changes a file's owner takes its setuid bit away, as the kernel has it. */
static uint16_t after_chown(const struct node *n)
{
    if (n->type == ENTRY_DIRECTORY)
        return n->mode;
    return n->mode & (uint16_t) ~(04000 | (n->mode & 0010 ? 02000 : 0));
}

static int change_node(struct effect *m, const struct change *how, struct node *n, struct err *err)
{
    uint16_t mode = how->mode ? n->mode : after_chown(n);
    if (how->mode && !mode_apply(how->mode, n->mode, n->type == ENTRY_DIRECTORY, true, &mode))
        return 0;
    return effect_attributes(m, n, mode, how->owner ? how->uid : n->uid,
                             how->group ? how->gid : n->gid, err);
}

static int change_path(struct effect *m, const struct change *how, const char *word, bool recursive,
                       struct err *err)
{
    struct node *n = effect_find(m, word);
    if (!n) {
        effect_lacks(m, word, "there is no %s whose mode or owner could be changed", word);
        return 0;
    }
    size_t count = 0;
    struct node *const *nodes = recursive ? tree_nodes(m->tree, &count) : NULL;
    if (effect_works(m, count, err) < 0)
        return err_ret(err);
    for (size_t i = 0; i < count; i++)
        if (nodes[i] != n && path_below(nodes[i]->path, n->path) &&
            change_node(m, how, nodes[i], err) < 0)
            return err_ret(err);
    return change_node(m, how, n, err);
}

static int change_all(struct effect *m, const struct change *how, const struct args *a,
                      struct err *err)
{
    for (size_t i = 1; i < a->n; i++)
        if (change_path(m, how, a->operand[i], args_has(a, CH_RECURSIVE), err) < 0)
            return err_ret(err);
    return 0;
}

int chmod_apply(struct effect *m, const struct script_call *c, struct err *err)
{
    struct args a;
    if (!chmod_args(c, &a))
        return 0;
    return change_all(m, &(struct change){.mode = a.operand[0]}, &a, err);
}

int chown_apply(struct effect *m, const struct script_call *c, struct err *err)
{
    struct args a;
    struct change how = {.uid = SYSUSERS_NO_ID, .gid = SYSUSERS_NO_ID};
    if (!args_read(c, 1, options, &a))
        return 0;
    CLEANUP(free_ptr)
    char *owner = strcmp(c->words.v[0], "chgrp") == 0 ? xasprintf(":%s", a.operand[0])
                                                      : xstrdup(a.operand[0]);
    if (owner_read(m, owner, &how.uid, &how.gid, err) < 0)
        return err_ret(err);
    how.owner = how.uid != SYSUSERS_NO_ID;
    how.group = how.gid != SYSUSERS_NO_ID;
    return change_all(m, &how, &a, err);
}

/* ---- dpkg-statoverride ---------------------------------------------------------------------- */

enum { SO_ADD, SO_REMOVE, SO_LIST };
static const struct arg_option so_options[] = {
    {0, "add", false},
    {0, "remove", false},
    {0, "list", false},
    {0, "update", false},
    {0, "force", false},
    {0, "force-all", false},
    {0, "force-statoverride-add", false},
    {0, "force-statoverride-remove", false},
    {0, "quiet", false},
    {0, "admindir", true},
    {0},
};

static bool so_args(const struct script_call *c, struct args *ret)
{
    return args_read(c, 1, so_options, ret) &&
           args_has(ret, SO_ADD) + args_has(ret, SO_REMOVE) + args_has(ret, SO_LIST) == 1;
}

/* A fresh system has none that could be listed or removed. */
bool statoverride_takes(const struct script_call *c)
{
    struct args a;
    uint16_t mode;
    if (c->to || !so_args(c, &a))
        return false;
    if (!args_has(&a, SO_ADD))
        return a.n <= 1;
    return a.n == 4 && effect_is_path(a.operand[3]) && strspn(a.operand[2], "01234567") &&
           mode_apply(a.operand[2], 0, false, false, &mode);
}

/* Names, or "#" and a number. */
static int so_owner(const struct effect *m, const struct args *a, uint32_t *uid, uint32_t *gid,
                    struct err *err)
{
    CLEANUP(free_ptr)
    char *owner = xasprintf("%s:%s", a->operand[0] + (a->operand[0][0] == '#'),
                            a->operand[1] + (a->operand[1][0] == '#'));
    return owner_read(m, owner, uid, gid, err);
}

/* Whether --update is there or not: without, it holds for what is unpacked later. */
int statoverride_apply(struct effect *m, const struct script_call *c, struct err *err)
{
    struct args a;
    uint32_t uid = 0, gid = 0;
    uint16_t mode;
    if (!so_args(c, &a) || !args_has(&a, SO_ADD) ||
        !mode_apply(a.operand[2], 0, false, false, &mode))
        return 0;
    if (so_owner(m, &a, &uid, &gid, err) < 0)
        return err_ret(err);
    struct node *n = effect_find(m, a.operand[3]);
    return n ? effect_attributes(m, n, mode, uid, gid, err) : 0;
}
