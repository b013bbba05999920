/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an ld.so.cache: entries whose texts lie in it and end, sorted; and one that was
 * written comes back. */
#include "base/buf.h"
#include "rootfs/ld_cache.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(const char *s, const char *bytes, size_t n)
{
    if (s < bytes || s >= bytes + n || !memchr(s, '\0', n - (size_t)(s - bytes)))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    CLEANUP(free_ptr) char *copy = xmemdup(data, size);
    CLEANUP(free_ptr) struct ld_found *found = NULL;
    size_t n = ld_cache_parse((struct slice){copy, size}, &found);

    for (size_t i = 0; i < n; i++) {
        check_inside(found[i].name, copy, size);
        check_inside(found[i].path, copy, size);
        if (i && strcmp(found[i - 1].name, found[i].name) > 0)
            abort();
    }
    return 0;
}
