/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "harden/secret.h"
#include "report/audit_private.h"

#define NOT_SHOWN "(not shown: it gives a secret away)"

/* Further paths of a finding that are named; its count says how many there are. */
#define MORE_MAX 10000u

static json_t *list_json(const struct strv *list)
{
    json_t *ret = json_array();

    strv_each (item, list)
        json_add(ret, json_shown(*item));
    return ret;
}

static json_t *date_json(int64_t seconds)
{
    CLEANUP(free_ptr) char *date = xasprintf("%.10s", time_text(seconds).s);
    return seconds ? text_json(date) : json_null();
}

/* Arguments, which may be secrets. */
static json_t *words_json(const struct strv *words)
{
    CLEANUP(buf_release) struct buf line = BUF_INIT(0);

    strv_each (word, words)
        buf_addf(&line, "%s ", *word);
    return line_has_secret(buf_str(&line)) ? array_json(text_json(NOT_SHOWN), NULL)
                                           : list_json(words);
}

static json_t *layer_json(const struct flat_layer *l)
{
    json_t *o = json_object();

    json_put(o, "digest", json_shown(l->name));
    json_put(o, "media_type", json_shown(l->media_type));
    bool secret = l->created_by && line_has_secret(l->created_by);
    json_put(o, "created_by", json_shown(secret ? NOT_SHOWN : l->created_by));
    json_put(o, "packed", number_json(l->packed));
    json_put(o, "unpacked", number_json(l->unpacked));
    json_put(o, "entries", number_json(l->entries));
    json_put(o, "files", number_json(l->files));
    json_put(o, "whiteouts", number_json(l->whiteouts));
    json_put(o, "hidden", number_json(l->hidden_files));
    json_put(o, "hidden_bytes", number_json(l->hidden_bytes));
    json_put(o, "absent", json_boolean(l->absent));
    json_put(o, "faults", list_json(&l->faults));
    return o;
}

static json_t *finding_json(const struct issue *i, size_t most)
{
    const struct finding *f = i->finding;
    json_t *o = json_object(), *more = json_array();

    json_put(o, "rule", text_json(f->rule->id));
    json_put(o, "severity", text_json(severity_name(i->severity)));
    json_put(o, "path", json_path(f->path));
    json_put(o, "package", json_shown(f->package));
    json_put(o, "layer", json_shown(i->layer ? i->layer->name : NULL));
    json_put(o, "text", json_shown(f->text));
    for (size_t k = 0; k < f->more.n && (k < most || i->severity >= SEVERITY_HIGH); k++)
        json_add(more, json_path(f->more.v[k]));
    json_put(o, "more", more);
    json_put(o, "count", number_json(f->more.n + 1));
    if (i->changed) {
        json_t *changed = json_object();
        json_put(changed, "off", json_boolean(i->off));
        json_put(changed, "severity_before", text_json(severity_name(f->severity)));
        json_put(changed, "reason", json_shown(i->changed->reason));
        json_put(o, "policy", changed);
    } else {
        json_put(o, "policy", json_null());
    }
    return o;
}

static json_t *rules_json(void)
{
    json_t *rules = json_object();

    rule_each (r) {
        json_t *o = json_object();
        json_put(o, "title", text_json(r->title));
        json_put(o, "severity", text_json(severity_name(r->severity)));
        json_put(o, "fix", text_json(rule_mend(r)));
        json_put(o, "source", text_json(r->source));
        json_put(rules, r->id, o);
    }
    return rules;
}

static json_t *packages_json(const struct software *s)
{
    json_t *list = json_array();

    for (size_t i = 0; i < s->n; i++) {
        const struct package *p = s->packages[i];
        json_t *o = json_object();
        json_put(o, "name", json_shown(p->name));
        json_put(o, "version", json_shown(p->version));
        json_put(o, "architecture", json_shown(p->arch));
        json_put(o, "source", json_shown(p->source));
        json_put(o, "source_version", json_shown(p->source_version));
        json_put(o, "files", number_json(s->files[i]));
        json_add(list, o);
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
    json_put(o, "id", json_shown(d->id));
    json_put(o, "version", json_shown(d->version_id));
    json_put(o, "name", json_shown(d->name));
    json_put(o, "support", text_json(support_name(a->support)));
    json_put(o, "end", date_json(d->end));
    json_put(o, "extended_end", date_json(d->extended));
    json_put(o, "end_from",
             d->known ? text_json(d->own_word ? "os-release" : "table") : json_null());
    return o;
}

static json_t *config_json(const struct audited *a)
{
    json_t *o = json_object();

    json_put(o, "user", json_shown(a->config.user));
    json_put(o, "entrypoint", words_json(&a->config.entrypoint));
    json_put(o, "cmd", words_json(&a->config.cmd));
    json_put(o, "workdir", json_shown(a->config.workdir));
    json_put(o, "ports", list_json(&a->config.ports));
    json_put(o, "volumes", list_json(&a->config.volumes));
    return o;
}

static json_t *figures_json(const struct audited *a)
{
    json_t *o = json_object();

    for (size_t i = 0; i < n_figure_rows; i++)
        json_put(o, figure_rows[i].name, number_json(figure_value(a, &figure_rows[i])));
    json_put(o, "bytes", number_json(a->figures.bytes));
    json_put(o, "hidden_bytes", number_json(a->figures.hidden_bytes));
    return o;
}

static json_t *image_json(const struct audited *a, size_t most)
{
    json_t *o = json_object(), *counts = json_object(), *layers = json_array();
    json_t *findings = json_array();
    struct sha256_text digest = image_digest(a);

    for (int s = SEVERITY_CRITICAL; s >= SEVERITY_INFO; s--)
        json_put(counts, severity_name((enum severity)s), number_json(a->counts[s]));
    json_put(counts, "off", number_json(a->n_off));
    for (size_t i = 0; i < a->flat.n_layers; i++)
        json_add(layers, layer_json(&a->flat.layers[i]));
    for (size_t i = 0; i < a->n_issues; i++)
        json_add(findings, finding_json(&a->issues[i], most));
    json_put(o, "digest", a->read ? text_json(digest.s) : json_null());
    json_put(o, "platform", json_shown(a->platform));
    json_put(o, "created", date_json(a->config.created));
    json_put(o, "incomplete", json_boolean(a->flat.incomplete));
    json_put(o, "counts", counts);
    json_put(o, "figures", figures_json(a));
    json_put(o, "distribution", distribution_json(a));
    json_put(o, "records", text_json(records_name(a->software.records)));
    json_put(o, "config", a->read ? config_json(a) : json_null());
    json_put(o, "layers", layers);
    json_put(o, "packages", packages_json(&a->software));
    json_put(o, "findings", findings);
    return o;
}

json_t *audit_document(const struct audit *a, size_t more)
{
    json_t *o = json_object(), *images = json_array();

    json_put(o, "format", json_integer(2));
    json_put(o, "tool", text_json("mkimage " MKIMAGE_VERSION));
    json_put(o, "location", json_shown(a->location));
    json_put(o, "digest",
             sha256_is_zero(&a->digest) ? json_null() : text_json(sha256_digest(&a->digest).s));
    json_put(o, "rules", rules_json());
    for (size_t i = 0; i < a->n; i++)
        json_add(images, image_json(&a->images[i], more));
    json_put(o, "images", images);
    json_put(o, "left_out", list_json(&a->left_out));
    return o;
}

void audit_json(const struct audit *a, const struct log *log, struct buf *ret)
{
    (void)log;
    add_json(ret, audit_document(a, MORE_MAX));
    buf_addch(ret, '\n');
}
