/* SPDX-License-Identifier: Apache-2.0 */
/* What is published now: tags, and the record of what they name. */
#include "fleet/attach.h"
#include "fleet/layers.h"
#include "fleet/update_private.h"
#include "registry/copy.h"
#include "registry/publish.h"

void published_release(struct published *p)
{
    free(p->tag);
    record_release(&p->record);
    *p = (struct published){0};
}

int update_tags(struct work *w, const struct lock *lock, const struct sha256 *image,
                struct strv *ret_moving, struct strv *ret_fixed, struct err *err)
{
    if (publish_tags(w->u->ctx->session, w->b.recipe, lock, &w->arches, image, ret_moving,
                     ret_fixed, err) < 0)
        return err_ret(err);
    if (!ret_moving->n && !ret_fixed->n)
        strv_add(ret_moving, "latest");
    return 0;
}

/* ---- tags that never move ------------------------------------------------------------------- */

static char *numbered(const char *tag, unsigned n)
{
    return n ? xasprintf("%s.%u", tag, n) : xstrdup(tag);
}

/* The one of TAG, TAG.1, TAG.2 … that names the image; *ret is NULL if none does. */
static int find_fixed(struct work *w, const char *tag, const struct sha256 *image, char **ret,
                      struct err *err)
{
    *ret = NULL;
    for (unsigned n = 0; n <= FIXED_MAX; n++) {
        CLEANUP(free_ptr) char *name = numbered(tag, n);
        struct tag_view view;
        if (update_ask(w, name, &view, err) < 0)
            return err_ret(err);
        if (view.state == TAG_ABSENT)
            return 0;
        if (view.state == TAG_UNKNOWN || sha256_eq(&view.digest, image)) {
            *ret = xstrdup(name);
            return 0;
        }
    }
    return 0;
}

/* ---- looking -------------------------------------------------------------------------------- */

/* The tags that tell what is published: those that move; of a recipe without such the newest of
 * the others. */
static int tags_to_ask(struct work *w, struct strv *ret, struct err *err)
{
    CLEANUP(strv_release) struct strv fixed = STRV_INIT;

    if (update_tags(w, w->b.resolved.lock, &w->known.image, ret, &fixed, err) < 0)
        return err_ret(err);
    return ret->n ? 0 : update_newest(w, ret, err);
}

static int ask_tags(struct work *w, const struct strv *tags, struct err *err)
{
    struct published *p = &w->published;

    strv_each (tag, tags) {
        struct tag_view view;
        if (update_ask(w, *tag, &view, err) < 0)
            return err_ret(err);
        view.tag = xstrdup(*tag);
        GROW(w->seen.v, w->seen.n, w->seen.cap);
        w->seen.v[w->seen.n++] = view;
        p->unknown = p->unknown || view.state == TAG_UNKNOWN;
        if (view.state == TAG_KNOWN && !p->any) {
            p->any = true;
            p->digest = view.digest;
            p->tag = xstrdup(*tag);
        }
    }
    return 0;
}

static bool is_known_image(const struct work *w, const struct sha256 *image)
{
    return w->has_known && sha256_eq(&w->known.image, image);
}

int update_fetch_record(struct work *w, const struct sha256 *image, const struct sha256 *input,
                        struct record_answer *ret, struct err *err)
{
    const struct record_query q = {
        .ctx = w->u->ctx,
        .registry = w->u->registry,
        .repository = w->to.repository,
        .image = image,
        .input = input,
        .remembered = is_known_image(w, image) ? &w->known.record : NULL,
    };

    return record_fetch(&q, ret, err);
}

static int fetch_record(struct work *w, struct err *err)
{
    struct published *p = &w->published;
    struct record_answer answer;

    if (update_fetch_record(w, &p->digest, &w->key, &answer, err) < 0)
        return err_ret(err);
    p->state = answer.state;
    p->has_record = answer.state == RECORD_FOUND;
    p->record = answer.record;
    p->blob = answer.blob;
    return 0;
}

/* A record of an image that somebody else made, out of its layers. One that can't be read is
 * compared with nothing. */
static int read_layers(struct work *w, struct err *err)
{
    struct published *p = &w->published;
    struct reader *from = NULL;
    const struct reference name = {.host = w->to.host,
                                   .repository = w->to.repository,
                                   .has_digest = true,
                                   .digest = p->digest};
    int r = registry_reader(w->u->registry, &name, &from, err);

    if (r == 0)
        r = record_of_image(w->u->ctx->session, from, NULL, &p->record, err);
    reader_free(from);
    p->has_record = p->adopted = r == 0;
    if (r == 0 || err->code == ERR_STOPPED)
        return r;
    log_warn(w->u->ctx->session->log, "%s:%s can't be compared with: %s", w->ret->name, p->tag,
             err->message);
    err_clear(err);
    return 0;
}

int update_look(struct work *w, struct err *err)
{
    CLEANUP(strv_release) struct strv tags = STRV_INIT;
    struct published *p = &w->published;

    published_release(p);
    tag_views_release(&w->seen);
    update_forget_list(w);
    if (tags_to_ask(w, &tags, err) < 0 || ask_tags(w, &tags, err) < 0)
        return err_ret(err);
    if (!p->any)
        return 0;
    if (update_seen(w, p->tag)->remembered)
        log_warn(w->u->ctx->session->log,
                 "%s: the registry's policy hides what is published: going by what this machine "
                 "published last",
                 w->ret->name);
    if (fetch_record(w, err) < 0)
        return err_ret(err);
    /* Of what this machine published the record may have been lost. */
    if (p->has_record || !(w->u->options->adopt || is_known_image(w, &p->digest)))
        return 0;
    return read_layers(w, err);
}

/* Whether a tag isn't what it was. Of one that is hidden, or was, nobody may tell. */
static bool has_moved(const struct tag_view *seen, const struct tag_view *now)
{
    if (seen->state == TAG_ABSENT || now->state == TAG_ABSENT)
        return seen->state != now->state;
    return seen->state == TAG_KNOWN && now->state == TAG_KNOWN && !now->remembered &&
           !sha256_eq(&seen->digest, &now->digest);
}

int update_still(struct work *w, bool *ret, struct err *err)
{
    *ret = true;
    update_forget_list(w);
    for (size_t i = 0; *ret && i < w->seen.n; i++) {
        struct tag_view now;
        if (update_ask(w, w->seen.v[i].tag, &now, err) < 0)
            return err_ret(err);
        *ret = !has_moved(&w->seen.v[i], &now);
    }
    return 0;
}

static int moving_right(struct work *w, const struct strv *tags, const struct sha256 *image,
                        struct strv *ret_tags, bool *ret, struct err *err)
{
    strv_each (tag, tags) {
        const struct tag_view *seen = update_seen(w, *tag);
        struct tag_view view = seen ? *seen : (struct tag_view){0};
        bool asked = view.state == TAG_KNOWN && sha256_eq(&view.digest, image);
        if (!asked && update_ask(w, *tag, &view, err) < 0)
            return err_ret(err);
        if (view.state == TAG_KNOWN && sha256_eq(&view.digest, image))
            strv_add(ret_tags, *tag);
        else
            *ret = false;
    }
    return 0;
}

int update_tags_right(struct work *w, const struct sha256 *image, struct strv *ret_tags, bool *ret,
                      struct err *err)
{
    CLEANUP(strv_release) struct strv moving = STRV_INIT, fixed = STRV_INIT;

    *ret = true;
    if (update_tags(w, w->b.resolved.lock, image, &moving, &fixed, err) < 0 ||
        moving_right(w, &moving, image, ret_tags, ret, err) < 0)
        return err_ret(err);
    strv_each (tag, &fixed) {
        CLEANUP(free_ptr) char *name = NULL;
        if (find_fixed(w, *tag, image, &name, err) < 0)
            return err_ret(err);
        if (name)
            strv_add(ret_tags, name);
        else
            *ret = false;
    }
    return 0;
}
