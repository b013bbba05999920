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

int update_head(struct work *w, const char *tag, struct sha256 *ret, bool *ret_there,
                bool *ret_known, struct err *err)
{
    const struct reference name = {
        .host = w->to.host, .repository = w->to.repository, .tag = (char *)(uintptr_t)tag};
    struct manifest_head head = {0};
    int r = registry_head(w->u->registry, &name, &head, ret_known, err);

    *ret_there = r == 0;
    *ret = r == 0 && *ret_known ? head.digest : (struct sha256){0};
    free(head.media_type);
    if (r != -ERR_NOT_FOUND)
        return r;
    *ret_known = true;
    err_clear(err);
    return 0;
}

int update_tags(struct work *w, const struct lock *lock, const struct sha256 *image,
                struct strv *ret_moving, struct strv *ret_fixed, struct err *err)
{
    if (publish_tags(w->u->session, w->b.recipe, lock, &w->arches, image, ret_moving, ret_fixed,
                     err) < 0)
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
        struct sha256 digest;
        bool there, known;
        if (update_head(w, name, &digest, &there, &known, err) < 0)
            return err_ret(err);
        if (!there)
            return 0;
        if (!known || sha256_eq(&digest, image)) {
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

static void note_seen(struct work *w, const char *tag, const struct sha256 *digest)
{
    strv_addf(&w->seen, "%s %s", tag, sha256_digest(digest).s);
}

static int ask_tags(struct work *w, const struct strv *tags, struct err *err)
{
    struct published *p = &w->published;

    strv_each (tag, tags) {
        struct sha256 digest;
        bool there, known;
        if (update_head(w, *tag, &digest, &there, &known, err) < 0)
            return err_ret(err);
        p->unknown = p->unknown || !known;
        if (known)
            note_seen(w, *tag, &digest);
        if (there && known && !p->any) {
            p->any = true;
            p->digest = digest;
            p->tag = xstrdup(*tag);
        }
    }
    return 0;
}

/* A registry whose policy hides a manifest may hide its record, too: that is no failure. */
static int fetch_record(struct work *w, const struct sha256 *image, struct err *err)
{
    struct published *p = &w->published;
    int r = record_fetch(w->u->session, w->u->cache, w->u->registry, w->to.repository, image,
                         &w->key, &p->record, &p->has_record, err);

    if (r == 0 || !p->unknown || err->code == ERR_STOPPED)
        return r;
    log_warn(w->u->session->log, "%s: its record can't be read: %s", w->ret->name, err->message);
    err_clear(err);
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
        r = record_of_image(w->u->session, from, NULL, &p->record, err);
    reader_free(from);
    p->has_record = p->adopted = r == 0;
    if (r == 0 || err->code == ERR_STOPPED)
        return r;
    log_warn(w->u->session->log, "%s:%s can't be compared with: %s", w->ret->name, p->tag,
             err->message);
    err_clear(err);
    return 0;
}

int update_look(struct work *w, struct err *err)
{
    CLEANUP(strv_release) struct strv tags = STRV_INIT;
    struct published *p = &w->published;

    published_release(p);
    strv_release(&w->seen);
    if (tags_to_ask(w, &tags, err) < 0 || ask_tags(w, &tags, err) < 0)
        return err_ret(err);
    if (p->unknown && !p->any) {
        log_warn(w->u->session->log,
                 "%s: the registry's policy hides what is published: going by what this machine "
                 "published last",
                 w->ret->name);
        p->digest = w->known.image;
    }
    if (sha256_is_zero(&p->digest))
        return 0;
    if (fetch_record(w, &p->digest, err) < 0)
        return err_ret(err);
    bool ours = w->has_known && sha256_eq(&w->known.image, &p->digest); /* its record was lost */
    if (!p->any || p->has_record || !(w->u->options->adopt || ours))
        return 0;
    return read_layers(w, err);
}

int update_still(struct work *w, bool *ret, struct err *err)
{
    *ret = true;
    strv_each (line, &w->seen) {
        const char *blank = strchr(*line, ' ');
        CLEANUP(free_ptr) char *tag = xstrndup(*line, (size_t)(blank - *line));
        struct sha256 digest;
        bool there, known;
        if (update_head(w, tag, &digest, &there, &known, err) < 0)
            return err_ret(err);
        if (known && strcmp(sha256_digest(&digest).s, blank + 1) != 0)
            *ret = false;
    }
    return 0;
}

static int moving_right(struct work *w, const struct strv *tags, const struct sha256 *image,
                        struct strv *ret_tags, bool *ret, struct err *err)
{
    strv_each (tag, tags) {
        CLEANUP(free_ptr) char *seen = xasprintf("%s %s", *tag, sha256_digest(image).s);
        struct sha256 digest = *image;
        bool there = true, known = true;
        if (!strv_has(&w->seen, seen) && update_head(w, *tag, &digest, &there, &known, err) < 0)
            return err_ret(err);
        if (there && (!known || sha256_eq(&digest, image)))
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
