/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a record of facts: refused, or it comes out as the same bytes again. */
#include "rootfs/package.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    struct package *p = NULL;
    if (package_decode(data, size, &p, &err) < 0)
        return 0;
    CLEANUP(buf_release) struct buf again = BUF_INIT(0), more = BUF_INIT(0);
    package_encode(p, &again);
    package_free(p);
    if (package_decode(again.data, again.len, &p, &err) < 0)
        abort();
    package_encode(p, &more);
    package_free(p);
    if (again.len != more.len || memcmp(again.data, more.data, more.len) != 0)
        abort();
    return 0;
}
