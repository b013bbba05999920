/* SPDX-License-Identifier: Apache-2.0 */
/*
 * This machine's own apt sources, as a place to learn mirrors from: /etc/apt/sources.list,
 * sources.list.d/ *.list (one-line) and *.sources (deb822); sources.list(5). Disabled entries,
 * deb-src and unknown URI schemes (cdrom:, mirror+file:) are passed over.
 */
#ifndef MKIMAGE_DEB_APTSOURCES_H
#define MKIMAGE_DEB_APTSOURCES_H

#include "base/err.h"
#include "base/strv.h"

struct apt_source {
    char *uri; /* without a trailing slash */
    struct strv suites;
    struct strv components;
    char *signed_by; /* a path, or NULL */
};

struct apt_sources {
    struct apt_source *v;
    size_t n, cap;
};

/* root: "/" or a test's directory. A file that can't be parsed is passed over with a message in
 * `notes`; no sources at all is no error. */
void apt_sources_read(const char *root, struct apt_sources *ret, struct strv *notes);
void apt_sources_release(struct apt_sources *s);

/* The mirrors of Debian's own archive (security: of the security archive): those whose suites are
 * Debian's (a codename or alias, with or without -updates, -security, -backports). The suite asked
 * for need not be among them: a bookworm machine builds trixie images from its own mirror. Third
 * parties borrow codenames: a source without component main is none, and one that is signed by a
 * keyring not named as Debian's counts only where there is no better one.
 * Where only the main mirror is named, a `debian-security` beside its `debian` is tried
 * (docs/design.md, "Mirrors"): *ret_guessed tells that the URL was made so. */
void apt_sources_mirrors(const struct apt_sources *s, bool security, struct strv *ret,
                         bool *ret_guessed);

/* The security archive beside a main one, by name: ".../debian" gives ".../debian-security". NULL
 * where no part of the path is "debian"; the caller frees. */
char *apt_security_beside(const char *uri);

#endif
