/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two text forms of OpenPGP that archives use: cleartext signed messages (RFC 9580, 7) and
 * armor (6.2). Both are read strictly: what a verifier might read in another way is refused here,
 * before it is asked.
 */
#ifndef MKIMAGE_DEB_CLEARSIGN_H
#define MKIMAGE_DEB_CLEARSIGN_H

#include "base/buf.h"
#include "base/err.h"

/* Slices of the message. */
struct clearsign {
    struct slice text;      /* as it stands: still dash-escaped */
    struct slice signature; /* from its BEGIN line to the end of its END line */
};

/* The message must be the whole file: the first byte begins its BEGIN line, nothing but blank
 * lines follows its END line, and there is one of each (CVE-2013-1051). Only "Hash:" headers. */
int clearsign_split(const void *bytes, size_t n, const char *name, struct clearsign *ret,
                    struct err *err) MUST_USE;

/* Whether the text that a verifier gave out is the one that the message holds. Blanks at the ends
 * of lines and how the last line ends don't count, as they aren't signed. */
bool clearsign_same(const struct clearsign *message, struct slice verified);

/* Undoes the armor of a keyring or key; text without armor is copied as it is. Several blocks one
 * after the other are joined. The CRC, which RFC 9580 made optional, is skipped. ret is reset. */
int armor_decode(const void *bytes, size_t n, const char *name, struct buf *ret,
                 struct err *err) MUST_USE;

#endif
