/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

/* The length of the well-formed UTF-8 sequence at p (RFC 3629: no overlong form, no surrogate,
 * nothing above U+10FFFF), its code point in ret; 0 if there is none. */
static size_t read_utf8(const unsigned char *p, size_t n, uint32_t *ret)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t len = p[0] < 0x80 ? 1 : p[0] < 0xc0 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
    if (len == 0 || len > n || p[0] > 0xf4)
        return 0;
    uint32_t c = len == 1 ? p[0] : p[0] & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (p[i] & 0x3fu);
    }
    if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return 0;
    *ret = c;
    return len;
}

/* Control characters, and those that change the order of what is shown around them. */
static bool is_control(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c || (c >= 0x200e && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

size_t text_utf8(const char *s, size_t n)
{
    size_t at = 0, len;
    uint32_t c = 0;

    while (at < n && (len = read_utf8((const unsigned char *)s + at, n - at, &c)))
        at += len;
    return at;
}

size_t text_plain(const char *s, size_t n)
{
    size_t at = 0, len;
    uint32_t c = 0;

    while (at < n && (len = read_utf8((const unsigned char *)s + at, n - at, &c)) && !is_control(c))
        at += len;
    return at;
}

/* With backslashes escaped too, if so told. */
static void add_escaped(struct buf *ret, const char *s, size_t n, bool backslash)
{
    const unsigned char *p = (const unsigned char *)s;
    while (n) {
        uint32_t c = 0;
        size_t len = read_utf8(p, n, &c);
        bool plain = len && !is_control(c) && !(backslash && c == '\\');
        if (!len)
            len = 1;
        if (plain)
            buf_add(ret, p, len);
        else
            for (size_t i = 0; i < len; i++)
                buf_addf(ret, "\\x%02x", p[i]);
        p += len;
        n -= len;
    }
}

char *text_escape(const char *s, size_t n)
{
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    add_escaped(&b, s, n, true);
    return buf_detach(&b);
}

char *text_shown(char *s)
{
    size_t n = strlen(s);
    if (text_plain(s, n) == n)
        return s;
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    add_escaped(&b, s, n, false);
    free(s);
    return buf_detach(&b);
}

void text_addstr(struct buf *ret, const char *s)
{
    add_escaped(ret, s, strlen(s), false);
}

void text_addf(struct buf *ret, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    CLEANUP(free_ptr) char *s = xvasprintf(fmt, ap);
    va_end(ap);
    size_t n = strlen(s), end = strlen(fmt);
    bool line = end && fmt[end - 1] == '\n';
    add_escaped(ret, s, n - line, false);
    if (line)
        buf_addch(ret, '\n');
}

void text_add_percent(struct buf *ret, const char *s, const char *plain)
{
    for (; *s; s++)
        if ((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9') ||
            strchr(plain, *s))
            buf_addch(ret, *s);
        else
            buf_addf(ret, "%%%02X", (unsigned char)*s);
}

bool starts_with(const char *s, const char *prefix)
{
    return s && strncmp(s, prefix, strlen(prefix)) == 0;
}

bool ends_with(const char *s, const char *suffix)
{
    size_t n = strlen(s), end = strlen(suffix);
    return n >= end && memcmp(s + n - end, suffix, end) == 0;
}

bool slice_starts_with(struct slice s, const char *prefix)
{
    size_t n = strlen(prefix);
    return s.n >= n && memcmp(s.p, prefix, n) == 0;
}
