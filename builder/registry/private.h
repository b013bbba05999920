/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the client share. Private to registry.
 *
 *     registry_call ─► authorization (auth.c) ─► http_request ─► 401? token, once more
 *                   ─► redirects (GET and HEAD), by hand
 *                   ─► 429, 5xx, resets: later again
 */
#ifndef MKIMAGE_REGISTRY_PRIVATE_H
#define MKIMAGE_REGISTRY_PRIVATE_H

#include "net/retry.h"
#include "registry/client.h"
#include "registry/memory.h"
#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>

#define ATTEMPTS        5
#define SILENCE_DEFAULT 30 /* seconds */
#define COMMIT_FACTOR   4  /* a registry may think longer about a blob that it got */
#define TOKEN_MAX       65536
#define ACCEPT_MANIFESTS \
    MEDIA_INDEX ", " MEDIA_MANIFEST ", " MEDIA_DOCKER_LIST ", " MEDIA_DOCKER_MANIFEST
#define LIST_BYTES_MAX (16u << 20) /* one page of tags */
#define PAGES_MAX      1000        /* of a list */

/* TLS files of one host; what http_trust borrows. */
struct trust {
    struct buf ca;
    char *client_cert, *client_key;
    struct http_trust registry; /* for the registry's own origin, */
    struct http_trust others;   /* for a token server or a redirect's target */
};
int trust_open(const struct registry_options *options, const char *host, struct trust *ret,
               struct err *err) MUST_USE;
void trust_release(struct trust *t);

enum auth_scheme { AUTH_NONE, AUTH_BASIC, AUTH_BEARER };

/* A WWW-Authenticate challenge (RFC 9110 11.6.1). */
struct challenge {
    enum auth_scheme scheme;
    char *realm, *service, *scope, *error;
};
/* The best of an answer's challenges: Bearer, else Basic, else none. */
void challenge_of(const struct http_response *response, struct challenge *ret);
void challenge_release(struct challenge *c);

struct bearer {
    char *scopes;    /* what was asked for, the key */
    char *header;    /* "Authorization: Bearer …" */
    int64_t expires; /* ms, monotonic */
};

/* Once known it stays, and where it is. */
struct known_credential {
    char *repository; /* "": any */
    struct credential credential;
    struct known_credential *next;
};

struct registry {
    const struct session *session;
    struct http *http;
    char *host; /* as the reference names it */
    char *base; /* "https://host:port" */
    struct credential_options credentials;
    struct trust trust;
    bool insecure;
    atomic_bool writing;    /* ask for push rights from the start, so that one token serves all */
    atomic_bool lost;       /* the last request had no answer at all, for all its tries */
    _Atomic uint64_t chunk; /* bytes; larger blobs are uploaded in chunks of it */
    unsigned silence;
    atomic_uint requests;
    atomic_bool manifests_by_get, blobs_by_get; /* HEAD isn't let through */
    atomic_int referrers_api;                   /* 1: it has it, -1: it hasn't, 0: not known */
    pthread_mutex_t lock;                       /* over what follows */
    struct challenge challenge;
    struct bearer *tokens;
    size_t n_tokens, cap_tokens;
    struct known_credential *known;
    struct strv warnings; /* said already */
    struct memory memory; /* once a push asked for it: */
    bool remembers;
    struct strv once;          /* what some thread does at the moment */
    pthread_cond_t once_ended; /* one of them is done */
};

/* One call of the protocol. */
struct call {
    const char *method;
    const char *path;                  /* "/v2/…", or a whole URL that the registry named */
    const char *repository;            /* NULL for /v2/ itself */
    const char *from;                  /* another repository that is read too, or NULL */
    const char *accept, *content_type; /* or NULL */
    const char *range;                 /* Content-Range, or NULL */
    const void *body;
    int body_fd;
    uint64_t body_offset, body_size;
    int response_fd; /* -1: memory */
    uint64_t response_offset, response_max;
    struct hasher *response_hasher;
    struct progress *progress;
    bool head_only; /* the body of a 2xx isn't wanted */
    bool commits;   /* ends what was uploaded */
    bool once;      /* isn't repeated in here: who calls knows where to go on */
    bool probe;     /* a HEAD, in whose place GET is asked: a 500 isn't waited out, and what storage
                       elsewhere refuses (a URL that is signed for GET alone) is a 405 */
    bool deleting;  /* needs that right */
    bool basic;     /* user and password, whatever the challenge: an API beside the protocol */
};

/* clang-format off */
#define CALL_INIT .body_fd = -1, .response_fd = -1, .response_max = HTTP_ERROR_BODY_MAX
/* clang-format on */

/* 0 with any status; negative if no answer came. *ret_transient (may be NULL): with `once`, it
 * may go better next time. */
int registry_call(struct registry *r, const struct call *c, struct http_response *ret,
                  bool *ret_transient, struct err *err) MUST_USE;
/* After a try that came `at` bytes far and may go better next time, with its answer, or with what
 * went wrong in err. 1: the wait for the next try is over, and err is cleared; 0: enough, err stays
 * as it is; negative: stopped. */
int registry_again(struct registry *r, struct retry *retry, const struct http_response *response,
                   uint64_t at, struct err *err) MUST_USE;
static inline bool status_ok(unsigned status)
{
    return status >= 200 && status < 300;
}

/* *ret: an Authorization line, or NULL if none is needed as far as known; the caller wipes. */
int auth_header(struct registry *r, const struct call *c, char **ret, struct err *err) MUST_USE;
/* After a 401 to a request that bore `used` (or NULL): *ret_again tells that another try has a
 * chance. */
int auth_refused(struct registry *r, const struct call *c, const struct http_response *response,
                 const char *used, bool *ret_again, struct err *err) MUST_USE;
/* Base64 of USER:PASSWORD; the caller wipes. */
char *basic_pair(const struct credential *c);
/* From now on this one, which is taken over, is the repository's ("": any's); borrowed. */
const struct credential *auth_know(struct registry *r, const char *repository,
                                   const struct credential *credential);
/* The credential for a repository (or NULL), borrowed; r->lock isn't held, a helper may run. */
int auth_credential(struct registry *r, const char *repository, const struct credential **ret,
                    struct err *err) MUST_USE;

/* An answer's status and error body in words, as they came; the caller frees. Who shows them asks
 * registry_words, below; this half of it is fuzzed. */
char *error_words(const struct http_response *response);
/* The same without the registry's own secrets: one may say what it was told. r->lock isn't held. */
char *registry_words(struct registry *r, const struct http_response *response);

/* A turn: what one thread does while the others that need it wait (once.c), such as "token SCOPE".
 * r->lock is held, but not while waiting. */
int once_begin(struct registry *r, const char *what, struct err *err) MUST_USE;
void once_end(struct registry *r, const char *what);
/* Frees text; what comes back has no password, token or Basic pair in it. r->lock is held. */
char *hide_secrets(const struct registry *r, char *text);
bool error_has(const struct http_response *response, const char *code); /* "BLOB_UNKNOWN" */
/* Makes the error of an answer that isn't what was wanted: `what` couldn't be done, the
 * registry's words, and a hint that names cause and mend. 404 gives ERR_NOT_FOUND. */
int registry_refused(struct registry *r, const struct call *c, const char *what,
                     const struct http_response *response, struct err *err);

/* registry_put, with why it was refused if it was. */
enum put_refusal { PUT_OTHER, PUT_BLOB_UNKNOWN, PUT_UNSUPPORTED /* media type */ };
int put_manifest(struct registry *r, const struct reference *name, const struct buf *manifest,
                 const char *type, const struct sha256 *subject, enum put_refusal *ret,
                 struct err *err) MUST_USE;

/* "/v2/REPOSITORY/KIND/TAIL"; the caller frees. */
char *registry_path(const char *repository, const char *kind, const char *tail);
char *manifest_path(const struct reference *name);
/* A GET of the manifest at that path, which has to outlive the call. */
struct call manifest_call(const struct reference *name, const char *path);
/* "/api/v2.0/projects/P/repositories/R/artifacts/TAIL" of Harbor's API; NULL if the name has one
 * part alone, as no repository of Harbor's has; the caller frees. */
char *harbor_path(const struct reference *name, const char *tail);
const char *reference_tail(const struct reference *name, struct sha256_text *digest);

/* What is read of answers; any bytes are harmless. token_of: the token server's token, NULL if it
 * has none that fits a header; the caller wipes. upload_range: "0-1023" or "bytes=0-1023": how many
 * bytes there are ("0-0" is what distribution says of none and of one); false for anything else. */
/* The path and query of the next page of a repository's list, whose page was asked for by `path`,
 * or NULL if it was the last one; the caller frees. Whatever host the link names, the registry that
 * was asked is asked again, since only that may hear a credential; where the path leads out of the
 * repository, that is an error. */
int next_page(const struct registry *r, const char *repository, const char *path,
              const struct http_response *response, char **ret, struct err *err) MUST_USE;
/* "application/json; charset=utf-8" without its parameters; the caller frees. */
char *media_type_of(const struct http_response *response);
/* Docker-Content-Digest. */
bool answer_digest(const struct http_response *response, struct sha256 *ret);
/* A manifest's bytes, checked against the name's digest, or the one that the answer says. */
int answer_manifest(const struct reference *name, struct http_response *response, struct buf *ret,
                    char **ret_type, struct sha256 *ret_digest, struct err *err) MUST_USE;
char *token_of(const struct http_response *answer, unsigned *ret_seconds);
bool upload_range(const char *range, uint64_t *ret);

/* An upload that was begun: where it goes on. *ret_location is NULL if the blob was mounted from
 * the repository `from`. */
int upload_begin(struct registry *r, const char *repository, const struct sha256 *digest,
                 const char *from, char **ret_location, struct err *err) MUST_USE;
/* The bytes to there, or to a new upload if location is NULL or fails. blind: the registry finds
 * by HEAD what it doesn't have. */
int upload_blob(struct registry *r, const char *repository, const struct sha256 *digest, int fd,
                uint64_t offset, uint64_t size, const char *location, bool blind,
                struct progress *progress, struct err *err) MUST_USE;

/* What the pushes of a run share (sharing.c): which repositories hold which blobs, and that a blob
 * is sent once, to be mounted by the others. */
void sharing_remember(struct registry *r, struct cache *c); /* before the two below */
void sharing_note(struct registry *r, const char *repository, const struct sha256 *digest);
/* A repository to mount it from, or NULL; the caller frees. */
char *sharing_source(struct registry *r, const char *repository, const struct sha256 *digest);
void sharing_keep(struct registry *r, struct cache *c); /* in the cache, for later runs */
/* Waits for a push that sends the blob already; then it is this one's to send, until the end. */
int sharing_begin(struct registry *r, const struct sha256 *digest, struct err *err) MUST_USE;
void sharing_end(struct registry *r, const struct sha256 *digest);

/* An index of no referrers yet, and a referrer's entry in it: its artifactType (else its config's
 * type) and all its annotations. */
json_t *referrers_index(void);
json_t *referrer_entry(const json_t *document, const struct buf *manifest, const char *type);
/* Keeps the fallback tag of a subject (distribution-spec "Referrers Tag Schema"). */
int referrers_keep(struct registry *r, const char *repository, const struct sha256 *subject,
                   const struct buf *manifest, const char *type, struct err *err) MUST_USE;

#endif
