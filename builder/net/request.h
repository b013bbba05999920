/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One HTTP request with all that a registry's protocol needs: method, headers, a body from memory
 * or from a file, the response's status and headers, its body into memory or a file. Blocking, in
 * the calling thread; several threads may use one struct http at the same time (each call takes a
 * connection of its own from a list of idle ones).
 *
 * The rules of http.h hold: no redirect is followed in here, bodies are bounded, the user's stop is
 * seen within 200 ms. Nothing is retried in here either: who knows whether a request may be
 * repeated does it (registry/client.h).
 *
 * Secrets stand in headers and bodies only, never in a URL, a log or an error.
 */
#ifndef MKIMAGE_NET_REQUEST_H
#define MKIMAGE_NET_REQUEST_H

#include "net/http.h"

#define HTTP_ERROR_BODY_MAX 65536 /* bytes kept of the body of an answer that isn't a 2xx */

/* How one host is spoken to: TLS files, from --ca-file and certs.d. */
struct http_trust {
    const struct buf *ca_pem; /* certificates trusted beside the system's, or NULL */
    const char *client_cert;  /* PEM file, or NULL */
    const char *client_key;
};

struct exchange;

struct http_request {
    const char *method; /* "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE" */
    const char *url;
    const struct strv *headers;     /* "Name: value"; may be NULL */
    const struct http_trust *trust; /* may be NULL */
    bool outside; /* the URL was named by a server: link-local and metadata addresses are refused
                     after resolution (address.h) */
    unsigned silence; /* seconds with next to no bytes that end it; 0: 30 */
    unsigned slowest; /* bytes a second that are as good as none; 0: 100 */
    /* body: from memory, or from a file, or none (empty) */
    const void *body;
    int body_fd; /* used if body is NULL and body_size isn't 0; read by pread */
    uint64_t body_offset, body_size;
    bool head_only; /* of a 2xx no body is wanted: the connection is closed before it */
    /* where the body of a 2xx goes: a file descriptor, or memory */
    int response_fd;          /* -1: into response_body */
    uint64_t response_offset; /* the file has so much already: asks for the rest by Range; an
                                 answer with all goes to the file from its begin */
    uint64_t response_max;    /* bytes, with what was there before; more is cut off: an error */
    struct hasher *response_hasher; /* sees what goes to the file, or NULL; it is started anew
                                       when the file is */
    /* or to this, for who drives an exchange; then a file: URL is allowed, too. Negative: it ends
     * there; without an error, who said so knows why. */
    int (*take)(void *user, struct exchange *x, const void *p, size_t n, struct err *err);
    void (*progress)(void *user, uint64_t bytes); /* bytes moved since the last call, or NULL */
    void *user;
};

struct http_response {
    unsigned status;
    struct strv headers; /* "name: value", names in lower case */
    struct buf body;     /* also of errors when response_fd is set: those of non-2xx come here, the
                            first HTTP_ERROR_BODY_MAX bytes */
    uint64_t size;       /* of the file, or of the body in memory */
    bool timed_out;      /* no whole response: it was silent for too long */
};

/* 0 with any status; negative when no whole response came (connection, TLS, time-out, too large,
 * stopped). ret->size says then how far the file got. *ret_transient: it may go better next time.
 */
int http_request(struct http *h, const struct http_request *request, struct http_response *ret,
                 bool *ret_transient, struct err *err) MUST_USE;
const char *http_header(const struct http_response *r, const char *name); /* NULL if not there */
/* Each header of this name in turn: start with *at 0; NULL at the end. */
const char *http_header_next(const struct http_response *r, const char *name, size_t *at);
void http_response_release(struct http_response *r);

/* Whether a 206's body begins at that byte ("bytes 100-199/200"). */
bool http_range_begins(const struct http_response *r, uint64_t at);

/* Seconds that a Retry-After header asks to wait (RFC 9110 10.2.3: a number or a date), 0 if
 * there is none. now: seconds since 1970. */
unsigned http_retry_after(const struct http_response *r, int64_t now);

#endif
