/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is kept beside an image, under digests of its documents: referrers (manifests with a
 * subject: signatures, SBOMs, mkimage's own record), and what cosign's tags name.
 *
 * A registry has a list of referrers for it, or else a tag (distribution-spec "Referrers Tag
 * Schema"): "sha256-HEX" names an index of them. A layout is kept as such a registry is: its
 * index.json names these indexes and cosign's manifests by the same words, in
 * org.opencontainers.image.ref.name. Read is more: a manifest of index.json whose subject is asked
 * for (oras), and what cosign save calls signatures and attestations of the layout's image.
 */
#ifndef MKIMAGE_OCI_BESIDE_H
#define MKIMAGE_OCI_BESIDE_H

#include "oci/document.h"

/* One manifest. */
struct beside {
    struct sha256 subject; /* the digest under which it is kept */
    char *suffix;          /* of cosign's tag: ".sig"; NULL: a referrer */
    char *media_type;
    struct sha256 digest;
    uint64_t size;
};

struct beside_list {
    struct beside *v;
    size_t n, cap;
};
void beside_list_release(struct beside_list *l);
/* Unless it is there. suffix may be NULL. */
void beside_add(struct beside_list *l, const struct sha256 *subject, const char *suffix,
                const struct descriptor *d);
/* Each entry of an index of referrers. */
int beside_add_index(struct beside_list *l, const struct sha256 *subject, const json_t *index,
                     const char *name, struct err *err) MUST_USE;

/* What is kept beside any of n documents; none where the location can't hold such. The first
 * subject is the image itself. */
int reader_beside(struct reader *r, const struct sha256 *subjects, size_t n,
                  struct beside_list *ret, struct err *err) MUST_USE;

/* "sha256-HEX", "sha256-HEX.sig": whether a tag is one of these. *ret_suffix is "" or ".sig",
 * borrowed. */
bool beside_tag_read(const char *tag, struct sha256 *ret_subject, const char **ret_suffix);
char *beside_tag(const struct sha256 *subject, const char *suffix); /* the caller frees */
/* The suffixes of cosign's tags, to a NULL. */
extern const char *const beside_suffixes[];

#endif
