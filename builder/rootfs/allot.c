/* SPDX-License-Identifier: Apache-2.0 */
#include "base/number.h"
#include "rootfs/accounts.h"
#include "rootfs/assembly.h"

#define ALLOT_LOW  100u
#define ALLOT_HIGH 999u

/* Of a range, and of each kind of search, the end of what may still be free: ids are taken from
 * the top, and none is given back. */
struct range {
    uint32_t low;
    uint64_t end[4];
};

/* An account of the lock's, by name. */
struct locked {
    char *name; /* first: for pathmap; borrowed */
    size_t at;
};

struct allotter {
    struct accounts *accounts;
    struct assembly *assembly;
    const struct tree *tree;
    bool guests;
    size_t n_others; /* of guests: accounts from the first on that no line may change */
    struct pathmap locked;
    struct strv
        users; /* sorted: whose ids are left open; a group of that name has a number for both */
    struct range *ranges;
    size_t n_ranges, cap_ranges;
};

static bool uid_free(const struct allotter *al, uint32_t id)
{
    struct user u;
    return !accounts_uid(al->accounts, id) && !static_user(NULL, id, &u);
}

static bool gid_free(const struct allotter *al, uint32_t id)
{
    const char *name;
    uint32_t gid;
    return !accounts_gid(al->accounts, id) && !static_group(NULL, id, &name, &gid);
}

static uint32_t search(const struct allotter *al, struct range *r, bool user, bool group)
{
    uint64_t *end = &r->end[user | group << 1];

    for (; *end > r->low; --*end) {
        uint32_t id = (uint32_t)(*end - 1);
        if ((!user || uid_free(al, id)) && (!group || gid_free(al, id)))
            return id;
    }
    return SYSUSERS_NO_ID;
}

/* The highest free id of the ranges. */
static uint32_t next_free(struct allotter *al, bool user, bool group)
{
    uint32_t best = SYSUSERS_NO_ID;
    for (size_t i = 0; i < al->n_ranges; i++) {
        uint32_t id = search(al, &al->ranges[i], user, group);
        if (id != SYSUSERS_NO_ID && (best == SYSUSERS_NO_ID || id > best))
            best = id;
    }
    return best;
}

static void add_range(struct allotter *al, uint32_t low, uint32_t high)
{
    uint64_t end = (uint64_t)high + 1;
    GROW(al->ranges, al->n_ranges, al->cap_ranges);
    al->ranges[al->n_ranges++] = (struct range){low, {end, end, end, end}};
}

static void add_locked(struct allotter *al, size_t at)
{
    struct locked one = {al->assembly->accounts[at].name, at}, *put = xmemdup(&one, sizeof(one));
    if (pathmap_add(&al->locked, put) != put)
        free(put);
}

/* The ranges that the fragments give, or systemd's own; and what the lock has. */
static void allotter_start(struct allotter *al, const struct sysusers *lines)
{
    for (size_t i = 0; i < lines->n; i++) {
        const struct sysusers_line *l = &lines->lines[i];
        if (l->type == SYSUSERS_RANGE)
            add_range(al, l->low, l->high);
        else if (l->type == SYSUSERS_USER && l->uid == SYSUSERS_NO_ID)
            strv_add(&al->users, l->name);
    }
    strv_sort(&al->users);
    if (!al->n_ranges)
        add_range(al, ALLOT_LOW, ALLOT_HIGH);
    for (size_t i = 0; i < al->assembly->n_accounts; i++)
        add_locked(al, i);
}

static void allotter_release(struct allotter *al)
{
    pathmap_release(&al->locked, free);
    strv_release(&al->users);
    free(al->ranges);
}

static struct lock_account *locked(const struct allotter *al, const char *name)
{
    const struct locked *found = pathmap_find(&al->locked, name);
    return found ? &al->assembly->accounts[found->at] : NULL;
}

static void note(struct allotter *al, const char *by, const char *name, const char *why)
{
    strv_addf(&al->assembly->notes, "%s: account %s: %s", by, name, why);
}

static void remember(struct allotter *al, const char *name, uint32_t uid, uint32_t gid,
                     const char *by)
{
    struct assembly *a = al->assembly;
    struct lock_account *there = locked(al, name);
    if (there && there->uid == uid && there->gid == gid)
        return;
    if (there) {
        CLEANUP(free_ptr)
        char *why = xasprintf("%u:%u, which the lock has, is taken by now: it gets %u:%u",
                              there->uid, there->gid, uid, gid);
        note(al, by, name, why);
    } else {
        a->accounts = xrealloc(a->accounts, a->n_accounts + 1, sizeof(*a->accounts));
        there = &a->accounts[a->n_accounts++];
        there->name = xstrdup(name);
        add_locked(al, a->n_accounts - 1);
    }
    there->uid = uid;
    there->gid = gid;
}

static void add_group(struct allotter *al, const char *name, uint32_t gid, const char *by)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    if (accounts_add_group(al->accounts, name, gid, by, &err) < 0)
        note(al, by, name, err.message);
}

static void add_user(struct allotter *al, const struct sysusers_line *l, uint32_t uid, uint32_t gid)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(free_ptr) char *home = xstrdup(l->home ? l->home : "/");
    CLEANUP(free_ptr) char *shell = xstrdup(l->shell ? l->shell : NOLOGIN);
    struct user u = {
        .name = l->name,
        .comment = l->comment,
        .home = home,
        .shell = shell,
        .uid = uid,
        .gid = gid,
        .origin = l->by,
    };
    if (accounts_add_user(al->accounts, &u, &err) < 0)
        note(al, l->by, l->name, err.message);
}

/* A group whose id is left open. */
static void allot_group(struct allotter *al, const char *name, const char *by)
{
    if (accounts_group(al->accounts, name))
        return;
    const char *known;
    uint32_t gid;
    if (static_group(name, SYSUSERS_NO_ID, &known, &gid) && !accounts_gid(al->accounts, gid)) {
        add_group(al, name, gid, by);
        return;
    }
    const struct lock_account *there = locked(al, name);
    gid = there && gid_free(al, there->gid)
              ? there->gid
              : next_free(al, strv_has_sorted(&al->users, name), true);
    if (gid == SYSUSERS_NO_ID) {
        note(al, by, name, "no id is free");
        return;
    }
    remember(al, name, gid, gid, by);
    add_group(al, name, gid, by);
}

/* A user's primary group where it is named or fixed by itself: true if *ret is it. */
static bool primary_group(struct allotter *al, const struct sysusers_line *l, uint32_t *ret)
{
    if (l->group) {
        allot_group(al, l->group, l->by);
        const struct account_group *g = accounts_group(al->accounts, l->group);
        *ret = g ? g->gid : 65534;
        return true;
    }
    const struct account_group *g = accounts_group(al->accounts, l->name);
    *ret = l->gid != SYSUSERS_NO_ID ? l->gid : g ? g->gid : SYSUSERS_NO_ID;
    return *ret != SYSUSERS_NO_ID;
}

static void allot_user(struct allotter *al, const struct sysusers_line *l)
{
    if (accounts_user(al->accounts, l->name))
        return;
    struct user known;
    uint32_t uid, gid;
    bool has_group = primary_group(al, l, &gid);
    const struct lock_account *there = locked(al, l->name);
    if (static_user(l->name, SYSUSERS_NO_ID, &known) && !accounts_uid(al->accounts, known.uid)) {
        uid = known.uid;
        if (!has_group)
            allot_group(al, l->name, l->by);
        const struct account_group *g = accounts_group(al->accounts, l->name);
        add_user(al, l, uid, has_group ? gid : g ? g->gid : known.gid);
        return;
    }
    if (there && uid_free(al, there->uid) && (has_group || gid_free(al, there->gid))) {
        uid = there->uid;
        gid = has_group ? gid : there->gid;
    } else {
        const struct account_group *own = accounts_group(al->accounts, l->name);
        uid = has_group && own && own->gid == gid && uid_free(al, gid)
                  ? gid
                  : next_free(al, true, !has_group);
        gid = has_group ? gid : uid;
    }
    if (uid == SYSUSERS_NO_ID) {
        note(al, l->by, l->name, "no id is free");
        return;
    }
    remember(al, l->name, uid, gid, l->by);
    if (!has_group)
        add_group(al, l->name, gid, l->by);
    add_user(al, l, uid, gid);
}

/* Whether a number is Debian's for somebody else, though nobody in the image has it: a third party
 * doesn't get it. */
static bool is_reserved(struct allotter *al, const struct sysusers_line *l, uint32_t uid,
                        uint32_t gid)
{
    struct user u;
    const char *group = l->name;
    if (!al->guests)
        return false;
    bool user = static_user(NULL, uid, &u) && strcmp(u.name, l->name) != 0;
    bool taken = l->type == SYSUSERS_GROUP && static_group(NULL, gid, &group, &gid) &&
                 strcmp(group, l->name) != 0;
    if (user || taken)
        note(al, l->by, l->name, "its number is one of Debian's static ids: it gets another");
    return user || taken;
}

static void add_fixed(struct allotter *al, const struct sysusers_line *l)
{
    uint32_t uid = l->uid, gid = l->gid;
    const struct node *owner = l->id_of ? tree_resolve(al->tree, l->id_of) : NULL;
    if (owner) {
        uid = owner->uid;
        gid = owner->gid;
    }
    if (is_reserved(al, l, uid, gid))
        return;
    if (l->type == SYSUSERS_GROUP) {
        if (gid != SYSUSERS_NO_ID && !accounts_group(al->accounts, l->name))
            add_group(al, l->name, gid, l->by);
        return;
    }
    if (uid == SYSUSERS_NO_ID || accounts_user(al->accounts, l->name))
        return;
    if (gid == SYSUSERS_NO_ID && !l->group) {
        gid = uid;
        if (!accounts_group(al->accounts, l->name))
            add_group(al, l->name, gid, l->by);
        allot_group(al, l->name, l->by); /* the number is another group's */
        const struct account_group *g = accounts_group(al->accounts, l->name);
        gid = g ? g->gid : gid;
    } else if (l->group && !primary_group(al, l, &gid)) {
        gid = 65534;
    }
    add_user(al, l, uid, gid);
}

static void add_member(struct allotter *al, const struct sysusers_line *l)
{
    struct sysusers_line user = {
        .type = SYSUSERS_USER, .name = l->name, .gid = SYSUSERS_NO_ID, .by = l->by};
    const struct user *there = accounts_user(al->accounts, l->name);
    if (l->of_user && !there)
        return;
    if (there && (size_t)(there - al->accounts->users) < al->n_others) {
        CLEANUP(free_ptr)
        char *why = xasprintf("it is of another source, and stays out of group %s", l->group);
        note(al, l->by, l->name, why);
        return;
    }
    allot_group(al, l->group, l->by);
    allot_user(al, &user);
    struct account_group *g = accounts_group(al->accounts, l->group);
    if (g)
        strv_add(&g->members, l->name);
}

/* What is fixed comes first, so that no id left open takes its place. */
void accounts_sysusers(struct accounts *accounts, struct assembly *a, const struct tree *t,
                       const struct sysusers *s, bool guests)
{
    CLEANUP(allotter_release)
    struct allotter al = {.accounts = accounts,
                          .assembly = a,
                          .tree = t,
                          .guests = guests,
                          .n_others = guests ? accounts->n_users : 0};
    allotter_start(&al, s);
    for (int type = SYSUSERS_GROUP; type >= SYSUSERS_USER; type--)
        for (size_t i = 0; i < s->n; i++)
            if ((int)s->lines[i].type == type)
                add_fixed(&al, &s->lines[i]);
    for (size_t i = 0; i < s->n; i++)
        if (s->lines[i].type == SYSUSERS_GROUP)
            allot_group(&al, s->lines[i].name, s->lines[i].by);
    for (size_t i = 0; i < s->n; i++) /* those first whose group has a number for both */
        if (s->lines[i].type == SYSUSERS_USER && accounts_group(accounts, s->lines[i].name))
            allot_user(&al, &s->lines[i]);
    for (size_t i = 0; i < s->n; i++)
        if (s->lines[i].type == SYSUSERS_USER)
            allot_user(&al, &s->lines[i]);
    for (size_t i = 0; i < s->n; i++)
        if (s->lines[i].type == SYSUSERS_MEMBER)
            add_member(&al, &s->lines[i]);
}

/* ---- by name or number ---- */

static bool number(const char *s, uint32_t *ret)
{
    uint64_t n;
    if (!number_parse(slice_of(s), UINT32_MAX - 1, &n))
        return false;
    *ret = (uint32_t)n;
    return true;
}

uint32_t accounts_uid_of(const struct accounts *a, const char *user, uint32_t *ret_gid)
{
    const struct user *there = user ? accounts_user(a, user) : NULL;
    struct user known = {.uid = SYSUSERS_NO_ID, .gid = SYSUSERS_NO_ID};
    if (there)
        known = *there;
    else if (user && !static_user(user, SYSUSERS_NO_ID, &known) && number(user, &known.uid)) {
        there = accounts_uid(a, known.uid);
        known.gid = there ? there->gid : SYSUSERS_NO_ID;
    }
    if (ret_gid)
        *ret_gid = known.gid;
    return known.uid;
}

uint32_t accounts_gid_of(const struct accounts *a, const char *group)
{
    const struct account_group *there = group ? accounts_group(a, group) : NULL;
    const char *name;
    uint32_t gid = SYSUSERS_NO_ID;
    if (there)
        return there->gid;
    if (group && !static_group(group, SYSUSERS_NO_ID, &name, &gid))
        (void)number(group, &gid);
    return gid;
}
