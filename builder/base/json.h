/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON that is written, by jansson, in the one way that loses nothing.
 *
 * jansson's own functions answer a string that isn't UTF-8, or a missing value, by leaving the key
 * out, and its callers have to ask each time: they are banned (banned.h). These here never fail.
 * Text that isn't UTF-8 is escaped ("\xff"), in keys, too; a value that is NULL is a mistake of
 * the program's, and aborts. A value that is put somewhere belongs to that place from then on.
 *
 *     json_t *o = object_json("path", text_json(path), "size", number_json(size), NULL);
 *     json_put(o, "target", text_json(target));
 *     json_add(list, o);
 */
#ifndef MKIMAGE_BASE_JSON_H
#define MKIMAGE_BASE_JSON_H

#include "base/buf.h"
#include "base/digest.h"
#include "base/strv.h"

#include <jansson.h>

/* New references all. */
json_t *text_json(const char *s); /* NULL gives null */
json_t *text_n_json(const char *s, size_t n);
json_t *number_json(uint64_t n); /* one above what JSON's readers hold gives their largest */
json_t *strings_json(const struct strv *list);
json_t *digest_json(const struct sha256 *d); /* "sha256:…"; zero gives null */
json_t *exact_json(const char *s); /* for what mustn't be changed, such as a password: NULL if it
                                      isn't UTF-8 */

/* From keys and values, to a NULL; from values, to a NULL. */
json_t *object_json(const char *key, ...) __attribute__((sentinel));
json_t *array_json(json_t *first, ...) __attribute__((sentinel));

void json_put(json_t *object, const char *key, json_t *value);
void json_add(json_t *array, json_t *value);

/* Adds a document, compact, keys in the order they were set. */
void json_bytes(const json_t *document, struct buf *ret);
/* The same, ASCII alone, and no control character. */
void json_ascii(const json_t *document, struct buf *ret);

/* A string as it stands in JSON, ASCII alone, for what is written piece by piece: "…" in quotes. */
void json_add_text(struct buf *b, const char *s);

#endif
