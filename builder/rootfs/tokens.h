/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens of well-known services, by their form: a prefix that nothing else bears, and so many
 * characters of a known alphabet behind it. How random a text looks plays no part: among the files
 * of a distribution that tells nothing.
 *
 * In a file's content they are found while it streams by. Only text counts, which has no NUL; a
 * JSON Web Token only behind a word that says what it is ("token: eyJ…").
 *
 *     token_scan_start(&t, path)
 *     token_scan_add(&t, p, n) …
 *     token_scan_end(&t)           "a GitHub token"
 */
#ifndef MKIMAGE_ROOTFS_TOKENS_H
#define MKIMAGE_ROOTFS_TOKENS_H

#include "base/digest.h"

#define TOKEN_SPAN   300  /* bytes: no token is longer, nor stands further behind its word */
#define TOKEN_WINDOW 8192 /* that are looked through at a time */

struct token_scan {
    const char *what; /* static: the first one's, or NULL */
    bool binary;
    bool urls;                        /* a URL with a password counts, too: by the file's name */
    uint16_t first[256], second[256]; /* bits in common: two bytes that a prefix begins with */
    char window[TOKEN_WINDOW];
    size_t n, from; /* bytes in it; where the next token may begin */
};

void token_scan_start(struct token_scan *t, const char *path);
void token_scan_add(struct token_scan *t, const char *p, size_t n);
const char *token_scan_end(struct token_scan *t); /* NULL for none */

/* The first token in a short text, such as a variable's value; what is longer than the form counts,
 * too: a service may have lengthened its tokens. */
const char *token_in_text(struct slice text);

/* Whether there is a JSON Web Token in it. */
bool jwt_in_text(struct slice text);

/* scheme://user:password@host, where the password isn't a reference to where one is. */
bool url_has_password(struct slice text);

/* Whether a value is none of its own: empty, $X, a path, a word like "true", blotted out. */
bool is_reference(struct slice value);

/* Adds all that is looked for. */
void tokens_hash(struct hasher *h);

#endif
