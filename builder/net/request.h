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
 * Secrets stand in headers only, never in a URL, a log or an error.
 */
#ifndef MKIMAGE_NET_REQUEST_H
#define MKIMAGE_NET_REQUEST_H

#include "net/http.h"

/* How one host is spoken to: TLS files and plain http, from --ca-file, certs.d, --insecure. */
struct http_trust {
    const char *ca_file;     /* PEM, or NULL for the system's */
    const char *client_cert; /* PEM, or NULL */
    const char *client_key;
};

struct http_request {
    const char *method; /* "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE" */
    const char *url;
    const struct strv *headers;     /* "Name: value"; may be NULL */
    const struct http_trust *trust; /* may be NULL */
    /* body: from memory, or from a file, or none */
    const void *body;
    int body_fd; /* -1: none; read by pread */
    uint64_t body_offset, body_size;
    /* where the response's body goes: a file descriptor (written at its position), or memory */
    int response_fd;                              /* -1: into response_body */
    uint64_t response_max;                        /* bytes; more is cut off and an error */
    struct hasher *response_hasher;               /* sees the body of a 2xx, or NULL */
    void (*progress)(void *user, uint64_t bytes); /* bytes moved since the last call, or NULL */
    void *user;
};

struct http_response {
    unsigned status;
    struct strv headers; /* "name: value", names in lower case */
    struct buf body;     /* also of errors when response_fd is set: those of non-2xx come here */
    uint64_t size;       /* of the body */
};

/* 0 with any status; negative when no response came (connection, TLS, time-out, stopped). */
int http_request(struct http *h, const struct http_request *request, struct http_response *ret,
                 struct err *err) MUST_USE;
const char *http_header(const struct http_response *r, const char *name); /* NULL if not there */
void http_response_release(struct http_response *r);

/* Seconds that a Retry-After header asks to wait (RFC 9110 10.2.3: a number or a date), 0 if
 * there is none. */
unsigned http_retry_after(const struct http_response *r);

#endif
