/* SPDX-License-Identifier: Apache-2.0 */
/* A comparison as JSON: an encoder for each kind of difference, and two arrangements of them. */
#include "fleet/diff.h"

#include "base/json.h"

/* ---- one difference each -------------------------------------------------------------------- */

static json_t *json_package(const struct package_change *c)
{
    const struct record_package *p = c->now ? c->now : c->old;
    json_t *o = object_json(
        "name", text_json(p->name), "change", text_json(package_change_name(c->kind)), "from",
        text_json(c->old ? c->old->version : NULL), "to",
        text_json(c->now ? c->now->version : NULL), "source", text_json(p->source), NULL);

    if (p->origin)
        json_put(o, "origin", text_json(p->origin));
    return o;
}

static json_t *json_side(const struct record_path *p)
{
    char mode[8];
    json_t *o;

    if (!p)
        return json_null();
    snprintf(mode, sizeof(mode), "%04o", p->mode & 07777u);
    o = object_json("type", text_json(entry_type_name(p->type)), "mode", text_json(mode), "uid",
                    number_json(p->uid), "gid", number_json(p->gid), NULL);
    if (!sha256_is_zero(&p->sha256))
        json_put(o, "digest", digest_json(&p->sha256));
    if (p->target)
        json_put(o, "target", text_json(p->target));
    return o;
}

static json_t *json_path(const struct path_change *c)
{
    return object_json("path", text_json((c->now ? c->now : c->old)->path), "from",
                       json_side(c->old), "to", json_side(c->now), NULL);
}

static json_t *json_script(const struct script_change *c)
{
    const struct record_script *s = c->now ? c->now : c->old;
    const char *change = c->old && c->now ? "changed" : c->now ? "added" : "removed";

    return object_json("package", text_json(s->package), "script", text_json(s->script), "change",
                       text_json(change), "class", text_json(c->now ? s->class : NULL), "what",
                       text_json(c->now ? s->what : NULL), NULL);
}

static json_t *json_finding(const struct finding_change *c)
{
    const struct record_finding *f = c->finding;

    return object_json("change", text_json(c->gone ? "gone" : "new"), "rule", text_json(f->rule),
                       "severity", text_json(f->severity), "action", text_json(f->action), "path",
                       text_json(f->path), "text", text_json(f->text), NULL);
}

static json_t *json_config(const struct arch_diff *a, const struct config_change *c)
{
    json_t *old = a->old ? json_object_get(a->old->config, c->key) : NULL;
    json_t *now = a->now ? json_object_get(a->now->config, c->key) : NULL;

    return object_json("from", json_incref(old ? old : json_null()), "to",
                       json_incref(now ? now : json_null()), NULL);
}

static json_t *json_size(const struct record_arch *a)
{
    if (!a)
        return json_null();
    return object_json("packed", number_json(a->packed), "unpacked", number_json(a->unpacked),
                       NULL);
}

static json_t *json_sizes(const struct arch_diff *a)
{
    return object_json("from", json_size(a->old), "to", json_size(a->now), NULL);
}

/* ---- by architecture ------------------------------------------------------------------------ */

static json_t *json_arch(const struct arch_diff *a)
{
    json_t *packages = json_array(), *files = json_array(), *scripts = json_array();
    json_t *findings = json_array(), *config = json_object();

    for (size_t i = 0; i < a->n_packages; i++)
        json_add(packages, json_package(&a->packages[i]));
    for (size_t i = 0; i < a->n_paths; i++)
        json_add(files, json_path(&a->paths[i]));
    for (size_t i = 0; i < a->n_scripts; i++)
        json_add(scripts, json_script(&a->scripts[i]));
    for (size_t i = 0; i < a->n_findings; i++)
        json_add(findings, json_finding(&a->findings[i]));
    for (size_t i = 0; i < a->n_config; i++)
        json_put(config, a->config[i].key, json_config(a, &a->config[i]));
    return object_json("size", json_sizes(a), "packages", packages, "files", files, "scripts",
                       scripts, "findings", findings, "config", config, NULL);
}

json_t *diff_arches_json(const struct image_diff *d)
{
    json_t *arches = json_object();

    for (size_t i = 0; i < d->n_arches; i++)
        json_put(arches, d->arches[i].arch, json_arch(&d->arches[i]));
    return arches;
}

/* ---- what is alike once --------------------------------------------------------------------- */

struct alike alike_new(void)
{
    return (struct alike){json_array(), json_object()};
}

void alike_add(struct alike *a, json_t *item, const char *arch)
{
    char *key = json_dumps(item, JSON_COMPACT | JSON_SORT_KEYS);
    const json_t *at = key ? json_object_get(a->index, key) : NULL;

    if (at) {
        json_t *there = json_array_get(a->list, (size_t)json_integer_value(at));
        json_add(json_object_get(there, "architectures"), text_json(arch));
        json_decref(item);
    } else {
        json_put(a->index, key, number_json(json_array_size(a->list)));
        json_put(item, "architectures", array_json(text_json(arch), NULL));
        json_add(a->list, item);
    }
    free(key);
}

json_t *alike_list(struct alike *a)
{
    json_t *list = a->list;

    json_decref(a->index);
    *a = (struct alike){0};
    return list;
}

struct place {
    const char *name;
    size_t at;
    json_t *item;
};

static int by_name(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    int r = strcmp(x->name, y->name);

    return r ? r : x->at < y->at ? -1 : x->at > y->at;
}

/* By a key's text: what one architecture alone has stands among the others'. */
static json_t *sorted(json_t *list, const char *key)
{
    size_t n = json_array_size(list);
    struct place *places = xcalloc(n + 1, sizeof(*places));
    json_t *ret = json_array();

    for (size_t i = 0; i < n; i++) {
        json_t *item = json_array_get(list, i);
        const char *name = json_string_value(json_object_get(item, key));
        places[i] = (struct place){name ? name : "", i, item};
    }
    if (n)
        qsort(places, n, sizeof(*places), by_name);
    for (size_t i = 0; i < n; i++)
        json_add(ret, json_incref(places[i].item));
    free(places);
    json_decref(list);
    return ret;
}

struct lists {
    struct alike packages, files, scripts, findings, config;
};

static void add_arch(struct lists *l, const struct arch_diff *a, bool content)
{
    for (size_t i = 0; i < a->n_packages; i++)
        alike_add(&l->packages, json_package(&a->packages[i]), a->arch);
    for (size_t i = 0; i < a->n_paths; i++)
        if (content || a->paths[i].flags != PATH_CONTENT || a->paths[i].now->target)
            alike_add(&l->files, json_path(&a->paths[i]), a->arch);
    for (size_t i = 0; i < a->n_scripts; i++)
        alike_add(&l->scripts, json_script(&a->scripts[i]), a->arch);
    for (size_t i = 0; i < a->n_findings; i++)
        alike_add(&l->findings, json_finding(&a->findings[i]), a->arch);
    for (size_t i = 0; i < a->n_config; i++) {
        json_t *item = json_config(a, &a->config[i]);
        json_put(item, "key", text_json(a->config[i].key));
        alike_add(&l->config, item, a->arch);
    }
}

json_t *diff_sizes_json(const struct image_diff *d)
{
    json_t *list = json_array();

    for (size_t i = 0; i < d->n_arches; i++) {
        json_t *size = json_sizes(&d->arches[i]);
        json_put(size, "architecture", text_json(d->arches[i].arch));
        json_add(list, size);
    }
    return list;
}

json_t *diff_document(const struct image_diff *d, bool content)
{
    struct lists l = {alike_new(), alike_new(), alike_new(), alike_new(), alike_new()};

    for (size_t i = 0; i < d->n_arches; i++)
        if (d->arches[i].old && d->arches[i].now)
            add_arch(&l, &d->arches[i], content);
    return object_json("sizes", diff_sizes_json(d), "packages",
                       sorted(alike_list(&l.packages), "name"), "files",
                       sorted(alike_list(&l.files), "path"), "scripts", alike_list(&l.scripts),
                       "findings", alike_list(&l.findings), "config", alike_list(&l.config), NULL);
}
