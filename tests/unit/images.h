/* SPDX-License-Identifier: Apache-2.0 */
/* Small images to write and read: a cache in a scratch directory, layers with one file each. */
#ifndef MKIMAGE_TESTS_IMAGES_H
#define MKIMAGE_TESTS_IMAGES_H

#include "base/file.h"
#include "oci/output.h"
#include "oci/reader.h"
#include "scratch.h"
#include "unit.h"

struct bench {
    char *scratch;
    struct session session;
    atomic_int stop;
    struct cache *cache;
    struct err err;
};

void bench_start(struct bench *t, unsigned threads);
void bench_end(struct bench *t);
char *bench_path(const struct bench *t, const char *name); /* the caller frees */

/* A layer that holds the file usr/NAME with that content. */
struct layer bench_layer(struct bench *t, enum codec codec, const char *name, const char *content);

/* An image of n layers, "NAME-0" and so on, each with a file; created at 1700000000. */
struct test_image {
    struct image image;
    struct built_image built;
};
void test_image_make(struct bench *t, const char *arch, enum codec codec, const char *name,
                     size_t n, struct test_image *ret);
void test_image_seal(struct test_image *i); /* its documents anew, after a change */
void test_image_release(struct test_image *i);

/* Writes images to a location; with several, under an index. */
int bench_write(struct bench *t, const char *location, const struct test_image *images, size_t n,
                bool *ret_unchanged);

/* What a place holds, all of it. */
int read_place(struct bench *t, const char *place, struct read_set *ret);

/* "TRANSPORT:SCRATCH/REST" */
int read_at(struct bench *t, const char *transport, const char *rest, struct read_set *ret);

void write_at(struct bench *t, const char *transport, const char *rest,
              const struct test_image *images, size_t n);

/* A config of one layer that nobody has. */
#define Z64  "1111111111111111111111111111111111111111111111111111111111111111"
#define DIFF "sha256:" Z64
#define CONFIG                                                                      \
    "{\"architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{\"type\":\"layers\"," \
    "\"diff_ids\":[\"" DIFF "\"]}}"

#define LOCATION(t, transport, name) xasprintf("%s:%s/%s", transport, (t)->scratch, name)

#endif
