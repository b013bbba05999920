/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The night: moves a recipe to today's archive, and publishes its image if it changed.
 *
 *     update_open ─► update_all ─► update_delivered, for each image ─► update_close
 *
 * What changed is decided by the input key (input.h) against the record of what is published
 * (record.h), not by dates: a new InRelease over the same packages changes nothing, neither the
 * lock nor a tag with {date}. Then, in this order: blobs, manifest by digest, record, report entry,
 * the user's before_tags, tags, lock. A run that is cut off at any point and run again ends in the
 * same state; report entries of images whose tags moved, and that no report has delivered, are
 * handed out again.
 *
 * Nothing moves unless it is known what would be replaced, and there is a record of it to compare
 * with: each tag is absent, known or unknown (a registry's policy may hide it), and what is unknown
 * is never taken for absent. Such an image is stopped, until --accept releases its very bytes.
 *
 * Before a tag moves it is read again: if it isn't what was compared with, another run was there,
 * and all is compared anew. One update a lock at a time (turn.h).
 */
#ifndef MKIMAGE_FLEET_UPDATE_H
#define MKIMAGE_FLEET_UPDATE_H

#include "fleet/record.h"
#include "registry/client.h"

struct update_image;
struct update_options {
    const struct build_options *build;
    const struct registry_options *registry;
    const char *push;          /* the prefix of all names; NULL only with dry_run: then a lock is
                                  compared with today's archive, and no registry is asked */
    const struct recipe *gate; /* in place of the recipe's, or NULL */
    const struct strv *accept; /* NAME@DIGEST: these bytes pass the gate, */
    const char *reason;        /* because of this; NULL without any */
    bool dry_run;              /* nothing is built, published or written */
    bool adopt;                /* images without a record may be replaced */
    bool allow_downgrade;
    bool arch_tags; /* of images that are published: each architecture's under TAG-ARCH, too */
    bool report;    /* keep entries until update_delivered */
    unsigned wait;  /* seconds for the turn of another update; 0: as long as it takes */
    /* Called when an image and its record are there under their digests, before a tag moves; from
     * any thread. Where it fails, nothing moves, and the image is stopped if it says ERR_POLICY. Or
     * NULL.
     */
    int (*before_tags)(void *user, const struct update_image *image, struct err *err);
    void *user;
};

enum update_state {
    UPDATE_UNCHANGED,
    UPDATE_PUBLISHED,
    UPDATE_TAGGED,  /* published before; a run that was cut off hadn't tagged it */
    UPDATE_CHANGES, /* dry run: it would be published */
    UPDATE_STOPPED, /* by the gate, as a downgrade, because what is there isn't known or has no
                       record, or by before_tags */
    UPDATE_FAILED,
};

/* What became of one recipe. */
struct update_image {
    enum update_state state;
    enum err_code code;             /* of a failure or a stop: what the program exits with */
    char *recipe;                   /* its name, or its path where it can't be read */
    char *name;                     /* "host/repository", or NULL */
    struct sha256 digest, replaced; /* zero where not known */
    struct strv tags;
    struct strv reasons; /* of a stop or a failure; the last of a failure may be its hint */
    bool acceptable;     /* stopped by nothing but what --accept releases */
    json_t *entry;       /* for the report (docs/report.md); NULL if it has nothing to say */
    json_t *earlier;     /* array: entries of earlier runs that weren't delivered, or NULL */
};

struct updater;

/* All of options is borrowed. */
struct updater *update_open(const struct context *ctx, const struct update_options *options);
void update_close(struct updater *u);

/* Told of each image in the order of the recipes, as soon as it and all before it are done: from
 * any thread, but by one at a time. */
typedef int (*update_told)(void *user, const struct update_image *image, struct err *err);

/* All recipes, some of them at the same time. images has room for as many as there are, zeroed, and
 * is to be released in any case. What becomes of a recipe, a failure too, is told in its image;
 * negative only if the user asked to stop, or if `told` failed: what was done by then was told, and
 * the image of a recipe that wasn't begun stays zero. */
int update_all(struct updater *u, const struct strv *recipes, struct update_image *images,
               update_told told, void *user, struct err *err) MUST_USE;
/* A report that has the image's entries was written. */
void update_delivered(struct updater *u, const struct update_image *image);

/* Adds those of --accept that let nothing pass. */
void update_unused(const struct updater *u, struct strv *ret);

void update_image_release(struct update_image *i);
const char *update_state_name(enum update_state s);

#endif
