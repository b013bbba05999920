/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where images go and come from: names with a transport, and writing them all or nothing.
 *
 *     oci:DIR               an OCI layout (image-layout.md)
 *     oci-archive:FILE      the same as a tar, "-" for stdout
 *     docker-archive:FILE   for docker load: one architecture, uncompressed layers
 *     docker://NAME         in a registry
 *
 * A directory appears by rename when it wasn't there. In a layout that is there, blobs come first
 * (each by rename), index.json last by rename, then blobs that nothing names any more go; a
 * directory that is neither empty nor a layout is refused. Files appear by rename. Archives are
 * byte-reproducible: sorted entries, the image's epoch as time.
 */
#ifndef MKIMAGE_OCI_OUTPUT_H
#define MKIMAGE_OCI_OUTPUT_H

#include "oci/image.h"

enum transport {
    TRANSPORT_OCI,
    TRANSPORT_OCI_ARCHIVE,
    TRANSPORT_DOCKER_ARCHIVE,
    TRANSPORT_DOCKER, /* a registry: registry/ reads and writes it */
};

struct location {
    enum transport transport;
    char *path; /* of docker:// all behind it (registry/reference.h), and the rest is unset */
    char *ref;  /* "dir:ref" for oci and oci-archive (org.opencontainers.image.ref.name), or for
                   docker-archive the "name:tag" that docker load gives; NULL if none */
    struct sha256 digest; /* of a trailing "@sha256:…", as a build prints it; for reading only:
                             the image must have it; zero if none */
};

/* "oci:python3.oci", "oci-archive:x.tar:1.0", "docker-archive:x.tar:name:tag". A name without a
 * transport is an error that lists them. */
int location_parse(const char *text, struct location *ret, struct err *err) MUST_USE;
void location_release(struct location *l);
const char *transport_name(enum transport t);

/* One architecture's image, ready: its documents, its layers in the cache. */
struct built_image {
    const char *arch;
    int64_t created;
    struct buf config, manifest;
    struct sha256 config_digest, manifest_digest;
    const struct image *image; /* layers */
};

/* A further blob: of bytes in memory, or in the cache. */
struct output_blob {
    struct sha256 digest;
    uint64_t size;
    const struct buf *bytes; /* borrowed, or NULL */
};

/* A further entry of index.json, whose bytes are among the extras. */
struct output_entry {
    const char *ref; /* borrowed, as is media_type */
    const char *media_type;
    struct sha256 digest;
    uint64_t size;
};

/* All that is to be written. With one architecture and no index the manifest stands in
 * index.json; with an index document, that. */
struct output {
    const struct built_image *images;
    size_t n_images;
    const struct buf *index; /* NULL for a single image */
    struct sha256 index_digest;
    /* of an image that was copied from elsewhere */
    const char *media_type; /* of the manifest or index; NULL: OCI's */
    const struct output_blob *extras;
    size_t n_extras;
    const struct output_entry *entries; /* of a layout: what is kept beside the image (beside.h) */
    size_t n_entries;
};

/* Blobs already in a layout under their digest with the right size are kept. Each blob copied
 * from the cache is hashed on the way: a damaged one is dropped from the cache and is an error.
 * *ret_unchanged (may be NULL) tells that the layout named this very digest already, with all its
 * blobs in place. */
int output_write(const struct context *ctx, const struct location *to, const struct output *o,
                 bool *ret_unchanged, struct err *err) MUST_USE;

#endif
