/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record beside an image in a registry: a referrer of its manifest or index (docs/record.md).
 *
 *     record_attach     puts it there; the same record again changes nothing
 *     record_fetch      reads it
 *
 * A registry's policy may hide the record's manifest, as it hides images; lists of referrers and
 * blobs aren't hidden. So the manifest's annotations, which the list copies, tell digest and size
 * of the record itself, and it is read as a blob, without its manifest.
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

/* The record as a blob; size 0: it isn't known. */
struct record_blob {
    struct sha256 digest;
    uint64_t size;
};

/* The subject has to be there: registries may refuse a referrer of nothing. */
int record_attach(struct registry *r, const struct subject *subject, const struct record *record,
                  struct record_blob *ret, struct err *err) MUST_USE;

/* Whose record is wanted. */
struct record_query {
    const struct context *ctx; /* whose cache gets the record's bytes */
    struct registry *registry;
    const char *repository;
    const struct sha256 *image;
    const struct sha256 *input; /* of several the one with this input key; NULL: the last */
    const struct record_blob *remembered; /* tried where no other can be read, or NULL */
};

enum record_state {
    RECORD_NONE,       /* there is none */
    RECORD_UNREADABLE, /* there is one, but a policy hides it, or it makes no sense: warned of */
    RECORD_FOUND,
};

struct record_answer {
    enum record_state state;
    struct record record; /* if found: both */
    struct record_blob blob;
};
void record_answer_release(struct record_answer *a);

int record_fetch(const struct record_query *q, struct record_answer *ret, struct err *err) MUST_USE;

/* What the image replaced, by its records' annotations, which come with their list: adds digests.
 * *ret_any: it has a record. */
int record_replaced(struct registry *r, const char *repository, const struct sha256 *image,
                    struct strv *ret, bool *ret_any, struct err *err) MUST_USE;

/* Whether it has a record, and so was published before. */
int record_exists(struct registry *r, const char *repository, const struct sha256 *image, bool *ret,
                  struct err *err) MUST_USE;

#endif
