/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/records.h"
#include "base/path.h"

struct package *software_add(struct software *s, struct slice name, struct slice version,
                             struct slice arch)
{
    if (s->n == SOFTWARE_PACKAGES_MAX) {
        software_fault(s, "there are records of more than %u packages", SOFTWARE_PACKAGES_MAX);
        return NULL;
    }
    struct package *p = xcalloc(1, sizeof(*p));
    p->name = xstrndup(name.p, name.n);
    p->version = xstrndup(version.p ? version.p : "", version.n);
    p->arch = xstrndup(arch.p ? arch.p : "", arch.n);
    GROW(s->packages, s->n, s->cap);
    s->packages[s->n++] = p;
    return p;
}

void software_fault(struct software *s, const char *fmt, ...)
{
    va_list ap;

    if (s->faults.n >= SOFTWARE_FAULTS_MAX)
        return;
    va_start(ap, fmt);
    strv_take(&s->faults, xvasprintf(fmt, ap));
    va_end(ap);
}

void owner_release(struct owner *o)
{
    free(o->dir);
    free(o->real);
}

/* Where a directory really is; NULL if it isn't. Files come directory by directory, so the last
 * answer serves most. */
static const char *real_directory(struct owner *o, struct slice dir)
{
    if (o->dir && slice_eq(dir, o->dir))
        return o->real;
    free(o->dir);
    free_ptr(&o->real);
    o->dir = xstrndup(dir.p, dir.n);
    const struct node *n = tree_resolve(o->tree, o->dir);
    if (n && n->type == ENTRY_DIRECTORY)
        o->real = xstrdup(n->path);
    return o->real;
}

struct slice record_path(struct slice path)
{
    for (;;) {
        size_t n = path.n && path.p[0] == '/' ? 1 : 0;
        n = path.n > 1 && path.p[0] == '.' && path.p[1] == '/' ? 2 : n;
        if (n == 0)
            return path;
        path = (struct slice){path.p + n, path.n - n};
    }
}

bool software_own(struct owner *o, struct slice path, const struct package *p)
{
    path = record_path(path);
    while (path.n && path.p[path.n - 1] == '/')
        path.n--;
    if (path.n == 0 || slice_eq(path, ".") || path.n > PATH_BYTES_MAX ||
        memchr(path.p, '\0', path.n))
        return path.n < 2;
    CLEANUP(free_ptr) char *whole = xstrndup(path.p, path.n);
    struct node *n = tree_find(o->tree, whole);
    if (!n) {
        const char *dir = real_directory(o, path_dir(whole));
        if (!dir)
            return false;
        CLEANUP(free_ptr)
        char *moved = xasprintf("%s%s%s", dir, *dir ? "/" : "", path_base(whole));
        n = tree_find(o->tree, moved);
    }
    if (n && !n->package)
        n->package = p;
    return n != NULL;
}

static void look_for_rpm(const struct tree *t, struct software *s)
{
    static const char *const files[] = {"var/lib/rpm/rpmdb.sqlite",
                                        "var/lib/rpm/Packages",
                                        "var/lib/rpm/Packages.db",
                                        "usr/lib/sysimage/rpm/rpmdb.sqlite",
                                        "usr/lib/sysimage/rpm/Packages.db",
                                        "usr/share/rpm/rpmdb.sqlite",
                                        "var/lib/rpmmanifest/container-manifest-1"};

    for (size_t i = 0; i < ARRAY_SIZE(files); i++)
        if (tree_resolve(t, files[i]))
            s->records = RECORDS_RPM;
}

static int by_name(const void *a, const void *b)
{
    const struct package *x = *(struct package *const *)a, *y = *(struct package *const *)b;
    int r = strcmp(x->name, y->name);

    return r ? r : strcmp(x->arch, y->arch);
}

static bool is_record(const char *path)
{
    return path_below(path, "var/lib/dpkg") || path_below(path, "lib/apk") ||
           path_below(path, "usr/lib/apk") || path_below(path, "var/lib/rpm");
}

size_t software_place(const struct software *s, const struct package *p)
{
    struct package *const *found = p && s->n ? bsearch(&p, s->packages, s->n, sizeof(*s->packages),
                                                       by_name)
                                             : NULL;
    return found ? (size_t)(found - s->packages) + 1 : 0;
}

static void count(struct tree *t, struct software *s)
{
    size_t n;
    struct node *const *nodes = tree_nodes(t, &n);

    s->files = xcalloc(s->n + 1, sizeof(*s->files));
    for (size_t i = 0; i < n; i++) {
        const struct node *node = nodes[i];
        if (node->type == ENTRY_DIRECTORY)
            continue;
        if (node->package)
            s->files[software_place(s, node->package) - 1]++;
        else if (node->type == ENTRY_FILE && !is_record(node->path)) {
            s->unowned++;
            s->unowned_elf += node->facts && node->facts->elf;
        }
    }
}

void software_read(struct tree *t, struct software *ret)
{
    *ret = (struct software){.records = RECORDS_NONE};
    look_for_rpm(t, ret);
    apk_read(t, ret);
    dpkg_read(t, ret);
    if (ret->n)
        qsort(ret->packages, ret->n, sizeof(*ret->packages), by_name);
    count(t, ret);
    distribution_read(t, &ret->distribution);
}

void software_release(struct software *s)
{
    for (size_t i = 0; i < s->n; i++)
        package_free(s->packages[i]);
    free(s->packages);
    free(s->files);
    strv_release(&s->faults);
    distribution_release(&s->distribution);
    *s = (struct software){0};
}
