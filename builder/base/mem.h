/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory: allocation that can't fail, and locals that release themselves.
 *
 * A builder that is out of memory has nothing sensible left to do, so the x functions write one
 * line to stderr and abort(); no caller checks them. What bad input could make large is bounded
 * before it is allocated (buf.h's maximum, the caps of each parser), so bad input never gets here.
 *
 * CLEANUP(f) runs f(&variable) when the variable leaves its scope. Every struct s that owns
 * something has s_release(struct s *), which may be called on a zeroed struct and twice.
 */
#ifndef MKIMAGE_BASE_MEM_H
#define MKIMAGE_BASE_MEM_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CLEANUP(f)        __attribute__((cleanup(f)))
#define MUST_USE          __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))
#define ARRAY_SIZE(a)     (sizeof(a) / sizeof((a)[0]))

void *xmalloc(size_t size) __attribute__((malloc, alloc_size(1)));
void *xcalloc(size_t n, size_t size) __attribute__((malloc, alloc_size(1, 2)));
void *xrealloc(void *p, size_t n, size_t size);
char *xstrdup(const char *s) __attribute__((malloc));
char *xstrndup(const char *s, size_t n) __attribute__((malloc));
void *xmemdup(const void *p, size_t n);
char *xasprintf(const char *fmt, ...) PRINTF_LIKE(1, 2);
char *xvasprintf(const char *fmt, va_list ap) PRINTF_LIKE(1, 0);

/* Makes room for one more item in a growing array: items must be a T *, n its count, cap its
 * capacity (both size_t). Doubles, so that appending is amortised constant. */
#define GROW(items, n, cap)                                       \
    do {                                                          \
        if ((n) == (cap)) {                                       \
            (cap) = (cap) ? 2 * (cap) : 8;                        \
            (items) = xrealloc((items), (cap), sizeof(*(items))); \
        }                                                         \
    } while (0)

/* Cleanup functions for plain types. */
void free_ptr(void *pp); /* CLEANUP(free_ptr) char *s = NULL; */
void close_fd(int *fd);  /* CLEANUP(close_fd) int fd = -1; keeps errno */

/* A piece of somebody else's text: not terminated, not owned. */
struct slice {
    const char *p;
    size_t n;
};

static inline struct slice slice_of(const char *s)
{
    return (struct slice){s, strlen(s)};
}
static inline bool slice_eq(struct slice a, const char *s)
{
    return a.n == strlen(s) && (a.n == 0 || memcmp(a.p, s, a.n) == 0);
}
struct slice slice_trim(struct slice s); /* without blanks, tabs and newlines at both ends */

#endif
