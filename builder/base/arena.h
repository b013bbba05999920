/* SPDX-License-Identifier: Apache-2.0 */
/* Memory for a million small things that go at once: no piece is freed alone, and none costs more
 * than its size. A zeroed struct arena is an empty one. */
#ifndef MKIMAGE_BASE_ARENA_H
#define MKIMAGE_BASE_ARENA_H

#include "base/mem.h"

struct arena {
    struct arena_chunk *chunks;
};

/* n bytes, not set, aligned for any struct of pointers and 64-bit numbers. */
void *arena_take(struct arena *a, size_t n);
char *arena_string(struct arena *a, const char *s); /* a copy; NULL stays NULL */
void arena_release(struct arena *a);

#endif
