/* SPDX-License-Identifier: Apache-2.0 */
/* A server, and what asks it: HTTP with a cache of its own. */
#ifndef MKIMAGE_TESTS_WORLD_H
#define MKIMAGE_TESTS_WORLD_H

#include "base/path.h"
#include "net/cache_private.h"
#include "net/transfer.h"
#include "server.h"
#include "unit.h"

#define BIG (300 * 1024)

struct world {
    struct server server;
    struct session session;
    struct http *http;
    struct cache *cache;
    char *dir;
    char *big; /* BIG bytes that don't repeat soon */
    struct sha256 big_digest;
    struct err err;
    atomic_int stop;
};
/* A route without body and status answers with w->big. */
void world_make(struct world *w, struct route *routes, size_t n);
void world_end(struct world *w);

/* A document into memory, as remember.c has it without a cache. */
int get_document(struct http *h, const struct strv *urls, struct buf *ret, const char **ret_url,
                 struct err *err);

#endif
