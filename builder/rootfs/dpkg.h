/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dpkg's records, in the one form that Clair, Trivy, Syft and Grype all read and that leaves
 * `dpkg -V` silent (docs/design.md, "Packages without their scripts"): each layer carries
 * var/lib/dpkg/status with the stanzas of its own packages and their info/NAME[:ARCH].list and
 * .md5sums; the last layer the complete status, and info/format.
 */
#ifndef MKIMAGE_ROOTFS_DPKG_H
#define MKIMAGE_ROOTFS_DPKG_H

#include "rootfs/package.h"

#define DPKG_STATUS      "var/lib/dpkg/status"
#define DPKG_INFO        "var/lib/dpkg/info"
#define DPKG_INFO_FORMAT "var/lib/dpkg/info/format"

/* Adds a package's stanza: its control fields with "Source:" verbatim, "Status: install ok
 * installed" behind the first field, a blank line at the end. */
void dpkg_stanza(const struct package *p, struct buf *ret);

/* The .list: "/." and each shipped path with a leading slash, a line each, in the deb's order. */
void dpkg_list(const struct package *p, struct buf *ret);

/* Adds the tar entries of the records of these packages: status, then info files sorted by name,
 * mode 0644, root, with `time`. The directories are the caller's. */
void dpkg_records_tar(struct package *const *packages, size_t n, int64_t time, struct buf *ret);

/* Adds the directories that dpkg_records_tar's entries need to a list of image paths. */
void dpkg_records_directories(struct strv *ret);

#endif
