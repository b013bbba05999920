/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A strict look at a tar archive before libarchive reads it: a source that passes the bytes on and
 * fails at the first header whose meaning readers could disagree about, so that what libarchive
 * takes from it is what everybody takes from it (CVE-2025-62518, CVE-2025-58183).
 *
 * Let through: ustar and GNU headers (POSIX.1-2017 "ustar Interchange Format"; GNU tar manual
 * "Basic Tar Format") with a right checksum and plain numbers, of files, links, directories and
 * devices; at most one GNU long name and one long link before one, or else one pax header, with
 * just the keys that say what is packed. Data belongs to files alone. Refused: global headers,
 * sparse files, a pax size other than the header's own, NUL bytes in names, an entry begun and not
 * ended, anything but zeros behind the end.
 */
#ifndef MKIMAGE_ROOTFS_TARCHECK_H
#define MKIMAGE_ROOTFS_TARCHECK_H

#include "base/stream.h"

#define TARCHECK_NAME_MAX 8192       /* of a GNU long name, bytes */
#define TARCHECK_PAX_MAX  (1u << 20) /* of a pax header */

/* Takes inner over. name is for errors and borrowed. More than `entries` entries are an error. */
struct source *source_tarcheck(struct source *inner, const char *name, size_t entries);

/* How many entries have passed: libarchive must have seen as many. */
size_t tarcheck_entries(const struct source *s);

#endif
