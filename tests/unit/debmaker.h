/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Debs made in memory, down to bytes that no tool would write.
 *
 *     CLEANUP(buf_release) struct buf control = BUF_INIT(0), data = BUF_INIT(0), deb = BUF_INIT(0);
 *     maker_control(&control, "x", "", NULL);
 *     maker_directory(&data, "./usr/");
 *     maker_file(&data, "./usr/f", 0644, "text");
 *     maker_deb(&deb, &control, &data);
 */
#ifndef MKIMAGE_TESTS_DEBMAKER_H
#define MKIMAGE_TESTS_DEBMAKER_H

#include "base/buf.h"

#define MAKER_TIME 1700000000 /* of the ar members, and so of the package */

/* A GNU header of this name (a long one gets its own header before it) with a right checksum. */
void maker_header(struct buf *tar, const char *name, char type, unsigned mode, const char *target,
                  uint64_t size);
/* Any bytes, filled up to a whole block. */
void maker_bytes(struct buf *tar, const void *p, size_t n);
/* After a change to the header at this offset. */
void maker_checksum(struct buf *tar, size_t at);

void maker_directory(struct buf *tar, const char *name);
void maker_file(struct buf *tar, const char *name, unsigned mode, const char *text);
void maker_symlink(struct buf *tar, const char *name, const char *target);
void maker_hardlink(struct buf *tar, const char *name, const char *target);
/* A pax header with these records, n bytes; or one record, whose length is counted. */
void maker_pax(struct buf *tar, char type, const char *records, size_t n);
void maker_pax_record(struct buf *tar, const char *key, const char *value);
void maker_end(struct buf *tar);

/* Package `name`, version 1.0, architecture all; further lines of the stanza; md5sums or NULL. */
void maker_control(struct buf *tar, const char *name, const char *fields, const char *md5sums);

/* Ends both archives and makes a deb of them. The data member may be of any encoding already. */
void maker_deb(struct buf *ret, struct buf *control, struct buf *data);
void maker_deb_of(struct buf *ret, const struct buf *control, const struct buf *data,
                  const char *data_name);

#endif
