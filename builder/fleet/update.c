/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "fleet/entry.h"
#include "fleet/input.h"
#include "fleet/steady.h"
#include "fleet/turn.h"
#include "fleet/undelivered.h"
#include "fleet/update_private.h"
#include "registry/publish.h"
#include "vendors.h"

#define ROUNDS 8 /* how often all is compared anew, because other runs were there */

struct updater *update_open(const struct context *ctx, const struct update_options *options)
{
    struct updater *u = xcalloc(1, sizeof(*u));

    *u = (struct updater){.ctx = ctx, .options = options, .build = *options->build};
    u->build.update = true;
    u->build.unpacking = &u->unpacking;
    pthread_mutex_init(&u->unpacking, NULL);
    pthread_mutex_init(&u->resolving, NULL);
    pthread_mutex_init(&u->lock, NULL);
    return u;
}

void update_close(struct updater *u)
{
    if (!u)
        return;
    registry_close(u->registry);
    strv_release(&u->names);
    strv_release(&u->accepted);
    pthread_mutex_destroy(&u->unpacking);
    pthread_mutex_destroy(&u->resolving);
    pthread_mutex_destroy(&u->lock);
    free(u);
}

const char *update_state_name(enum update_state s)
{
    static const char *const names[] = {
        [UPDATE_UNCHANGED] = "unchanged", [UPDATE_PUBLISHED] = "published",
        [UPDATE_TAGGED] = "tagged",       [UPDATE_CHANGES] = "would change",
        [UPDATE_STOPPED] = "stopped",     [UPDATE_FAILED] = "failed",
    };
    return names[s];
}

void update_image_release(struct update_image *i)
{
    free(i->recipe);
    free(i->name);
    strv_release(&i->tags);
    strv_release(&i->reasons);
    json_decref(i->entry);
    json_decref(i->earlier);
    *i = (struct update_image){0};
}

void work_release(struct work *w)
{
    err_release(&w->err);
    build_release(&w->b);
    reference_release(&w->to);
    known_release(&w->known);
    strv_release(&w->arches);
    tag_views_release(&w->seen);
    strv_release(&w->list);
    strv_release(&w->stops);
    published_release(&w->published);
    diff_release(&w->diff);
    record_release(&w->record);
}

/* ---- what would be built -------------------------------------------------------------------- */

static int find_key(struct work *w, struct err *err)
{
    return input_key(w->u->ctx->session, w->b.recipe, w->b.resolved.lock, &w->arches, &w->u->build,
                     &w->key, err);
}

static int find_name(struct work *w, struct err *err)
{
    struct updater *u = w->u;

    if (!u->options->push)
        return 0;
    if (publish_name(u->options->push, true, w->b.recipe->name, &w->to, err) < 0)
        return err_ret(err);
    CLEANUP(free_ptr) char *name = xasprintf("%s/%s", w->to.host, w->to.repository);
    if (strv_has(&u->names, name))
        return err_set(err, "%s: another recipe of this run has the name \"%s\", too",
                       w->b.recipe->path, w->b.recipe->name);
    strv_add(&u->names, name);
    w->ret->name = xstrdup(name);
    if (u->registry)
        return 0;
    return registry_open(u->ctx->session, u->ctx->http, w->to.host, u->options->registry,
                         &u->registry, err);
}

/* New packages of third parties are for somebody to read. */
static int say_vendors(const struct work *w, struct err *err)
{
    const struct updater *u = w->u;
    CLEANUP(strv_release) struct strv lines = STRV_INIT;

    if (vendors_tell(u->ctx, &u->build, &w->b, &lines, err) < 0)
        return err_ret(err);
    strv_each (line, &lines)
        log_info(u->ctx->session->log, "%s: %s", w->b.recipe->name, *line);
    return 0;
}

/* Today's archive; a lock that is there moves only with its packages. */
static int find_lock(struct work *w, struct err *err)
{
    struct updater *u = w->u;

    pthread_mutex_lock(&u->resolving);
    int r = pipeline_resolve(u->ctx, &u->build, NULL, &w->b, err);
    pthread_mutex_unlock(&u->resolving);
    if (r < 0)
        return r;
    lock_settle(&w->b.resolved.lock, w->b.resolved.old);
    return say_vendors(w, err) < 0 ? err_ret(err) : find_key(w, err);
}

/* ---- nothing new ---------------------------------------------------------------------------- */

/* A tag as it was given then: itself, or with ".1", ".2" … behind it. */
static bool covers(const struct strv *given, const char *tag, bool fixed)
{
    size_t n = strlen(tag);

    strv_each (one, given) {
        if (strcmp(*one, tag) == 0)
            return true;
        if (fixed && strncmp(*one, tag, n) == 0 && (*one)[n] == '.' &&
            strspn(*one + n + 1, "0123456789") == strlen(*one + n + 1))
            return true;
    }
    return false;
}

static int covers_all(struct work *w, bool *ret, struct err *err)
{
    CLEANUP(strv_release) struct strv moving = STRV_INIT, fixed = STRV_INIT;

    if (update_tags(w, w->b.resolved.lock, &w->known.image, &moving, &fixed, err) < 0)
        return err_ret(err);
    *ret = true;
    strv_each (tag, &moving)
        *ret = *ret && covers(&w->known.tags, *tag, false);
    strv_each (tag, &fixed)
        *ret = *ret && covers(&w->known.tags, *tag, true);
    return 0;
}

/* By what this machine remembers, and one request a tag. A registry that won't say what a tag names
 * isn't held against it. */
static int look_quickly(struct work *w, bool *ret, struct err *err)
{
    const struct sha256 lock = lock_digest(w->b.resolved.lock);

    *ret = w->has_known && sha256_eq(&w->known.input, &w->key) && sha256_eq(&w->known.lock, &lock);
    if (*ret && covers_all(w, ret, err) < 0)
        return err_ret(err);
    for (size_t i = 0; *ret && i < w->known.tags.n; i++) {
        struct tag_view view;
        if (update_ask(w, w->known.tags.v[i], &view, err) < 0)
            return err_ret(err);
        *ret = view.state == TAG_KNOWN && sha256_eq(&view.digest, &w->known.image);
    }
    return 0;
}

static int unchanged(struct work *w, const struct sha256 *image, const struct strv *tags)
{
    w->ret->state = UPDATE_UNCHANGED;
    w->ret->digest = *image;
    json_decref(w->ret->entry); /* of a round that another run was before */
    w->ret->entry = NULL;
    strv_release(&w->ret->tags);
    strv_copy(&w->ret->tags, tags);
    if (!w->u->options->dry_run)
        update_keep(w, image, tags);
    return 0;
}

int update_make(struct work *w, struct err *err)
{
    struct updater *u = w->u;

    if (w->made)
        return 0;
    if (pipeline_make(u->ctx, &u->build, &w->b, err) < 0)
        return err_ret(err);
    w->made = true;
    return find_key(w, err); /* ids may have been allotted */
}

/* ---- one recipe ----------------------------------------------------------------------------- */

static bool has_entry(const json_t *list, const struct sha256 *digest)
{
    size_t i;
    const json_t *entry;

    json_array_foreach(list, i, entry)
    {
        const char *text = json_string_value(json_object_get(entry, "digest"));
        if (text && strcmp(text, sha256_digest(digest).s) == 0)
            return true;
    }
    return false;
}

/* A run that was cut off before all tags moved may have left nothing in this cache. */
static int find_entry(struct work *w, struct err *err)
{
    json_t *kept = undelivered_get(w->u->ctx->cache, w->ret->name);
    bool told = has_entry(kept, &w->ret->digest);

    json_decref(kept);
    if (told || !w->u->options->report)
        return 0;
    return update_late_entry(w, err);
}

/* The image is published, but for some of its tags, that don't name it or are hidden. */
static int complete_tags(struct work *w, const struct sha256 *image, struct err *err)
{
    w->ret->state = w->u->options->dry_run ? UPDATE_CHANGES : UPDATE_TAGGED;
    w->ret->digest = *image;
    if (update_judge_tags(w, image, err) < 0)
        return err_ret(err);
    if (w->ret->state == UPDATE_STOPPED || w->u->options->dry_run)
        return 0;
    return find_entry(w, err) < 0 ? err_ret(err) : update_tag(w, err);
}

/* The key is the one of what is published. */
static int same_key(struct work *w, struct err *err)
{
    CLEANUP(strv_release) struct strv tags = STRV_INIT;
    const struct sha256 image = w->published.digest;
    bool right;

    if (update_tags_right(w, &image, &tags, &right, err) < 0)
        return err_ret(err);
    return right ? unchanged(w, &image, &tags) : complete_tags(w, &image, err);
}

/* Goes on from the lock of what is published. */
static int settle(struct work *w, struct err *err)
{
    struct published *p = &w->published;

    if (w->made || !p->has_record || !p->record.lock)
        return 0;
    lock_settle(&w->b.resolved.lock, p->record.lock);
    return find_key(w, err);
}

/* The same bytes from another input, as a newer mkimage may make them: only the record is new. */
static int same_bytes(struct work *w, struct err *err)
{
    w->ret->replaced = (struct sha256){0};
    json_decref(w->ret->entry);
    w->ret->entry = NULL;
    if (update_attach(w, err) < 0)
        return err_ret(err);
    return same_key(w, err);
}

static bool is_published_key(const struct work *w)
{
    return w->published.has_record && sha256_eq(&w->published.record.input, &w->key);
}

/* Once through it. */
static int round_of(struct work *w, struct err *err)
{
    w->moved = false;
    if (update_look(w, err) < 0 || settle(w, err) < 0)
        return err_ret(err);
    if (w->published.any && w->u->options->report && !w->u->options->dry_run)
        undelivered_tagged(w->u->ctx->cache, w->ret->name, &w->published.digest);
    if (is_published_key(w))
        return same_key(w, err);
    if (w->u->options->dry_run)
        return update_would_change(w, err);
    if (update_make(w, err) < 0)
        return err_ret(err);
    if (is_published_key(w))
        return same_key(w, err);
    if (update_judge(w, err) < 0)
        return err_ret(err);
    if (w->ret->state == UPDATE_STOPPED)
        return 0;
    if (w->published.any && sha256_eq(&w->b.digest, &w->published.digest))
        return same_bytes(w, err);
    return update_publish(w, err);
}

static int rounds(struct work *w, struct err *err)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        if (round_of(w, err) == 0)
            return 0;
        if (!w->moved)
            return err_ret(err);
        log_info(w->u->ctx->session->log, "%s: another run published meanwhile: comparing anew",
                 w->ret->name);
        err_clear(err);
    }
    return err_set(err, "%s: its tags don't come to rest: too many runs at once", w->ret->name);
}

/* Without a registry: the lock alone. */
static void against_lock(struct work *w)
{
    const struct resolved *r = &w->b.resolved;

    w->ret->state = r->old && lock_same(r->old, r->lock) ? UPDATE_UNCHANGED : UPDATE_CHANGES;
    if (w->ret->state == UPDATE_UNCHANGED)
        return;
    w->ret->entry = entry_new(w->ret);
    entry_add_moves(w->ret->entry, r->old, r->lock);
}

static int open_work(struct work *w, const char *recipe, struct err *err)
{
    const struct session *s = w->u->ctx->session;
    const struct build_options *o = &w->u->build;

    if (pipeline_open(recipe, o, &w->b, err) < 0)
        return err_ret(err);
    free(w->ret->recipe);
    w->ret->recipe = xstrdup(w->b.recipe->name);
    strv_copy(&w->arches, &w->b.names);
    return pipeline_check(s, o, &w->b, err) < 0 ? err_ret(err) : find_name(w, err);
}

void update_begin(struct updater *u, const char *recipe, struct update_image *ret, struct work *w)
{
    *ret = (struct update_image){.recipe = xstrdup(recipe)};
    *w = (struct work){.u = u, .ret = ret};
    (void)!open_work(w, recipe, &w->err);
}

/* With the turn of its lock. */
static int update_turn(struct work *w, struct err *err)
{
    bool same = false;

    if (find_lock(w, err) < 0)
        return err_ret(err);
    if (!w->u->options->push) {
        against_lock(w);
        return 0;
    }
    w->has_known = known_get(w->u->ctx->cache, w->ret->name, &w->known);
    if (look_quickly(w, &same, err) < 0)
        return err_ret(err);
    return same ? unchanged(w, &w->known.image, &w->known.tags) : rounds(w, err);
}

static int update_work(struct work *w, struct err *err)
{
    CLEANUP(turn_release) struct turn turn = TURN_INIT;

    if (w->err.code)
        return err_move(err, &w->err);
    if (session_check(w->u->ctx->session, err) < 0)
        return err_ret(err);
    if (!w->u->options->dry_run &&
        turn_take(w->u->ctx->session, w->b.lock_path, w->u->options->wait, &turn, err) < 0)
        return err_ret(err);
    return update_turn(w, err);
}

/* It failed; or before_tags held it, which is a stop. */
static void failed(struct update_image *ret, bool held, const struct err *err)
{
    ret->state = held ? UPDATE_STOPPED : UPDATE_FAILED;
    ret->code = err->code;
    strv_release(&ret->reasons);
    strv_add(&ret->reasons, err->message);
    if (err->hint)
        strv_add(&ret->reasons, err->hint);
    json_decref(ret->entry);
    ret->entry = entry_new(ret);
}

static bool has_own(const struct update_image *image)
{
    return image->entry && (image->state == UPDATE_PUBLISHED || image->state == UPDATE_TAGGED);
}

/* What an earlier run published and no report has told. */
static void take_earlier(struct updater *u, struct update_image *ret)
{
    ret->earlier = undelivered_get(u->ctx->cache, ret->name);
    for (size_t i = json_array_size(ret->earlier); has_own(ret) && i-- > 0;) {
        json_t *one = array_json(json_incref(json_array_get(ret->earlier, i)), NULL);
        if (has_entry(one, &ret->digest))
            json_array_remove(ret->earlier, i);
        json_decref(one);
    }
}

int update_image(struct work *w, struct err *err)
{
    CLEANUP(err_release) struct err own = ERR_INIT;
    struct update_image *ret = w->ret;
    struct updater *u = w->u;

    int r = update_work(w, &own);
    bool held = w->held;
    work_release(w);
    if (r < 0 && own.code == ERR_STOPPED)
        return err_move(err, &own);
    if (r < 0)
        failed(ret, held, &own);
    if (u->options->report && !u->options->dry_run && ret->name)
        take_earlier(u, ret);
    return 0;
}

void update_unused(const struct updater *u, struct strv *ret)
{
    for (size_t i = 0; u->options->accept && i < u->options->accept->n; i++)
        if (!strv_has(&u->accepted, u->options->accept->v[i]))
            strv_add(ret, u->options->accept->v[i]);
}

void update_delivered(struct updater *u, const struct update_image *image)
{
    if (!image->name || u->options->dry_run)
        return;
    undelivered_done(u->ctx->cache, image->name, image->earlier);
    if (!has_own(image))
        return;
    json_t *own = array_json(json_incref(image->entry), NULL);
    undelivered_done(u->ctx->cache, image->name, own);
    json_decref(own);
}
