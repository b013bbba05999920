/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What goes along with an image that is copied: what is kept beside it and beside the images of its
 * index (oci/beside.h), and beside these again, such as an SBOM's signature. A cluster that admits
 * only what is signed starts no image that came without.
 *
 *     companions_find ─► companions_push, before a tag moves
 *                     ─► companions_output, for a layout
 *
 * What can't be taken is said, and left: what isn't there though it is named, a manifest of another
 * subject than it is listed for, a media type that can't be followed, and what belongs to an index
 * of which only some architectures are taken. All else that goes wrong is an error: half of an
 * image's signatures are no lesser loss than all.
 */
#ifndef MKIMAGE_REGISTRY_COMPANIONS_H
#define MKIMAGE_REGISTRY_COMPANIONS_H

#include "oci/beside.h"
#include "oci/graph.h"
#include "registry/copy.h"

struct companion {
    struct beside at; /* owned */
    struct read_root root;
    struct graph graph;
};

struct companions {
    struct companion *v;
    size_t n, cap;
};
void companions_release(struct companions *c);

/* Of the image that the reader's root is, or of those of these architectures: *ret_image. */
int companions_find(const struct session *s, struct reader *from, const struct strv *arches,
                    struct companions *ret, struct sha256 *ret_image, struct err *err) MUST_USE;

/* Where they go. */
struct companions_to {
    const struct context *ctx;
    struct reader *from;
    struct registry *registry;
    const struct reference *to; /* host and repository */
    bool verify;
};
/* Pushes those that aren't there; ret counts. One of cosign's tags that names signatures there
 * which aren't among ours stays as it is, and that is said. */
int companions_push(const struct companions_to *where, const struct companions *c,
                    struct push_result *ret, struct err *err) MUST_USE;

/* That one stays behind, and why. */
void companions_say_left(const struct session *s, const struct beside *b, const char *why);

/* As entries of a layout's index.json and the blobs that belong to them. */
struct companions_output {
    struct output_entry *entries;
    size_t n_entries, cap_entries;
    struct output_blob *blobs;
    size_t n_blobs, cap_blobs;
    struct strv refs;
    struct buf *indexes; /* of referrers, a subject each */
    size_t n_indexes;
};
void companions_output(const struct companions *c, struct companions_output *ret);
void companions_output_release(struct companions_output *o);

#endif
