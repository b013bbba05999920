/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text from outside, made fit to be shown.
 *
 * Names, versions and messages of packages, registries and recipes may hold anything: control
 * characters that steer a terminal, others that reorder what stands around them, bytes that aren't
 * UTF-8. They are kept as they came, and escaped once, where text leaves the program:
 *
 *   - an error or a message of the log escapes itself (base/err.c, base/log.c): "%s" is enough;
 *   - what is printed is put together by text_addf, colours apart from it by buf_addstr;
 *   - a document that programs read (a record, JSON) takes text_escape, which can be undone.
 *
 * All but text_escape leave a backslash as it is, so what was escaped before stays as it is, too.
 */
#ifndef MKIMAGE_BASE_TEXT_H
#define MKIMAGE_BASE_TEXT_H

#include "base/buf.h"

/* Control characters (C0, C1, and those that reorder what is shown), bytes that aren't UTF-8, and
 * backslashes come out as \xNN. The caller frees. */
char *text_escape(const char *s, size_t n);

/* How many bytes of its beginning are UTF-8, without overlong forms and surrogates. */
size_t text_utf8(const char *s, size_t n);

/* How many bytes of its beginning may be shown as they are: the same, but a backslash may. */
size_t text_plain(const char *s, size_t n);

/* The same text for people: as text_escape, but a backslash stays one. Takes over s, which was
 * allocated; the caller frees what comes back. */
char *text_shown(char *s);

/* Adds text for people. */
void text_addstr(struct buf *ret, const char *s);
/* Adds a piece of a line: escapes all that is formatted, but for a newline that ends fmt. */
void text_addf(struct buf *ret, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Percent-encoded (RFC 3986): all bytes but letters, digits and those of `plain`. */
void text_add_percent(struct buf *ret, const char *s, const char *plain);

bool starts_with(const char *s, const char *prefix); /* NULL starts with nothing */
bool ends_with(const char *s, const char *suffix);
bool slice_starts_with(struct slice s, const char *prefix);

#endif
