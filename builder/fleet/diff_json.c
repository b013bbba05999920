/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/diff.h"

#include "base/json.h"

static json_t *json_packages(const struct arch_diff *a)
{
    json_t *array = json_array();

    for (size_t i = 0; i < a->n_packages; i++) {
        const struct package_change *c = &a->packages[i];
        const struct record_package *p = c->now ? c->now : c->old;
        json_add(array, object_json("name", text_json(p->name), "change",
                                    text_json(package_change_name(c->kind)), "from",
                                    text_json(c->old ? c->old->version : NULL), "to",
                                    text_json(c->now ? c->now->version : NULL), "source",
                                    text_json(p->source), NULL));
    }
    return array;
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
        json_put(o, "digest", text_json(sha256_digest(&p->sha256).s));
    if (p->target)
        json_put(o, "target", text_json(p->target));
    return o;
}

static json_t *json_paths(const struct arch_diff *a)
{
    json_t *array = json_array();

    for (size_t i = 0; i < a->n_paths; i++) {
        const struct path_change *c = &a->paths[i];
        json_add(array, object_json("path", text_json((c->now ? c->now : c->old)->path), "from",
                                    json_side(c->old), "to", json_side(c->now), NULL));
    }
    return array;
}

static json_t *json_scripts(const struct arch_diff *a)
{
    json_t *array = json_array();

    for (size_t i = 0; i < a->n_scripts; i++) {
        const struct script_change *c = &a->scripts[i];
        const struct record_script *s = c->now ? c->now : c->old;
        json_add(array, object_json("package", text_json(s->package), "script",
                                    text_json(s->script), "change",
                                    text_json(c->old && c->now ? "changed"
                                              : c->now         ? "added"
                                                               : "removed"),
                                    "class", text_json(c->now ? s->class : NULL), "what",
                                    text_json(c->now ? s->what : NULL), NULL));
    }
    return array;
}

static json_t *json_findings(const struct arch_diff *a)
{
    json_t *array = json_array();

    for (size_t i = 0; i < a->n_findings; i++) {
        const struct record_finding *f = a->findings[i].finding;
        json_add(array, object_json("change", text_json(a->findings[i].gone ? "gone" : "new"),
                                    "rule", text_json(f->rule), "severity", text_json(f->severity),
                                    "action", text_json(f->action), "path", text_json(f->path),
                                    "text", text_json(f->text), NULL));
    }
    return array;
}

static json_t *json_config(const struct arch_diff *a)
{
    json_t *o = json_object();

    for (size_t i = 0; i < a->n_config; i++) {
        const struct config_change *c = &a->config[i];
        json_t *old = a->old ? json_object_get(a->old->config, c->key) : NULL;
        json_t *now = a->now ? json_object_get(a->now->config, c->key) : NULL;
        json_put(o, c->key,
                 object_json("from", json_incref(old ? old : json_null()), "to",
                             json_incref(now ? now : json_null()), NULL));
    }
    return o;
}

static json_t *json_size(const struct record_arch *a)
{
    if (!a)
        return json_null();
    return object_json("packed", number_json(a->packed), "unpacked", number_json(a->unpacked),
                       NULL);
}

static json_t *json_digest(const struct record *r)
{
    return r ? text_json(sha256_digest(&r->image).s) : json_null();
}

json_t *diff_arches_json(const struct image_diff *d)
{
    json_t *arches = json_object();

    for (size_t i = 0; i < d->n_arches; i++) {
        const struct arch_diff *a = &d->arches[i];
        json_t *o = object_json(
            "size", object_json("from", json_size(a->old), "to", json_size(a->now), NULL),
            "packages", json_packages(a), "files", json_paths(a), "scripts", json_scripts(a),
            "findings", json_findings(a), "config", json_config(a), NULL);
        json_put(arches, a->arch, o);
    }
    return arches;
}

void diff_json(const struct image_diff *d, const char *old, const char *now, struct buf *ret)
{
    json_t *root = json_object();

    json_put(root, "from", text_json(old));
    json_put(root, "to", text_json(now));
    json_put(root, "from_digest", json_digest(d->old));
    json_put(root, "to_digest", json_digest(d->now));
    json_put(root, "same", json_boolean(diff_empty(d)));
    json_put(root, "architectures", diff_arches_json(d));
    char *text = json_dumps(root, JSON_COMPACT | JSON_ENSURE_ASCII);
    buf_addf(ret, "%s\n", text);
    free(text);
    json_decref(root);
}
