/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#define ALIGNMENT   8u
#define CHUNK_BYTES (256u << 10) /* large enough to go back to the system when it is freed */

struct arena_chunk {
    struct arena_chunk *next;
    size_t used, size;
    _Alignas(ALIGNMENT) char bytes[];
};

void *arena_take(struct arena *a, size_t n)
{
    n = (n + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (!a->chunks || a->chunks->size - a->chunks->used < n) {
        size_t size = n > CHUNK_BYTES ? n : CHUNK_BYTES;
        struct arena_chunk *c = xmalloc(sizeof(*c) + size);
        *c = (struct arena_chunk){.next = a->chunks, .size = size};
        a->chunks = c;
    }
    void *p = a->chunks->bytes + a->chunks->used;
    a->chunks->used += n;
    return p;
}

char *arena_string(struct arena *a, const char *s)
{
    size_t n = s ? strlen(s) + 1 : 0;

    return s ? memcpy(arena_take(a, n), s, n) : NULL;
}

void arena_release(struct arena *a)
{
    for (struct arena_chunk *c = a->chunks, *next; c; c = next) {
        next = c->next;
        free(c);
    }
    *a = (struct arena){0};
}
