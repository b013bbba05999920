/* SPDX-License-Identifier: Apache-2.0 */
#include "report/summary.h"

#include "base/json.h"
#include "base/text.h"

#define PATHS_SHOWN   6
#define SCRIPTS_SHOWN 12
#define SKIPPED_SHOWN 6

/* Text from outside in a colour of ours. */
static void add_coloured(struct buf *ret, const char *colour, const struct log *log,
                         const char *text)
{
    buf_addstr(ret, colour);
    text_addstr(ret, text);
    buf_addstr(ret, log_reset(log));
}

/* "  FS-SUID   mended: /usr/bin/su, /usr/bin/mount (2)" for one rule. */
static void rule_line(const struct arch_build *a, const struct rule *r, struct buf *ret)
{
    size_t n = 0;

    for (size_t i = 0; i < a->findings.n; i++) {
        const struct finding *f = &a->findings.v[i];
        if (f->rule != r || f->action != RULE_FIX)
            continue;
        if (n == 0)
            text_addf(ret, "  %-9s %s: ", r->id,
                      strcmp(f->text, "left out") == 0 ? f->text : "mended");
        if (n < PATHS_SHOWN) {
            buf_addstr(ret, n ? ", " : "");
            text_addf(ret, "/%s", f->path);
        }
        n++;
    }
    if (n > PATHS_SHOWN)
        text_addf(ret, " and %zu more", n - PATHS_SHOWN);
    if (n)
        buf_addch(ret, '\n');
}

/* "  noted: ELF-PIE 2, SW-DB 1 (mkimage explain RULE)": paths a rule. */
static void notes_line(const struct arch_build *a, struct buf *ret)
{
    bool any = false;

    rule_each (r) {
        size_t n = 0;
        for (size_t i = 0; i < a->findings.n; i++)
            if (a->findings.v[i].rule == r && a->findings.v[i].action == RULE_NOTE)
                n += 1 + a->findings.v[i].more.n;
        if (n)
            text_addf(ret, "%s %s %zu", any ? "," : "  noted:", r->id, n);
        any |= n > 0;
    }
    if (any)
        buf_addstr(ret, " (see mkimage explain)\n");
}

static void allowed_lines(const struct arch_build *a, const struct log *log, struct buf *ret)
{
    for (size_t i = 0; i < a->findings.n; i++) {
        const struct finding *f = &a->findings.v[i];
        if (!f->allow)
            continue;
        buf_addf(ret, "  %s", log_yellow(log));
        text_addf(ret, "%-9s allowed: /%s %s (%s)", f->rule->id, f->path ? f->path : "", f->text,
                  f->allow->reason);
        buf_addf(ret, "%s\n", log_reset(log));
    }
}

static void scripts_lines(const struct arch_build *a, const struct log *log, struct buf *ret)
{
    if (!a->n_unhandled)
        return;
    buf_addf(ret, "  %s%zu maintainer script%s not run and not stood in for:%s\n", log_yellow(log),
             a->n_unhandled, a->n_unhandled == 1 ? "" : "s", log_reset(log));
    for (size_t i = 0; i < a->n_unhandled && i < SCRIPTS_SHOWN; i++)
        text_addf(ret, "    %s %s\n", a->unhandled[i].package, a->unhandled[i].what);
    if (a->n_unhandled > SCRIPTS_SHOWN)
        text_addf(ret, "    and %zu more (--format json names them all)\n",
                  a->n_unhandled - SCRIPTS_SHOWN);
}

/* "  not made: byte-compiled Python (scripts of python3.13, python3 and 4 more)" */
static void skipped_lines(const struct arch_build *a, struct buf *ret)
{
    for (size_t i = 0; i < a->n_skipped; i++) {
        const struct strv *packages = &a->skipped[i].packages;
        text_addf(ret, "  not made: %s (scripts of ", a->skipped[i].what);
        for (size_t k = 0; k < packages->n && k < SKIPPED_SHOWN; k++)
            text_addf(ret, "%s%s", k ? ", " : "", packages->v[k]);
        if (packages->n > SKIPPED_SHOWN)
            text_addf(ret, " and %zu more", packages->n - SKIPPED_SHOWN);
        buf_addstr(ret, ")\n");
    }
}

static void arch_text(const struct arch_build *a, const struct log *log, struct buf *ret)
{
    add_coloured(ret, log_bold(log), log, a->lock->arch);
    text_addf(ret, "  %zu packages, %zu files, %s unpacked, %s packed, %zu layers\n", a->n_packages,
              a->files, size_text(a->unpacked).s, size_text(a->packed).s, a->image.n_layers);
    if (a->excluded)
        text_addf(ret, "  %zu paths left out by exclude and package sections\n", a->excluded);
    if (a->lock->omitted.n) {
        CLEANUP(free_ptr) char *names = strv_join(&a->lock->omitted, ", ");
        text_addf(ret, "  omitted: %s\n", names);
    }
    rule_each (r)
        rule_line(a, r, ret);
    notes_line(a, ret);
    allowed_lines(a, log, ret);
    skipped_lines(a, ret);
    scripts_lines(a, log, ret);
    strv_each (note, &a->notes)
        text_addf(ret, "  note: %s\n", *note);
}

void summary_text(const struct build *b, const char *location, bool unchanged, double seconds,
                  const struct log *log, struct buf *ret)
{
    const char *title = b->recipe->title ? b->recipe->title : b->recipe->name;

    add_coloured(ret, log_bold(log), log, title);
    buf_addch(ret, '\n');
    for (size_t i = 0; i < b->n_arches; i++)
        arch_text(&b->arches[i], log, ret);
    if (b->preparation.fetched)
        text_addf(ret, "%zu packages unpacked, %s fetched\n", b->preparation.made,
                  size_text(b->preparation.fetched).s);
    if (b->lock_written)
        text_addf(ret, "wrote %s\n", b->lock_path);
    add_coloured(ret, log_green(log), log, location);
    text_addf(ret, " %s%s in %.2f s\n", sha256_digest(&b->digest).s,
              unchanged ? ", unchanged," : "", seconds);
}

/* ---- JSON ----------------------------------------------------------------------------------- */

static json_t *layers_json(const struct arch_build *a)
{
    json_t *list = json_array();

    for (size_t i = 0; i < a->image.n_layers; i++) {
        const struct image_layer *l = &a->image.layers[i];
        json_add(list,
                 object_json("digest", text_json(sha256_digest(&l->layer.digest).s), "diff_id",
                             text_json(sha256_digest(&l->layer.diff_id).s), "size",
                             number_json(l->layer.size), "unpacked", number_json(l->layer.tar_size),
                             "created_by", text_json(l->created_by), NULL));
    }
    return list;
}

static json_t *packages_json(const struct arch_build *a)
{
    json_t *list = json_array();

    for (size_t i = 0; i < a->lock->n_packages; i++) {
        const struct lock_package *p = &a->lock->packages[i];
        json_add(list,
                 object_json("name", text_json(p->name), "version", text_json(p->version),
                             "architecture", text_json(p->arch), "source", text_json(p->source),
                             "source_version", text_json(p->source_version), "origin",
                             text_json(p->origin), NULL));
    }
    return list;
}

static json_t *findings_json(const struct arch_build *a)
{
    json_t *list = json_array();

    for (size_t i = 0; i < a->findings.n; i++) {
        const struct finding *f = &a->findings.v[i];
        json_t *o = json_object();
        json_put(o, "rule", text_json(f->rule->id));
        json_put(o, "severity", text_json(severity_name(f->severity)));
        json_put(o, "action", text_json(rule_action_name(f->action)));
        json_put(o, "path", text_json(f->path));
        json_put(o, "more", strings_json(&f->more));
        json_put(o, "package", text_json(f->package));
        json_put(o, "text", text_json(f->text));
        json_put(o, "allowed", text_json(f->allow ? f->allow->reason : NULL));
        json_add(list, o);
    }
    return list;
}

static json_t *scripts_json(const struct arch_build *a)
{
    json_t *list = json_array();

    for (size_t i = 0; i < a->n_unhandled; i++) {
        json_t *o = json_object();
        json_put(o, "package", text_json(a->unhandled[i].package));
        json_put(o, "script", text_json(a->unhandled[i].what));
        json_add(list, o);
    }
    return list;
}

static json_t *skipped_json(const struct arch_build *a)
{
    json_t *list = json_array();

    for (size_t i = 0; i < a->n_skipped; i++) {
        json_t *o = json_object();
        json_put(o, "what", text_json(a->skipped[i].what));
        json_put(o, "packages", strings_json(&a->skipped[i].packages));
        json_add(list, o);
    }
    return list;
}

static json_t *arch_json(const struct arch_build *a)
{
    json_t *o = json_object();

    json_put(o, "architecture", text_json(a->lock->arch));
    json_put(o, "manifest", text_json(sha256_digest(&a->built.manifest_digest).s));
    json_put(o, "config", text_json(sha256_digest(&a->built.config_digest).s));
    json_put(o, "created", text_json(time_text(a->built.created).s));
    json_put(o, "packed", number_json(a->packed));
    json_put(o, "unpacked", number_json(a->unpacked));
    json_put(o, "files", number_json(a->files));
    json_put(o, "layers", layers_json(a));
    json_put(o, "packages", packages_json(a));
    json_put(o, "omitted", strings_json(&a->lock->omitted));
    json_put(o, "findings", findings_json(a));
    json_put(o, "scripts", scripts_json(a));
    json_put(o, "not_made", skipped_json(a));
    json_put(o, "notes", strings_json(&a->notes));
    return o;
}

void summary_json(const struct build *b, const char *location, bool unchanged, struct buf *ret)
{
    json_t *o = json_object(), *images = json_array();

    json_put(o, "recipe", text_json(b->recipe->path));
    json_put(o, "name", text_json(b->recipe->name));
    json_put(o, "location", text_json(location));
    json_put(o, "digest", text_json(sha256_digest(&b->digest).s));
    json_put(o, "unchanged", json_boolean(unchanged));
    for (size_t i = 0; i < b->n_arches; i++)
        json_add(images, arch_json(&b->arches[i]));
    json_put(o, "images", images);
    json_bytes(o, ret);
    buf_addch(ret, '\n');
    json_decref(o);
}

/* ---- lock ----------------------------------------------------------------------------------- */

size_t summary_lock_changes(const struct resolved *r, struct buf *ret)
{
    struct lock_change *changes = NULL;
    size_t n = lock_diff(r->old, r->lock, &changes);

    for (size_t i = 0; i < n; i++) {
        const struct lock_change *c = &changes[i];
        switch (c->kind) {
        case LOCK_ADDED:
            text_addf(ret, "%s: + %s %s\n", c->arch, c->name, c->to);
            break;
        case LOCK_REMOVED:
            text_addf(ret, "%s: - %s %s\n", c->arch, c->name, c->from);
            break;
        case LOCK_UPGRADED:
            text_addf(ret, "%s: %s %s -> %s\n", c->arch, c->name, c->from, c->to);
            break;
        case LOCK_DOWNGRADED:
            text_addf(ret, "%s: %s %s -> %s (older)\n", c->arch, c->name, c->from, c->to);
            break;
        case LOCK_REBUILT:
            text_addf(ret, "%s: %s %s: other bytes\n", c->arch, c->name, c->to);
            break;
        }
    }
    free(changes);
    return n;
}
