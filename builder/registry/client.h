/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The distribution protocol 1.1 (OCI distribution-spec), one host at a time: blobs, manifests,
 * tags, referrers. Authentication, retries and redirects happen in here; what comes back is either
 * right (digest and size checked) or an error in words that name the cause and the mend.
 *
 *     registry_open("harbor.example", …) ─► registry_head / get / put / upload / mount / tags
 *
 * All calls are blocking and may be made from several threads at once. Transient failures (resets,
 * 429 with Retry-After, 5xx) are retried with back-off and jitter. Secrets never leave for another
 * host: a redirect is followed without Authorization.
 */
#ifndef MKIMAGE_REGISTRY_CLIENT_H
#define MKIMAGE_REGISTRY_CLIENT_H

#include "net/request.h"
#include "registry/credentials.h"
#include "registry/reference.h"

struct registry;

struct registry_options {
    struct credential_options credentials;
    const struct strv *insecure;   /* HOST[:PORT] spoken to over plain http */
    const char *ca_file;           /* --ca-file */
    const struct strv *certs_dirs; /* certs.d directories; NULL: the usual ones of docker and
                                      containers */
    unsigned silence;              /* seconds with next to no bytes that end a request; 0: 30 */
};

int registry_open(const struct session *s, struct http *h, const char *host,
                  const struct registry_options *options, struct registry **ret,
                  struct err *err) MUST_USE;
void registry_close(struct registry *r);
const char *registry_host(const struct registry *r);
/* From now on tokens are asked for with push rights, so that one serves for all of a push. */
void registry_write(struct registry *r);

/* Whether the registry takes this user and password; they are used from now on. Of a robot of
 * Harbor's that may only pull that is said. */
int registry_login(struct registry *r, const char *username, const char *password,
                   struct err *err) MUST_USE;

/* A manifest's digest, size and media type by tag or digest, by HEAD with Accept, or by GET where
 * HEAD isn't let through. ERR_NOT_FOUND if it isn't there. *ret_known false: the registry won't
 * say, which is no failure: a policy's 412, or a 403, which some say of what isn't there. */
struct manifest_head {
    struct sha256 digest;
    uint64_t size;
    char *media_type;
};
int registry_head(struct registry *r, const struct reference *name, struct manifest_head *ret,
                  bool *ret_known, struct err *err) MUST_USE;

/* After a registry_head that the registry answered with a policy's refusal: the digest that a tag
 * names all the same, as Harbor's API tells it to a robot with the right artifact:read. *ret_found
 * false: nobody tells. Answers that make no sense are errors. */
int registry_hidden(struct registry *r, const struct reference *name, struct sha256 *ret,
                    bool *ret_found, struct err *err) MUST_USE;

/* The manifest's bytes, at most MANIFEST_BYTES_MAX, checked against the digest of the reference
 * (or of the answer's Docker-Content-Digest). *ret_type: its media type; the caller frees. */
int registry_get(struct registry *r, const struct reference *name, struct buf *ret, char **ret_type,
                 struct sha256 *ret_digest, struct err *err) MUST_USE;

/* PUT by tag or by digest. subject: the manifest names one: where the registry keeps no referrers
 * itself, the fallback tag is kept (distribution-spec "Pushing Manifests with Subject").
 * *ret_blob_unknown: refused because a blob is missing (upload all again). */
int registry_put(struct registry *r, const struct reference *name, const struct buf *manifest,
                 const char *type, const struct sha256 *subject, bool *ret_blob_unknown,
                 struct err *err) MUST_USE;

/* Deletes a manifest by digest (and with it all its tags), or a tag alone by the registry's tag
 * API; *ret_supported false: it has none, and nothing was done. */
int registry_delete(struct registry *r, const struct reference *name, bool *ret_supported,
                    struct err *err) MUST_USE;

/* Where the registry won't say (403), it counts as not there: an upload's answer tells. */
int registry_has_blob(struct registry *r, const char *repository, const struct sha256 *digest,
                      bool *ret, struct err *err) MUST_USE;
/* Uploads size bytes of fd, whole or in chunks, resumed where a connection breaks. */
int registry_upload(struct registry *r, const char *repository, const struct sha256 *digest, int fd,
                    uint64_t size, struct progress *progress, struct err *err) MUST_USE;
/* Downloads a blob to fd, size and digest checked. */
int registry_download(struct registry *r, const char *repository, const struct sha256 *digest,
                      uint64_t size, int fd, struct progress *progress, struct err *err) MUST_USE;

/* All tags, paging followed, in the registry's order. */
int registry_tags(struct registry *r, const char *repository, struct strv *ret,
                  struct err *err) MUST_USE;

/* The referrers of a manifest as an index's bytes: from the API, or from the fallback tag; an
 * empty index if there are none. artifact_type filters, or NULL. */
int registry_referrers(struct registry *r, const char *repository, const struct sha256 *subject,
                       const char *artifact_type, struct buf *ret, struct err *err) MUST_USE;

/* How many requests were made, for figures and tests. */
unsigned registry_requests(const struct registry *r);

#endif
