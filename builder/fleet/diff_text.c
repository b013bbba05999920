/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/diff.h"

#include <inttypes.h>

/* ---- text ------------------------------------------------------------------------------------ */

struct writer {
    const struct log *log;
    struct buf *out;
};

static const char *sign(const struct writer *w, const void *old, const void *now)
{
    return old && now ? log_yellow(w->log) : now ? log_green(w->log) : log_red(w->log);
}

/* "  + ", "  - ", "  ~ " in its colour. */
static void line(struct writer *w, const void *old, const void *now)
{
    buf_addf(w->out, "    %s%c%s ", sign(w, old, now),
             old && now ? '~'
             : now      ? '+'
                        : '-',
             log_reset(w->log));
}

static void heading(struct writer *w, const char *title, size_t n)
{
    if (n)
        buf_addf(w->out, "  %s%s%s\n", log_bold(w->log), title, log_reset(w->log));
}

static void text_packages(struct writer *w, const struct arch_diff *a)
{
    heading(w, "Packages", a->n_packages);
    for (size_t i = 0; i < a->n_packages; i++) {
        const struct package_change *c = &a->packages[i];
        line(w, c->old, c->now);
        if (!c->old || !c->now)
            buf_addf(w->out, "%s %s\n", (c->old ? c->old : c->now)->name,
                     (c->old ? c->old : c->now)->version);
        else
            buf_addf(w->out, "%s %s -> %s%s\n", c->now->name, c->old->version, c->now->version,
                     c->kind == PACKAGE_DOWNGRADED ? " (older)"
                     : c->kind == PACKAGE_REBUILT  ? " (other bytes)"
                                                   : "");
    }
}

static void text_paths(struct writer *w, const struct arch_diff *a)
{
    heading(w, "Files", a->n_paths);
    for (size_t i = 0; i < a->n_paths; i++) {
        const struct path_change *c = &a->paths[i];
        const struct record_path *p = c->now ? c->now : c->old;
        line(w, c->old, c->now);
        buf_addf(w->out, "/%s", p->path);
        if (c->flags & PATH_TYPE)
            buf_addf(w->out, ", %s -> %s", entry_type_name(c->old->type),
                     entry_type_name(c->now->type));
        if (c->flags & PATH_CONTENT)
            buf_addstr(w->out, p->target ? ", target" : ", content");
        if (c->flags & PATH_MODE)
            buf_addf(w->out, ", mode %04o -> %04o", c->old->mode, c->now->mode);
        if (c->flags & PATH_OWNER)
            buf_addf(w->out, ", owner %u:%u -> %u:%u", c->old->uid, c->old->gid, c->now->uid,
                     c->now->gid);
        buf_addch(w->out, '\n');
    }
}

static void text_scripts(struct writer *w, const struct arch_diff *a)
{
    heading(w, "Maintainer scripts", a->n_scripts);
    for (size_t i = 0; i < a->n_scripts; i++) {
        const struct script_change *c = &a->scripts[i];
        const struct record_script *s = c->now ? c->now : c->old;
        line(w, c->old, c->now);
        buf_addf(w->out, "%s %s", s->package, s->script);
        if (c->now)
            buf_addf(w->out, " (%s%s%s)", s->class, s->what ? ": " : "", s->what ? s->what : "");
        buf_addch(w->out, '\n');
    }
}

static void text_findings(struct writer *w, const struct arch_diff *a)
{
    heading(w, "Findings", a->n_findings);
    for (size_t i = 0; i < a->n_findings; i++) {
        const struct record_finding *f = a->findings[i].finding;
        bool gone = a->findings[i].gone;
        line(w, gone ? f : NULL, gone ? NULL : f);
        buf_addf(w->out, "%s %s", f->rule, f->action);
        if (f->path)
            buf_addf(w->out, " /%s", f->path);
        buf_addf(w->out, ": %s\n", f->text);
    }
}

static void text_config(struct writer *w, const struct arch_diff *a)
{
    heading(w, "Config", a->n_config);
    for (size_t i = 0; i < a->n_config; i++) {
        const struct config_change *c = &a->config[i];
        line(w, c->old, c->now);
        if (c->old && c->now)
            buf_addf(w->out, "%s %s -> %s\n", c->key, c->old, c->now);
        else
            buf_addf(w->out, "%s %s\n", c->key, c->old ? c->old : c->now);
    }
}

static void text_sizes(struct writer *w, const struct arch_diff *a)
{
    if (!a->old || !a->now) {
        buf_addf(w->out, "  %s this architecture\n", a->now ? "gains" : "loses");
        return;
    }
    if (a->old->packed == a->now->packed && a->old->unpacked == a->now->unpacked)
        return;
    heading(w, "Size", 1);
    buf_addf(w->out, "    %s -> %s, unpacked %s -> %s\n", size_text(a->old->packed).s,
             size_text(a->now->packed).s, size_text(a->old->unpacked).s,
             size_text(a->now->unpacked).s);
}

void diff_text(const struct image_diff *d, const char *old, const char *now, const struct log *log,
               struct buf *ret)
{
    struct writer w = {log, ret};

    buf_addf(ret, "- %s\n+ %s\n", old, now);
    if (diff_empty(d)) {
        buf_addstr(ret, "no difference\n");
        return;
    }
    for (size_t i = 0; i < d->n_arches; i++) {
        const struct arch_diff *a = &d->arches[i];
        buf_addf(ret, "%s%s%s\n", log_bold(log), a->arch, log_reset(log));
        text_sizes(&w, a);
        text_packages(&w, a);
        text_paths(&w, a);
        text_scripts(&w, a);
        text_findings(&w, a);
        text_config(&w, a);
    }
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static json_t *text_or_null(const char *s)
{
    return s ? json_string(s) : json_null();
}

static json_t *json_packages(const struct arch_diff *a)
{
    json_t *array = json_array();

    for (size_t i = 0; i < a->n_packages; i++) {
        const struct package_change *c = &a->packages[i];
        const struct record_package *p = c->now ? c->now : c->old;
        json_array_append_new(array, json_pack("{s:s, s:s, s:o, s:o, s:s}", "name", p->name,
                                               "change", package_change_name(c->kind), "from",
                                               text_or_null(c->old ? c->old->version : NULL), "to",
                                               text_or_null(c->now ? c->now->version : NULL),
                                               "source", p->source));
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
                                               "class", text_or_null(c->now ? s->class : NULL),
                                               "what", text_or_null(c->now ? s->what : NULL)));
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
                                        text_or_null(f->path), "text", f->text));
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

void diff_json(const struct image_diff *d, const char *old, const char *now, struct buf *ret)
{
    json_t *root = json_object(), *arches = json_object();

    for (size_t i = 0; i < d->n_arches; i++) {
        const struct arch_diff *a = &d->arches[i];
        json_t *o = json_pack(
            "{s:o, s:o, s:o, s:o, s:o, s:o}", "size",
            json_pack("{s:o, s:o}", "from", json_size(a->old), "to", json_size(a->now)), "packages",
            json_packages(a), "files", json_paths(a), "scripts", json_scripts(a), "findings",
            json_findings(a), "config", json_config(a));
        json_object_set_new(arches, a->arch, o);
    }
    json_object_set_new(root, "from", json_string(old));
    json_object_set_new(root, "to", json_string(now));
    json_object_set_new(root, "same", json_boolean(diff_empty(d)));
    json_object_set_new(root, "architectures", arches);
    char *text = json_dumps(root, JSON_COMPACT | JSON_ENSURE_ASCII);
    buf_addf(ret, "%s\n", text);
    free(text);
    json_decref(root);
}
