/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a file's text: a private key is found whole or cut into runs, or it isn't. The first
 * byte says how long a run is. */
#include "rootfs/keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *scan(const char *p, size_t n, size_t run)
{
    CLEANUP(key_scan_release) struct key_scan k = {0};

    key_scan_start(&k);
    for (size_t at = 0; at < n; at += run)
        key_scan_add(&k, p + at, n - at < run ? n - at : run);
    return k.kind ? xstrdup(k.kind) : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > KEY_BYTES_MAX / 2)
        return 0;
    const char *text = (const char *)data + 1;
    CLEANUP(free_ptr) char *whole = scan(text, size - 1, size);
    CLEANUP(free_ptr) char *cut = scan(text, size - 1, data[0] % 64u + 1);
    if ((whole == NULL) != (cut == NULL) || (whole && strcmp(whole, cut) != 0))
        abort();
    return 0;
}
