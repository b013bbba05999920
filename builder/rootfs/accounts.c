/* SPDX-License-Identifier: Apache-2.0 */
#include "rootfs/accounts.h"
#include "base/path.h"
#include "rootfs/account_files.h"
#include "rootfs/assembly.h"

#define SYSUSERS_FILES_MAX 1000u

static const char nsswitch[] = "passwd:         files\n"
                               "group:          files\n"
                               "shadow:         files\n"
                               "gshadow:        files\n"
                               "\n"
                               "hosts:          files dns\n"
                               "networks:       files\n"
                               "\n"
                               "protocols:      files\n"
                               "services:       files\n"
                               "ethers:         files\n"
                               "rpc:            files\n";

/* A user or group by a key: "u NAME", "U ID", "g NAME", "G ID". */
struct indexed {
    char *key; /* first: for pathmap */
    size_t at;
};

static void indexed_free(void *p)
{
    free(((struct indexed *)p)->key);
    free(p);
}

static char *name_key(char kind, const char *name)
{
    return xasprintf("%c %s", kind, name);
}

static char *id_key(char kind, uint32_t id)
{
    return xasprintf("%c %u", kind, id);
}

/* key is taken over. */
static void put_key(struct accounts *a, char *key, size_t at)
{
    struct indexed one = {key, at}, *put = xmemdup(&one, sizeof(one));
    if (pathmap_add(&a->index, put) != put)
        indexed_free(put); /* the first one stays */
}

static void index_user(struct accounts *a, size_t at)
{
    put_key(a, name_key('u', a->users[at].name), at);
    put_key(a, id_key('U', a->users[at].uid), at);
}

static void index_group(struct accounts *a, size_t at)
{
    put_key(a, name_key('g', a->groups[at].name), at);
    put_key(a, id_key('G', a->groups[at].gid), at);
}

/* key is taken over. NULL if there is none. */
static const struct indexed *find_key(const struct accounts *a, char *key)
{
    const struct indexed *found = pathmap_find(&a->index, key);
    free(key);
    return found;
}

void accounts_release(struct accounts *a)
{
    for (size_t i = 0; i < a->n_users; i++) {
        free(a->users[i].name);
        free(a->users[i].comment);
        free(a->users[i].home);
        free(a->users[i].shell);
    }
    for (size_t i = 0; i < a->n_groups; i++) {
        free(a->groups[i].name);
        strv_release(&a->groups[i].members);
    }
    free(a->users);
    free(a->groups);
    pathmap_release(&a->index, indexed_free);
    *a = (struct accounts){0};
}

struct user *accounts_user(const struct accounts *a, const char *name)
{
    const struct indexed *i = find_key(a, name_key('u', name));
    return i ? &a->users[i->at] : NULL;
}

struct user *accounts_uid(const struct accounts *a, uint32_t uid)
{
    const struct indexed *i = find_key(a, id_key('U', uid));
    return i ? &a->users[i->at] : NULL;
}

struct account_group *accounts_group(const struct accounts *a, const char *name)
{
    const struct indexed *i = find_key(a, name_key('g', name));
    return i ? &a->groups[i->at] : NULL;
}

struct account_group *accounts_gid(const struct accounts *a, uint32_t gid)
{
    const struct indexed *i = find_key(a, id_key('G', gid));
    return i ? &a->groups[i->at] : NULL;
}

int accounts_add_user(struct accounts *a, const struct user *u, struct err *err)
{
    const struct user *there = accounts_user(a, u->name);
    if (there)
        return err_set(err, "%s: account \"%s\" is there already (%s)", u->origin, u->name,
                       there->origin);
    there = accounts_uid(a, u->uid);
    if (there)
        return err_set(err, "%s: account \"%s\": uid %u is \"%s\" already (%s)", u->origin, u->name,
                       u->uid, there->name, there->origin);
    GROW(a->users, a->n_users, a->cap_users);
    a->users[a->n_users++] = (struct user){
        .name = xstrdup(u->name),
        .comment = xstrdup(u->comment ? u->comment : ""),
        .home = xstrdup(u->home),
        .shell = xstrdup(u->shell),
        .uid = u->uid,
        .gid = u->gid,
        .origin = u->origin,
    };
    index_user(a, a->n_users - 1);
    return 0;
}

int accounts_add_group(struct accounts *a, const char *name, uint32_t gid, const char *origin,
                       struct err *err)
{
    const struct account_group *there = accounts_group(a, name);
    if (there)
        return err_set(err, "%s: group \"%s\" is there already (%s)", origin, name, there->origin);
    there = accounts_gid(a, gid);
    if (there)
        return err_set(err, "%s: group \"%s\": gid %u is \"%s\" already (%s)", origin, name, gid,
                       there->name, there->origin);
    GROW(a->groups, a->n_groups, a->cap_groups);
    a->groups[a->n_groups++] = (struct account_group){
        .name = xstrdup(name), .gid = gid, .origin = origin};
    index_group(a, a->n_groups - 1);
    return 0;
}

/* ---- whose accounts ---- */

static int add_pair(struct accounts *a, const struct user *u, const char *group, struct err *err)
{
    if (accounts_add_user(a, u, err) < 0)
        return err_ret(err);
    return accounts_gid(a, u->gid) ? 0 : accounts_add_group(a, group, u->gid, u->origin, err);
}

static char *text(const char *s)
{
    return (char *)(uintptr_t)s;
}

static int add_fixed(struct accounts *a, const struct recipe *r, struct err *err)
{
    struct user root = {text("root"), text("root"), text("/root"), text(NOLOGIN), 0, 0, "always"};
    struct user nobody = {.name = text("nobody"),
                          .comment = text("nobody"),
                          .home = text("/nonexistent"),
                          .shell = text(NOLOGIN),
                          .uid = 65534,
                          .gid = 65534,
                          .origin = "always"};
    struct user user = {.name = r->user_name,
                        .home = r->user_home,
                        .shell = text(NOLOGIN),
                        .uid = RECIPE_USER_ID,
                        .gid = RECIPE_USER_ID,
                        .origin = "user"};
    if (add_pair(a, &root, "root", err) < 0 || add_pair(a, &nobody, "nogroup", err) < 0)
        return err_ret(err);
    return add_pair(a, &user, r->user_name, err);
}

static int add_recipe(struct accounts *a, const struct recipe *r, struct strv *origins,
                      struct err *err)
{
    for (size_t i = 0; i < r->n_accounts; i++) {
        const struct recipe_account *from = &r->accounts[i];
        strv_addf(origins, "%s:%u", from->at.file, from->at.line);
        struct user u = {
            .name = from->name,
            .comment = from->comment,
            .home = from->home ? from->home : text("/nonexistent"),
            .shell = from->shell ? from->shell : text(NOLOGIN),
            .uid = from->uid,
            .gid = from->gid,
            .origin = origins->v[origins->n - 1],
        };
        if (add_pair(a, &u, from->name, err) < 0)
            return err_ret(err);
    }
    return 0;
}

/* Of Debian's static ids those that something in the image belongs to. */
static int add_static_ids(struct accounts *a, uint32_t uid, uint32_t gid, struct err *err)
{
    const char *name;
    struct user u = {.gid = SYSUSERS_NO_ID};
    bool user = !accounts_uid(a, uid) && static_user(NULL, uid, &u) && !accounts_user(a, u.name);
    if (user && accounts_add_user(a, &u, err) < 0)
        return err_ret(err);
    uint32_t wanted[] = {gid, u.gid};
    for (size_t i = 0; i < (user ? 2u : 1u); i++)
        if (!accounts_gid(a, wanted[i]) && static_group(NULL, wanted[i], &name, &gid) &&
            !accounts_group(a, name) &&
            accounts_add_group(a, name, gid, "Debian's static ids", err) < 0)
            return err_ret(err);
    return 0;
}

static int add_static(struct accounts *a, const struct recipe *r, struct tree *t, struct err *err)
{
    size_t n;
    struct node *const *nodes = tree_nodes(t, &n);
    for (size_t i = 0; i < n; i++)
        if (add_static_ids(a, nodes[i]->uid, nodes[i]->gid, err) < 0)
            return err_ret(err);
    for (size_t i = 0; i < r->n_directories; i++)
        if (r->directories[i].has_owner &&
            add_static_ids(a, r->directories[i].uid, r->directories[i].gid, err) < 0)
            return err_ret(err);
    for (size_t i = 0; i < r->n_files; i++)
        if (add_static_ids(a, r->files[i].uid, r->files[i].gid, err) < 0)
            return err_ret(err);
    for (size_t i = 0; i < r->n_trees; i++)
        if (add_static_ids(a, r->trees[i].uid, r->trees[i].gid, err) < 0)
            return err_ret(err);
    return 0;
}

/* ---- sysusers.d: of two files with one name the one in /etc counts ---- */

static int by_name(const void *a, const void *b)
{
    const struct node *x = *(struct node *const *)a, *y = *(struct node *const *)b;
    int c = strcmp(path_base(x->path), path_base(y->path));
    return c ? c : strcmp(x->path, y->path);
}

static bool is_guests(const struct assembly *a, const struct node *n)
{
    const struct package *by = n->package ? n->package : n->maker;
    return by && assembly_is_guest(a, by);
}

static void add_sysusers(struct assembly *a, struct tree *t)
{
    size_t n, found = 0;
    struct node *const *nodes = tree_nodes(t, &n);
    CLEANUP(free_ptr) struct node **files = xcalloc(SYSUSERS_FILES_MAX, sizeof(*files));
    for (size_t i = 0; i < n && found < SYSUSERS_FILES_MAX; i++)
        if (nodes[i]->type == ENTRY_FILE &&
            (glob_match("etc/sysusers.d/*.conf", nodes[i]->path) ||
             glob_match("usr/lib/sysusers.d/*.conf", nodes[i]->path)))
            files[found++] = nodes[i];
    qsort(files, found, sizeof(*files), by_name);

    CLEANUP(sysusers_release) struct sysusers lines = {0}, guests = {0};
    for (size_t i = 0; i < found; i++) {
        struct slice text_of;
        bool guest = is_guests(a, files[i]);
        if (i > 0 && strcmp(path_base(files[i - 1]->path), path_base(files[i]->path)) == 0 &&
            (guest || !is_guests(a, files[i - 1])))
            continue;
        if (tree_text(files[i], &text_of))
            sysusers_parse(guest ? &guests : &lines, text_of.p, text_of.n, files[i]->path,
                           &a->notes);
        else
            strv_addf(&a->notes, "/%s: not read, it is too large", files[i]->path);
    }
    sysusers_take(&a->called, &lines);
    sysusers_take(&a->called_by_guests, &guests);
    accounts_sysusers(&a->known, a, t, &a->called, false);
    accounts_sysusers(&a->known, a, t, &a->called_by_guests, true);
}

/* ---- writing ---- */

static int users_by_id(const void *a, const void *b)
{
    const struct user *x = a, *y = b;
    return x->uid < y->uid ? -1 : x->uid > y->uid;
}

static int groups_by_id(const void *a, const void *b)
{
    const struct account_group *x = a, *y = b;
    return x->gid < y->gid ? -1 : x->gid > y->gid;
}

static void sort_by_id(struct accounts *a)
{
    qsort(a->users, a->n_users, sizeof(*a->users), users_by_id);
    qsort(a->groups, a->n_groups, sizeof(*a->groups), groups_by_id);
    pathmap_release(&a->index, indexed_free);
    for (size_t i = 0; i < a->n_users; i++)
        index_user(a, i);
    for (size_t i = 0; i < a->n_groups; i++)
        index_group(a, i);
}

static int put_made(struct tree *t, const char *path, uint16_t mode, const struct buf *text,
                    struct err *err)
{
    return tree_put_made(t, path, mode, buf_str(text), text->len, "accounts", err);
}

static int write_files(struct accounts *a, struct tree *t, struct err *err)
{
    CLEANUP(buf_release) struct buf passwd = BUF_INIT(0);
    CLEANUP(buf_release) struct buf shadow = BUF_INIT(0);
    CLEANUP(buf_release) struct buf group = BUF_INIT(0);
    sort_by_id(a);
    for (size_t i = 0; i < a->n_users; i++) {
        const struct user *u = &a->users[i];
        buf_addf(&passwd, "%s:x:%u:%u:%s:%s:%s\n", u->name, u->uid, u->gid, u->comment, u->home,
                 u->shell);
        buf_addf(&shadow, "%s:*::0:99999:7:::\n", u->name);
    }
    for (size_t i = 0; i < a->n_groups; i++) {
        struct account_group *g = &a->groups[i];
        strv_sort(&g->members);
        strv_uniq(&g->members);
        CLEANUP(free_ptr) char *members = strv_join(&g->members, ",");
        buf_addf(&group, "%s:x:%u:%s\n", g->name, g->gid, members);
    }
    if (put_made(t, "etc/passwd", 0644, &passwd, err) < 0 ||
        put_made(t, "etc/group", 0644, &group, err) < 0 ||
        put_made(t, "etc/shadow", 0600, &shadow, err) < 0)
        return err_ret(err);
    return tree_offer_text(t, "etc/nsswitch.conf", 0644, nsswitch, strlen(nsswitch), "accounts",
                           err);
}

static int put_home(struct tree *t, const struct user *u, const struct package *maker,
                    struct err *err)
{
    const char *home = u->home;
    size_t n = strlen(home);
    while (*home == '/')
        home++, n--;
    while (n && home[n - 1] == '/')
        n--;
    CLEANUP(free_ptr) char *path = xstrndup(home, n);
    if (n == 0 || path_below(path, "nonexistent"))
        return 0;
    struct node_spec spec = {.path = path,
                             .type = ENTRY_DIRECTORY,
                             .mode = 0755,
                             .uid = u->uid,
                             .gid = u->gid,
                             .mtime = tree_epoch(t),
                             .content.fd = -1,
                             .weak = true,
                             .maker = maker,
                             .origin = u->origin};
    return tree_put(t, &spec, err);
}

/* Of the accounts that scripts make. */
static int put_homes(const struct assembly *a, const struct sysusers *lines, struct tree *t,
                     struct err *err)
{
    for (size_t i = 0; i < lines->n; i++) {
        const struct sysusers_line *l = &lines->lines[i];
        const struct user *u = l->make_home ? accounts_user(&a->known, l->name) : NULL;
        if (u && u->origin == l->by && put_home(t, u, l->maker, err) < 0)
            return err_ret(err);
    }
    return 0;
}

/* A template can't bring what recipe and packages decide. */
static int check_template(const struct tree *t, struct err *err)
{
    size_t n_files;
    const struct account_file *files = account_files(&n_files);
    for (size_t i = 0; i < n_files; i++) {
        const struct node *n = tree_find(t, files[i].path);
        if (n && !n->package && files[i].made)
            (void)err_set(err, "%s: /%s is made from the recipe", n->origin, files[i].path);
        if (err->code)
            return err_hint(err, "further accounts are given by account sections");
    }
    return 0;
}

int assemble_accounts(struct assembly *a, struct tree *t, struct err *err)
{
    if (check_template(t, err) < 0 || add_fixed(&a->known, a->recipe, err) < 0 ||
        add_recipe(&a->known, a->recipe, &a->origins, err) < 0)
        return err_ret(err);
    add_sysusers(a, t);
    if (put_homes(a, &a->called, t, err) < 0)
        return err_ret(err);
    return put_homes(a, &a->called_by_guests, t, err);
}

int assemble_account_files(struct assembly *a, struct tree *t, struct err *err)
{
    const struct recipe *r = a->recipe;
    if (add_static(&a->known, r, t, err) < 0)
        return err_ret(err);
    const struct user *user = accounts_user(&a->known, r->user_name);
    if (user && put_home(t, user, NULL, err) < 0)
        return err_ret(err);
    for (size_t i = 0; i < r->n_accounts; i++) {
        user = accounts_user(&a->known, r->accounts[i].name);
        if (user && put_home(t, user, NULL, err) < 0)
            return err_ret(err);
    }
    return write_files(&a->known, t, err);
}

void assembly_release(struct assembly *a)
{
    sysusers_release(&a->called);
    sysusers_release(&a->called_by_guests);
    accounts_release(&a->known);
    strv_release(&a->origins);
}
