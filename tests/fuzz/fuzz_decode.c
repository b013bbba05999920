/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a gzip, xz or zstd stream: an end or an error, within the cap. The first byte says
 * by how many threads. */
#include "base/stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    const uint64_t cap = 1u << 20;
    enum encoding encoding = encoding_of(data + 1, size - 1);
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(source_cleanup)
    struct source *s = source_decode(source_mem(data + 1, size - 1), encoding, "fuzz", cap,
                                     data[0] % 3);
    uint64_t total = 0;
    char chunk[4096];
    ssize_t n;
    while ((n = source_read(s, chunk, sizeof(chunk), &err)) > 0)
        total += (uint64_t)n;
    if (total > cap || (n < 0) != (err.code != ERR_NONE))
        abort();
    return 0;
}
