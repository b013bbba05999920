/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a Contents index: kept is the same however they come, and reads line by line. */
#include "deb/contents.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void scan(struct contents_scan *c, const char *p, size_t n, size_t piece)
{
    contents_start(c, "x86_64-linux-gnu");
    for (size_t at = 0; at < n; at += piece)
        contents_add(c, p + at, n - at < piece ? n - at : piece);
    contents_end(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct contents_scan whole, pieces;

    if (size == 0)
        return 0;
    scan(&whole, (const char *)data, size, size);
    scan(&pieces, (const char *)data, size, 3);
    if (whole.kept.len != pieces.kept.len ||
        strcmp(buf_str(&whole.kept), buf_str(&pieces.kept)) != 0)
        abort();
    for (const char *at = buf_str(&whole.kept); *at; at = strchr(at, '\n') + 1) {
        const char *tab = strchr(at, '\t'), *end = strchr(at, '\n');
        if (!tab || !end || tab > end || end - tab < 3)
            abort();
        CLEANUP(free_ptr) char *name = xstrndup(at, (size_t)(tab - at));
        if (!contents_package((struct slice){buf_str(&whole.kept), whole.kept.len}, name).n)
            abort();
    }
    contents_release(&whole);
    contents_release(&pieces);
    return 0;
}
