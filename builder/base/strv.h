/* SPDX-License-Identifier: Apache-2.0 */
/* A list of strings that it owns. */
#ifndef MKIMAGE_BASE_STRV_H
#define MKIMAGE_BASE_STRV_H

#include "base/mem.h"

struct strv {
    char **v;
    size_t n;
    size_t cap;
};

/* clang-format off */
#define STRV_INIT {0}
/* clang-format on */

void strv_release(struct strv *s);
void strv_add(struct strv *s, const char *str);
void strv_addn(struct strv *s, const char *str, size_t n);
void strv_take(struct strv *s, char *str); /* owns str from now on */
void strv_addf(struct strv *s, const char *fmt, ...) PRINTF_LIKE(2, 3);
void strv_copy(struct strv *dst, const struct strv *src); /* adds src's strings to dst */
bool strv_has(const struct strv *s, const char *str);     /* linear */
void strv_sort(struct strv *s);                           /* by bytes */
bool strv_has_sorted(const struct strv *s, const char *str);
void strv_uniq(struct strv *s);                               /* of a sorted list */
char *strv_join(const struct strv *s, const char *separator); /* the caller frees */
void strv_split(struct strv *s, struct slice text,
                const char *separators); /* empty parts skipped */

#define strv_each(item, list) \
    for (char *const *item = (list)->v; item && item < (list)->v + (list)->n; item++)

#endif
