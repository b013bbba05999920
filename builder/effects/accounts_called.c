/* SPDX-License-Identifier: Apache-2.0 */
#include "effects/accounts_called.h"
#include "base/number.h"
#include "effects/args.h"
#include "effects/effect.h"

#define ID_HIGHEST 65534u

static bool read_id(const char *text, uint32_t *ret)
{
    uint64_t id;
    if (!text || !number_parse(slice_of(text), ID_HIGHEST, &id))
        return false;
    *ret = (uint32_t)id;
    return true;
}

static bool is_program(const struct script_call *c, const char *name)
{
    return c->words.n && strcmp(c->words.v[0], name) == 0;
}

/* A name or a number, of a group that is there or will be. */
static bool is_group(const char *text)
{
    uint32_t id;
    return !text || account_name_valid(text) || read_id(text, &id);
}

static void take(char **to, const char *text)
{
    if (!text)
        return;
    free(*to);
    *to = xstrdup(text);
}

/* What passwd(5) can hold of a field. */
static bool fits(const char *text)
{
    return !text || (!strchr(text, ':') && !strchr(text, '\n'));
}

static void set_group(struct sysusers_line *l, const char *group)
{
    if (group && !read_id(group, &l->gid))
        take(&l->group, group);
}

static void add_member(struct sysusers *s, const char *user, const char *group, const char *by)
{
    struct sysusers_line *l = sysusers_add(s, SYSUSERS_MEMBER, user, by);
    l->group = xstrdup(group);
    l->of_user = true;
}

static struct sysusers_line *find(const struct sysusers *s, enum sysusers_type type,
                                  const char *name)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->lines[i].type == type && strcmp(s->lines[i].name, name) == 0)
            return &s->lines[i];
    return NULL;
}

/* ---- adduser and addgroup ------------------------------------------------------------------- */

enum {
    AU_SYSTEM,
    AU_GROUP,
    AU_INGROUP,
    AU_GID,
    AU_UID,
    AU_HOME,
    AU_NO_HOME,
    AU_SHELL,
    AU_GECOS,
    AU_COMMENT,
    AU_NO_PASSWORD,
    AU_NO_LOGIN
};
static const struct arg_option adduser_options[] = {
    {0, "system", false},
    {0, "group", false},
    {0, "ingroup", true},
    {0, "gid", true},
    {0, "uid", true},
    {0, "home", true},
    {0, "no-create-home", false},
    {0, "shell", true},
    {0, "gecos", true},
    {0, "comment", true},
    {0, "disabled-password", false},
    {0, "disabled-login", false},
    {'q', "quiet", false},
    {0, "force-badname", false},
    {0, "allow-badname", false},
    {0, "allow-bad-names", false},
    {0, "allow-all-names", false},
    {0, "stdoutmsglevel", true},
    {0, "stderrmsglevel", true},
    {0, "logmsglevel", true},
    {0, "firstuid", true},
    {0, "lastuid", true},
    {0, "firstgid", true},
    {0, "lastgid", true},
    {0, "verbose", false},
    {0, "debug", false},
    {0, "conf", true},
    {0},
};

static bool adduser_args(const struct script_call *c, struct args *a)
{
    uint32_t id;
    if (!is_program(c, "adduser") && !is_program(c, "addgroup"))
        return false;
    if (c->to || !args_read(c, 1, adduser_options, a) || a->n < 1 || a->n > 2)
        return false;
    for (size_t i = 0; i < a->n; i++)
        if (!account_name_valid(a->operand[i]))
            return false;
    const char *home = a->value[AU_HOME], *shell = a->value[AU_SHELL];
    return is_group(a->value[AU_INGROUP]) && is_group(a->value[AU_GID]) &&
           (!a->value[AU_UID] || read_id(a->value[AU_UID], &id)) &&
           (!home || effect_is_path(home)) && (!shell || effect_is_path(shell)) && fits(home) &&
           fits(shell) && fits(a->value[AU_GECOS]) && fits(a->value[AU_COMMENT]);
}

/* addgroup, and adduser --group without --system or with nothing else to be: a group only. */
static bool makes_group(const struct script_call *c, const struct args *a)
{
    return is_program(c, "addgroup") || (args_has(a, AU_GROUP) && !args_has(a, AU_SYSTEM));
}

bool adduser_takes(const struct script_call *c)
{
    struct args a;
    if (!adduser_args(c, &a))
        return false;
    return a.n == 2 || makes_group(c, &a) || args_has(&a, AU_SYSTEM);
}

static void add_group(struct sysusers *s, const char *name, const char *gid, const char *by)
{
    if (find(s, SYSUSERS_GROUP, name))
        return;
    struct sysusers_line *l = sysusers_add(s, SYSUSERS_GROUP, name, by);
    (void)read_id(gid, &l->gid);
}

static void adduser(struct sysusers *s, const struct script_call *c, const struct args *a,
                    const char *by)
{
    const char *name = a->operand[0], *home = a->value[AU_HOME];
    if (a->n == 2) {
        add_member(s, name, a->operand[1], by);
        return;
    }
    if (makes_group(c, a)) {
        add_group(s, name, a->value[AU_GID], by);
        return;
    }
    if (find(s, SYSUSERS_USER, name))
        return;
    struct sysusers_line *l = sysusers_add(s, SYSUSERS_USER, name, by);
    (void)read_id(a->value[AU_UID], &l->uid);
    set_group(l, a->value[AU_GID]);
    set_group(l, a->value[AU_INGROUP]);
    if (!l->group && l->gid == SYSUSERS_NO_ID && !args_has(a, AU_GROUP))
        l->gid = ID_HIGHEST; /* nogroup */
    l->home = xstrdup(home ? home : "/nonexistent");
    l->make_home = home && !args_has(a, AU_NO_HOME);
    l->shell = xstrdup(a->value[AU_SHELL] ? a->value[AU_SHELL] : "/usr/sbin/nologin");
    take(&l->comment, a->value[AU_GECOS]);
    take(&l->comment, a->value[AU_COMMENT]);
}

/* ---- useradd, groupadd, usermod, gpasswd ---------------------------------------------------- */

enum {
    UA_SYSTEM,
    UA_UID,
    UA_GID,
    UA_HOME,
    UA_HOME_TOO,
    UA_MAKE,
    UA_NO_HOME,
    UA_SHELL,
    UA_COMMENT,
    UA_GROUPS,
    UA_NO_GROUP
};
static const struct arg_option useradd_options[] = {
    {'r', "system", false},
    {'u', "uid", true},
    {'g', "gid", true},
    {'d', "home-dir", true},
    {0, "home", true},
    {'m', "create-home", false},
    {'M', "no-create-home", false},
    {'s', "shell", true},
    {'c', "comment", true},
    {'G', "groups", true},
    {'N', "no-user-group", false},
    {'U', "user-group", false},
    {'l', "no-log-init", false},
    {0, "badname", false},
    {'K', "key", true},
    {0},
};

enum { UM_APPEND, UM_GROUPS, UM_HOME, UM_SHELL, UM_COMMENT };
static const struct arg_option usermod_options[] = {
    {'a', "append", false},
    {'G', "groups", true},
    {'d', "home", true},
    {'s', "shell", true},
    {'c', "comment", true},
    {'L', "lock", false},
    {0},
};

enum { GA_SYSTEM, GA_GID };
static const struct arg_option groupadd_options[] = {
    {'r', "system", false},     {'g', "gid", true}, {'f', "force", false},
    {'o', "non-unique", false}, {'K', "key", true}, {0},
};

static const struct arg_option gpasswd_options[] = {{'a', "add", true}, {0}};

static bool are_groups(const char *list)
{
    CLEANUP(strv_release) struct strv names = STRV_INIT;
    if (!list)
        return true;
    strv_split(&names, slice_of(list), ",");
    strv_each (name, &names)
        if (!account_name_valid(*name))
            return false;
    return names.n > 0;
}

static void add_members(struct sysusers *s, const char *user, const char *list, const char *by)
{
    CLEANUP(strv_release) struct strv names = STRV_INIT;
    if (list)
        strv_split(&names, slice_of(list), ",");
    strv_each (name, &names)
        add_member(s, user, *name, by);
}

static bool passwd_fields(const char *home, const char *shell, const char *comment)
{
    return (!home || effect_is_path(home)) && (!shell || effect_is_path(shell)) && fits(home) &&
           fits(shell) && fits(comment);
}

static bool useradd_fits(const struct args *a)
{
    uint32_t id;
    return (!a->value[UA_UID] || read_id(a->value[UA_UID], &id)) && is_group(a->value[UA_GID]) &&
           are_groups(a->value[UA_GROUPS]) &&
           passwd_fields(a->value[UA_HOME], a->value[UA_SHELL], a->value[UA_COMMENT]) &&
           passwd_fields(a->value[UA_HOME_TOO], NULL, NULL);
}

static bool usermod_fits(const struct args *a)
{
    return are_groups(a->value[UM_GROUPS]) && (!a->value[UM_GROUPS] || args_has(a, UM_APPEND)) &&
           passwd_fields(a->value[UM_HOME], a->value[UM_SHELL], a->value[UM_COMMENT]);
}

static bool user_args(const struct script_call *c, struct args *a)
{
    uint32_t id;
    if (c->to)
        return false;
    if (is_program(c, "useradd"))
        return args_read(c, 1, useradd_options, a) && a->n == 1 && useradd_fits(a) &&
               account_name_valid(a->operand[0]);
    if (is_program(c, "usermod"))
        return args_read(c, 1, usermod_options, a) && a->n == 1 && usermod_fits(a) &&
               account_name_valid(a->operand[0]);
    if (is_program(c, "groupadd"))
        return args_read(c, 1, groupadd_options, a) && a->n == 1 &&
               (!a->value[GA_GID] || read_id(a->value[GA_GID], &id)) &&
               account_name_valid(a->operand[0]);
    return is_program(c, "gpasswd") && args_read(c, 1, gpasswd_options, a) && a->n == 1 &&
           a->value[0] && account_name_valid(a->value[0]) && account_name_valid(a->operand[0]);
}

bool useradd_takes(const struct script_call *c)
{
    struct args a;
    return user_args(c, &a);
}

static void useradd(struct sysusers *s, const struct args *a, const char *by)
{
    const char *name = a->operand[0];
    const char *home = a->value[UA_HOME] ? a->value[UA_HOME] : a->value[UA_HOME_TOO];
    if (!find(s, SYSUSERS_USER, name)) {
        struct sysusers_line *l = sysusers_add(s, SYSUSERS_USER, name, by);
        (void)read_id(a->value[UA_UID], &l->uid);
        set_group(l, a->value[UA_GID]);
        if (!a->value[UA_GID] && args_has(a, UA_NO_GROUP))
            set_group(l, "users");
        l->home = home ? xstrdup(home) : xasprintf("/home/%s", name);
        l->make_home = args_has(a, UA_MAKE) && !args_has(a, UA_NO_HOME);
        l->shell = xstrdup(a->value[UA_SHELL] ? a->value[UA_SHELL] : "/bin/sh");
        take(&l->comment, a->value[UA_COMMENT]);
    }
    add_members(s, name, a->value[UA_GROUPS], by);
}

static void usermod(struct sysusers *s, const struct args *a, const char *by)
{
    struct sysusers_line *l = find(s, SYSUSERS_USER, a->operand[0]);
    if (l) {
        l->make_home = l->make_home && !a->value[UM_HOME];
        take(&l->home, a->value[UM_HOME]);
        take(&l->shell, a->value[UM_SHELL]);
        take(&l->comment, a->value[UM_COMMENT]);
    }
    add_members(s, a->operand[0], a->value[UM_GROUPS], by);
}

/* ---- the subject ---------------------------------------------------------------------------- */

void accounts_called_add(struct sysusers *s, const struct script_call *c, const char *by)
{
    struct args a;
    if (adduser_args(c, &a))
        adduser(s, c, &a, by);
    else if (!user_args(c, &a))
        return;
    else if (is_program(c, "useradd"))
        useradd(s, &a, by);
    else if (is_program(c, "usermod"))
        usermod(s, &a, by);
    else if (is_program(c, "groupadd"))
        add_group(s, a.operand[0], a.value[GA_GID], by);
    else
        add_member(s, a.value[0], a.operand[0], by);
}

int assemble_accounts_called(struct assembly *a, struct tree *t, struct err *err)
{
    (void)t;
    (void)err;
    if (!a->calls)
        return 0;
    call_each(c, a->calls)
    {
        if (!adduser_takes(c) && !useradd_takes(c))
            continue;
        strv_take(&a->origins, call_place(c));
        struct sysusers *s = assembly_is_guest(a, c->package) ? &a->called_by_guests : &a->called;
        size_t before = s->n;
        accounts_called_add(s, c, a->origins.v[a->origins.n - 1]);
        for (size_t i = before; i < s->n; i++)
            s->lines[i].maker = c->package;
    }
    return 0;
}
