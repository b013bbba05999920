/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asking gpgv (or sqv, where gpgv isn't installed) about a signed message, and judging what it
 * says. gpgv's words: GnuPG's doc/DETAILS, "Format of the --status-fd output". sqv (1.3 or later,
 * Debian 13) has no such lines: its exit code and its own policy decide, as apt lets them.
 *
 * The child gets a clean environment (LC_ALL=C, an empty directory as its home) and files in a
 * directory of its own; no shell is run.
 */
#ifndef MKIMAGE_DEB_GPGV_H
#define MKIMAGE_DEB_GPGV_H

#include "base/buf.h"
#include "base/session.h"

/* A message to be verified; all borrowed. */
struct gpgv_job {
    struct slice message; /* clearsigned */
    struct slice keys;    /* a binary keyring */
    const char *name;     /* of the message, for errors */
    const char *keyring;  /* of the keyring, for errors */
};

/* ret gets the signed text as the verifier wrote it. */
int gpgv_verify(const struct session *s, const struct gpgv_job *job, struct buf *ret,
                struct err *err) MUST_USE;

/* Whether the temporary directory holds what a verification writes, tried: for the case that one
 * fails, where a text cut short looks like somebody's attack. */
int gpgv_has_room(const struct gpgv_job *job, struct err *err) MUST_USE;

/* Judges status lines: at least one signature that is GOODSIG and VALIDSIG, with SHA-256, SHA-384
 * or SHA-512 and by a key that isn't weak; no BADSIG at all. Signatures by keys that aren't in the
 * keyring don't count either way, so gpgv's exit code, 2 for one of them, isn't asked. */
int gpgv_judge(const struct gpgv_job *job, struct slice status, struct err *err) MUST_USE;

/* Whether the key with this fingerprint (hex) is one that apt, too, wouldn't accept: RSA below
 * 2,048 bits, DSA, or not in the keyring at all (RFC 9580, 4.2 and 5.5). */
bool pgp_key_weak(struct slice keys, struct slice fingerprint);

#endif
