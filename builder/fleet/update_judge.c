/* SPDX-License-Identifier: Apache-2.0 */
/* Whether an image may be published, and what the report says of it. */
#include "base/json.h"
#include "fleet/attach.h"
#include "fleet/changelogs.h"
#include "fleet/entry.h"
#include "fleet/gate.h"
#include "fleet/update_private.h"

/* ---- stops ---------------------------------------------------------------------------------- */

static int stop(struct work *w)
{
    w->ret->state = UPDATE_STOPPED;
    w->ret->code = ERR_POLICY;
    return 0;
}

/* --accept NAME@DIGEST: the recipe's name, or the whole one. */
static bool is_accepted(struct work *w)
{
    const struct sha256_text digest = sha256_digest(&w->b.digest);

    for (size_t i = 0; w->u->options->accept && i < w->u->options->accept->n; i++) {
        const char *text = w->u->options->accept->v[i], *at = strchr(text, '@');
        struct slice name = {text, at ? (size_t)(at - text) : 0};
        if (at && strcmp(at + 1, digest.s) == 0 &&
            (slice_eq(name, w->b.recipe->name) || slice_eq(name, w->ret->name))) {
            pthread_mutex_lock(&w->u->lock);
            strv_add(&w->u->accepted, text);
            pthread_mutex_unlock(&w->u->lock);
            return true;
        }
    }
    return false;
}

static void ask_gate(struct work *w)
{
    const struct update_options *o = w->u->options;
    const struct recipe *r = w->b.recipe;

    strv_release(&w->stops);
    gate_check(o->gate ? &o->gate->gate : &r->gate, &w->diff, r->end_of_life,
               w->u->build.archive.now, &w->stops);
}

static void add_downgrade(struct work *w, const char *package, const char *now, const char *old)
{
    strv_addf(&w->ret->reasons,
              "package %s is older than in what is published: %s, there %s (--allow-downgrade "
              "publishes it all the same)",
              package, now, old);
}

static void check_downgrade(struct work *w)
{
    const struct package_change *c = NULL;

    if (w->u->options->allow_downgrade || !w->published.has_record || !diff_downgrade(&w->diff, &c))
        return;
    add_downgrade(w, c->now->name, c->now->version, c->old->version);
}

/* The same by the locks, of an image that isn't built. */
static void check_locks(struct work *w)
{
    const struct published *p = &w->published;
    struct lock_change *changes = NULL;
    size_t n = 0;

    if (!w->u->options->allow_downgrade && p->has_record && p->record.lock)
        n = lock_diff(p->record.lock, w->b.resolved.lock, &changes);
    for (size_t i = 0; i < n; i++) {
        if (changes[i].kind != LOCK_DOWNGRADED)
            continue;
        add_downgrade(w, changes[i].name, changes[i].to, changes[i].from);
        break;
    }
    free(changes);
}

static void check_adoption(struct work *w)
{
    const struct published *p = &w->published;

    if (!p->any || p->has_record || w->u->options->adopt ||
        (w->made && sha256_eq(&p->digest, &w->b.digest)))
        return;
    strv_addf(&w->ret->reasons,
              "%s:%s names an image without a record: mkimage update didn't publish it (--adopt "
              "replaces it)",
              w->ret->name, p->tag);
}

/* ---- judging -------------------------------------------------------------------------------- */

static int compare(struct work *w, const char *accepted, struct err *err)
{
    const struct published *p = &w->published;

    if (update_record(w, accepted, err) < 0)
        return err_ret(err);
    diff_release(&w->diff);
    diff_records(p->has_record ? &p->record : NULL, &w->record, &w->diff);
    for (size_t i = 0; p->adopted && i < w->diff.n_arches; i++)
        w->diff.arches[i].n_scripts = w->diff.arches[i].n_findings = 0; /* layers tell of none */
    return 0;
}

static int make_entry(struct work *w, struct err *err)
{
    struct updater *u = w->u;
    CLEANUP(places_release) struct places places = {0};
    struct changelogs logs = {u->session, u->http, u->cache, &places};

    places_init(&places, u->session, w->b.recipe, w->b.resolved.lock, &u->build.archive.mirrors);
    json_decref(w->ret->entry);
    w->ret->entry = entry_new(w->ret);
    entry_add_diff(w->ret->entry, &w->diff);
    if (w->published.any) /* also without a record */
        json_put(w->ret->entry, "first", json_false());
    return entry_add_changelogs(w->ret->entry, &w->diff, &logs, err);
}

int update_judge(struct work *w, struct err *err)
{
    struct update_image *ret = w->ret;

    ret->digest = w->b.digest;
    ret->replaced = w->published.digest;
    if (sha256_eq(&w->published.digest, &ret->digest))
        ret->replaced = (struct sha256){0};
    strv_release(&ret->reasons);
    if (compare(w, NULL, err) < 0)
        return err_ret(err);
    check_adoption(w);
    check_downgrade(w);
    ask_gate(w);
    if (w->stops.n && is_accepted(w)) {
        if (compare(w, w->u->options->reason, err) < 0)
            return err_ret(err);
    } else {
        ret->acceptable = w->stops.n && !ret->reasons.n;
        strv_copy(&ret->reasons, &w->stops);
    }
    ret->state = UPDATE_PUBLISHED;
    if (ret->reasons.n)
        stop(w);
    return make_entry(w, err);
}

void update_would_change(struct work *w)
{
    const struct published *p = &w->published;
    const struct lock *old = p->has_record ? p->record.lock : w->b.resolved.old;

    w->ret->replaced = p->digest;
    w->ret->state = UPDATE_CHANGES;
    check_adoption(w);
    check_locks(w);
    if (w->ret->reasons.n)
        stop(w);
    json_decref(w->ret->entry);
    w->ret->entry = entry_new(w->ret);
    entry_add_moves(w->ret->entry, old, w->b.resolved.lock);
}

int update_late_entry(struct work *w, struct err *err)
{
    CLEANUP(record_release) struct record old = {0};
    const struct record *now = &w->published.record;
    bool found = false;

    if (!sha256_is_zero(&now->replaced) &&
        record_fetch(w->u->session, w->u->cache, w->u->registry, w->to.repository, &now->replaced,
                     NULL, &old, &found, err) < 0)
        return err_ret(err);
    w->ret->replaced = now->replaced;
    if (!found && !sha256_is_zero(&now->replaced)) {
        w->ret->entry = entry_new(w->ret);
        return 0;
    }
    diff_release(&w->diff);
    diff_records(found ? &old : NULL, now, &w->diff);
    int r = make_entry(w, err);
    diff_release(&w->diff);
    return r;
}
