/* SPDX-License-Identifier: Apache-2.0 */
#include "net/address.h"
#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>

static bool inner_ipv4(const uint8_t *a)
{
    static const uint8_t metadata[][4] = {
        {100, 100, 100, 200}, /* Alibaba */
        {168, 63, 129, 16},   /* Azure's WireServer */
        {192, 0, 0, 192},     /* Oracle */
    };
    for (size_t i = 0; i < ARRAY_SIZE(metadata); i++)
        if (memcmp(a, metadata[i], 4) == 0)
            return true;
    return a[0] == 169 && a[1] == 254;
}

static bool begins(const uint8_t *a, const char *prefix, size_t n)
{
    return memcmp(a, prefix, n) == 0;
}

/* Where RFC 6052 2.2 puts the four bytes, whose prefix length only the network knows; the ninth
 * byte of the address is left out. */
static bool inner_nat64(const uint8_t *a)
{
    for (size_t length = 6; length <= 8; length++) {
        uint8_t v4[4];
        for (size_t i = 0, at = length; i < 4; at++)
            if (at != 8)
                v4[i++] = a[at];
        if (inner_ipv4(v4))
            return true;
    }
    return inner_ipv4(a + 12);
}

static bool inner_ipv6(const struct in6_addr *address)
{
    static const char *const metadata[] = {
        "\xfd\x00\x0e\xc2\0\0\0\0\0\0\0\0\0\0\x02\x54", /* Amazon */
        "\xfd\x20\x00\xce\0\0\0\0\0\0\0\0\0\0\x02\x54", /* Google */
        "\xfd\x00\x00\x42\0\0\0\0\0\0\0\0\0\0\x00\x42", /* Scaleway */
    };
    const uint8_t *a = address->s6_addr;
    for (size_t i = 0; i < ARRAY_SIZE(metadata); i++)
        if (begins(a, metadata[i], 16))
            return true;
    if (IN6_IS_ADDR_V4MAPPED(address) || IN6_IS_ADDR_V4COMPAT(address) ||
        begins(a, "\0\0\0\0\0\0\0\0\xff\xff\0\0", 12) ||
        begins(a, "\x00\x64\xff\x9b\0\0\0\0\0\0\0\0", 12))
        return inner_ipv4(a + 12);
    if (begins(a, "\x00\x64\xff\x9b\x00\x01", 6))
        return inner_nat64(a);
    if (begins(a, "\x20\x02", 2))
        return inner_ipv4(a + 2);
    return IN6_IS_ADDR_LINKLOCAL(address);
}

bool address_is_inner(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, address, sizeof(in));
        return inner_ipv4((const uint8_t *)&in.sin_addr);
    }
    if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, address, sizeof(in6));
        return inner_ipv6(&in6.sin6_addr);
    }
    return true;
}

bool url_is_inner(const char *url)
{
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    CURLU *parsed = curl_url();
    char *host = NULL;
    bool inner = false;
    if (parsed && curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK &&
        curl_url_get(parsed, CURLUPART_HOST, &host, 0) == CURLUE_OK) {
        CLEANUP(free_ptr) char *bare = xstrdup(*host == '[' ? host + 1 : host);
        bare[strcspn(bare, "%]")] = 0;
        if (inet_pton(AF_INET, bare, &in.sin_addr) == 1)
            inner = address_is_inner((const struct sockaddr *)&in);
        else if (inet_pton(AF_INET6, bare, &in6.sin6_addr) == 1)
            inner = address_is_inner((const struct sockaddr *)&in6);
    }
    curl_free(host);
    curl_url_cleanup(parsed);
    return inner;
}
