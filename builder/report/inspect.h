/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What mkimage inspect shows of an image: manifest, config, and layers with their packages and
 * sizes, all out of its documents; no layer is read. A layer's packages are known if mkimage made
 * it (history's created_by, image.h).
 *
 * The documents may be anybody's: in the text all that comes out of them is escaped (path.h), in
 * the JSON all that isn't ASCII.
 */
#ifndef MKIMAGE_REPORT_INSPECT_H
#define MKIMAGE_REPORT_INSPECT_H

#include "base/log.h"
#include "oci/reader.h"

struct inspection {
    const char *location; /* as the user gave it; a digest behind it isn't shown twice */
    const struct read_set *set;
};

/* log: for colours. */
void inspect_text(const struct inspection *i, const struct log *log, struct buf *ret);

/* One object on one line: location, digest, absent (texts: what is named and isn't there), and
 * images, an array with an object an image: names, os, architecture, variant, config_platform
 * (where the config names another one), manifest, manifest_size, config, packed (bytes of all
 * layers), layers (digest, diff_id, size, media_type, created_by, packages: name, version),
 * manifest_document and config_document as they are. What isn't known is null. */
void inspect_json(const struct inspection *i, struct buf *ret);

#endif
