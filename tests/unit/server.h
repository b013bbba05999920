/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small HTTP/1.1 server for tests: threads of this process, 127.0.0.1 only, a connection a
 * request. What a path answers, and how it fails, stands in its route.
 */
#ifndef MKIMAGE_TESTS_SERVER_H
#define MKIMAGE_TESTS_SERVER_H

#include "base/mem.h"
#include <stdatomic.h>

struct route {
    const char *path;
    const char *body;
    size_t n;            /* bytes of body */
    int status;          /* 0: 200, or 206 for a range */
    const char *headers; /* further lines, each with \r\n */
    unsigned fail_times; /* the first so many requests get fail_status */
    int fail_status;     /* 0: the connection is closed without an answer */
    const char *fail_headers;
    unsigned cut_times; /* the first so many answers end after `cut` bytes of body */
    size_t cut;
    bool no_range;          /* Range is not understood: 200 with all */
    bool range_refused;     /* Range gets 416 */
    bool wrong_range;       /* Range gets 206 with another range */
    bool no_length;         /* no Content-Length: the end is the connection's */
    const char *unmodified; /* a line of a request that is answered by 304 */
    bool stall;             /* after `cut` bytes it sends nothing more until the server stops */
    atomic_uint hits;       /* requests so far */
    atomic_uint ranges;     /* of them with Range */
    char request[2048];     /* the newest */
};

struct server {
    int fd;
    unsigned port;
    struct route *routes;
    size_t n;
    void *threads; /* inside */
};

void server_start(struct server *s, struct route *routes, size_t n);
void server_stop(struct server *s);
/* "http://127.0.0.1:PORT/path"; the caller frees. */
char *server_url(const struct server *s, const char *path);

#endif
