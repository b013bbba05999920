/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP, by libcurl's multi interface: many transfers at once, each checked, resumed and retried,
 * bounded in size, and stopped within a second when the user asks.
 *
 * Rules for every transfer: only http and https (and file: where a mirror says so); redirects are
 * followed by hand, never from https to http nor to link-local and metadata addresses (address.h),
 * at most 5; no credentials across origins; a body longer than announced or allowed is cut off and
 * an error.
 *
 * Threads may share a struct http; what they ask of the functions in here is done one after the
 * other (requests to registries, request.h, go side by side).
 */
#ifndef MKIMAGE_NET_HTTP_H
#define MKIMAGE_NET_HTTP_H

#include "base/buf.h"
#include "base/digest.h"
#include "base/session.h"
#include "base/strv.h"
#include "net/cache.h"

struct http;

/* parallel: transfers at once (0: 8). */
int http_new(const struct session *s, unsigned parallel, struct http **ret,
             struct err *err) MUST_USE;
void http_free(struct http *h);

/* Certificates (PEM) that the servers of documents and of http_fetch are trusted by, beside the
 * system's and those of the file that SSL_CERT_FILE names: before their first use. */
int http_trust_file(struct http *h, const char *path, struct err *err) MUST_USE;
/* Adds a file's certificates; one without any is an error. */
int pem_read(const char *path, struct buf *ret, struct err *err) MUST_USE;

/* A small document, one of several. */
struct http_document {
    const struct strv *urls; /* the first that has it counts; borrowed */
    struct buf *bytes;       /* whose maximum counts */
    const char *url;         /* the one that answered; borrowed from urls */
    struct err err;          /* why it couldn't be had; to be released. Of a 404 everywhere it is
                                ERR_NOT_FOUND */
};
/* Into memory, several at once, and remembered in the cache by URL with what the server calls their
 * version (ETag, Last-Modified): as long as it hasn't changed, only that is asked. What comes back
 * isn't verified. A failure is told in its document; negative only if the user asked to stop. */
int http_get_all_cached(const struct context *ctx, struct http_document *documents, size_t n,
                        struct err *err) MUST_USE;

#define FETCH_UNKNOWN_MAX (4ull << 30)

/* One file to fetch into the cache. A size of UINT64_MAX isn't known: up to FETCH_UNKNOWN_MAX. */
struct fetch {
    struct strv urls; /* mirrors in order; the next is tried when one fails */
    struct sha256 sha256;
    uint64_t size;
    const char *name; /* for messages; borrowed */
    void *user;
};

/* Fetches all that the cache doesn't have, size and SHA-256 checked while streaming. A download
 * cut off goes on where it was (Range), also in the next run. Transient failures (resets,
 * time-outs, 429, 5xx) are retried with back-off, then the next mirror. Calls done(f) for each
 * file as soon as it is in the cache (in the calling thread; also for those that were there
 * already), so that work on it can start. The first failure stops all. An error whose code is
 * ERR_NOT_FOUND says that all mirrors answered 404. *ret_bytes (may be NULL) gets the bytes
 * fetched. */
int http_fetch(const struct context *ctx, struct fetch *files, size_t n,
               int (*done)(struct fetch *f, struct err *err), uint64_t *ret_bytes,
               struct err *err) MUST_USE;

#endif
