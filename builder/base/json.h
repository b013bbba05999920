/* SPDX-License-Identifier: Apache-2.0 */
/* Values for JSON that is written, by jansson. What is no UTF-8 is escaped, never left out. */
#ifndef MKIMAGE_BASE_JSON_H
#define MKIMAGE_BASE_JSON_H

#include "base/buf.h"
#include "base/digest.h"
#include "base/strv.h"

#include <jansson.h>

/* New references all. */
json_t *text_json(const char *s); /* NULL gives null */
json_t *text_n_json(const char *s, size_t n);
json_t *strings_json(const struct strv *list);
json_t *digest_json(const struct sha256 *d); /* "sha256:…"; zero gives null */

/* A string as it stands in JSON, ASCII alone, for what is written piece by piece: "…" in quotes. */
void json_add_text(struct buf *b, const char *s);

#endif
