/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "deb/version.h"
#include "harden/loading.h"

/* Up to which version suites have what is named by version most. */
static const char *const suites[] = {"bookworm", "trixie"};
static const struct {
    const char *prefix, *highest[ARRAY_SIZE(suites)];
} known[] = {
    {"GLIBC_", {"2.36", "2.41"}},      {"GLIBCXX_", {"3.4.30", "3.4.33"}},
    {"CXXABI_", {"1.3.13", "1.3.15"}}, {"GCC_", {"12.0.0", "14.0.0"}},
    {"OPENSSL_", {"3.0.9", "3.5.0"}},
};

/* The length of what stands before the number of "GLIBC_2.38"; 0 if there is no number. */
static size_t prefix_length(const char *version)
{
    const char *end = strrchr(version, '_');

    return end && end[1] >= '0' && end[1] <= '9' ? (size_t)(end + 1 - version) : 0;
}

static bool same_series(const char *a, const char *b)
{
    size_t n = prefix_length(a);
    return n && n == prefix_length(b) && strncmp(a, b, n) == 0;
}

static bool is_later(const char *version, const char *than)
{
    return version_compare(version, than) > 0;
}

/* The first suite that has it, or NULL. */
static const char *suite_with(const char *version)
{
    for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
        size_t n = strlen(known[i].prefix);
        if (n != prefix_length(version) || !starts_with(version, known[i].prefix))
            continue;
        for (size_t k = 0; k < ARRAY_SIZE(suites); k++)
            if (!is_later(version + n, known[i].highest[k]))
                return suites[k];
    }
    return NULL;
}

/* The latest of the same series that a library has; NULL if it has none of it. */
static const char *latest(const struct elf_facts *lib, const char *version)
{
    const char *best = NULL;

    strv_each (has, &lib->defines) {
        if (same_series(*has, version) && (!best || is_later(*has, best)))
            best = *has;
    }
    return best;
}

/* Whether the loader would stop at it: it warns only where a library has no versions at all. */
static bool lacks(struct loading *c, const struct object *lib, const char *version)
{
    c->loader.work += 1 + lib->elf->defines.n / 16;
    return lib->elf->defines.n && !(lib->elf->flags & ELF_DAMAGED) &&
           !strv_has(&lib->elf->defines, version);
}

static void tell(struct loading *c, struct object *o, const char *from, const char *version,
                 const struct object *lib, bool plugin)
{
    const char *has = latest(lib->elf, version), *suite = suite_with(version);
    const struct package *p = lib->node->package;
    CLEANUP(free_ptr) char *whose = p ? xasprintf(" (%s %s)", p->name, p->version) : xstrdup("");
    CLEANUP(free_ptr)
    char *there = has && is_later(version, has)
                      ? xasprintf("has no version later than %.*s", NAME_SHOW, has)
                      : xstrdup("doesn't have that version");

    struct finding *f = finding_at(c->ret, c->rule, o->node, "needs %.*s of %.*s, but /%s%s %s",
                                   NAME_SHOW, version, NAME_SHOW, from, lib->node->path, whose,
                                   there);
    f->kind = version;
    f->advice = suite ? xasprintf("%s has %.*s: build the file on the suite that the image is of, "
                                  "or set suite = \"%s\"",
                                  suite, NAME_SHOW, version, suite)
                      : xasprintf("build the file against the libraries that the image has, or add "
                                  "a library that has %.*s",
                                  NAME_SHOW, version);
    if (plugin)
        loading_soften(o, f);
}

/* The library to hold a version against; NULL if that is fine, or can't be said. */
static const struct object *without(struct loading *c, const struct object *o,
                                    const struct needed_name *name, const char *version,
                                    bool plugin)
{
    const struct object *lib = name->loaded;

    if (!lacks(c, lib, version))
        return NULL;
    for (size_t i = 0; plugin && i < name->n_carriers; i++)
        if (loader_alike(name->carriers[i]->elf, o->elf) && !lacks(c, name->carriers[i], version))
            return NULL;
    return lib;
}

/* Asked before, with the same answer. */
static bool is_known(struct object *o, size_t i, const struct object *lib)
{
    if (!o->sound)
        o->sound = xcalloc(o->elf->versions.n, sizeof(*o->sound));
    if (o->sound[i] == lib)
        return true;
    o->sound[i] = lib;
    return false;
}

void loading_versions(struct loading *c, struct object *o, bool plugin)
{
    const struct strv *of = &o->elf->versions_of, *versions = &o->elf->versions;
    struct needed_name *name = NULL;

    c->loader.work += versions->n / 16;
    for (size_t i = 0, end; i < versions->n && o->versions_told < TOLD_MAX; i = end) {
        const struct object *lib = NULL;
        const char *worst = NULL; /* of one library the latest version is enough */
        name = loader_name(&c->loader, of->v[i]);
        bool loaded = name && name->round == c->loader.round && name->loaded;
        for (end = i; end < versions->n && strcmp(of->v[end], of->v[i]) == 0; end++) {
            if (!loaded || is_known(o, end, name->loaded))
                continue;
            const struct object *found = without(c, o, name, versions->v[end], plugin);
            if (found && (!worst || is_later(versions->v[end], worst)))
                worst = versions->v[end];
            lib = found ? found : lib;
        }
        if (worst) {
            tell(c, o, of->v[i], worst, lib, plugin);
            o->versions_told++;
        }
    }
}
