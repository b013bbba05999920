/* SPDX-License-Identifier: Apache-2.0 */
#include "recipe/convert.h"

#define AT(origin) (origin).file, (origin).line

static const char *const debians[] = {"debian", "debian-security"};

bool recipe_is_debian(const char *source)
{
    return strcmp(source, debians[0]) == 0 || strcmp(source, debians[1]) == 0;
}

bool recipe_same_origin(const char *source, const char *other)
{
    return strcmp(source, other) == 0 || (recipe_is_debian(source) && recipe_is_debian(other));
}

const struct recipe_source *recipe_source_of(const struct recipe *r, const char *name)
{
    for (size_t i = 0; i < r->n_sources; i++)
        if (strcmp(r->sources[i].name, name) == 0)
            return &r->sources[i];
    return NULL;
}

static size_t source_index(const struct recipe *r, const char *name)
{
    size_t i = 0;

    while (i < r->n_sources && strcmp(r->sources[i].name, name) != 0)
        i++;
    return i;
}

/* Moves the source to place `to`, making it if it isn't there. */
static struct recipe_source *source_at(struct recipe *r, const char *name, size_t to)
{
    size_t i = source_index(r, name);
    struct recipe_source s = {.at = {r->path, 0}};

    if (i == r->n_sources) {
        r->sources = xrealloc(r->sources, ++r->n_sources, sizeof(*r->sources));
        s.name = xstrdup(name);
    } else {
        s = r->sources[i];
    }
    memmove(r->sources + to + 1, r->sources + to, (i - to) * sizeof(*r->sources));
    r->sources[to] = s;
    return &r->sources[to];
}

static bool rolling(const char *suite)
{
    return strcmp(suite, "sid") == 0 || strcmp(suite, "unstable") == 0 ||
           strcmp(suite, "experimental") == 0;
}

static void debian_defaults(struct recipe *r)
{
    struct recipe_source *s = source_at(r, debians[0], 0);

    if (!s->suites.n) {
        strv_add(&s->suites, r->suite);
        if (!rolling(r->suite))
            strv_addf(&s->suites, "%s-updates", r->suite);
    }
    if (rolling(r->suite) && source_index(r, debians[1]) == r->n_sources)
        return;
    s = source_at(r, debians[1], 1);
    if (!s->suites.n)
        strv_addf(&s->suites, "%s-security", r->suite);
}

static int check_third_party(const struct recipe_source *s, struct err *err)
{
    if (!s->suites.n)
        return err_set(err, "%s:%u: source %s has no suites", AT(s->at), s->name);
    if (!s->mirrors.n)
        return err_set(err, "%s:%u: source %s has no mirror", AT(s->at), s->name);
    if (!s->keyring) {
        err_set(err, "%s:%u: source %s has no keyring", AT(s->at), s->name);
        return err_hint(err, "name the file that holds its signing key: keyring = \"%s.gpg\"",
                        s->name);
    }
    if (!s->packages.n && !s->all_packages) {
        err_set(err, "%s:%u: source %s delivers no package", AT(s->at), s->name);
        return err_hint(err, "name its packages: packages = {…}; or, where it may replace any "
                             "package of Debian's: all_packages = true");
    }
    if (s->packages.n && s->all_packages)
        return err_set(err, "%s:%u: source %s has packages and all_packages", AT(s->at), s->name);
    return 0;
}

/* A name comes from one place. */
static int check_claims(const struct recipe *r, const struct recipe_source *s, struct err *err)
{
    for (const struct recipe_source *o = r->sources; o < s; o++) {
        if (recipe_same_origin(o->name, s->name))
            continue;
        strv_each (name, &s->packages) {
            if (!strv_has(&o->packages, *name))
                continue;
            err_set(err, "%s:%u: source %s names package %s, as source %s does at %s:%u", AT(s->at),
                    s->name, *name, o->name, AT(o->at));
            return err_hint(err, "a package that a source names comes from there and nowhere "
                                 "else: name it in one of them");
        }
    }
    return 0;
}

static int check_lifted(const struct recipe_source *s, struct err *err)
{
    const char *what = s->provides.n ? "provides" : s->replaces.n ? "replaces" : NULL;

    return what ? err_set(err, "%s:%u: source %s has %s, which is for third parties' sources",
                          AT(s->at), s->name, what)
                : 0;
}

int recipe_check_sources(struct recipe *r, struct err *err)
{
    debian_defaults(r);
    for (size_t i = 0; i < r->n_sources; i++) {
        struct recipe_source *s = &r->sources[i];
        bool debian = recipe_is_debian(s->name);

        if (!s->components.n)
            strv_add(&s->components, "main");
        if (debian)
            s->all_packages = !s->packages.n;
        if ((debian ? check_lifted(s, err) : check_third_party(s, err)) < 0 ||
            check_claims(r, s, err) < 0)
            return -ERR_FAIL;
    }
    return 0;
}
