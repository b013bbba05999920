/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the update's report share. */
#ifndef MKIMAGE_REPORT_NIGHT_PRIVATE_H
#define MKIMAGE_REPORT_NIGHT_PRIVATE_H

#include "report/difference.h"

#define NIGHT_IMAGES_MAX 6 /* named in a line */

/* As text, or as Markdown. */
void night_prose(const json_t *report, bool markdown, struct buf *ret);

/* Where an image is told of. */
enum night_place {
    NIGHT_EYES,     /* a section of its own: somebody has to look at it */
    NIGHT_SECTION,  /* a section of its own */
    NIGHT_PACKAGES, /* a line: nothing is new but packages that other images have, too */
    NIGHT_FIRST,    /* a line: a first publication */
};

struct night_story {
    const json_t *image;
    json_t *own;  /* the image with those package changes that it has alone */
    size_t above; /* how many the others are */
    enum night_place place;
    size_t alike; /* of images that failed for the same reasons, at the first of them: how many */
    bool told;    /* one of the others */
};

struct night_stories {
    struct night_story *v;
    size_t n;
    struct package_groups packages; /* of images that need no eyes */
};

/* ---- night_overview.c: what a glance is enough for */

void night_overview(struct prose *w, const json_t *report, const struct night_stories *s);
/* "3 changed, 1 removed". */
void night_package_counts(const json_t *image, struct buf *ret);

/* ---- night_image.c */

/* The section of one image. */
void night_image(struct prose *w, const struct night_story *story);
/* An image in a line; `what` is no text from outside. */
void night_line(struct prose *w, const json_t *image, const char *what);
/* Why it was stopped or failed, and what it was released by. */
void night_reasons(struct prose *w, const json_t *image);
/* Its name, or its recipe's. */
const char *night_name(const json_t *image);

/* ---- night_changelogs.c */

/* Folded in Markdown, cut in text. */
void night_changelogs(struct prose *w, const json_t *report);

#endif
