/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Moving images between locations: push, pull, copy. Blobs go first, then manifests, the index
 * after its children, tags last, so that what a tag names is always whole.
 */
#ifndef MKIMAGE_REGISTRY_COPY_H
#define MKIMAGE_REGISTRY_COPY_H

#include "oci/reader.h"
#include "registry/client.h"

struct push_options {
    const struct strv *tags;   /* further tags beside the reference's */
    const struct strv *arches; /* GOARCH names to take of an index; empty: all */
    bool arch_tags;            /* each image of an index under TAG-ARCH too */
    bool verify;               /* read everything back */
};

struct push_result {
    struct sha256 digest;
    bool unchanged;             /* every tag named this digest already */
    uint64_t uploaded;          /* bytes */
    size_t blobs, mounted, had; /* uploaded, mounted, there already */
};

/* Pushes an image to a repository of a registry. Unchanged means one HEAD a tag; a new tag on a
 * known manifest one PUT. The cache remembers which repositories of a registry hold a blob, as
 * sources of mounts. */
int push_image(const struct session *s, struct cache *c, struct reader *from, struct registry *r,
               const struct reference *to, const struct push_options *options,
               struct push_result *ret, struct err *err) MUST_USE;

/* A reader over a registry's image, for inspect, pull and copy; only what is asked for is
 * fetched. r must outlive it. */
int registry_reader(struct registry *r, const struct reference *from, struct reader **ret,
                    struct err *err) MUST_USE;

#endif
