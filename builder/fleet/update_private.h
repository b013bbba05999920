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
    const struct session *session;
    struct http *http;
    struct cache *cache;
    const struct update_options *options;
    struct build_options build; /* with update set */
    struct registry *registry;  /* opened when first needed */
    struct strv names;          /* that recipes of this run have */
    pthread_mutex_t unpacking;  /* of packages: by one recipe at a time, on all threads */
    pthread_mutex_t resolving;  /* so that each archive is read once */
    pthread_mutex_t lock;       /* over what follows */
    struct strv accepted;       /* those of --accept that were of use */
};

/* What is published under a recipe's tags. */
struct published {
    bool any;     /* a tag names something */
    bool unknown; /* the registry won't say what a tag names */
    struct sha256 digest;
    char *tag; /* the first one that names it */
    bool has_record;
    bool adopted; /* the record was made of its layers: no scripts, no findings, no lock */
    struct record record;
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
    struct strv arches; /* of the image */
    struct strv seen;   /* "TAG sha256:…": what was compared with */
    struct published published;
    struct record record;   /* of the new image */
    struct image_diff diff; /* to it */
    struct strv stops;      /* of the gate */
    bool moved;             /* another run was there */
};

/* ---- update.c */

/* Reads a recipe; with its name it can be published, if w->err doesn't say otherwise. For one
 * thread: names are taken in the order of recipes. */
void update_begin(struct updater *u, const char *recipe, struct update_image *ret, struct work *w);
/* All the rest. w is released; negative only if the user asked to stop. */
int update_image(struct work *w, struct err *err) MUST_USE;
void work_release(struct work *w);

/* ---- update_look.c */

/* What the tags name now, with its record. */
int update_look(struct work *w, struct err *err) MUST_USE;
void published_release(struct published *p);
/* Whether the registry names for each of the tags what was seen. */
int update_still(struct work *w, bool *ret, struct err *err) MUST_USE;
/* Whether all of the recipe's tags name this image; ret_tags: those that do, also "TAG.1". */
int update_tags_right(struct work *w, const struct sha256 *image, struct strv *ret_tags, bool *ret,
                      struct err *err) MUST_USE;
/* HEAD of one tag. *ret_there false: it isn't there; *ret_known false: the registry won't say. */
int update_head(struct work *w, const char *tag, struct sha256 *ret, bool *ret_there,
                bool *ret_known, struct err *err) MUST_USE;
/* The recipe's tags for an image; without any in the recipe it is "latest". */
int update_tags(struct work *w, const struct lock *lock, const struct sha256 *image,
                struct strv *ret_moving, struct strv *ret_fixed, struct err *err) MUST_USE;

/* ---- update_series.c */

/* Of a recipe whose tags never move ({date}, {digest}): the one that names the newest image, found
 * in the registry's list of tags; none if nothing is published. */
int update_newest(struct work *w, struct strv *ret, struct err *err) MUST_USE;

/* ---- update_judge.c */

/* Whether w->b may be published (w->ret->state says so); then record, difference and the report's
 * entry are ready. */
int update_judge(struct work *w, struct err *err) MUST_USE;
/* The entry of what is published and was never told of, by the records alone. */
int update_late_entry(struct work *w, struct err *err) MUST_USE;
/* The entry of a dry run. */
void update_would_change(struct work *w);

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
