/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What accompanies an image in the place that it comes from, for CFG-TRUST: a signature (cosign's,
 * notation's), a provenance, an SBOM. It is seen, not verified: that takes a key, and somebody who
 * says which one.
 *
 * Three ways are in use, and all are looked at: manifests whose subject is the image or its index
 * (distribution-spec, "Listing Referrers"); tags sha256-HEX.sig, .att and .sbom (cosign); manifests
 * beside the image in its index, which name it by annotation (BuildKit).
 */
#ifndef MKIMAGE_AUDIT_TRUST_H
#define MKIMAGE_AUDIT_TRUST_H

#include "harden/view.h"
#include "oci/reader.h"
#include "registry/client.h"

#define TRUST_MANIFESTS_MAX 64u /* that are fetched for one image */

/* Adds to ret what refers to the manifest or index. Only a registry that can't be asked is an
 * error: what refers and can't be read says nothing. */
int trust_referrers(struct registry *r, const char *repository, const struct sha256 *subject,
                    struct view_trust *ret, struct err *err) MUST_USE;

/* Adds what stands beside an image in the index that it was read from, attestations among all. */
void trust_beside(const json_t *index, const struct read_image *images, size_t n,
                  const struct sha256 *image, struct view_trust *ret);

#endif
