/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading an image from a location: documents checked against digest, size and media type
 * (CVE-2021-41190), never believed. For inspect now; audit, pull and diff build on it.
 */
#ifndef MKIMAGE_OCI_READER_H
#define MKIMAGE_OCI_READER_H

#include "oci/output.h"
#include <jansson.h>

struct reader;

/* s outlives the reader: a compressed archive is decoded here, which may take long. */
int reader_open(const struct session *s, const struct location *from, struct reader **ret,
                struct err *err) MUST_USE;
void reader_free(struct reader *r);

/* A blob as a verified stream; sha256 and size from its descriptor. Of a docker archive those that
 * reader_images named: configs and layers. The reader must outlive the stream. */
int reader_blob(struct reader *r, const struct sha256 *digest, uint64_t size, struct source **ret,
                struct err *err) MUST_USE;

/* The same, to the end of a file; progress may be NULL. */
int reader_save(struct reader *r, const struct sha256 *digest, uint64_t size, int fd,
                struct progress *progress, struct err *err) MUST_USE;
/* Where its bytes lie plainly in a file, not checked: [offset, offset + size) of *ret_fd, which is
 * the caller's to close. ERR_NOT_FOUND where they don't. */
int reader_file_range(struct reader *r, const struct sha256 *digest, uint64_t size, int *ret_fd,
                      uint64_t *ret_offset, struct err *err) MUST_USE;

/* The one index or manifest that the location means, byte for byte. Several are an error that says
 * how to name one. A docker archive has none: it is made of its config and layers as they are. */
struct read_root {
    char *media_type;
    struct sha256 digest;
    struct buf bytes;
};
int reader_root(struct reader *r, struct read_root *ret, struct err *err) MUST_USE;
void read_root_release(struct read_root *root);

struct read_layer {
    struct sha256 digest, diff_id;
    uint64_t size;
    char *media_type;
    char *created_by; /* from history, or NULL */
};

struct read_image {
    char *os, *arch, *variant; /* as the documents name them */
    struct sha256 manifest, config;
    uint64_t manifest_size;
    char *manifest_type;
    json_t *manifest_json, *config_json; /* owned */
    struct read_layer *layers;
    size_t n_layers;
};

/* All images of the location, in the index's order; nested indexes are followed to a depth of 4.
 * *ret_digest: what a user calls the image's digest (of the index for several architectures, else
 * of the manifest; of index.json itself if the location means several of its entries).
 * docker-archive's manifest.json is read too: `manifest` is zero then, manifest_json the image's
 * entry, a layer's digest its diff_id (of one that is packed in there, that of its bytes), and
 * *ret_digest the config's, which docker calls the image's id. What isn't an image (a signature, an
 * attestation) is passed over; no image at all is -ERR_NOT_FOUND. */
int reader_images(struct reader *r, struct read_image **ret, size_t *ret_n,
                  struct sha256 *ret_digest, struct err *err) MUST_USE;
void read_images_free(struct read_image *images, size_t n);

#endif
