/* SPDX-License-Identifier: Apache-2.0 */
/* What the readers share: those of layouts and archives in here, and those that other modules
 * bring (a registry's). Private to oci and to them. */
#ifndef MKIMAGE_OCI_READ_H
#define MKIMAGE_OCI_READ_H

#include "oci/beside.h"
#include "oci/members.h"

#define READ_DOCUMENTS_MAX 1000        /* manifests, indexes and configs of one location */
#define READ_BYTES_MAX     (64u << 20) /* of all of these together */
#define INDEX_DEPTH_MAX    4

/* A file of a docker archive that has a digest: a config or a layer. */
struct docker_blob {
    struct sha256 digest;
    uint64_t size;
    char *member;
};

struct read_image *read_set_add(struct read_set *s);

/* What a kind of location does. All but root and blob may be NULL. */
struct reader_ops {
    int (*root)(struct reader *r, struct read_root *ret, struct err *err);
    /* NULL: all images that root leads to */
    int (*images)(struct reader *r, const struct strv *arches, struct read_set *ret,
                  struct err *err);
    /* d->media_type is NULL for what isn't a document */
    int (*blob)(struct reader *r, const struct descriptor *d, struct source **ret, struct err *err);
    int (*save)(struct reader *r, const struct descriptor *d, int fd, struct progress *progress,
                struct err *err);
    int (*file)(struct reader *r, const struct descriptor *d, int *ret_fd, uint64_t *ret_offset,
                struct err *err);
    int (*beside)(struct reader *r, const struct sha256 *subjects, size_t n,
                  struct beside_list *ret, struct err *err);
    void (*free)(struct reader *r);
};
/* Fills in the root: a document that is in memory, copied. */
void read_root_take(struct read_root *ret, const char *media_type, const struct sha256 *digest,
                    const struct buf *bytes);
/* A blob that the cache has, as a verified stream. */
int reader_cached(struct cache *c, const struct descriptor *d, struct source **ret,
                  struct err *err) MUST_USE;
/* A reader of another module; user is its own, path is what errors call it. */
struct reader *reader_new(const struct reader_ops *ops, void *user, const char *path);

/* Ops of a reader that stands before another one, which the first member of its user points to, and
 * that passes on what it doesn't do itself. */
struct reader *inner_reader(const struct reader *r);
int inner_blob(struct reader *r, const struct descriptor *d, struct source **ret, struct err *err);
int inner_save(struct reader *r, const struct descriptor *d, int fd, struct progress *progress,
               struct err *err);
int inner_file(struct reader *r, const struct descriptor *d, int *ret_fd, uint64_t *ret_offset,
               struct err *err);

struct reader {
    const struct reader_ops *ops;
    void *user;
    enum transport transport;
    char *path, *ref;
    struct sha256 wanted;    /* the location's digest, or zero */
    int dir;                 /* of a layout, else -1 */
    struct members *members; /* of an archive, else NULL */
    struct docker_blob *docker;
    size_t n_docker, cap_docker;
    size_t documents, bytes; /* read so far, by reader_images */
};

/* "x.tar: index.json"; the caller frees. */
char *reader_name(const struct reader *r, const char *file);

/* The first size bytes of an open file, which closes with the source. */
struct source *reader_fd_source(int fd, const char *name, uint64_t size);

/* A file of the layout or archive as a source, checked against a descriptor as it is read; and
 * where its bytes lie. */
int reader_verified(const struct reader *r, const char *file, const struct descriptor *d,
                    struct source **ret, struct err *err) MUST_USE;
int reader_range(const struct reader *r, const char *file, uint64_t size, int *ret_fd,
                 uint64_t *ret_offset, struct err *err) MUST_USE;

/* A JSON document that has no digest of its own: index.json, manifest.json. */
int reader_json(struct reader *r, const char *file, struct buf *ret_bytes, json_t **ret,
                struct err *err) MUST_USE;
/* One that has; and just its bytes. */
int reader_bytes(struct reader *r, const struct descriptor *d, const char *name, struct buf *ret,
                 struct err *err) MUST_USE;
int reader_document(struct reader *r, const struct descriptor *d, const char *name, json_t **ret,
                    struct err *err) MUST_USE;

/* Decides the image's platform by its config and the one that its entry names. */
void read_image_settle(struct read_image *image, const struct platform *named);

/* Adds to ret all that a descriptor leads to (readtree.c); named is the platform of its entry.
 * sparse: that it isn't there itself is no failure, either, but stands in ret->absent. */
int reader_follow(struct reader *r, const struct descriptor *d, const struct platform *named,
                  const struct strv *arches, bool sparse, struct read_set *ret,
                  struct err *err) MUST_USE;

extern const struct reader_ops layout_ops, docker_ops;
int layout_beside(struct reader *r, const struct sha256 *subjects, size_t n,
                  struct beside_list *ret, struct err *err) MUST_USE;

#endif
