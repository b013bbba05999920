/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of update share. */
#ifndef MKIMAGE_FLEET_UPDATE_PRIVATE_H
#define MKIMAGE_FLEET_UPDATE_PRIVATE_H

#include "fleet/diff.h"
#include "fleet/known.h"
#include "fleet/update.h"
#include "registry/reference.h"

#include <pthread.h>

struct updater {
    const struct context *ctx;
    const struct update_options *options;
    struct build_options build; /* with update set */
    struct registry *registry;  /* opened when first needed */
    struct strv names;          /* that recipes of this run have */
    pthread_mutex_t unpacking;  /* of packages: by one recipe at a time, on all threads */
    pthread_mutex_t resolving;  /* so that each archive is read once */
    pthread_mutex_t lock;       /* over what follows */
    struct strv accepted;       /* those of --accept that were of use */
};

/* What a tag names: nothing, this digest, or something that nobody tells. */
enum tag_state { TAG_ABSENT, TAG_KNOWN, TAG_UNKNOWN };
struct tag_view {
    char *tag;
    enum tag_state state;
    bool remembered; /* the registry hides it: by what this machine published last */
    struct sha256 digest;
};

struct tag_views {
    struct tag_view *v;
    size_t n, cap;
};

/* What is published under a recipe's tags. */
struct published {
    bool any;             /* a tag is known to name something: */
    struct sha256 digest; /* the first such tag */
    char *tag;            /* which it is */
    bool unknown;         /* what one of the tags names isn't known */
    enum record_state state;
    bool has_record; /* one that can be compared with: */
    struct record record;
    struct record_blob blob; /* size 0 where it isn't known */
    bool adopted;            /* the record was made of its layers: no scripts, findings, lock */
};

/* One recipe. */
struct work {
    struct updater *u;
    struct update_image *ret;
    struct err err; /* why the recipe can't even be begun */
    struct build b;
    bool made;           /* b is built */
    struct reference to; /* host and repository */
    bool has_known;
    struct known known;
    struct sha256 key;
    struct strv arches;    /* of the image */
    struct tag_views seen; /* what was compared with */
    bool listed;           /* the repository's list of tags was asked for, */
    bool has_list;         /* and told: */
    struct strv list;
    struct published published;
    struct record record;    /* of the new image, */
    struct record_blob blob; /* once it is attached */
    struct image_diff diff;  /* to it */
    struct strv stops;       /* of the gate, and what isn't known: --accept releases them */
    bool moved;              /* another run was there */
    bool held;               /* by --before-tags */
};

/* ---- update.c */

/* Reads a recipe; with its name it can be published, if w->err doesn't say otherwise. For one
 * thread: names are taken in the order of recipes. */
void update_begin(struct updater *u, const char *recipe, struct update_image *ret, struct work *w);
/* All the rest. w is released; negative only if the user asked to stop. */
int update_image(struct work *w, struct err *err) MUST_USE;
/* Builds it, once. */
int update_make(struct work *w, struct err *err) MUST_USE;
void work_release(struct work *w);

/* ---- update_look.c */

/* The record of an image in the recipe's repository; of several the one with this input key, or the
 * last (NULL). Where none can be read, what this machine remembers of the image is tried. */
int update_fetch_record(struct work *w, const struct sha256 *image, const struct sha256 *input,
                        struct record_answer *ret, struct err *err) MUST_USE;

/* What the tags name now, with its record. */
int update_look(struct work *w, struct err *err) MUST_USE;
void published_release(struct published *p);
/* Whether the registry names for each of the tags what was seen. */
int update_still(struct work *w, bool *ret, struct err *err) MUST_USE;
/* Whether all of the recipe's tags name this image; ret_tags: those that do, also "TAG.1". Where a
 * tag that never moves is hidden, it is taken for this image's, which has a record and so was
 * published before. */
int update_tags_right(struct work *w, const struct sha256 *image, struct strv *ret_tags, bool *ret,
                      struct err *err) MUST_USE;
/* The recipe's tags for an image; without any in the recipe it is "latest". */
int update_tags(struct work *w, const struct lock *lock, const struct sha256 *image,
                struct strv *ret_moving, struct strv *ret_fixed, struct err *err) MUST_USE;

/* ---- update_ask.c */

/* What one tag names. A policy that hides it is asked past: the list of tags, which is never
 * hidden, tells whether it is there; Harbor's API, or else this machine's memory, what it names.
 * tag is left out of ret. */
int update_ask(struct work *w, const char *tag, struct tag_view *ret, struct err *err) MUST_USE;
/* The repository's tags are asked for anew from now on. */
void update_forget_list(struct work *w);
void tag_views_release(struct tag_views *t);
/* The one that was seen, or NULL. */
const struct tag_view *update_seen(const struct work *w, const char *tag);

/* ---- update_series.c */

/* Of a recipe whose tags never move ({date}, {digest}): the one that names the newest image, found
 * in the registry's list of tags; none if nothing is published. */
int update_newest(struct work *w, struct strv *ret, struct err *err) MUST_USE;

/* ---- update_judge.c */

/* Whether w->b may be published (w->ret->state says so); then record, difference and the report's
 * entry are ready. */
int update_judge(struct work *w, struct err *err) MUST_USE;
/* The same where `image`, which is published, is to get the tags that don't name it yet. */
int update_judge_tags(struct work *w, const struct sha256 *image, struct err *err) MUST_USE;
/* The entry of what is published and was never told of, by the records alone. */
int update_late_entry(struct work *w, struct err *err) MUST_USE;
/* The entry of a dry run. */
int update_would_change(struct work *w, struct err *err) MUST_USE;

/* ---- update_publish.c */

/* The record of w->b; ret is released first. */
int update_record(struct work *w, const char *accepted, struct err *err) MUST_USE;
/* Publishes w->b; w->moved tells that it has to be compared anew. */
int update_publish(struct work *w, struct err *err) MUST_USE;
/* Tags what is published already. */
int update_tag(struct work *w, struct err *err) MUST_USE;
/* Attaches w->record to an image that is there. */
int update_attach(struct work *w, struct err *err) MUST_USE;
/* Writes the lock if it has to, and remembers all. */
void update_keep(struct work *w, const struct sha256 *image, const struct strv *tags);

#endif
