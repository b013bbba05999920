/* SPDX-License-Identifier: Apache-2.0 */
/* The ar headers of a .deb, and the decoding of its members. */
#include "base/file.h"
#include "deb/member.h"
#include <assert.h>
#include <sys/mman.h>
#include <unistd.h>

#define CAP (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_member(const struct deb *d, const struct deb_member *m, size_t size)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(source_cleanup) struct source *s = deb_tar(d, m, CAP, 1);
    char part[4096];
    uint64_t total = 0;
    ssize_t n;
    assert(m->offset <= size && m->size <= size - m->offset);
    while ((n = source_read(s, part, sizeof(part), &err)) > 0)
        total += (uint64_t)n;
    assert(total <= CAP);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(close_fd) int fd = memfd_create("fuzz", MFD_CLOEXEC);
    struct deb d;
    assert(fd >= 0);
    assert(write_all(fd, data, size, "fuzz", &err) == 0);
    if (deb_open(&d, fd, size, "fuzz", &err) < 0) {
        assert(err.message);
        return 0;
    }
    assert(d.time >= 0);
    read_member(&d, &d.control, size);
    read_member(&d, &d.data, size);
    return 0;
}
