/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 as RFC 4648 section 4 has it: without line breaks, padded. */
#ifndef MKIMAGE_BASE_BASE64_H
#define MKIMAGE_BASE_BASE64_H

#include "base/buf.h"

/* The caller frees both, and wipes them where it matters. */
char *base64_encode(const void *p, size_t n);

/* With a NUL behind the *ret_n bytes. NULL for what isn't base64: another byte, padding anywhere
 * but at the end, a part of four characters. */
char *base64_decode(struct slice text, size_t *ret_n);

#endif
