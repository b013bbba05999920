/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private keys in a file's text, found while it streams by: a BEGIN line, what decodes from base64
 * to a key (DER, openssh-key-v1, an OpenPGP packet, or the bytes of an encrypted one), and an END
 * line (RFC 7468, RFC 1421, openssh's PROTOCOL.key, RFC 9580 section 6.2). Line breaks may be those
 * of JSON ("\n" as two characters). The header alone says nothing: documentation and programs that
 * read keys have it too.
 *
 *     key_scan_start(&k)
 *     key_scan_add(&k, p, n) …
 *     … k.kind
 *     key_scan_release(&k)
 */
#ifndef MKIMAGE_ROOTFS_KEYS_H
#define MKIMAGE_ROOTFS_KEYS_H

#include "base/buf.h"

#define KEY_BYTES_MAX (64u << 10) /* of one key's text, from BEGIN to END */
#define KEY_TAIL      64          /* bytes that are looked at once more with the next run */

struct key_scan {
    char *kind;      /* the first key's label, "RSA PRIVATE KEY"; NULL as long as there is none */
    struct buf text; /* from behind a BEGIN line on, while its END is awaited */
    char label[KEY_TAIL];
    bool collecting;
    char tail[KEY_TAIL];
    size_t n_tail;
};

/* The struct is zeroed before its first use; it may be started again and again. */
void key_scan_start(struct key_scan *k);
void key_scan_add(struct key_scan *k, const char *p, size_t n);
void key_scan_release(struct key_scan *k);

#endif
