/* SPDX-License-Identifier: Apache-2.0 */
/* URLs as far as mirrors and redirects need them (RFC 3986). */
#ifndef MKIMAGE_NET_URL_H
#define MKIMAGE_NET_URL_H

#include "base/buf.h"
#include "base/err.h"

/* A URL for messages: without user and password, control bytes escaped. The caller frees. */
char *url_show(const char *url);

bool url_is_file(const char *url);
/* http:, https: or file: with a path; the reason in err. */
int url_check(const char *url, struct err *err) MUST_USE;
/* Whether one may lead to the other: http to http or https, https to https, nothing else. */
int url_check_redirect(const char *from, const char *to, struct err *err) MUST_USE;

/* A reference (RFC 3986 5.2), as a Location header has it, against the URL that it came from. An
 * absolute one comes out byte for byte. NULL if it isn't one of http: or https:; the caller frees.
 */
char *url_resolve(const char *base, const char *reference);
/* Whether scheme, host and port are the same. */
bool url_same_origin(const char *a, const char *b);
/* Adds a path as apt encodes it: "%" and what isn't printable, and "+" and "~", which S3 and its
 * like take for something else. */
void url_add_path(struct buf *ret, const char *path);
/* "name=value" behind a URL's query, percent-encoded; the rest stays as it is. The caller frees. */
char *url_add_query(const char *url, const char *name, const char *value);

#endif
