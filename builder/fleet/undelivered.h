/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Report entries that no report has delivered yet, in the cache, a list a published name: a run
 * that is cut off after it published loses none, and the next run hands them out.
 *
 *     before the tags move      undelivered_put(entry)
 *     after                     undelivered_tagged
 *     the report is written     undelivered_done
 */
#ifndef MKIMAGE_FLEET_UNDELIVERED_H
#define MKIMAGE_FLEET_UNDELIVERED_H

#include "net/cache.h"

#include <jansson.h>

/* The entries whose image was tagged: an array, or NULL if there are none. */
json_t *undelivered_get(struct cache *c, const char *name);
void undelivered_put(struct cache *c, const char *name, const json_t *entry);
/* The tags name this digest now: its entry counts; one of another digest that never did is
 * forgotten, as its image wasn't published. */
void undelivered_tagged(struct cache *c, const char *name, const struct sha256 *digest);
/* A report has them. */
void undelivered_done(struct cache *c, const char *name, const json_t *entries);

#endif
