/* SPDX-License-Identifier: Apache-2.0 */
/* A file of PEM certificates: what is read once is read again from its own encoding. */
#include "rootfs/ca_bundle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(certificates_release) struct certificates c = {0};
    CLEANUP(err_release) struct err err = ERR_INIT;
    if (certificates_read(&c, (const char *)data, size, "fuzz", &err) < 0)
        return 0;
    for (size_t i = 0; i < c.n; i++) {
        CLEANUP(certificates_release) struct certificates again = {0};
        if (certificates_read(&again, c.v[i].pem, strlen(c.v[i].pem), "again", &err) < 0 ||
            again.n != 1 || again.v[0].subject_hash != c.v[i].subject_hash)
            abort();
    }
    return 0;
}
