/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON documents of an image as they come from somebody else: each is checked for what its
 * kind must have and must not have before anything of it is used.
 *
 * `name` says in errors which document it is. Texts out of a document are escaped there.
 */
#ifndef MKIMAGE_OCI_DOCUMENT_H
#define MKIMAGE_OCI_DOCUMENT_H

#include "oci/reader.h"

#define MEDIA_DOCKER_CONFIG "application/vnd.docker.container.image.v1+json"
/* With "+json" or "+prettyjws" behind it. */
#define MEDIA_DOCKER_SCHEMA1 "application/vnd.docker.distribution.manifest.v1"
#define MEDIA_DOCKER_TAR     "application/vnd.docker.image.rootfs.diff.tar"

enum document_kind { DOCUMENT_OTHER, DOCUMENT_MANIFEST, DOCUMENT_INDEX };
enum document_kind document_kind(const char *media_type);

/* descriptor.md; media_type is borrowed from the JSON. */
struct descriptor {
    const char *media_type;
    struct sha256 digest;
    uint64_t size;
};

/* One JSON value and nothing behind it, no key twice (also not in other case, which some readers
 * take for the same), at most MANIFEST_BYTES_MAX bytes. The caller owns *ret. */
int document_parse(const void *p, size_t n, const char *name, json_t **ret,
                   struct err *err) MUST_USE;

/* A descriptor to be written, and one that is read. */
json_t *descriptor_json(const char *media_type, const struct sha256 *digest, uint64_t size);
int descriptor_read(const json_t *json, const char *name, struct descriptor *ret,
                    struct err *err) MUST_USE;

/* A manifest or an index: schemaVersion is 2, its own mediaType, if it has one, is media_type
 * (the descriptor's), and it doesn't hold the other kind's lists (CVE-2021-41190). */
int document_check(const json_t *document, const char *media_type, const char *name,
                   struct err *err) MUST_USE;

/* Whether a manifest is an image's, not a signature's or another artifact's: these may name a
 * config of an image, too. */
bool manifest_is_image(const json_t *manifest);

/* Adds to ret the layers of a manifest, all but their diff_ids. */
int manifest_layers(const json_t *manifest, const char *name, struct read_image *ret,
                    struct err *err) MUST_USE;

/* Whether it is the "{}" of something that isn't an image and has no layers. */
bool config_is_empty(const json_t *config, size_t n_layers);

/* Adds to ret what the config says: a diff_id for each of ret's layers (as many as there are
 * layers, or it is refused), and created_by where the history fits the layers. */
int config_read(const json_t *config, const char *name, struct read_image *ret,
                struct err *err) MUST_USE;

void read_image_release(struct read_image *image);

#endif
