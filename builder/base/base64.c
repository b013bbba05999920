/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base64.h"

#include <openssl/evp.h>

#define TEXT_MAX (1u << 30) /* libcrypto counts in int */

char *base64_encode(const void *p, size_t n)
{
    if (n > TEXT_MAX / 2)
        abort();
    char *text = xmalloc(n / 3 * 4 + 5);
    EVP_EncodeBlock((unsigned char *)text, p, (int)n);
    return text;
}

/* libcrypto's decoder passes over blanks at both ends, and takes '=' for a digit anywhere. */
static bool is_base64(struct slice text, size_t *ret_padding)
{
    size_t padding = 0, digits = 0;

    while (padding < 2 && padding < text.n && text.p[text.n - 1 - padding] == '=')
        padding++;
    for (size_t i = 0; i < text.n - padding; i++) {
        char c = text.p[i];
        digits += (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                  c == '+' || c == '/';
    }
    *ret_padding = padding;
    return text.n % 4 == 0 && text.n <= TEXT_MAX && digits == text.n - padding;
}

char *base64_decode(struct slice text, size_t *ret_n)
{
    size_t padding;

    if (!is_base64(text, &padding))
        return NULL;
    char *bytes = xmalloc(text.n / 4 * 3 + 1);
    int n = EVP_DecodeBlock((unsigned char *)bytes, (const unsigned char *)text.p, (int)text.n);
    if (n < 0 || (size_t)n < padding) {
        free(bytes);
        return NULL;
    }
    *ret_n = (size_t)n - padding;
    bytes[*ret_n] = '\0';
    return bytes;
}
