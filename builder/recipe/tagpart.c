/* SPDX-License-Identifier: Apache-2.0 */
#include "recipe/tagpart.h"

#define TEXT  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"
#define FIRST "abcdefghijklmnopqrstuvwxyz0123456789"

static enum tag_part placeholder(struct slice name, struct slice *ret)
{
    static const char version[] = "version:";
    const size_t n = sizeof(version) - 1;

    if (slice_eq(name, "date"))
        return TAG_DATE;
    if (slice_eq(name, "digest"))
        return TAG_DIGEST;
    if (name.n < n + 2 || memcmp(name.p, version, n) != 0 || !strchr(FIRST, name.p[n]))
        return TAG_WRONG;
    *ret = (struct slice){name.p + n, name.n - n};
    return strspn(ret->p, FIRST "+.-") >= ret->n ? TAG_VERSION : TAG_WRONG;
}

enum tag_part tag_part_next(const char **at, struct slice *ret)
{
    const char *start = *at;

    if (!*start)
        return TAG_END;
    if (*start == '{') {
        const char *end = strchr(start, '}');
        if (!end)
            return TAG_WRONG;
        *at = end + 1;
        return placeholder((struct slice){start + 1, (size_t)(end - start - 1)}, ret);
    }
    size_t n = strspn(start, TEXT);
    *ret = (struct slice){start, n};
    *at = start + n;
    return n ? TAG_TEXT : TAG_WRONG;
}
