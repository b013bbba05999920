/* SPDX-License-Identifier: Apache-2.0 */
/* The connections of http_request: curl handles that keep what they opened. Private to net. */
#ifndef MKIMAGE_NET_CONNECTION_H
#define MKIMAGE_NET_CONNECTION_H

#include "net/transfer.h"
#include <sys/socket.h>

struct connection {
    CURLM *multi;
    CURL *easy;
    char *origin; /* of its newest request: "https://host:port" */
    struct connection *next;
};

/* An idle one, rather one that spoke to this URL's origin before; or a new one. NULL: libcurl
 * fails. */
struct connection *connection_take(struct http *h, const char *url);
void connection_give(struct http *h, struct connection *c);
void connections_free(struct http *h);

/* Whether an address is link-local or a cloud's metadata service (RFC 3927, RFC 4291 2.5.6). */
bool address_is_inner(const struct sockaddr *address);
/* Whether a URL's host is written as such an address: behind a proxy only that can be known. */
bool url_is_inner(const char *url);

#endif
