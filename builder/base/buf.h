/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A growing run of bytes with a declared maximum, always terminated by a NUL that len doesn't
 * count.
 *
 *     CLEANUP(buf_release) struct buf b = BUF_INIT(4096);
 *     buf_addf(&b, "%s/%s", dir, name);
 *     if (b.overflow) …
 *
 * Beyond the maximum the bytes are dropped and `overflow` is set and stays set, so a run of adds
 * is checked once, at its end. A buffer of internal text (BUF_INIT(0)) has no maximum.
 */
#ifndef MKIMAGE_BASE_BUF_H
#define MKIMAGE_BASE_BUF_H

#include "base/mem.h"

struct buf {
    char *data; /* never NULL after the first add; buf_str() is never NULL */
    size_t len;
    size_t cap;
    size_t max; /* bytes, 0 for none */
    bool overflow;
};

/* clang-format off */
#define BUF_INIT(maximum) {.max = (maximum)}
/* clang-format on */

void buf_init(struct buf *b, size_t max);
void buf_release(struct buf *b);
void buf_reset(struct buf *b); /* empty and no overflow; keeps the memory */

void buf_add(struct buf *b, const void *p, size_t n);
void buf_addstr(struct buf *b, const char *s);
void buf_addch(struct buf *b, char c);
void buf_addslice(struct buf *b, struct slice s);
void buf_addf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_zero(struct buf *b, size_t n); /* adds n NUL bytes */

/* Room for n more bytes, of which the caller then reports how many it filled; NULL beyond max. */
char *buf_reserve(struct buf *b, size_t n);
void buf_filled(struct buf *b, size_t n);

const char *buf_str(const struct buf *b);
char *buf_detach(struct buf *b); /* the caller owns the string; the buffer is empty */

#endif
