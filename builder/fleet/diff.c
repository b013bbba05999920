/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/diff.h"

#include "base/path.h"
#include "deb/version.h"

const char *package_change_name(enum package_change_kind k)
{
    static const char *const names[] = {
        [PACKAGE_ADDED] = "added",       [PACKAGE_REMOVED] = "removed",
        [PACKAGE_UPGRADED] = "upgraded", [PACKAGE_DOWNGRADED] = "downgraded",
        [PACKAGE_REBUILT] = "rebuilt",
    };
    return names[k];
}

/* ---- packages -------------------------------------------------------------------------------- */

static void add_package(struct arch_diff *a, const struct record_package *old,
                        const struct record_package *now)
{
    enum package_change_kind kind = PACKAGE_ADDED;

    if (!now)
        kind = PACKAGE_REMOVED;
    else if (old) {
        int c = version_compare(now->version, old->version);
        bool known = !sha256_is_zero(&old->sha256) && !sha256_is_zero(&now->sha256);
        if (c == 0 && (!known || sha256_eq(&old->sha256, &now->sha256)))
            return;
        kind = c > 0 ? PACKAGE_UPGRADED : c < 0 ? PACKAGE_DOWNGRADED : PACKAGE_REBUILT;
    }
    GROW(a->packages, a->n_packages, a->cap_packages);
    a->packages[a->n_packages++] = (struct package_change){kind, old, now};
}

static void diff_packages(struct arch_diff *a)
{
    size_t n_old = a->old ? a->old->n_packages : 0, n_now = a->now ? a->now->n_packages : 0;

    for (size_t i = 0, k = 0; i < n_old || k < n_now;) {
        const struct record_package *old = i < n_old ? &a->old->packages[i] : NULL;
        const struct record_package *now = k < n_now ? &a->now->packages[k] : NULL;
        int c = !old ? 1 : !now ? -1 : strcmp(old->name, now->name);
        add_package(a, c <= 0 ? old : NULL, c >= 0 ? now : NULL);
        i += c <= 0;
        k += c >= 0;
    }
}

static bool same_package(const struct record_package *a, const struct record_package *b)
{
    return a == b ||
           (a && b && strcmp(a->name, b->name) == 0 && strcmp(a->version, b->version) == 0);
}

bool diff_package_is_new(const struct image_diff *d, size_t arch, size_t i)
{
    const struct package_change *c = &d->arches[arch].packages[i];

    for (size_t a = 0; a < arch; a++)
        for (size_t k = 0; k < d->arches[a].n_packages; k++) {
            const struct package_change *other = &d->arches[a].packages[k];
            if (other->kind == c->kind && same_package(other->old, c->old) &&
                same_package(other->now, c->now))
                return false;
        }
    return true;
}

bool diff_downgrade(const struct image_diff *d, const struct package_change **ret)
{
    for (size_t a = 0; a < d->n_arches; a++)
        for (size_t i = 0; i < d->arches[a].n_packages; i++) {
            *ret = &d->arches[a].packages[i];
            if ((*ret)->kind == PACKAGE_DOWNGRADED)
                return true;
        }
    return false;
}

/* ---- paths ----------------------------------------------------------------------------------- */

static unsigned path_flags(const struct record_path *old, const struct record_path *now)
{
    unsigned flags = 0;

    if (!old || !now)
        return old ? PATH_REMOVED : PATH_ADDED;
    if (old->type != now->type)
        flags |= PATH_TYPE;
    else if (!sha256_eq(&old->sha256, &now->sha256) ||
             strcmp(old->target ? old->target : "", now->target ? now->target : "") != 0)
        flags |= PATH_CONTENT;
    if (old->mode != now->mode)
        flags |= PATH_MODE;
    if (old->uid != now->uid || old->gid != now->gid)
        flags |= PATH_OWNER;
    return flags;
}

static void add_path(struct arch_diff *a, const struct record_path *old,
                     const struct record_path *now)
{
    unsigned flags = path_flags(old, now);

    if (!flags || path_below(old ? old->path : now->path, "var/lib/dpkg"))
        return;
    GROW(a->paths, a->n_paths, a->cap_paths);
    a->paths[a->n_paths++] = (struct path_change){flags, old, now};
}

static void diff_paths(struct arch_diff *a)
{
    size_t n_old = a->old ? a->old->n_paths : 0, n_now = a->now ? a->now->n_paths : 0;

    for (size_t i = 0, k = 0; i < n_old || k < n_now;) {
        const struct record_path *old = i < n_old ? &a->old->paths[i] : NULL;
        const struct record_path *now = k < n_now ? &a->now->paths[k] : NULL;
        int c = !old ? 1 : !now ? -1 : strcmp(old->path, now->path);
        add_path(a, c <= 0 ? old : NULL, c >= 0 ? now : NULL);
        i += c <= 0;
        k += c >= 0;
    }
}

/* ---- scripts, findings ----------------------------------------------------------------------- */

static const struct record_script *find_script(const struct record_arch *a,
                                               const struct record_script *s)
{
    for (size_t i = 0; a && i < a->n_scripts; i++)
        if (strcmp(a->scripts[i].package, s->package) == 0 &&
            strcmp(a->scripts[i].script, s->script) == 0)
            return &a->scripts[i];
    return NULL;
}

static void add_script(struct arch_diff *a, const struct record_script *old,
                       const struct record_script *now)
{
    GROW(a->scripts, a->n_scripts, a->cap_scripts);
    a->scripts[a->n_scripts++] = (struct script_change){old, now};
}

/* A package that comes or goes takes its scripts with it: only those of packages that stay. */
static void diff_scripts(struct arch_diff *a)
{
    for (size_t i = 0; a->now && i < a->now->n_scripts; i++) {
        const struct record_script *now = &a->now->scripts[i], *old = find_script(a->old, now);
        if (!old || !sha256_eq(&old->sha256, &now->sha256) || strcmp(old->class, now->class) != 0)
            add_script(a, old, now);
    }
    for (size_t i = 0; a->old && i < a->old->n_scripts; i++)
        if (!find_script(a->now, &a->old->scripts[i]))
            add_script(a, &a->old->scripts[i], NULL);
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool has_finding(const struct record_arch *a, const struct record_finding *f)
{
    for (size_t i = 0; a && i < a->n_findings; i++)
        if (strcmp(a->findings[i].rule, f->rule) == 0 && same_text(a->findings[i].path, f->path) &&
            strcmp(a->findings[i].action, f->action) == 0)
            return true;
    return false;
}

static void add_findings(struct arch_diff *a, const struct record_arch *from,
                         const struct record_arch *other, bool gone)
{
    for (size_t i = 0; from && i < from->n_findings; i++) {
        if (has_finding(other, &from->findings[i]))
            continue;
        GROW(a->findings, a->n_findings, a->cap_findings);
        a->findings[a->n_findings++] = (struct finding_change){gone, &from->findings[i]};
    }
}

/* ---- config ---------------------------------------------------------------------------------- */

/* Builders differ in whether they write what says nothing: "", [], {}, null, 0, false. */
static bool says_nothing(const json_t *value)
{
    return !value || json_is_null(value) || json_is_false(value) ||
           (json_is_array(value) && json_array_size(value) == 0) ||
           (json_is_object(value) && json_object_size(value) == 0) ||
           (json_is_string(value) && json_string_length(value) == 0) ||
           (json_is_integer(value) && json_integer_value(value) == 0);
}

static void add_config(struct arch_diff *a, const char *key, json_t *old, json_t *now)
{
    const size_t flags = JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS | JSON_ENSURE_ASCII;

    if ((old && now && json_equal(old, now)) || (says_nothing(old) && says_nothing(now)))
        return;
    GROW(a->config, a->n_config, a->cap_config);
    a->config[a->n_config++] = (struct config_change){key, old ? json_dumps(old, flags) : NULL,
                                                      now ? json_dumps(now, flags) : NULL};
}

static void diff_config(struct arch_diff *a)
{
    json_t *old = a->old ? a->old->config : NULL, *now = a->now ? a->now->config : NULL, *value;
    const char *key;

    json_object_foreach(old, key, value)
    {
        add_config(a, key, value, json_object_get(now, key));
    }
    json_object_foreach(now, key, value) if (!json_object_get(old, key))
        add_config(a, key, NULL, value);
}

/* ---- all of it ------------------------------------------------------------------------------- */

static void diff_arch(struct arch_diff *a)
{
    diff_packages(a);
    diff_paths(a);
    diff_scripts(a);
    add_findings(a, a->now, a->old, false);
    add_findings(a, a->old, a->now, true);
    diff_config(a);
}

void diff_records(const struct record *old, const struct record *now, struct image_diff *ret)
{
    size_t n_old = old ? old->n_arches : 0;

    *ret = (struct image_diff){.old = old, .now = now};
    ret->arches = xcalloc(n_old + now->n_arches + 1, sizeof(*ret->arches));
    for (size_t i = 0, k = 0; i < n_old || k < now->n_arches;) {
        const struct record_arch *a = i < n_old ? &old->arches[i] : NULL;
        const struct record_arch *b = k < now->n_arches ? &now->arches[k] : NULL;
        int c = !a ? 1 : !b ? -1 : strcmp(a->arch, b->arch);
        struct arch_diff *d = &ret->arches[ret->n_arches++];
        *d = (struct arch_diff){
            .arch = c <= 0 ? a->arch : b->arch, .old = c <= 0 ? a : NULL, .now = c >= 0 ? b : NULL};
        diff_arch(d);
        i += c <= 0;
        k += c >= 0;
    }
}

bool diff_empty(const struct image_diff *d)
{
    for (size_t i = 0; i < d->n_arches; i++) {
        const struct arch_diff *a = &d->arches[i];
        if (!a->old || !a->now || a->n_packages || a->n_paths || a->n_scripts || a->n_findings ||
            a->n_config)
            return false;
    }
    return true;
}

void diff_release(struct image_diff *d)
{
    for (size_t i = 0; i < d->n_arches; i++) {
        struct arch_diff *a = &d->arches[i];
        for (size_t k = 0; k < a->n_config; k++) {
            free(a->config[k].old);
            free(a->config[k].now);
        }
        free(a->packages);
        free(a->paths);
        free(a->scripts);
        free(a->findings);
        free(a->config);
    }
    free(d->arches);
    *d = (struct image_diff){0};
}
