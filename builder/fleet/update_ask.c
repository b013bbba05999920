/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a tag names. A registry's policy may hide it ("prevent vulnerable images", content trust:
 * 412; others say 403 of what isn't there), and then nothing may be taken for granted: neither that
 * there is nothing, nor that it is what it was.
 */
#include "fleet/update_private.h"

void tag_views_release(struct tag_views *t)
{
    for (size_t i = 0; i < t->n; i++)
        free(t->v[i].tag);
    free(t->v);
    *t = (struct tag_views){0};
}

const struct tag_view *update_seen(const struct work *w, const char *tag)
{
    for (size_t i = 0; i < w->seen.n; i++)
        if (strcmp(w->seen.v[i].tag, tag) == 0)
            return &w->seen.v[i];
    return NULL;
}

void update_forget_list(struct work *w)
{
    strv_release(&w->list);
    w->listed = w->has_list = false;
}

/* A list that the registry doesn't give tells nothing. */
static int ask_list(struct work *w, struct err *err)
{
    if (w->listed)
        return 0;
    int r = registry_tags(w->u->registry, w->to.repository, &w->list, err);
    w->listed = true;
    w->has_list = r == 0 || r == -ERR_NOT_FOUND; /* without the repository there is no tag */
    if (r == 0 || err->code == ERR_STOPPED)
        return r;
    if (!w->has_list)
        log_warn(w->u->ctx->session->log, "%s: its tags can't be listed: %s", w->ret->name,
                 err->message);
    err_clear(err);
    return 0;
}

static int ask_hidden(struct work *w, const struct reference *name, struct tag_view *ret,
                      struct err *err)
{
    bool found = false;

    if (ask_list(w, err) < 0)
        return err_ret(err);
    if (w->has_list && !strv_has(&w->list, name->tag))
        return 0;
    if (registry_hidden(w->u->registry, name, &ret->digest, &found, err) < 0)
        return err_ret(err);
    ret->state = found ? TAG_KNOWN : TAG_UNKNOWN;
    if (!found && w->has_known && strv_has(&w->known.tags, name->tag)) {
        ret->state = TAG_KNOWN;
        ret->remembered = true;
        ret->digest = w->known.image;
    }
    return 0;
}

int update_ask(struct work *w, const char *tag, struct tag_view *ret, struct err *err)
{
    const struct reference name = {
        .host = w->to.host, .repository = w->to.repository, .tag = (char *)(uintptr_t)tag};
    struct manifest_head head = {0};
    bool known = true;
    int r = registry_head(w->u->registry, &name, &head, &known, err);

    *ret = (struct tag_view){0};
    free(head.media_type);
    if (r == -ERR_NOT_FOUND) {
        err_clear(err);
        return 0;
    }
    if (r < 0)
        return r;
    if (!known)
        return ask_hidden(w, &name, ret, err);
    ret->state = TAG_KNOWN;
    ret->digest = head.digest;
    return 0;
}
