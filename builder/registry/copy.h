/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Moving images between locations: push, pull, copy. Blobs go first, then manifests, the index
 * after its children, tags last, so that what a tag names is always whole.
 */
#ifndef MKIMAGE_REGISTRY_COPY_H
#define MKIMAGE_REGISTRY_COPY_H

#include "oci/reader.h"
#include "registry/client.h"

struct push_result;
struct push_options {
    const struct strv *tags;   /* further tags beside the reference's; NULL: none */
    const struct strv *fixed;  /* more of them, which never move: one that names other bytes gets
                                  ".1", ".2" and so on behind it; NULL: none */
    const struct strv *arches; /* GOARCH names to take of an index; NULL or empty: all */
    bool arch_tags;            /* each image of an index under TAG-ARCH too */
    bool verify;               /* read everything back; what isn't right is pushed again, once */
    const char
        *mounts_from; /* a repository of the same registry that may hold its blobs, or NULL */
    /* Called once if anything is to be tagged, when all of the image is there under its digest and
     * before a tag moves; what it refuses stays untagged. result's digest and replaced are set.
     * Or NULL. */
    int (*before_tags)(void *user, const struct push_result *result, struct err *err);
    /* Whether these bytes were published before: asked where a tag of `fixed` is there and the
     * registry hides what it names. Then it is theirs, and they get no further one. Or NULL. */
    int (*published_before)(void *user, const struct sha256 *digest, bool *ret, struct err *err);
    void *user;
};

struct push_result {
    struct sha256 digest;
    struct sha256 replaced;     /* what the first of its tags named before, or zero */
    struct strv tags;           /* all that name it now, but for TAG-ARCH */
    bool unchanged;             /* every tag named this digest already */
    uint64_t uploaded;          /* bytes */
    size_t blobs, mounted, had; /* uploaded, mounted, there already */
    size_t referrers;           /* what went along */
};

/* Pushes an image to a repository of a registry; ret is released by its owner, also after a
 * failure. Without any tag and digest it is "latest". Unchanged means one HEAD a tag; a new tag on
 * a known manifest one PUT. The cache remembers which repositories of a registry hold a blob, as
 * sources of mounts. */
int push_image(const struct context *ctx, struct reader *from, struct registry *r,
               const struct reference *to, const struct push_options *options,
               struct push_result *ret, struct err *err) MUST_USE;

void push_result_release(struct push_result *r);

/* The same, and before a tag moves what is kept beside the image (companions.h). */
int push_with_companions(const struct context *ctx, struct reader *from, struct registry *r,
                         const struct reference *to, const struct push_options *options,
                         struct push_result *ret, struct err *err) MUST_USE;

/* A reader over a registry's image, for inspect, pull and copy; only what is asked for is
 * fetched, and nothing before that. r must outlive it. */
int registry_reader(struct registry *r, const struct reference *from, struct reader **ret,
                    struct err *err) MUST_USE;
/* The repository that it reads if it is one of this host's, borrowed, else NULL. */
const char *registry_reader_repository(const struct reader *r, const char *host);

/* A reader over images that were just built; o and c must outlive it. */
struct reader *output_reader(struct cache *c, const struct output *o);

/* Writes an image to a layout or an archive, whole, by way of the cache; whatever a manifest names,
 * if it is no image. docker-archive takes one architecture: arches has to name it then. */
struct pull_options {
    const struct strv *arches; /* as in push_options */
    bool referrers;            /* with what is kept beside it; docker-archive can't: that is said */
};
struct pull_result {
    struct sha256 digest;
    bool unchanged;
    size_t referrers;
};
int pull_image(const struct context *ctx, struct reader *from, const struct location *to,
               const struct pull_options *options, struct pull_result *ret,
               struct err *err) MUST_USE;

#endif
