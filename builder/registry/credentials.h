/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Credentials as docker and podman keep them: which files, in which order, which key of them fits
 * best, and helpers (docs/design.md, "Credentials"; containers-auth.json(5);
 * docker-credential-helpers).
 */
#ifndef MKIMAGE_REGISTRY_CREDENTIALS_H
#define MKIMAGE_REGISTRY_CREDENTIALS_H

#include "base/session.h"
#include "base/strv.h"

struct credential_options {
    const char *config_file; /* --registry-config, or NULL */
    /* of the environment; NULL where unset */
    const char *registry_auth_file, *xdg_runtime_dir, *xdg_config_home, *docker_config, *home;
    unsigned patience; /* seconds that a credential helper may take; 0: 60 */
};

struct credential {
    char *username, *password; /* both NULL: anonymous */
    char *identity_token;      /* OAuth2 refresh token, or NULL */
    char *registry_token;      /* a Bearer token that is sent as it is, or NULL */
    bool given;                /* by the user, who wants to know whether it is right */
    char *from;                /* where it stands, for messages: a file, or a helper's name */
};

/* The credential for a host and repository; anonymous if there is none. A helper is run with the
 * server on its standard input, without a shell. */
int credential_find(const struct session *s, const struct credential_options *options,
                    const char *host, const char *repository, struct credential *ret,
                    struct err *err) MUST_USE;
void credential_release(struct credential *c); /* wipes the secrets */

/* login and logout: keeps or removes an entry in the file that podman and docker would write
 * (mode 0600, by rename; what else stands in it stays), or hands it to the helper named there. */
int credential_store(const struct session *s, const struct credential_options *options,
                     const char *host, const char *username, const char *password, char **ret_where,
                     struct err *err) MUST_USE;
int credential_erase(const struct session *s, const struct credential_options *options,
                     const char *host, char **ret_where, struct err *err) MUST_USE;

#endif
