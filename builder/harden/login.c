/* SPDX-License-Identifier: Apache-2.0 */
#include "harden/login.h"

bool login_number(struct slice s, uint32_t *ret)
{
    uint64_t value = 0;

    *ret = UINT32_MAX;
    if (s.n == 0 || s.n > 10)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        value = value * 10 + (uint64_t)(s.p[i] - '0');
    }
    if (value >= UINT32_MAX)
        return false;
    *ret = (uint32_t)value;
    return true;
}

static void read_fields(struct slice line, struct login *l)
{
    while (l->n_fields < LOGIN_FIELDS) {
        const char *colon = memchr(line.p, ':', line.n);
        size_t n = colon ? (size_t)(colon - line.p) : line.n;
        l->fields[l->n_fields++] = (struct slice){line.p, n};
        if (!colon)
            break;
        line = (struct slice){line.p + n + 1, line.n - n - 1};
    }
    for (unsigned i = l->n_fields; i < LOGIN_FIELDS; i++)
        l->fields[i] = (struct slice){"", 0};
    (void)login_number(l->fields[2], &l->id);
    (void)login_number(l->fields[3], &l->gid);
}

void login_lines(struct login_file *f, struct slice text)
{
    unsigned line = 0;

    while (text.n && f->n < LOGIN_LINES_MAX) {
        const char *newline = memchr(text.p, '\n', text.n);
        size_t n = newline ? (size_t)(newline - text.p) : text.n;
        line++;
        if (n && text.p[0] != '#') {
            GROW(f->v, f->n, f->cap);
            f->v[f->n] = (struct login){.line = line};
            read_fields((struct slice){text.p, n}, &f->v[f->n++]);
        }
        n += newline != NULL;
        text = (struct slice){text.p + n, text.n - n};
    }
}

static int compare_id(const void *x, const void *y)
{
    const struct login *a = *(struct login *const *)x, *b = *(struct login *const *)y;

    if (a->id != b->id)
        return a->id < b->id ? -1 : 1;
    return a->line < b->line ? -1 : a->line > b->line;
}

static void read_file(const struct tree *t, const char *path, struct login_file *ret)
{
    struct slice text;

    ret->node = tree_resolve(t, path);
    if (ret->node && tree_text(ret->node, &text))
        login_lines(ret, text);
    ret->by_id = xcalloc(ret->n + 1, sizeof(*ret->by_id));
    for (size_t i = 0; i < ret->n; i++)
        ret->by_id[i] = &ret->v[i];
    qsort(ret->by_id, ret->n, sizeof(*ret->by_id), compare_id);
}

const struct login *login_by_name(const struct login_file *f, struct slice name)
{
    for (size_t i = 0; i < f->n; i++)
        if (f->v[i].fields[0].n == name.n && memcmp(f->v[i].fields[0].p, name.p, name.n) == 0)
            return &f->v[i];
    return NULL;
}

const struct login *login_by_id(const struct login_file *f, uint32_t id)
{
    size_t low = 0, high = f->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (f->by_id[middle]->id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < f->n && id != UINT32_MAX && f->by_id[low]->id == id ? f->by_id[low] : NULL;
}

/* ---- who the process is --------------------------------------------------------------------- */

static void add_group(struct identity *u, uint32_t gid)
{
    GROW(u->groups, u->n_groups, u->cap_groups);
    u->groups[u->n_groups++] = gid;
}

static bool names(struct slice list, struct slice name)
{
    while (list.n) {
        const char *comma = memchr(list.p, ',', list.n);
        size_t n = comma ? (size_t)(comma - list.p) : list.n;
        if (n == name.n && memcmp(list.p, name.p, n) == 0)
            return true;
        n += comma != NULL;
        list = (struct slice){list.p + n, list.n - n};
    }
    return false;
}

static void add_memberships(struct view *v, struct slice name)
{
    for (size_t i = 0; i < v->group.n; i++)
        if (v->group.v[i].id != UINT32_MAX && names(v->group.v[i].fields[3], name))
            add_group(&v->user, v->group.v[i].id);
}

/* What runtimes make of a number: signs and zeros in front are taken. */
static bool loose_number(struct slice s, uint32_t *ret)
{
    bool minus = s.n && s.p[0] == '-';

    if (s.n && (s.p[0] == '+' || s.p[0] == '-'))
        s.p++, s.n--;
    while (s.n > 1 && s.p[0] == '0')
        s.p++, s.n--;
    return login_number(s, ret) && (!minus || *ret == 0);
}

static void find_user(struct view *v, struct slice name)
{
    struct identity *u = &v->user;
    const struct login *l = login_by_name(&v->passwd, name);

    u->known = true;
    if (name.n == 0)
        l = login_by_id(&v->passwd, 0);
    else if (l)
        u->uid = l->id;
    else if (loose_number(name, &u->uid))
        l = login_by_id(&v->passwd, u->uid);
    else
        u->known = false;
    if (!u->known || u->uid == UINT32_MAX) {
        u->uid = UINT32_MAX;
        u->known = false;
    }
    u->root = u->uid == 0;
    if (!l)
        return;
    u->gid = l->gid == UINT32_MAX ? 0 : l->gid;
    add_memberships(v, l->fields[0]);
    if (l->fields[5].n && l->fields[5].p[0] == '/') {
        CLEANUP(free_ptr) char *home = xstrndup(l->fields[5].p, l->fields[5].n);
        CLEANUP(buf_release) struct buf clean = BUF_INIT(PATH_BYTES_MAX);
        path_link_target("", home, &clean);
        v->home = buf_detach(&clean);
        u->home = v->home;
    }
}

void logins_read(struct view *v)
{
    const char *user = v->image && v->image->user ? v->image->user : "";
    const char *colon = strchr(user, ':');
    struct slice name = {user, colon ? (size_t)(colon - user) : strlen(user)};

    read_file(v->tree, "etc/passwd", &v->passwd);
    read_file(v->tree, "etc/group", &v->group);
    read_file(v->tree, "etc/shadow", &v->shadow);
    read_file(v->tree, "etc/gshadow", &v->gshadow);
    find_user(v, name);
    if (!colon || !colon[1])
        return;
    const struct login *g = login_by_name(&v->group, slice_of(colon + 1));
    v->user.gid_explicit = true;
    if (g)
        v->user.gid = g->id == UINT32_MAX ? 0 : g->id;
    else if (!loose_number(slice_of(colon + 1), &v->user.gid))
        v->user.known = false;
}

void logins_release(struct view *v)
{
    struct login_file *const files[] = {&v->passwd, &v->group, &v->shadow, &v->gshadow};

    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        free(files[i]->v);
        free(files[i]->by_id);
        *files[i] = (struct login_file){0};
    }
    free(v->user.groups);
    free_ptr(&v->home);
    v->user = (struct identity){0};
}
