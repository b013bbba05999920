/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"
#include <stdio.h>

void buf_init(struct buf *b, size_t max)
{
    *b = (struct buf)BUF_INIT(max);
}

void buf_release(struct buf *b)
{
    free(b->data);
    *b = (struct buf)BUF_INIT(b->max);
}

void buf_reset(struct buf *b)
{
    b->len = 0;
    b->overflow = false;
    if (b->data)
        b->data[0] = '\0';
}

char *buf_reserve(struct buf *b, size_t n)
{
    size_t limit = b->max ? b->max : SIZE_MAX / 2;
    if (b->overflow || b->len > limit || n > limit - b->len) {
        b->overflow = true;
        return NULL;
    }
    size_t need = b->len + n + 1;
    if (need > b->cap) {
        size_t cap = b->cap ? b->cap : 64;
        while (cap < need)
            cap += cap / 2 + 32;
        b->data = xrealloc(b->data, cap, 1);
        b->cap = cap;
    }
    b->data[b->len] = '\0';
    return b->data + b->len;
}

void buf_filled(struct buf *b, size_t n)
{
    b->len += n;
    b->data[b->len] = '\0';
}

void buf_add(struct buf *b, const void *p, size_t n)
{
    char *room = buf_reserve(b, n);
    if (!room)
        return;
    if (n)
        memcpy(room, p, n);
    buf_filled(b, n);
}

void buf_addstr(struct buf *b, const char *s)
{
    buf_add(b, s, strlen(s));
}

void buf_addch(struct buf *b, char c)
{
    buf_add(b, &c, 1);
}

void buf_addslice(struct buf *b, struct slice s)
{
    buf_add(b, s.p, s.n);
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    CLEANUP(free_ptr) char *s = xvasprintf(fmt, ap);
    va_end(ap);
    buf_addstr(b, s);
}

void buf_zero(struct buf *b, size_t n)
{
    char *room = buf_reserve(b, n);
    if (!room)
        return;
    memset(room, 0, n);
    buf_filled(b, n);
}

const char *buf_str(const struct buf *b)
{
    return b->data ? b->data : "";
}

char *buf_detach(struct buf *b)
{
    char *s = b->data ? b->data : xstrdup("");
    *b = (struct buf)BUF_INIT(b->max);
    return s;
}
