/* SPDX-License-Identifier: Apache-2.0 */
#include "report/audit_private.h"

/* Further paths of a finding that are named; its count says how many there are. */
#define MORE_MAX 10000u

static json_t *count_json(uint64_t n)
{
    return json_integer(n > INT64_MAX ? INT64_MAX : (json_int_t)n);
}

static void set(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value) < 0)
        abort(); /* no memory: mem.h */
}

static void append(json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) < 0)
        abort();
}

static json_t *list_json(const struct strv *list)
{
    json_t *ret = json_array();

    strv_each (item, list)
        append(ret, json_shown(*item));
    return ret;
}

static json_t *date_json(int64_t seconds)
{
    CLEANUP(free_ptr) char *date = xasprintf("%.10s", time_text(seconds).s);
    return seconds ? json_string(date) : json_null();
}

static json_t *layer_json(const struct flat_layer *l)
{
    json_t *o = json_object();

    set(o, "digest", json_shown(l->name));
    set(o, "media_type", json_shown(l->media_type));
    set(o, "created_by", json_shown(l->created_by));
    set(o, "packed", count_json(l->packed));
    set(o, "unpacked", count_json(l->unpacked));
    set(o, "entries", count_json(l->entries));
    set(o, "files", count_json(l->files));
    set(o, "whiteouts", count_json(l->whiteouts));
    set(o, "hidden", count_json(l->hidden_files));
    set(o, "hidden_bytes", count_json(l->hidden_bytes));
    set(o, "absent", json_boolean(l->absent));
    set(o, "faults", list_json(&l->faults));
    return o;
}

static json_t *finding_json(const struct issue *i, size_t most)
{
    const struct finding *f = i->finding;
    json_t *o = json_object(), *more = json_array();

    set(o, "rule", json_string(f->rule->id));
    set(o, "severity", json_string(severity_name(i->severity)));
    set(o, "path", json_path(f->path));
    set(o, "package", json_shown(f->package));
    set(o, "layer", json_shown(i->layer ? i->layer->name : NULL));
    set(o, "text", json_shown(f->text));
    for (size_t k = 0; k < f->more.n && k < most; k++)
        append(more, json_path(f->more.v[k]));
    set(o, "more", more);
    set(o, "count", count_json(f->more.n + 1));
    if (i->changed) {
        json_t *changed = json_object();
        set(changed, "off", json_boolean(i->off));
        set(changed, "severity_before", json_string(severity_name(f->severity)));
        set(changed, "reason", json_shown(i->changed->reason));
        set(o, "policy", changed);
    } else {
        set(o, "policy", json_null());
    }
    return o;
}

static json_t *rules_json(void)
{
    json_t *rules = json_object();

    rule_each (r) {
        json_t *o = json_object();
        set(o, "title", json_string(r->title));
        set(o, "severity", json_string(severity_name(r->severity)));
        set(o, "fix", json_string(r->advice));
        set(o, "source", json_string(r->source));
        set(rules, r->id, o);
    }
    return rules;
}

static json_t *packages_json(const struct software *s)
{
    json_t *list = json_array();

    for (size_t i = 0; i < s->n; i++) {
        const struct package *p = s->packages[i];
        json_t *o = json_object();
        set(o, "name", json_shown(p->name));
        set(o, "version", json_shown(p->version));
        set(o, "architecture", json_shown(p->arch));
        set(o, "source", json_shown(p->source));
        set(o, "source_version", json_shown(p->source_version));
        set(o, "files", count_json(s->files[i]));
        append(list, o);
    }
    return list;
}

static json_t *distribution_json(const struct audited *a)
{
    const struct distribution *d = &a->software.distribution;
    json_t *o = json_object();

    if (!d->id) {
        json_decref(o);
        return json_null();
    }
    set(o, "id", json_shown(d->id));
    set(o, "version", json_shown(d->version_id));
    set(o, "name", json_shown(d->name));
    set(o, "support", json_string(support_name(a->support)));
    set(o, "end", date_json(d->end));
    set(o, "extended_end", date_json(d->extended));
    set(o, "end_from", d->known ? json_string(d->own_word ? "os-release" : "table") : json_null());
    return o;
}

static json_t *config_json(const struct audited *a)
{
    json_t *o = json_object();

    set(o, "user", json_shown(a->config.user));
    set(o, "entrypoint", list_json(&a->config.entrypoint));
    set(o, "cmd", list_json(&a->config.cmd));
    set(o, "workdir", json_shown(a->config.workdir));
    set(o, "ports", list_json(&a->config.ports));
    set(o, "volumes", list_json(&a->config.volumes));
    return o;
}

static json_t *figures_json(const struct audited *a)
{
    json_t *o = json_object();

    for (size_t i = 0; i < n_figure_rows; i++)
        set(o, figure_rows[i].name, count_json(figure_value(a, &figure_rows[i])));
    set(o, "bytes", count_json(a->figures.bytes));
    set(o, "hidden_bytes", count_json(a->figures.hidden_bytes));
    return o;
}

static json_t *image_json(const struct audited *a, size_t most)
{
    json_t *o = json_object(), *counts = json_object(), *layers = json_array();
    json_t *findings = json_array();
    CLEANUP(free_ptr) char *platform = audit_platform(a);
    struct sha256_text digest = image_digest(a);

    for (int s = SEVERITY_CRITICAL; s >= SEVERITY_INFO; s--)
        set(counts, severity_name((enum severity)s), count_json(a->counts[s]));
    set(counts, "off", count_json(a->n_off));
    for (size_t i = 0; i < a->flat.n_layers; i++)
        append(layers, layer_json(&a->flat.layers[i]));
    for (size_t i = 0; i < a->n_issues; i++)
        append(findings, finding_json(&a->issues[i], most));
    set(o, "digest", a->read ? json_string(digest.s) : json_null());
    set(o, "platform", a->read ? json_string(platform) : json_null());
    set(o, "created", date_json(a->config.created));
    set(o, "incomplete", json_boolean(a->flat.incomplete));
    set(o, "counts", counts);
    set(o, "figures", figures_json(a));
    set(o, "distribution", distribution_json(a));
    set(o, "records", json_string(records_name(a->software.records)));
    set(o, "config", a->read ? config_json(a) : json_null());
    set(o, "layers", layers);
    set(o, "packages", packages_json(&a->software));
    set(o, "findings", findings);
    return o;
}

json_t *audit_document(const struct audit *a, size_t more)
{
    json_t *o = json_object(), *images = json_array();

    set(o, "format", json_integer(1));
    set(o, "tool", json_string("mkimage " MKIMAGE_VERSION));
    set(o, "location", json_shown(a->location));
    set(o, "digest",
        sha256_is_zero(&a->digest) ? json_null() : json_string(sha256_digest(&a->digest).s));
    set(o, "rules", rules_json());
    for (size_t i = 0; i < a->n; i++)
        append(images, image_json(&a->images[i], more));
    set(o, "images", images);
    return o;
}

void audit_json(const struct audit *a, struct buf *ret)
{
    add_json(ret, audit_document(a, MORE_MAX));
    buf_addch(ret, '\n');
}
