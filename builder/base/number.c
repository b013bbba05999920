/* SPDX-License-Identifier: Apache-2.0 */
#include "base/number.h"

static bool parse(struct slice text, unsigned base, uint64_t max, uint64_t *ret)
{
    uint64_t n = 0;

    if (text.n == 0)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        unsigned digit = (unsigned char)text.p[i] - (unsigned)'0';
        if (digit >= base || n > max / base || digit > max - n * base)
            return false;
        n = n * base + digit;
    }
    *ret = n;
    return true;
}

bool number_parse(struct slice text, uint64_t max, uint64_t *ret)
{
    return parse(text, 10, max, ret);
}

bool number_parse_octal(struct slice text, uint64_t max, uint64_t *ret)
{
    return parse(text, 8, max, ret);
}
