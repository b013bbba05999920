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
static bool is_accepted(struct work *w, const struct sha256 *image)
{
    const struct sha256_text digest = sha256_digest(image);

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

    gate_check(o->gate ? &o->gate->gate : &r->gate, &w->diff, r->end_of_life,
               w->u->build.archive.now, &w->stops);
}

/* ---- what isn't known ----------------------------------------------------------------------- */

static void add_unreadable(struct work *w, const char *tag)
{
    strv_addf(
        &w->stops,
        "%s:%s: %s what it names can't be read, so there is nothing to compare with: let the "
        "registry show it, keep mkimage's cache between runs, or look yourself and release the "
        "new image by --accept %s@DIGEST",
        w->ret->name, tag, w->u->options->adopt ? "neither record nor layers of" : "the record of",
        w->b.recipe->name);
}

static void add_unknown(struct work *w)
{
    CLEANUP(strv_release) struct strv tags = STRV_INIT;

    for (size_t i = 0; i < w->seen.n; i++)
        if (w->seen.v[i].state == TAG_UNKNOWN)
            strv_add(&tags, w->seen.v[i].tag);
    if (!tags.n)
        return;
    CLEANUP(free_ptr) char *names = strv_join(&tags, ", ");
    strv_addf(
        &w->stops,
        "the registry hides what the tag%s %s name%s, so it may be newer, or somebody "
        "else's: give the robot the right artifact:read (Harbor), keep mkimage's cache between "
        "runs, or look yourself and release the new image by --accept %s@DIGEST",
        tags.n == 1 ? "" : "s", names, tags.n == 1 ? "s" : "", w->b.recipe->name);
}

/* ---- what is there -------------------------------------------------------------------------- */

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

/* The same by the locks, of an image that isn't built, or isn't compared with as a whole. */
static void check_locks(struct work *w, const struct record *old)
{
    struct lock_change *changes = NULL;
    size_t n = 0;

    if (!w->u->options->allow_downgrade && old->lock)
        n = lock_diff(old->lock, w->b.resolved.lock, &changes);
    for (size_t i = 0; i < n; i++) {
        if (changes[i].kind != LOCK_DOWNGRADED)
            continue;
        add_downgrade(w, changes[i].name, changes[i].to, changes[i].from);
        break;
    }
    free(changes);
}

static void add_stranger(struct work *w, const char *tag)
{
    strv_addf(&w->ret->reasons,
              "%s:%s names an image without a record: mkimage update didn't publish it (--adopt "
              "replaces it)",
              w->ret->name, tag);
}

/* What the tags name has a record; or it hasn't, and that is meant. */
static void check_record(struct work *w)
{
    const struct published *p = &w->published;

    if (!p->any || p->has_record || (w->made && sha256_eq(&p->digest, &w->b.digest)))
        return;
    if (p->state == RECORD_NONE && !w->u->options->adopt)
        add_stranger(w, p->tag);
    else
        add_unreadable(w, p->tag);
}

/* An image that only some of the tags name, beside the one that all is compared with. */
static int check_other(struct work *w, const struct tag_view *tag, struct err *err)
{
    CLEANUP(record_answer_release) struct record_answer answer = {0};

    if (update_fetch_record(w, &tag->digest, NULL, &answer, err) < 0)
        return err_ret(err);
    if (answer.state == RECORD_UNREADABLE)
        add_unreadable(w, tag->tag);
    else if (answer.state == RECORD_NONE && !w->u->options->adopt)
        add_stranger(w, tag->tag);
    else if (answer.state == RECORD_FOUND)
        check_locks(w, &answer.record);
    return 0;
}

static bool is_first_of_its_kind(const struct work *w, size_t at)
{
    const struct tag_view *tag = &w->seen.v[at];

    for (size_t i = 0; i < at; i++)
        if (w->seen.v[i].state == TAG_KNOWN && sha256_eq(&w->seen.v[i].digest, &tag->digest))
            return false;
    return true;
}

/* A tag that names another image than the first one does moves like any other: nothing newer, and
 * nobody else's, is replaced. */
static int check_others(struct work *w, const struct sha256 *image, struct err *err)
{
    for (size_t i = 0; i < w->seen.n; i++) {
        const struct tag_view *tag = &w->seen.v[i];
        if (tag->state == TAG_KNOWN && !sha256_eq(&tag->digest, &w->published.digest) &&
            !(image && sha256_eq(&tag->digest, image)) && is_first_of_its_kind(w, i) &&
            check_other(w, tag, err) < 0)
            return err_ret(err);
    }
    return 0;
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

/* What the entry doesn't say, because it can't. */
static void add_limits(struct work *w)
{
    const struct published *p = &w->published;
    json_t *list = json_array();

    if (p->unknown)
        json_add(list, text_json("what the tags named before: the registry hides it"));
    if (p->any && !p->has_record)
        json_add(list, text_json("packages, files and CVE ids: the record of what was published "
                                 "can't be read"));
    if (p->adopted)
        json_add(list, text_json("maintainer scripts, findings, and CVE ids that older changelog "
                                 "entries named: what was published has no record that can be "
                                 "read, and was known by its layers alone"));
    if (json_array_size(list))
        json_put(w->ret->entry, "not_compared", list);
    else
        json_decref(list);
}

static int make_entry(struct work *w, struct err *err)
{
    struct updater *u = w->u;
    const struct published *p = &w->published;
    CLEANUP(places_release) struct places places = {0};
    struct changelogs logs = {u->ctx, &places};

    places_init(&places, u->ctx->session, w->b.recipe, w->b.resolved.lock,
                &u->build.archive.mirrors);
    json_decref(w->ret->entry);
    w->ret->entry = entry_new(w->ret);
    entry_add_diff(w->ret->entry, &w->diff);
    add_limits(w);
    if (p->any || p->unknown) /* also without a record */
        json_put(w->ret->entry, "first", json_false());
    return entry_add_changelogs(w->ret->entry, &w->diff, &logs, err);
}

/* All that speaks against the image: what --accept releases in w->stops, the rest in reasons. */
static int collect(struct work *w, struct err *err)
{
    strv_release(&w->ret->reasons);
    strv_release(&w->stops);
    add_unknown(w);
    check_record(w);
    check_downgrade(w);
    return check_others(w, w->made ? &w->b.digest : NULL, err);
}

int update_judge(struct work *w, struct err *err)
{
    struct update_image *ret = w->ret;

    ret->digest = w->b.digest;
    ret->replaced = w->published.digest;
    if (sha256_eq(&w->published.digest, &ret->digest))
        ret->replaced = (struct sha256){0};
    if (compare(w, NULL, err) < 0 || collect(w, err) < 0)
        return err_ret(err);
    ask_gate(w);
    if (w->stops.n && is_accepted(w, &w->b.digest)) {
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

int update_would_change(struct work *w, struct err *err)
{
    const struct published *p = &w->published;
    const struct lock *old = p->has_record ? p->record.lock : w->b.resolved.old;

    w->ret->replaced = p->digest;
    w->ret->state = UPDATE_CHANGES;
    if (collect(w, err) < 0)
        return err_ret(err);
    if (p->has_record)
        check_locks(w, &p->record);
    strv_copy(&w->ret->reasons, &w->stops);
    if (w->ret->reasons.n)
        stop(w);
    json_decref(w->ret->entry);
    w->ret->entry = entry_new(w->ret);
    entry_add_moves(w->ret->entry, old, w->b.resolved.lock);
    return 0;
}

/* Passed over, with the reason in a record of its own. */
static int accept_tags(struct work *w, struct err *err)
{
    if (update_make(w, err) < 0 || update_record(w, w->u->options->reason, err) < 0)
        return err_ret(err);
    return update_attach(w, err);
}

int update_judge_tags(struct work *w, const struct sha256 *image, struct err *err)
{
    struct update_image *ret = w->ret;

    strv_release(&ret->reasons);
    strv_release(&w->stops);
    add_unknown(w);
    if (check_others(w, image, err) < 0)
        return err_ret(err);
    if (w->stops.n && !w->u->options->dry_run && !ret->reasons.n && is_accepted(w, image))
        return accept_tags(w, err);
    ret->acceptable = w->stops.n && !ret->reasons.n;
    strv_copy(&ret->reasons, &w->stops);
    if (!ret->reasons.n)
        return 0;
    json_decref(ret->entry);
    stop(w);
    ret->entry = entry_new(ret);
    return 0;
}

int update_late_entry(struct work *w, struct err *err)
{
    CLEANUP(record_answer_release) struct record_answer old = {0};
    const struct record *now = &w->published.record;

    if (!sha256_is_zero(&now->replaced) &&
        update_fetch_record(w, &now->replaced, NULL, &old, err) < 0)
        return err_ret(err);
    bool found = old.state == RECORD_FOUND;
    w->ret->replaced = now->replaced;
    if (!found && !sha256_is_zero(&now->replaced)) {
        w->ret->entry = entry_new(w->ret);
        return 0;
    }
    diff_release(&w->diff);
    diff_records(found ? &old.record : NULL, now, &w->diff);
    int r = make_entry(w, err);
    diff_release(&w->diff);
    return r;
}
