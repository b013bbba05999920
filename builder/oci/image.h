/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON documents of an image: config, manifest, index (OCI image spec 1.1: config.md,
 * manifest.md, image-index.md). Canonical bytes: compact, keys in the order of the spec, maps
 * sorted by key; so a digest is a function of the content.
 */
#ifndef MKIMAGE_OCI_IMAGE_H
#define MKIMAGE_OCI_IMAGE_H

#include "base/strv.h"
#include "base/time.h"
#include "oci/layer.h"

#define MEDIA_MANIFEST        "application/vnd.oci.image.manifest.v1+json"
#define MEDIA_INDEX           "application/vnd.oci.image.index.v1+json"
#define MEDIA_CONFIG          "application/vnd.oci.image.config.v1+json"
#define MEDIA_DOCKER_MANIFEST "application/vnd.docker.distribution.manifest.v2+json"
#define MEDIA_DOCKER_LIST     "application/vnd.docker.distribution.manifest.list.v2+json"
#define MEDIA_TAR             "application/vnd.oci.image.layer.v1.tar"
#define MANIFEST_BYTES_MAX    (4u << 20)

/* A layer's place in the image. */
struct image_layer {
    struct layer layer;
    char *created_by; /* history: "mkimage libc6=2.41-12 …": its packages with versions */
    char *comment;    /* history, or NULL */
};

struct image {
    const char *arch; /* Debian's name */
    int64_t created;  /* epoch, seconds */
    char *user;       /* "5000:5000" */
    struct strv env, entrypoint, cmd;
    struct strv ports, volumes;      /* sorted */
    struct strv labels, annotations; /* "key=value", sorted by key */
    char *workdir, *stop_signal;     /* or NULL */
    struct image_layer *layers;
    size_t n_layers, cap_layers;
};

void image_release(struct image *i);

void image_config_json(const struct image *i, struct buf *ret);
void image_manifest_json(const struct image *i, const struct sha256 *config, uint64_t config_size,
                         struct buf *ret);

struct index_entry {
    const char *arch; /* Debian's name */
    struct sha256 digest;
    uint64_t size;
};
void image_index_json(const struct index_entry *entries, size_t n, const struct strv *annotations,
                      struct buf *ret);

#endif
