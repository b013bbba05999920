/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading an image from a location: documents checked against digest, size and media type
 * (CVE-2021-41190), never believed. inspect, audit, pull and diff build on it.
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

/* What a platform is by an index's entry or by a config; borrowed from the JSON. What is blank or
 * missing is NULL. */
struct platform {
    const char *os, *arch, *variant;
    bool nothing; /* "unknown": of what isn't an image, as BuildKit has it */
};
struct platform platform_read(const json_t *object);
/* "linux/arm/v7"; the caller frees. */
char *platform_name(const struct platform *p);
/* For Linux, and of these architectures (Debian's names; NULL or none: any platform at all). */
bool platform_wanted(const struct platform *p, const struct strv *arches);

struct read_image {
    /* As the index names it, which engines choose by; where it doesn't, as the config does. A blank
     * system is Linux; arch may be "". */
    char *os, *arch, *variant;
    char *own_platform; /* the config's where it is another one; or NULL */
    bool os_blank;      /* the config names no system */
    struct strv names;  /* what the location calls it */
    struct sha256 top;  /* of the entry of the location that led to it */
    struct sha256 manifest, config;
    uint64_t manifest_size;
    char *manifest_type;
    json_t *manifest_json, *config_json; /* owned */
    struct read_layer *layers;
    size_t n_layers;
};

/* What a location means. */
struct read_set {
    /* What a user calls the image's digest: of the index for several architectures, else of the
     * manifest; of index.json itself if the location means several of its entries; of a docker
     * archive the config's, which docker calls the image's id. */
    struct sha256 digest;
    struct read_image *images; /* in the index's order */
    size_t n, cap;
    struct read_image *beside; /* signatures, attestations and the like: just their manifests */
    size_t n_beside, cap_beside;
    struct strv absent; /* what is named and isn't there: "linux/arm64 (sha256:…)" */
    struct strv others; /* platforms that weren't asked for: "linux/arm64" */
};

/* The images of the location for these architectures (Debian's names; NULL or none: all, of any
 * system). Nested indexes are followed to a depth of 4; what isn't asked for isn't read.
 * docker-archive's manifest.json is read too: `manifest` is zero then, manifest_json the image's
 * entry, a layer's digest its diff_id (of one that is packed in there, that of its bytes). An
 * architecture without an image, or no image at all, is -ERR_NOT_FOUND, and says what there is. */
int reader_images(struct reader *r, const struct strv *arches, struct read_set *ret,
                  struct err *err) MUST_USE;
void read_set_release(struct read_set *s);

#endif
