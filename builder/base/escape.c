/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"

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

size_t text_plain(const char *s, size_t n)
{
    size_t at = 0, len;
    uint32_t c = 0;

    while (at < n && (len = read_utf8((const unsigned char *)s + at, n - at, &c)) && !is_control(c))
        at += len;
    return at;
}

char *text_escape(const char *s, size_t n)
{
    CLEANUP(buf_release) struct buf b = BUF_INIT(0);
    const unsigned char *p = (const unsigned char *)s;
    while (n) {
        uint32_t c = 0;
        size_t len = read_utf8(p, n, &c);
        bool plain = len && !is_control(c) && c != '\\';
        if (!len)
            len = 1;
        if (plain)
            buf_add(&b, p, len);
        else
            for (size_t i = 0; i < len; i++)
                buf_addf(&b, "\\x%02x", p[i]);
        p += len;
        n -= len;
    }
    return buf_detach(&b);
}
