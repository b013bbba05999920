/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A record (record.h) of any image in the world, made of its layers and config: for images that
 * nobody has left a record of, or that others built.
 *
 * It has what layers can tell: packages from dpkg's records (the status file, distroless's
 * status.d) or apk's, with source and source version; config; paths with type, mode, owner, digest
 * and target; sizes. A package of a foreign architecture is called NAME:ARCH. There is no lock, no
 * input key, no digest of a deb, no script and no finding; name and mkimage are "". unpacked counts
 * the bytes of files, as a build does.
 *
 * Layers are read as streams, one image after the other, and nothing is unpacked to disk; memory
 * grows with the number of entries (audit/flatten.h has the bounds). The root directory is left
 * out, as in a build's record.
 */
#ifndef MKIMAGE_FLEET_LAYERS_H
#define MKIMAGE_FLEET_LAYERS_H

#include "fleet/record.h"
#include "oci/reader.h"

/* arches: Debian's names; NULL or empty: all there are. An architecture that is asked for and
 * isn't there is -ERR_NOT_FOUND, as is a location without an image for Linux. Two images for one
 * architecture, layers that aren't here and layers that can't be read are errors. */
int record_of_image(const struct session *s, struct reader *r, const struct strv *arches,
                    struct record *ret, struct err *err) MUST_USE;

#endif
