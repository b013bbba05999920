/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which blobs of a layout are there and whole. A blob is known by its digest, but to hash all of an
 * image each time that nothing changed would cost more than building it: so the cache remembers of
 * what was written, or hashed, its inode, size and time of change (a stamp). What has its stamp is
 * as it was written; anything else is hashed.
 *
 *     stamps_look ─► which are there? ─► the others are written ─► stamps_keep
 *
 * Private to oci.
 */
#ifndef MKIMAGE_OCI_STAMPS_H
#define MKIMAGE_OCI_STAMPS_H

#include "oci/write.h"

/* dir: the layout's blobs/sha256. ret: room for as many as blobs has; true for what is there, has
 * the size that it should have, and the bytes. Only a wish to stop is an error: what can't be read
 * isn't there. */
int stamps_look(const struct writing *w, const struct blobs *blobs, int dir, bool *ret,
                struct err *err) MUST_USE;

/* All of them are there and whole. What can't be remembered is hashed next time. */
void stamps_keep(const struct writing *w, const struct blobs *blobs, int dir);

#endif
