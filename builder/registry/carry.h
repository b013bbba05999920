/* SPDX-License-Identifier: Apache-2.0 */
/* Blobs on their way between reader, cache and registry, several at a time. Private to registry. */
#ifndef MKIMAGE_REGISTRY_CARRY_H
#define MKIMAGE_REGISTRY_CARRY_H

#include "oci/graph.h"
#include "registry/copy.h"

#define PARALLEL 4 /* blobs at a time: polite, and enough to fill a line */

/* Runs fn over n items of size bytes each, PARALLEL at a time; an error, and what isn't
 * begun by then isn't begun any more. */
int in_parallel(task_fn fn, void *items, size_t n, size_t size, struct err *err) MUST_USE;

/* A blob's bytes as a file: the cache's, or where the reader has them plainly, or else fetched
 * into the cache. The caller closes *ret_fd. */
int blob_open(const struct context *ctx, struct reader *from, const struct graph_blob *blob,
              int *ret_fd, uint64_t *ret_offset, struct err *err) MUST_USE;
/* Into the cache, unless it is there. */
int blob_fetch(const struct context *ctx, struct reader *from, const struct graph_blob *blob,
               struct err *err) MUST_USE;

#endif
