/* SPDX-License-Identifier: Apache-2.0 */
/* What reader.c, readlayout.c and readdocker.c share. Private to oci. */
#ifndef MKIMAGE_OCI_READ_H
#define MKIMAGE_OCI_READ_H

#include "oci/document.h"
#include "oci/members.h"

#define READ_DOCUMENTS_MAX 1000        /* manifests, indexes and configs of one location */
#define READ_BYTES_MAX     (64u << 20) /* of all of these together */
#define INDEX_DEPTH_MAX    4

/* A file of a docker archive that has a digest: a config or a layer. */
struct docker_blob {
    struct sha256 digest;
    char *member;
};

struct reader {
    enum transport transport;
    char *path, *ref;
    struct sha256 wanted;    /* the location's digest, or zero */
    int dir;                 /* of a layout, else -1 */
    struct members *members; /* of an archive, else NULL */
    struct docker_blob *docker;
    size_t n_docker, cap_docker;
    size_t documents, bytes; /* read so far, by reader_images */
};

struct read_list {
    struct read_image *items;
    size_t n, cap;
};
struct read_image *read_list_add(struct read_list *l);

/* "x.tar: index.json"; the caller frees. */
char *reader_name(const struct reader *r, const char *file);

/* A file of the layout or archive as a source. size may be UINT64_MAX (any), else another size is
 * an error. */
int reader_file(const struct reader *r, const char *file, uint64_t size, struct source **ret,
                uint64_t *ret_size, struct err *err) MUST_USE;

/* A JSON document that has no digest of its own: index.json, manifest.json. */
int reader_json(struct reader *r, const char *file, struct buf *ret_bytes, json_t **ret,
                struct err *err) MUST_USE;
/* One that has. */
int reader_document(struct reader *r, const struct descriptor *d, const char *name, json_t **ret,
                    struct err *err) MUST_USE;

int layout_images(struct reader *r, struct read_list *ret, struct sha256 *ret_digest,
                  struct err *err) MUST_USE;
int docker_images(struct reader *r, struct read_list *ret, struct sha256 *ret_digest,
                  struct err *err) MUST_USE;

#endif
