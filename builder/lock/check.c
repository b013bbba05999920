/* SPDX-License-Identifier: Apache-2.0 */
#include "lock/check.h"

#include "base/path.h"
#include "deb/version.h"

/* Why a path below a mirror can't be used, or NULL: it must be relative, without empty, "." or
 * ".." parts, without a scheme, and of printable ASCII that needs no quoting in a URL. */
static const char *lock_path_bad(const char *path)
{
    size_t n = strlen(path);
    const char *slash = strchr(path, '/'), *colon = strchr(path, ':');

    if (n == 0 || n > PATH_BYTES_MAX)
        return "the path is empty or too long";
    if (colon && (!slash || colon < slash))
        return "the path has a scheme";
    for (const char *c = path; *c; c++)
        if (*c <= ' ' || *c > '~' || strchr("\\\"#?<>", *c))
            return "the path has a character that may not stand there";
    for (const char *part = path; part; part = strchr(part, '/')) {
        part += part != path;
        size_t len = strcspn(part, "/");
        if (len == 0 || (len == 1 && *part == '.') ||
            (len == 2 && part[0] == '.' && part[1] == '.'))
            return "the path isn't relative and clean";
    }
    return NULL;
}

static bool word_ok(const char *s, const char *more)
{
    if (!*s)
        return false;
    for (; *s; s++)
        if (!(*s >= 'a' && *s <= 'z') && !(*s >= '0' && *s <= '9') && !strchr(more, *s))
            return false;
    return true;
}

const char *lock_package_bad(const struct lock_package *p)
{
    if (!package_name_valid(slice_of(p->name)))
        return "not a package name";
    if (!version_valid(slice_of(p->version)))
        return "not a version";
    if (!word_ok(p->arch, "-"))
        return "not an architecture";
    if (!package_name_valid(slice_of(p->source)))
        return "not a source package's name";
    if (!version_valid(slice_of(p->source_version)))
        return "not a source version";
    if (p->size == 0 || p->size > LOCK_PACKAGE_MAX)
        return "not a deb's size";
    return lock_path_bad(p->path);
}

static int check_origin(const struct lock_package *p, const struct recipe *r, struct err *err)
{
    const struct recipe_source *from = recipe_source_of(r, p->origin);

    if (!from)
        return err_set(err, "package %s is of source %s, which the recipe doesn't name", p->name,
                       p->origin);
    if (!from->all_packages && !strv_has(&from->packages, p->name))
        return err_set(err, "package %s is of source %s, which may not deliver it (%s:%u)", p->name,
                       p->origin, from->at.file, from->at.line);
    for (size_t i = 0; i < r->n_sources; i++) {
        const struct recipe_source *s = &r->sources[i];
        if (!recipe_same_origin(s->name, p->origin) && strv_has(&s->packages, p->name))
            return err_set(err, "package %s is of source %s, but source %s names it (%s:%u)",
                           p->name, p->origin, s->name, s->at.file, s->at.line);
    }
    return 0;
}

int lock_check_origins(const struct lock *l, const struct recipe *r, struct err *err)
{
    for (size_t i = 0; i < l->n_arches; i++)
        for (size_t k = 0; k < l->arches[i].n_packages; k++)
            if (check_origin(&l->arches[i].packages[k], r, err) < 0)
                return err_wrap(err, "%s", l->arches[i].arch);
    return 0;
}

bool lock_account_name_valid(const char *name)
{
    if (!*name || strlen(name) > 32)
        return false;
    for (const char *c = name; *c; c++)
        if (!(*c >= 'a' && *c <= 'z') && *c != '_' &&
            (c == name || (!(*c >= '0' && *c <= '9') && *c != '-')))
            return false;
    return true;
}

void lock_package_release(struct lock_package *p)
{
    free(p->name);
    free(p->version);
    free(p->arch);
    free(p->source);
    free(p->source_version);
    free(p->origin);
    free(p->path);
    *p = (struct lock_package){0};
}

void lock_arch_release(struct lock_arch *a)
{
    for (size_t i = 0; i < a->n_packages; i++)
        lock_package_release(&a->packages[i]);
    for (size_t i = 0; i < a->n_layers; i++)
        free(a->layers[i].packages);
    free(a->packages);
    free(a->layers);
    free(a->arch);
    strv_release(&a->omitted);
    strv_release(&a->fallout);
    strv_release(&a->provided);
    *a = (struct lock_arch){0};
}
