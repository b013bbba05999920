/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tags that never move are a series, and the registry's list of tags has all of it. The newest
 * date comes last; where several images are of one date, or no date is in the tags, the one that no
 * other of them replaced does.
 */
#include "deb/version.h"
#include "fleet/attach.h"
#include "fleet/tagseries.h"
#include "fleet/update_private.h"

#define CANDIDATES_MAX 1000

struct candidate {
    char *tag;
    bool known; /* what it names: */
    struct sha256 digest;
    struct strv replaced; /* digests */
    bool has_record;
};

struct candidates {
    struct candidate *v;
    size_t n, cap;
};

static void candidates_release(struct candidates *c)
{
    for (size_t i = 0; i < c->n; i++) {
        free(c->v[i].tag);
        strv_release(&c->v[i].replaced);
    }
    free(c->v);
}

/* The tag of the recipe that tells most: one with a date, else the first. */
static const char *pattern_of(const struct recipe *r)
{
    for (size_t i = 0; i < r->tags.n; i++)
        if (strstr(r->tags.v[i].text, "{date}"))
            return r->tags.v[i].text;
    return r->tags.v[0].text;
}

static int list_tags(struct work *w, struct strv *ret, struct err *err)
{
    int r = registry_tags(w->u->registry, w->to.repository, ret, err);

    if (r == -ERR_NOT_FOUND) {
        err_clear(err);
        return 0;
    }
    return r;
}

/* Those of the newest date, in order; what this machine published last is one of them. */
static void choose(const struct work *w, const struct strv *all, const char *pattern,
                   struct strv *ret)
{
    char newest[TAG_DATE_LENGTH + 1] = "", date[TAG_DATE_LENGTH + 1];

    strv_each (tag, all)
        if (tag_in_series(*tag, pattern, date) && strcmp(date, newest) > 0)
            memcpy(newest, date, sizeof(newest));
    strv_each (tag, all) {
        if (!tag_in_series(*tag, pattern, date))
            continue;
        if (strcmp(date, newest) == 0 || strv_has(&w->known.tags, *tag))
            strv_add(ret, *tag);
    }
}

static int ask(struct work *w, const char *tag, struct candidates *c, struct err *err)
{
    struct tag_view view;

    if (update_ask(w, tag, &view, err) < 0)
        return err_ret(err);
    if (view.state == TAG_ABSENT)
        return 0;
    for (size_t i = 0; view.state == TAG_KNOWN && i < c->n; i++)
        if (c->v[i].known && sha256_eq(&c->v[i].digest, &view.digest))
            return 0;
    GROW(c->v, c->n, c->cap);
    c->v[c->n++] = (struct candidate){
        .tag = xstrdup(tag), .digest = view.digest, .known = view.state == TAG_KNOWN};
    return 0;
}

static int ask_records(struct work *w, struct candidates *c, struct err *err)
{
    for (size_t i = 0; i < c->n; i++) {
        struct candidate *one = &c->v[i];
        if (one->known && record_replaced(w->u->registry, w->to.repository, &one->digest,
                                          &one->replaced, &one->has_record, err) < 0)
            return err_ret(err);
    }
    return 0;
}

static bool was_replaced(const struct candidates *c, const struct candidate *one)
{
    const struct sha256_text digest = sha256_digest(&one->digest);

    for (size_t i = 0; i < c->n; i++)
        if (&c->v[i] != one && strv_has(&c->v[i].replaced, digest.s))
            return true;
    return false;
}

/* Whether a is rather the newest than b. */
static bool is_newer(const struct candidates *c, const struct candidate *a,
                     const struct candidate *b)
{
    bool gone_a = was_replaced(c, a), gone_b = was_replaced(c, b);

    if (a->has_record != b->has_record)
        return a->has_record;
    if (gone_a != gone_b)
        return gone_b;
    return version_compare(a->tag, b->tag) > 0;
}

static int newest_of(struct work *w, const struct strv *tags, struct strv *ret, struct err *err)
{
    CLEANUP(candidates_release) struct candidates c = {0};
    const struct candidate *newest = NULL;

    for (size_t i = 0; i < tags->n && i < CANDIDATES_MAX; i++)
        if (ask(w, tags->v[i], &c, err) < 0)
            return err_ret(err);
    if (tags->n > CANDIDATES_MAX)
        log_warn(w->u->ctx->session->log,
                 "%s: %zu tags may be the newest one, and %d of them were looked at: a tag that "
                 "moves, as \"latest\", would tell",
                 w->ret->name, tags->n, CANDIDATES_MAX);
    if (c.n > 1 && ask_records(w, &c, err) < 0)
        return err_ret(err);
    for (size_t i = 0; i < c.n; i++)
        if (c.v[i].known && (!newest || is_newer(&c, &c.v[i], newest)))
            newest = &c.v[i];
    if (newest)
        strv_add(ret, newest->tag);
    for (size_t i = 0; i < c.n; i++)
        if (!c.v[i].known) /* it may be the newest */
            strv_add(ret, c.v[i].tag);
    return 0;
}

int update_newest(struct work *w, struct strv *ret, struct err *err)
{
    CLEANUP(strv_release) struct strv all = STRV_INIT, tags = STRV_INIT;

    if (w->b.recipe->tags.n == 0)
        return 0;
    if (list_tags(w, &all, err) < 0)
        return err_ret(err);
    choose(w, &all, pattern_of(w->b.recipe), &tags);
    return newest_of(w, &tags, ret, err);
}
