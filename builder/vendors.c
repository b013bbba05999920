/* SPDX-License-Identifier: Apache-2.0 */
#include "vendors.h"

#include "base/text.h"
#include "rootfs/sysusers.h"

#define PATHS_SHOWN 5

/* ---- which are new -------------------------------------------------------------------------- */

static const struct lock_package *before(const struct build *b, const char *arch,
                                         const struct lock_package *p)
{
    const struct lock *old = b->resolved.old;
    const struct lock_arch *a = old ? lock_find_arch(old, arch) : NULL;
    return a ? lock_find(a, p->name) : NULL;
}

static bool is_new(const struct build *b, const char *arch, const struct lock_package *p)
{
    const struct lock_package *old = before(b, arch, p);

    return !recipe_is_debian(p->origin) &&
           (!old || strcmp(old->origin, p->origin) != 0 || !sha256_eq(&old->sha256, &p->sha256));
}

/* A lock's architecture that holds the new ones alone, borrowed. */
static struct lock_arch only_new(const struct build *b, const struct lock_arch *a)
{
    struct lock_arch ret = {.arch = a->arch};

    ret.packages = xcalloc(a->n_packages + 1, sizeof(*ret.packages));
    for (size_t i = 0; i < a->n_packages; i++)
        if (is_new(b, a->arch, &a->packages[i]))
            ret.packages[ret.n_packages++] = a->packages[i];
    return ret;
}

/* ---- what they bring ------------------------------------------------------------------------ */

/* What the old lock didn't say already. */
static void add_provided(const struct build *b, const struct lock_arch *a, struct strv *ret)
{
    const struct lock_arch *old = b->resolved.old ? lock_find_arch(b->resolved.old, a->arch) : NULL;

    strv_each (line, &a->provided)
        if (!old || !strv_has(&old->provided, *line))
            strv_addf(ret, "%s: %s", a->arch, *line);
}

static bool is_named_after(struct slice dir, const char *name)
{
    return strncmp(name, dir.p, dir.n) == 0 && (!name[dir.n] || name[dir.n] == '-');
}

/* In a directory of its own: /opt/NAME of the package, its source or its vendor (google of
 * google-chrome), or where nothing is taken for a program. */
static bool is_apart(const struct lock_package *l, const char *path)
{
    if (path_below(path, "usr/share"))
        return true;
    if (!starts_with(path, "opt/"))
        return false;
    struct slice dir = {path + 4, strcspn(path + 4, "/")};
    return path[4 + dir.n] && dir.n &&
           (is_named_after(dir, l->name) || is_named_after(dir, l->source) ||
            is_named_after(dir, l->origin));
}

static void add_paths(const char *arch, const struct lock_package *l, const struct package *p,
                      struct strv *ret)
{
    CLEANUP(strv_release) struct strv shown = STRV_INIT;
    size_t n = 0;

    for (size_t i = 0; i < p->n_entries; i++) {
        const struct entry *e = &p->entries[i];
        if (e->dropped || e->type == ENTRY_DIRECTORY || is_apart(l, e->path))
            continue;
        if (n++ < PATHS_SHOWN)
            strv_addf(&shown, "/%s", e->path);
    }
    if (!n)
        return;
    CLEANUP(free_ptr) char *text = strv_join(&shown, ", ");
    CLEANUP(free_ptr)
    char *more = n > PATHS_SHOWN ? xasprintf(" and %zu more", n - PATHS_SHOWN) : xstrdup("");
    strv_addf(ret, "%s: %s brings %s%s outside its /opt and /usr/share", arch, p->name, text, more);
}

static void add_accounts(const char *arch, const struct package *p, struct strv *ret)
{
    CLEANUP(sysusers_release) struct sysusers found = {0};
    CLEANUP(strv_release) struct strv names = STRV_INIT, notes = STRV_INIT;

    for (size_t i = 0; i < p->n_entries; i++) {
        const struct entry *e = &p->entries[i];
        if (!e->dropped && path_below(e->path, "usr/lib/sysusers.d") && e->facts &&
            e->facts->content)
            sysusers_parse(&found, e->facts->content, e->facts->content_size, e->path, &notes);
    }
    for (size_t i = 0; i < found.n; i++) {
        if (found.lines[i].type == SYSUSERS_MEMBER)
            strv_addf(&names, "%s (in group %s)", found.lines[i].name, found.lines[i].group);
        else if (found.lines[i].type != SYSUSERS_RANGE)
            strv_add(&names, found.lines[i].name);
    }
    strv_sort(&names);
    strv_uniq(&names);
    if (!names.n)
        return;
    CLEANUP(free_ptr) char *text = strv_join(&names, ", ");
    strv_addf(ret, "%s: %s makes the account%s %s", arch, p->name, names.n == 1 ? "" : "s", text);
}

static void add_roots(const char *arch, const struct package *p, struct strv *ret)
{
    static const char *const places[] = {"usr/share/ca-certificates",
                                         "usr/local/share/ca-certificates", "etc/ssl/certs"};
    size_t n = 0;

    for (size_t i = 0; i < p->n_entries; i++)
        for (size_t k = 0; k < ARRAY_SIZE(places); k++)
            n += !p->entries[i].dropped && p->entries[i].type != ENTRY_DIRECTORY &&
                 path_below(p->entries[i].path, places[k]);
    if (n)
        strv_addf(ret, "%s: %s brings %zu file%s among the CA certificates", arch, p->name, n,
                  n == 1 ? "" : "s");
}

static void tell(const struct build *b, const struct lock_arch *a, struct package *const *packages,
                 struct strv *ret)
{
    for (size_t i = 0; i < a->n_packages; i++) {
        const struct lock_package *l = &a->packages[i], *old = before(b, a->arch, l);
        if (old)
            strv_addf(ret, "%s: source %s: package %s %s, before %s of source %s", a->arch,
                      l->origin, l->name, l->version, old->version, old->origin);
        else
            strv_addf(ret, "%s: source %s: new package %s %s", a->arch, l->origin, l->name,
                      l->version);
        add_paths(a->arch, l, packages[i], ret);
        add_accounts(a->arch, packages[i], ret);
        add_roots(a->arch, packages[i], ret);
    }
}

static int look(const struct context *ctx, const struct build_options *o, const struct build *b,
                const struct lock_arch *const *arches, struct strv *ret, struct err *err)
{
    struct preparation made = {0};
    const struct prepare_request request = {
        .recipe = b->recipe,
        .lock = b->resolved.lock,
        .arches = arches,
        .n_arches = b->resolved.lock->n_arches,
        .mirrors = &o->archive.mirrors,
        .compressor = pipeline_compressor(b->recipe),
    };

    if (pipeline_unpack(ctx, o, &request, &made, err) < 0)
        return err_ret(err);
    for (size_t i = 0; i < made.n_arches; i++)
        tell(b, arches[i], made.arches[i].packages, ret);
    preparation_release(&made);
    return 0;
}

int vendors_tell(const struct context *ctx, const struct build_options *o, const struct build *b,
                 struct strv *ret, struct err *err)
{
    const struct lock *l = b->resolved.lock;
    CLEANUP(free_ptr) struct lock_arch *new = xcalloc(l->n_arches + 1, sizeof(*new));
    CLEANUP(free_ptr)
    const struct lock_arch **arches = xcalloc(l->n_arches + 1, sizeof(const struct lock_arch *));
    size_t found = 0;

    for (size_t i = 0; i < l->n_arches; i++) {
        new[i] = only_new(b, &l->arches[i]);
        arches[i] = &new[i];
        found += new[i].n_packages;
    }
    int r = found ? look(ctx, o, b, arches, ret, err) : 0;
    for (size_t i = 0; r == 0 && i < l->n_arches; i++)
        add_provided(b, &l->arches[i], ret);
    for (size_t i = 0; i < l->n_arches; i++)
        free(new[i].packages);
    return r;
}
