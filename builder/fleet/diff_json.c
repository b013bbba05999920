/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/diff.h"

#include "base/json.h"

static json_t *json_packages(const struct arch_diff *a)
{
    json_t *array = json_array();

    for (size_t i = 0; i < a->n_packages; i++) {
        const struct package_change *c = &a->packages[i];
        const struct record_package *p = c->now ? c->now : c->old;
        json_array_append_new(array, json_pack("{s:s, s:s, s:o, s:o, s:s}", "name", p->name,
                                               "change", package_change_name(c->kind), "from",
                                               text_json(c->old ? c->old->version : NULL), "to",
                                               text_json(c->now ? c->now->version : NULL), "source",
                                               p->source));
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
    o = json_pack("{s:s, s:s, s:I, s:I}", "type", entry_type_name(p->type), "mode", mode, "uid",
                  (json_int_t)p->uid, "gid", (json_int_t)p->gid);
    if (!sha256_is_zero(&p->sha256))
        json_object_set_new(o, "digest", json_string(sha256_digest(&p->sha256).s));
    if (p->target)
        json_object_set_new(o, "target", json_string(p->target));
    return o;
}

static json_t *json_paths(const struct arch_diff *a)
{
    json_t *array = json_array();

    for (size_t i = 0; i < a->n_paths; i++) {
        const struct path_change *c = &a->paths[i];
        json_array_append_new(array,
                              json_pack("{s:s, s:o, s:o}", "path", (c->now ? c->now : c->old)->path,
                                        "from", json_side(c->old), "to", json_side(c->now)));
    }
    return array;
}

static json_t *json_scripts(const struct arch_diff *a)
{
    json_t *array = json_array();

    for (size_t i = 0; i < a->n_scripts; i++) {
        const struct script_change *c = &a->scripts[i];
        const struct record_script *s = c->now ? c->now : c->old;
        json_array_append_new(array, json_pack("{s:s, s:s, s:s, s:o, s:o}", "package", s->package,
                                               "script", s->script, "change",
                                               c->old && c->now ? "changed"
                                               : c->now         ? "added"
                                                                : "removed",
                                               "class", text_json(c->now ? s->class : NULL), "what",
                                               text_json(c->now ? s->what : NULL)));
    }
    return array;
}

static json_t *json_findings(const struct arch_diff *a)
{
    json_t *array = json_array();

    for (size_t i = 0; i < a->n_findings; i++) {
        const struct record_finding *f = a->findings[i].finding;
        json_array_append_new(array,
                              json_pack("{s:s, s:s, s:s, s:s, s:o, s:s}", "change",
                                        a->findings[i].gone ? "gone" : "new", "rule", f->rule,
                                        "severity", f->severity, "action", f->action, "path",
                                        text_json(f->path), "text", f->text));
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
        json_object_set_new(o, c->key,
                            json_pack("{s:O, s:O}", "from", old ? old : json_null(), "to",
                                      now ? now : json_null()));
    }
    return o;
}

static json_t *json_size(const struct record_arch *a)
{
    if (!a)
        return json_null();
    return json_pack("{s:I, s:I}", "packed", (json_int_t)a->packed, "unpacked",
                     (json_int_t)a->unpacked);
}

static json_t *json_digest(const struct record *r)
{
    return r ? json_string(sha256_digest(&r->image).s) : json_null();
}

json_t *diff_arches_json(const struct image_diff *d)
{
    json_t *arches = json_object();

    for (size_t i = 0; i < d->n_arches; i++) {
        const struct arch_diff *a = &d->arches[i];
        json_t *o = json_pack(
            "{s:o, s:o, s:o, s:o, s:o, s:o}", "size",
            json_pack("{s:o, s:o}", "from", json_size(a->old), "to", json_size(a->now)), "packages",
            json_packages(a), "files", json_paths(a), "scripts", json_scripts(a), "findings",
            json_findings(a), "config", json_config(a));
        json_object_set_new(arches, a->arch, o);
    }
    return arches;
}

void diff_json(const struct image_diff *d, const char *old, const char *now, struct buf *ret)
{
    json_t *root = json_object();

    json_object_set_new(root, "from", json_string(old));
    json_object_set_new(root, "to", json_string(now));
    json_object_set_new(root, "from_digest", json_digest(d->old));
    json_object_set_new(root, "to_digest", json_digest(d->now));
    json_object_set_new(root, "same", json_boolean(diff_empty(d)));
    json_object_set_new(root, "architectures", diff_arches_json(d));
    char *text = json_dumps(root, JSON_COMPACT | JSON_ENSURE_ASCII);
    buf_addf(ret, "%s\n", text);
    free(text);
    json_decref(root);
}
