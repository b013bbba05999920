/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An image in the form that a registry wants: documents are made anew, and so its digest is another
 * one; configs, and with them what docker calls the image's id, stay as they are.
 */
#ifndef MKIMAGE_REGISTRY_REWRITE_H
#define MKIMAGE_REGISTRY_REWRITE_H

#include "registry/copy.h"

/* Of an archive for docker, whose layers are plain tars: with these compressed by gzip, into the
 * cache. *ret is NULL if there is nothing to compress. */
int rewrite_packed(const struct context *ctx, struct reader *from, struct reader **ret,
                   struct err *err) MUST_USE;

/* Of Docker's schema 2, with OCI's media types throughout. root: the image of from that is meant.
 * *ret is NULL if it has none of Docker's. */
int rewrite_to_oci(struct reader *from, const struct read_root *root, struct reader **ret,
                   struct err *err) MUST_USE;

#endif
