/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A name in a registry: HOST[:PORT]/PATH[:TAG][@DIGEST], by the reference grammar (distribution's
 * reference package; distribution-spec "Pulling manifests" for path and tag). The host must be
 * written: a name without one is an error that says so, since a build must not depend on a
 * default registry.
 */
#ifndef MKIMAGE_REGISTRY_REFERENCE_H
#define MKIMAGE_REGISTRY_REFERENCE_H

#include "base/digest.h"
#include "base/err.h"

struct reference {
    char *host;       /* with port */
    char *repository; /* "base/python3" */
    char *tag;        /* or NULL */
    bool has_digest;
    struct sha256 digest;
};

/* With or without "docker://" in front. On docker.io a path of one part is one of library/, as
 * distribution's reference.ParseNormalizedNamed has it. */
int reference_parse(const char *text, struct reference *ret, struct err *err) MUST_USE;
void reference_release(struct reference *r);
void reference_copy(struct reference *dst, const struct reference *src);
/* "host/repository:tag" or "…@sha256:…"; the caller frees. */
char *reference_text(const struct reference *r);
/* Whether a tag is one: [A-Za-z0-9_][A-Za-z0-9._-]{0,127}. */
bool tag_valid(struct slice tag);

#endif
