/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One transfer: from a list of mirrors into a sink, over as many requests as it takes.
 *
 * http_run drives any number of them. For each request it asks the sink where to begin, hands it
 * the body, and at the end lets it judge the whole; what goes wrong is classed as worth another
 * try (resets, time-outs, 429, 5xx), the next mirror's turn, or the end of all.
 */
#ifndef MKIMAGE_NET_TRANSFER_H
#define MKIMAGE_NET_TRANSFER_H

#include "base/session.h"
#include "base/strv.h"
#include "net/exchange.h"
#include "net/retry.h"
#include <pthread.h>

struct connection;

struct http {
    const struct session *session;
    bool ready; /* libcurl and what is of it here */
    CURLM *multi;
    unsigned parallel;
    unsigned backoff_ms;     /* the first wait before another try; tests set a shorter one */
    unsigned patience;       /* seconds with another builder whose download doesn't grow */
    struct buf ca;           /* PEM: what mirrors are trusted by, beside the system's */
    struct buf system_ca;    /* PEM: what SSL_CERT_FILE names */
    pthread_mutex_t running; /* held by the one http_run that there may be: multi is its */
    pthread_mutex_t lock;    /* over what follows */
    struct connection *idle; /* of http_request */
};

/* Sets libcurl up, once and before its first use: most builds fetch nothing. */
int http_ready(struct http *h, struct err *err) MUST_USE;

/* What a sink's functions may say, besides a negative number for an error that ends all. */
enum sink_answer {
    SINK_GO,     /* start: send the request; finish: the whole is there */
    SINK_WAIT,   /* start: not now, ask again soon */
    SINK_DONE,   /* start: there is nothing to fetch */
    SINK_AGAIN,  /* finish: not what was expected, but worth one more try from zero */
    SINK_REFUSE, /* finish, body: this mirror's bytes are wrong; t->reason says why */
};

struct transfer;
struct sink {
    int (*start)(struct transfer *t, struct err *err);   /* sets t->offset to resume */
    int (*restart)(struct transfer *t, struct err *err); /* forget what came: from zero */
    int (*body)(struct transfer *t, const void *p, size_t n, struct err *err);
    int (*finish)(struct transfer *t, struct err *err);
};

enum transfer_state { TRANSFER_READY, TRANSFER_RUNNING, TRANSFER_DONE };

struct transfer {
    struct http *http;
    const struct sink *sink;
    void *user;
    const struct strv *urls;
    const char *name; /* of what is fetched, for errors; may be NULL */
    uint64_t limit;   /* a body (with what was there before) may be so large */
    bool exact;       /* and must be exactly so large */
    bool fresh;       /* ask caches to go back to the origin */
    enum transfer_state state;
    size_t mirror;      /* index in urls */
    unsigned redirects; /* since the mirror's own URL */
    char *url;          /* of the request under way or next to send */
    struct retry retry; /* of this mirror */
    int64_t not_before; /* ms, monotonic */
    uint64_t offset;    /* where the request under way began */
    uint64_t received;  /* of the body of the request under way */
    /* For conditional requests (RFC 9110 13): adds the headers of a request for t->url, if there
     * are any; an answer 304 ends the transfer with `unmodified` set. */
    void (*condition)(struct transfer *t, struct strv *headers);
    void *condition_user;
    bool conditional; /* the request under way is */
    bool unmodified;
    char *etag, *modified; /* of the answer that counted, with condition */
    CURL *easy;            /* while one is under way: */
    struct exchange exchange;
    struct http_request request;
    struct http_response response;
    struct http_trust trust;
    struct strv headers;
    bool head_seen, body_wanted;
    char *reason;         /* why this mirror's answer won't do, set in a callback */
    struct strv failures; /* a message for each mirror that failed */
    unsigned not_found;   /* how many of them were 404 */
    bool alone; /* its failure ends nothing else: it is told in failed, the state is done */
    struct err failed;
};

/* Into memory: user is a struct buf, whose maximum counts. */
extern const struct sink sink_memory;

void transfer_init(struct transfer *t, struct http *h, const struct sink *sink, void *user,
                   const struct strv *urls);
void transfer_release(struct transfer *t);
/* Gives up the request under way, if there is one. */
void transfer_stop(struct transfer *t);
/* For a sink's body or finish: why it says SINK_REFUSE. */
void transfer_reason(struct transfer *t, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Runs all transfers to their ends, after those of other threads; done (may be NULL) is called for
 * each as it succeeds. The first that fails on all its mirrors and isn't alone, or a done that
 * fails, ends all. */
int http_run(struct http *h, struct transfer *t, size_t n,
             int (*done)(struct transfer *t, struct err *err), struct err *err) MUST_USE;

/* Sends the next request. 1: it is under way; 0: not yet; negative: an error that ends all. */
int transfer_start(struct transfer *t, int64_t now, struct err *err) MUST_USE;
/* Takes a request that ended with this result: state says how it goes on. */
int transfer_complete(struct transfer *t, CURLcode result, int64_t now, struct err *err) MUST_USE;

#endif
