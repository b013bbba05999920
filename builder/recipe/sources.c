/* SPDX-License-Identifier: Apache-2.0 */
#include "recipe/convert.h"

#define AT(origin) (origin).file, (origin).line

static const char *const debians[] = {"debian", "debian-security"};

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

int recipe_check_sources(struct recipe *r, struct err *err)
{
    debian_defaults(r);
    for (size_t i = 0; i < r->n_sources; i++) {
        struct recipe_source *s = &r->sources[i];
        bool debian = strcmp(s->name, debians[0]) == 0 || strcmp(s->name, debians[1]) == 0;

        if (!s->components.n)
            strv_add(&s->components, "main");
        if (debian)
            s->all_packages = !s->packages.n;
        else if (check_third_party(s, err) < 0)
            return -ERR_FAIL;
    }
    return 0;
}
