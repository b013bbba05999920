/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a stage works with, as one: the session, the network and the cache. A command makes it and
 * keeps it for its whole run; http may be NULL for what fetches nothing, cache for what keeps
 * nothing. A function that needs just one of the three takes that one.
 */
#ifndef MKIMAGE_NET_CONTEXT_H
#define MKIMAGE_NET_CONTEXT_H

#include "base/session.h"

struct http;
struct cache;

struct context {
    const struct session *session;
    struct http *http;
    struct cache *cache;
};

#endif
