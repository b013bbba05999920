/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One credential file (docker's config.json, podman's auth.json) and credential helpers. Private
 * to registry.
 *
 * Nothing of a file's content comes into an error: it holds secrets.
 */
#ifndef MKIMAGE_REGISTRY_AUTHFILE_H
#define MKIMAGE_REGISTRY_AUTHFILE_H

#include "base/base64.h"
#include "registry/credentials.h"
#include <jansson.h>

#define AUTHFILE_BYTES_MAX (1u << 20)

/* The files in the order in which they are asked, which need not be there. */
void authfile_paths(const struct credential_options *options, struct strv *ret);

/* *ret is NULL if the file isn't there; the caller owns it. */
int authfile_read(const char *path, json_t **ret, struct err *err) MUST_USE;
int authfile_parse(const void *p, size_t n, const char *path, json_t **ret,
                   struct err *err) MUST_USE;
/* Mode 0600, by rename; a symbolic link stays one. */
int authfile_write(const char *path, const json_t *document, struct err *err) MUST_USE;

/* The helper for a host and repository (repository may be NULL), borrowed; NULL if none. */
const char *authfile_helper(const json_t *document, const char *host, const char *repository);
/* What "auths" holds for it: ret as it was if there is nothing. */
int authfile_find(const json_t *document, const char *path, const char *host,
                  const char *repository, struct credential *ret, struct err *err) MUST_USE;
void authfile_set(json_t *document, const char *host, const char *username, const char *password);
bool authfile_remove(json_t *document, const char *host); /* whether there was one */

/* docker-credential-NAME get, store, erase (docker-credential-helpers, "Development"). For get ret
 * stays as it was if the helper knows nothing of the host. */
struct helper {
    const struct session *session;
    const char *name;
    unsigned patience; /* as in struct credential_options */
};
int helper_get(const struct helper *h, const char *host, struct credential *ret,
               struct err *err) MUST_USE;
int helper_store(const struct helper *h, const char *host, const char *username,
                 const char *password, struct err *err) MUST_USE;
int helper_erase(const struct helper *h, const char *host, struct err *err) MUST_USE;

void wipe(char *secret); /* and frees; NULL is fine */

#endif
