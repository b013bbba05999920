/* SPDX-License-Identifier: Apache-2.0 */
#include "lock/suitenames.h"

/* How names begin, in bookworm and in trixie; after that the name ends, or goes on with a dash. */
static const struct {
    const char *names[2];
} stems[] = {
    {{"gcc-12-base", "gcc-14-base"}},
    {{"libabsl20220623", "libabsl20240722"}},
    {{"libapache2-mod-php8.2", "libapache2-mod-php8.4"}},
    {{"libapt-pkg6.0", "libapt-pkg7.0"}},
    {{"libavcodec59", "libavcodec61"}},
    {{"libavfilter8", "libavfilter10"}},
    {{"libavformat59", "libavformat61"}},
    {{"libavutil57", "libavutil59"}},
    {{"libfmt9", "libfmt10"}},
    {{"libgdal32", "libgdal36"}},
    {{"libgit2-1.5", "libgit2-1.9"}},
    {{"libgsl27", "libgsl28"}},
    {{"libhdf5-103-1", "libhdf5-310"}},
    {{"libhiredis0.14", "libhiredis1.1.0"}},
    {{"libicu72", "libicu76"}},
    {{"libjsoncpp25", "libjsoncpp26"}},
    {{"libjxl0.7", "libjxl0.11"}},
    {{"libldap-2.5-0", "libldap2"}},
    {{"libnetcdf19", "libnetcdf22"}},
    {{"libnode108", "libnode115"}},
    {{"libopenmpi3", "libopenmpi40"}},
    {{"libperl5.36", "libperl5.40"}},
    {{"libphp8.2-embed", "libphp8.4-embed"}},
    {{"libpython3.11", "libpython3.13"}},
    {{"libqt5core5a", "libqt5core5t64"}},
    {{"libruby3.1", "libruby3.3"}},
    {{"libswresample4", "libswresample5"}},
    {{"libswscale6", "libswscale8"}},
    {{"libunistring2", "libunistring5"}},
    {{"libyaml-cpp0.7", "libyaml-cpp0.8"}},
    {{"libzip4", "libzip5"}},
    {{"perl-modules-5.36", "perl-modules-5.40"}},
    {{"php8.2", "php8.4"}},
    {{"postgresql-15", "postgresql-17"}},
    {{"postgresql-client-15", "postgresql-client-17"}},
    {{"postgresql-plperl-15", "postgresql-plperl-17"}},
    {{"postgresql-plpython3-15", "postgresql-plpython3-17"}},
    {{"python3.11", "python3.13"}},
    {{"ruby3.1", "ruby3.3"}},
};

#define TIME64 "t64"

/* Whether a part of a name may end here. */
static bool is_end(const char *at)
{
    return *at == '\0' || *at == '-';
}

/* Takes the name if it exists, else frees it. */
static char *take(char *name, suitenames_exists *exists, const void *user)
{
    if (exists(user, name))
        return name;
    free(name);
    return NULL;
}

/* "libcurl3t64-gnutls" is "libcurl3-gnutls", and the other way round. */
static char *other_time(const char *name, suitenames_exists *exists, const void *user)
{
    char *ret = NULL;

    for (const char *at = strstr(name, TIME64); at && !ret; at = strstr(at + 1, TIME64))
        if (at > name && is_end(at + strlen(TIME64)))
            ret = take(xasprintf("%.*s%s", (int)(at - name), name, at + strlen(TIME64)), exists,
                       user);
    for (size_t n = strlen(name); n > 0 && !ret; n--)
        if (is_end(name + n))
            ret = take(xasprintf("%.*s" TIME64 "%s", (int)n, name, name + n), exists, user);
    return ret;
}

static char *other_stem(const char *name, suitenames_exists *exists, const void *user)
{
    char *ret = NULL;

    for (size_t i = 0; i < 2 * ARRAY_SIZE(stems) && !ret; i++) {
        const char *stem = stems[i / 2].names[i % 2], *other = stems[i / 2].names[1 - i % 2];
        size_t n = strlen(stem);

        if (strncmp(name, stem, n) == 0 && is_end(name + n))
            ret = take(xasprintf("%s%s", other, name + n), exists, user);
    }
    return ret;
}

char *suitenames_other(const char *name, suitenames_exists *exists, const void *user)
{
    char *ret = other_time(name, exists, user);

    return ret ? ret : other_stem(name, exists, user);
}

/* ---- in a lock ------------------------------------------------------------------------------ */

static bool is_locked(const void *user, const char *name)
{
    const struct lock_package *p = lock_find(user, name);

    return p && recipe_is_debian(p->origin);
}

const struct lock_package *suitenames_find(const struct lock_arch *a, const char *name)
{
    const struct lock_package *p = lock_find(a, name);

    if (p)
        return p;
    CLEANUP(free_ptr) char *other = suitenames_other(name, is_locked, a);
    return other ? lock_find(a, other) : NULL;
}

const struct recipe_part *suitenames_part(const struct recipe *r, const struct lock_arch *a,
                                          const char *package)
{
    const struct recipe_part *part = recipe_part_of(r, package);

    for (size_t i = 0; a && i < r->n_parts && !part; i++) {
        const struct lock_package *p = suitenames_find(a, r->parts[i].package);
        if (p && strcmp(p->name, package) == 0)
            part = &r->parts[i];
    }
    return part;
}

static bool is_omitted(const void *user, const char *name)
{
    const struct lock_arch *a = user;

    return strv_has(&a->omitted, name);
}

static void add_line(const char *name, const char *other, struct strv *ret)
{
    CLEANUP(free_ptr) char *line = xasprintf("%s: the archive calls it %s", name, other);

    if (!strv_has(ret, line))
        strv_add(ret, line);
}

static void list_package(const struct lock_arch *a, const char *name, struct strv *ret)
{
    const struct lock_package *p = suitenames_find(a, name);

    if (p && strcmp(p->name, name) != 0)
        add_line(name, p->name, ret);
}

void suitenames_list(const struct recipe *r, const struct lock *l, struct strv *ret)
{
    for (size_t i = 0; i < l->n_arches; i++) {
        const struct lock_arch *a = &l->arches[i];

        for (size_t k = 0; k < r->n_packages; k++)
            list_package(a, r->packages[k].name, ret);
        for (size_t k = 0; k < r->omit.n; k++) {
            const char *name = r->omit.v[k].text;
            CLEANUP(free_ptr)
            char *other = is_omitted(a, name) ? NULL : suitenames_other(name, is_omitted, a);
            if (other)
                add_line(name, other, ret);
        }
        for (size_t k = 0; k < r->n_parts; k++)
            list_package(a, r->parts[k].package, ret);
    }
}
