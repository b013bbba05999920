/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/entry.h"

#include "base/json.h"

#define FILES_MAX   2000
#define ENTRIES_MAX 50
#define TEXT_MAX    (32u << 10)

json_t *entry_new(const struct update_image *image)
{
    CLEANUP(free_ptr) char *accept = NULL;
    json_t *o = json_object();

    if (image->state == UPDATE_STOPPED && image->acceptable)
        accept = xasprintf("%s@%s", image->recipe, sha256_digest(&image->digest).s);
    json_put(o, "name", text_json(image->name));
    json_put(o, "recipe", text_json(image->recipe));
    json_put(o, "state", text_json(update_state_name(image->state)));
    json_put(o, "digest", digest_json(&image->digest));
    json_put(o, "replaced", digest_json(&image->replaced));
    json_put(o, "tags", strings_json(&image->tags));
    json_put(o, "reasons", strings_json(&image->reasons));
    json_put(o, "accept", text_json(accept));
    return o;
}

/* ---- differences ---------------------------------------------------------------------------- */

static void cut_files(json_t *entry, json_t *files)
{
    size_t n = json_array_size(files);

    while (json_array_size(files) > FILES_MAX)
        json_array_remove(files, json_array_size(files) - 1);
    if (n > FILES_MAX)
        json_put(entry, "files_more", number_json(n - FILES_MAX));
}

static size_t count_packages(const struct record *r)
{
    size_t most = 0;

    for (size_t i = 0; i < r->n_arches; i++)
        most = r->arches[i].n_packages > most ? r->arches[i].n_packages : most;
    return most;
}

void entry_add_diff(json_t *entry, const struct image_diff *d)
{
    json_put(entry, "first", json_boolean(!d->old));
    json_put(entry, "package_count", number_json(count_packages(d->now)));
    if (d->old) {
        /* files whose content alone differs say no more than the packages do */
        json_t *document = diff_document(d, false);
        json_object_update(entry, document);
        cut_files(entry, json_object_get(document, "files"));
        json_decref(document);
    } else {
        json_put(entry, "sizes", diff_sizes_json(d));
    }
    if (d->now->accepted)
        json_put(entry, "accepted",
                 object_json("reason", text_json(d->now->accepted), "stops",
                             strings_json(&d->now->stops), NULL));
}

static const char *move_name(enum lock_change_kind k)
{
    static const char *const names[] = {
        [LOCK_ADDED] = "added",           [LOCK_REMOVED] = "removed", [LOCK_UPGRADED] = "upgraded",
        [LOCK_DOWNGRADED] = "downgraded", [LOCK_REBUILT] = "rebuilt",
    };
    return names[k];
}

static const struct lock_package *package_of(const struct lock *l, const struct lock_change *c)
{
    const struct lock_arch *a = l ? lock_find_arch(l, c->arch) : NULL;

    return a ? lock_find(a, c->name) : NULL;
}

void entry_add_moves(json_t *entry, const struct lock *old, const struct lock *now)
{
    struct alike packages = alike_new();
    struct lock_change *changes = NULL;
    size_t n = old ? lock_diff(old, now, &changes) : 0;

    for (size_t i = 0; i < n; i++) {
        const struct lock_change *c = &changes[i];
        const struct lock_package *p = package_of(c->to ? now : old, c);
        json_t *item = object_json("name", text_json(c->name), "change",
                                   text_json(move_name(c->kind)), "from", text_json(c->from), "to",
                                   text_json(c->to), "source", text_json(p ? p->source : c->name),
                                   NULL);
        if (p && !recipe_is_debian(p->origin))
            json_put(item, "origin", text_json(p->origin));
        alike_add(&packages, item, c->arch);
    }
    json_put(entry, "first", json_boolean(!old));
    json_put(entry, "packages", alike_list(&packages));
    free(changes);
}

/* ---- changelogs ----------------------------------------------------------------------------- */

static json_t *changelog_json(const struct changelog *log, size_t n, const struct strv *old_cves,
                              struct strv *cves)
{
    json_t *list = json_array();

    for (size_t i = 0; i < n; i++) {
        CLEANUP(strv_release) struct strv all = STRV_INIT, own = STRV_INIT;
        const struct changelog_entry *e = &log->v[i];
        changelog_cves(e->text, &all);
        strv_each (id, &all)
            if (!strv_has_sorted(old_cves, *id))
                strv_add(&own, *id);
        strv_copy(cves, &own);
        if (i >= ENTRIES_MAX)
            continue;
        size_t length = e->text.n < TEXT_MAX ? e->text.n : TEXT_MAX;
        json_add(list,
                 object_json("version", text_json(e->version), "text",
                             text_n_json(e->text.p, length), "cves", strings_json(&own), NULL));
    }
    return list;
}

/* One upgraded package; its source once. */
static int add_changelog(json_t *list, const struct image_diff *d, const struct arch_diff *a,
                         const struct package_change *c, struct changelogs *logs, struct strv *cves,
                         struct err *err)
{
    CLEANUP(changelog_release) struct changelog log = {0};
    CLEANUP(strv_release) struct strv own = STRV_INIT;
    const struct lock_arch *arch = lock_find_arch(d->now->lock, a->arch);
    const struct lock_package *p = arch ? lock_find(arch, c->now->name) : NULL;

    if (!p)
        return 0;
    if (changelogs_get(logs, arch, p, &log, err) < 0)
        return err_ret(err);
    size_t n = changelog_new(&log, c->old->source_version);
    json_t *entries = changelog_json(&log, n, &d->old->cves, &own);
    strv_sort(&own);
    strv_uniq(&own);
    strv_copy(cves, &own);
    json_t *o = object_json(
        "source", text_json(c->now->source), "from", text_json(c->old->source_version), "to",
        text_json(c->now->source_version), "cves", strings_json(&own), "entries", entries, NULL);
    if (c->now->origin)
        json_put(o, "origin", text_json(c->now->origin));
    if (n > ENTRIES_MAX)
        json_put(o, "more", number_json(n - ENTRIES_MAX));
    json_add(list, o);
    return 0;
}

static int add_arch_changelogs(json_t *list, const struct image_diff *d, const struct arch_diff *a,
                               struct changelogs *logs, struct strv *seen, struct strv *cves,
                               struct err *err)
{
    for (size_t i = 0; i < a->n_packages; i++) {
        const struct package_change *c = &a->packages[i];
        if (c->kind != PACKAGE_UPGRADED)
            continue;
        CLEANUP(free_ptr)
        char *key = xasprintf("%s %s %s %s", c->now->source, c->old->source_version,
                              c->now->source_version, c->now->origin ? c->now->origin : "");
        if (strv_has(seen, key))
            continue;
        strv_add(seen, key);
        if (add_changelog(list, d, a, c, logs, cves, err) < 0)
            return err_ret(err);
    }
    return 0;
}

int entry_add_changelogs(json_t *entry, const struct image_diff *d, struct changelogs *logs,
                         struct err *err)
{
    CLEANUP(strv_release) struct strv seen = STRV_INIT, cves = STRV_INIT;
    json_t *list = json_array();

    json_put(entry, "changelogs", list);
    for (size_t i = 0; d->old && d->now->lock && i < d->n_arches; i++) {
        const struct arch_diff *a = &d->arches[i];
        if (add_arch_changelogs(list, d, a, logs, &seen, &cves, err) < 0)
            return err_ret(err);
    }
    strv_sort(&cves);
    strv_uniq(&cves);
    json_put(entry, "cves", strings_json(&cves));
    return 0;
}
