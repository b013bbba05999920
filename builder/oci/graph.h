/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All that an index or a manifest leads to: the documents, children before what names them, and
 * the blobs, each once. Signatures and other artifacts of an index count, too: what is copied is
 * copied whole.
 */
#ifndef MKIMAGE_OCI_GRAPH_H
#define MKIMAGE_OCI_GRAPH_H

#include "oci/reader.h"

struct graph_document {
    struct sha256 digest;
    char *media_type;
    struct buf bytes;
    json_t *json;
    bool index;
    bool has_subject;
    struct sha256 subject;
};

struct graph_blob {
    struct sha256 digest;
    uint64_t size;
};

struct graph {
    struct graph_document *documents; /* the root is the last */
    size_t n_documents, cap_documents;
    struct graph_blob *blobs;
    size_t n_blobs, cap_blobs;
};

/* Layers that mustn't be distributed (a media type that says so, with urls) are left out: nobody
 * fetches from where they point (CVE-2020-15157). */
int graph_read(struct reader *r, const struct read_root *root, struct graph *ret,
               struct err *err) MUST_USE;
void graph_release(struct graph *g);
const struct graph_document *graph_find(const struct graph *g, const struct sha256 *digest);

/* Of an index only the images of these architectures (GOARCH names, "arm/v7" with its variant): one
 * is taken for itself, several become an index of their own. An architecture that isn't there is
 * an error that names those that are. A manifest stays as it is; none named: all. */
int graph_select(struct reader *r, struct read_root *root, const struct strv *arches,
                 struct err *err) MUST_USE;

/* "amd64", "arm64" (its v8 isn't said), "arm/v7" of an index's entry for Linux; NULL if it has no
 * platform, another system or is "unknown". The caller frees. */
char *platform_text(const json_t *entry);

#endif
