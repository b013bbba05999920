/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A .deb file: an ar archive of debian-binary, control.tar[.gz|.xz|.zst] and
 * data.tar[.gz|.xz|.zst] in this order (deb(5)); what follows is others' (signatures), and ignored.
 * Opened only after the whole file was checked against size and SHA-256 (CVE-2026-42575).
 */
#ifndef MKIMAGE_DEB_MEMBER_H
#define MKIMAGE_DEB_MEMBER_H

#include "base/stream.h"

struct deb_member {
    uint64_t offset, size; /* in the file */
    enum encoding encoding;
};

struct deb {
    int fd; /* the caller's */
    const char *name;
    struct deb_member control, data;
    int64_t time; /* the newest of the ar members' times, seconds */
};

/* Reads the ar headers: any other member order, an unknown name (but _ extensions), a format
 * other than 2.x, or a size beyond the file are errors. name is borrowed. */
int deb_open(struct deb *ret, int fd, uint64_t size, const char *name, struct err *err) MUST_USE;

/* The decoded tar of a member; at most cap bytes. threads as in source_decode. */
struct source *deb_tar(const struct deb *d, const struct deb_member *m, uint64_t cap,
                       unsigned threads);

#endif
