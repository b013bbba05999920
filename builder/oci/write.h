/* SPDX-License-Identifier: Apache-2.0 */
/* What the writers of output.h share: the blobs of an output, and their bytes. Private to oci. */
#ifndef MKIMAGE_OCI_WRITE_H
#define MKIMAGE_OCI_WRITE_H

#include "base/stream.h"
#include "oci/output.h"
#include <jansson.h>

#define LAYOUT_MARKER     "{\"imageLayoutVersion\":\"1.0.0\"}" /* image-layout.md, oci-layout */
#define ANNOTATION_REF    "org.opencontainers.image.ref.name"
#define LAYOUT_MARKER_MAX 4096

/* Where all goes. */
struct writing {
    const struct context *ctx;
    const struct location *to;
    const struct output *output;
};

/* A blob to write: a document in memory, or a layer or anything else in the cache. */
struct blob {
    struct sha256 digest;
    uint64_t size;
    const struct buf *bytes;   /* borrowed; NULL for what is in the cache */
    const struct layer *layer; /* borrowed; NULL for a document, and for others of the cache */
};

struct blobs {
    struct blob *items; /* sorted by digest, each once */
    size_t n, cap;
};

void blobs_of(const struct output *o, struct blobs *ret);
void blobs_sort(struct blobs *b); /* and drops what stands twice */
void blobs_release(struct blobs *b);
bool blobs_have(const struct blobs *b, const struct sha256 *digest);

/* Takes bytes in order. */
typedef int (*sink_fn)(void *arg, const void *p, size_t n, struct err *err);

/* A layer's bytes as stored, or decoded (then its diff_id is checked too); a document's. A layer
 * that isn't in the cache, or is damaged (then it is dropped), is an error. */
int blob_send(const struct writing *w, const struct blob *b, bool decoded, sink_fn sink, void *arg,
              struct err *err) MUST_USE;

/* Adds the output's entry in index.json (its one manifest, or its index; named ref unless NULL),
 * and those of what is kept beside the image. */
void add_index_entries(json_t *manifests, const struct output *o, const char *ref);
/* An index.json with these entries only. */
void layout_index_json(const struct output *o, const char *ref, struct buf *ret);

int64_t output_created(const struct output *o); /* of the newest image */

/* What a layout's index.json named before. Entries of the name that is written now are replaced,
 * those of other names (or of none) stay as they are, in their order. */
struct old_index {
    json_t *document; /* NULL if there was none */
    struct buf bytes;
    json_t *kept; /* array; with `first` the place for the new entry */
    size_t first;
};
/* dir is an open layout. A marker or an index.json that isn't what image-layout.md and
 * image-index.md say is an error. */
int old_index_read(int dir, const char *path, const char *ref, struct old_index *ret,
                   struct err *err) MUST_USE;
void old_index_release(struct old_index *i);
void old_index_merge(const struct old_index *i, const struct output *o, const char *ref,
                     struct buf *ret);
/* Of what is kept beside images (beside.h) leaves only that of images that are there from now on,
 * and that isn't written anew; now: the blobs of the output, sorted. */
void old_index_prune(struct old_index *i, int dir, const struct output *o, const struct blobs *now);
/* Adds to digests all that the kept entries lead to; false if that can't be told for all of
 * them, as a document is missing or is of an unknown kind. */
bool old_index_reach(const struct old_index *i, int dir, struct blobs *digests);

int layout_write(const struct writing *w, bool *ret_unchanged, struct err *err) MUST_USE;
int oci_archive_write(const struct writing *w, struct err *err) MUST_USE;
int docker_archive_write(const struct writing *w, struct err *err) MUST_USE;

/* A tar under way, to a file descriptor. */
struct tar_output {
    const struct writing *w;
    int fd;
    const char *name; /* for errors; borrowed */
    int64_t mtime;
    struct buf pending;
};
int tar_output_directory(struct tar_output *t, const char *path, struct err *err) MUST_USE;
int tar_output_file(struct tar_output *t, const char *path, const void *p, size_t n,
                    struct err *err) MUST_USE;
int tar_output_blob(struct tar_output *t, const char *path, const struct blob *b, bool decoded,
                    struct err *err) MUST_USE;

/* Makes a file of what fill writes, at w->to->path ("-" is stdout), all or nothing. */
typedef int (*fill_fn)(struct tar_output *t, struct err *err);
int archive_write(const struct writing *w, fill_fn fill, struct err *err) MUST_USE;

#endif
