/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One HTTP request and its answer on a libcurl handle: the one place that sets libcurl up. Who
 * drives the multi handle does the waiting; http_request drives one exchange (request.h), http_run
 * many (transfer.h). Private to net.
 *
 *     exchange_begin ─► multi_turn, until it says that this one ended ─► exchange_end
 *                       (or exchange_stop, at any time)
 *
 * After exchange_end either err is set (an error of ours: a full disk, too many bytes), or the
 * answer is whole (exchange_answered), or exchange_why tells why there is none.
 */
#ifndef MKIMAGE_NET_EXCHANGE_H
#define MKIMAGE_NET_EXCHANGE_H

#include "net/request.h"
#include <curl/curl.h>

struct exchange {
    const struct http_request *request; /* borrowed to the end, as is the response */
    struct http_response *response;
    CURLM *multi;
    CURL *easy;
    struct curl_slist *headers;
    struct buf trusted; /* PEM */
    uint64_t sent;      /* of the body */
    size_t head_bytes;  /* of response headers */
    bool body_seen;
    bool cut;     /* the rest of the body isn't wanted */
    bool refused; /* an address that mustn't be spoken to */
    CURLcode result;
    char curl_error[CURL_ERROR_SIZE];
    struct err err;
};

/* easy: fresh or reset, and the caller's. The exchange mustn't move from here on. */
int exchange_begin(struct exchange *x, struct http *h, CURLM *multi, CURL *easy,
                   const struct http_request *request, struct http_response *response,
                   struct err *err) MUST_USE;
void exchange_end(struct exchange *x, CURLcode result);
/* Gives up what is under way, and frees; fine also after exchange_end, and twice. */
void exchange_stop(struct exchange *x);

bool exchange_answered(const struct exchange *x);
/* Whether it may go better next time, if there was no whole answer. */
bool exchange_transient(const struct exchange *x);
/* libcurl's words; borrowed. */
const char *exchange_why(const struct exchange *x);
/* What to do about a certificate that wasn't accepted; NULL if that isn't what went wrong. */
const char *exchange_certificate_hint(const struct exchange *x);
/* What OpenSSL says of an answer that isn't TLS. */
bool exchange_speaks_http(const struct exchange *x);
/* Bytes of body that the answer announces, or -1: from its first byte on. */
int64_t exchange_length(const struct exchange *x);

/* Moves all transfers of a multi handle on. 1: *ret ended with *ret_result; 0: none did, up to
 * wait_ms later. */
int multi_turn(CURLM *multi, int wait_ms, struct exchange **ret, CURLcode *ret_result,
               struct err *err) MUST_USE;

#endif
