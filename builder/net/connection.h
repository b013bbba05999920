/* SPDX-License-Identifier: Apache-2.0 */
/* The connections of http_request: curl handles that keep what they opened. Private to net. */
#ifndef MKIMAGE_NET_CONNECTION_H
#define MKIMAGE_NET_CONNECTION_H

#include "net/transfer.h"

struct connection {
    CURLM *multi;
    CURL *easy;
    char *origin; /* of its newest request: "https://host:port" */
    struct connection *next;
};

/* An idle one, rather one that spoke to this URL's origin before; or a new one. NULL: libcurl
 * fails. */
struct connection *connection_take(struct http *h, const char *url, struct err *err);
/* Back among the idle ones, unless it is spent. */
void connection_give(struct http *h, struct connection *c, bool spent);
void connections_free(struct http *h);

#endif
