/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record beside an image in a registry: a referrer of its manifest or index (docs/record.md).
 *
 *     record_attach     puts it there; the same record again changes nothing
 *     record_fetch      reads it
 */
#ifndef MKIMAGE_FLEET_ATTACH_H
#define MKIMAGE_FLEET_ATTACH_H

#include "fleet/record.h"
#include "registry/client.h"

/* The image that a record belongs to. */
struct subject {
    const char *repository;
    const char *media_type; /* of its manifest or index */
    struct sha256 digest;
    uint64_t size;
};

/* The subject has to be there: registries may refuse a referrer of nothing. */
int record_attach(struct registry *r, const struct subject *subject, const struct record *record,
                  struct err *err) MUST_USE;

/* Of several records the one with this input key, else the last. *ret_found false: there is none
 * that can be read; one that can't (of a newer mkimage, or of another image) is warned of. The
 * record's bytes are kept in the cache. */
int record_fetch(const struct session *s, struct cache *c, struct registry *r,
                 const char *repository, const struct sha256 *image, const struct sha256 *input,
                 struct record *ret, bool *ret_found, struct err *err) MUST_USE;

/* What the image replaced, by its records' annotations, which come with their list: adds digests.
 * *ret_any: it has a record. */
int record_replaced(struct registry *r, const char *repository, const struct sha256 *image,
                    struct strv *ret, bool *ret_any, struct err *err) MUST_USE;

#endif
