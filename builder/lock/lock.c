/* SPDX-License-Identifier: Apache-2.0 */
#include "lock/lock.h"

#include "base/file.h"
#include "deb/version.h"
#include "lock/check.h"

void lock_free(struct lock *l)
{
    if (!l)
        return;
    for (size_t i = 0; i < l->n_sources; i++) {
        free(l->sources[i].source);
        free(l->sources[i].suite);
    }
    for (size_t i = 0; i < l->n_accounts; i++)
        free(l->accounts[i].name);
    for (size_t i = 0; i < l->n_arches; i++)
        lock_arch_release(&l->arches[i]);
    free(l->sources);
    free(l->accounts);
    free(l->arches);
    free(l->compressor);
    free(l->compressor_version);
    free(l);
}

int lock_read(const char *path, struct lock **ret, struct err *err)
{
    CLEANUP(buf_release) struct buf text = BUF_INIT(LOCK_BYTES_MAX);

    *ret = NULL;
    if (file_read(path, LOCK_BYTES_MAX, &text, err) < 0)
        return err_ret(err);
    return lock_parse(buf_str(&text), text.len, path, ret, err);
}

int lock_write(const struct lock *l, const char *path, struct err *err)
{
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);

    CLEANUP(free_ptr) char *target = realpath(path, NULL); /* a link stays one */

    lock_format(l, &text);
    return file_write(target ? target : path, text.data, text.len, 0644, err);
}

static struct lock_source *copy_sources(const struct lock *l)
{
    struct lock_source *ret = xcalloc(l->n_sources + 1, sizeof(*ret));

    for (size_t i = 0; i < l->n_sources; i++) {
        ret[i] = l->sources[i];
        ret[i].source = xstrdup(ret[i].source);
        ret[i].suite = xstrdup(ret[i].suite);
    }
    return ret;
}

static struct lock_account *copy_accounts(const struct lock *l)
{
    struct lock_account *ret = xcalloc(l->n_accounts + 1, sizeof(*ret));

    for (size_t i = 0; i < l->n_accounts; i++) {
        ret[i] = l->accounts[i];
        ret[i].name = xstrdup(ret[i].name);
    }
    return ret;
}

static struct lock_package copy_package(const struct lock_package *p)
{
    struct lock_package ret = *p;

    ret.name = xstrdup(p->name);
    ret.version = xstrdup(p->version);
    ret.arch = xstrdup(p->arch);
    ret.source = xstrdup(p->source);
    ret.source_version = xstrdup(p->source_version);
    ret.origin = xstrdup(p->origin);
    ret.path = xstrdup(p->path);
    return ret;
}

const char *lock_party(const struct lock_package *p)
{
    return recipe_is_debian(p->origin) ? "debian" : p->origin;
}

bool lock_same_source(const struct lock_package *a, const struct lock_package *b)
{
    return strcmp(a->source, b->source) == 0 && strcmp(lock_party(a), lock_party(b)) == 0;
}

static struct lock_arch copy_arch(const struct lock_arch *a)
{
    struct lock_arch ret = {
        .arch = xstrdup(a->arch),
        .packages = xcalloc(a->n_packages + 1, sizeof(*a->packages)),
        .n_packages = a->n_packages,
        .layers = xcalloc(a->n_layers + 1, sizeof(*a->layers)),
        .n_layers = a->n_layers,
    };

    for (size_t i = 0; i < a->n_packages; i++)
        ret.packages[i] = copy_package(&a->packages[i]);
    strv_copy(&ret.omitted, &a->omitted);
    strv_copy(&ret.fallout, &a->fallout);
    strv_copy(&ret.provided, &a->provided);
    for (size_t i = 0; i < a->n_layers; i++) {
        size_t n = a->layers[i].n;
        ret.layers[i] = (struct lock_layer){xcalloc(n + 1, sizeof(size_t)), n};
        memcpy(ret.layers[i].packages, a->layers[i].packages, n * sizeof(size_t));
    }
    return ret;
}

void lock_copy_arches(const struct lock *from, struct lock *to)
{
    to->arches = xcalloc(from->n_arches + 1, sizeof(*to->arches));
    to->n_arches = from->n_arches;
    for (size_t i = 0; i < from->n_arches; i++)
        to->arches[i] = copy_arch(&from->arches[i]);
}

struct lock *lock_copy(const struct lock *l)
{
    struct lock *ret = xcalloc(1, sizeof(*ret));

    *ret = *l;
    ret->sources = copy_sources(l);
    ret->compressor = xstrdup(l->compressor);
    ret->compressor_version = xstrdup(l->compressor_version);
    ret->accounts = copy_accounts(l);
    lock_copy_arches(l, ret);
    return ret;
}

const struct lock_arch *lock_find_arch(const struct lock *l, const char *arch)
{
    for (size_t i = 0; i < l->n_arches; i++)
        if (strcmp(l->arches[i].arch, arch) == 0)
            return &l->arches[i];
    return NULL;
}

static int compare_package(const void *key, const void *package)
{
    return strcmp(key, ((const struct lock_package *)package)->name);
}

const struct lock_package *lock_find(const struct lock_arch *a, const char *name)
{
    if (a->n_packages == 0)
        return NULL;
    return bsearch(name, a->packages, a->n_packages, sizeof(*a->packages), compare_package);
}

struct changes {
    struct lock_change *v;
    size_t n, cap;
};

static void add(struct changes *c, enum lock_change_kind kind, const char *arch,
                const struct lock_package *from, const struct lock_package *to)
{
    GROW(c->v, c->n, c->cap);
    c->v[c->n++] = (struct lock_change){
        .kind = kind,
        .arch = arch,
        .name = from ? from->name : to->name,
        .from = from ? from->version : NULL,
        .to = to ? to->version : NULL,
    };
}

static void compare(struct changes *c, const char *arch, const struct lock_package *from,
                    const struct lock_package *to)
{
    int order = version_compare(from->version, to->version);

    if (order != 0)
        add(c, order < 0 ? LOCK_UPGRADED : LOCK_DOWNGRADED, arch, from, to);
    else if (!sha256_eq(&from->sha256, &to->sha256))
        add(c, LOCK_REBUILT, arch, from, to);
}

static void diff_arch(struct changes *c, const char *arch, const struct lock_arch *old,
                      const struct lock_arch *now)
{
    for (size_t i = 0, j = 0; i < old->n_packages || j < now->n_packages;) {
        const struct lock_package *from = i < old->n_packages ? &old->packages[i] : NULL;
        const struct lock_package *to = j < now->n_packages ? &now->packages[j] : NULL;
        int order = !from ? 1 : !to ? -1 : strcmp(from->name, to->name);

        if (order < 0)
            add(c, LOCK_REMOVED, arch, from, NULL);
        else if (order > 0)
            add(c, LOCK_ADDED, arch, NULL, to);
        else
            compare(c, arch, from, to);
        i += order <= 0;
        j += order >= 0;
    }
}

size_t lock_diff(const struct lock *old, const struct lock *now, struct lock_change **ret)
{
    static const struct lock_arch none;
    struct changes c = {0};
    size_t n_old = old ? old->n_arches : 0;

    for (size_t i = 0, j = 0; i < n_old || j < now->n_arches;) {
        const struct lock_arch *from = i < n_old ? &old->arches[i] : &none;
        const struct lock_arch *to = j < now->n_arches ? &now->arches[j] : &none;
        int order = !from->arch ? 1 : !to->arch ? -1 : strcmp(from->arch, to->arch);

        if (order < 0)
            diff_arch(&c, from->arch, from, &none);
        else
            diff_arch(&c, to->arch, order > 0 ? &none : from, to);
        i += order <= 0;
        j += order >= 0;
    }
    *ret = c.v;
    return c.n;
}
