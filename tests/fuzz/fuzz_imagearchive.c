/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as an oci-archive and as a docker-archive: every layer that its documents name is read
 * to the end, and is what they say or an error. */
#include "base/file.h"
#include "base/stream.h"
#include "oci/reader.h"
#include <sys/mman.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_layers(struct reader *r, const struct read_image *image)
{
    for (size_t i = 0; i < image->n_layers && i < 10; i++) {
        CLEANUP(err_release) struct err err = ERR_INIT;
        CLEANUP(source_cleanup) struct source *s = NULL;
        CLEANUP(buf_release) struct buf b = BUF_INIT(1 << 20);
        const struct read_layer *l = &image->layers[i];
        if (reader_blob(r, &l->digest, l->size, &s, &err) < 0 || source_read_buf(s, &b, &err) < 0)
            continue;
        struct sha256 have = sha256_of(b.data, b.len);
        if (b.len != l->size || !sha256_eq(&have, &l->digest))
            abort();
    }
}

static void read_as(enum transport transport, char *path)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    const struct session session = {0};
    const struct location from = {.transport = transport, .path = path};
    struct reader *r;
    struct read_set set;
    if (reader_open(&session, &from, &r, &err) < 0)
        return;
    if (reader_images(r, NULL, &set, &err) == 0) {
        for (size_t i = 0; i < set.n; i++)
            read_layers(r, &set.images[i]);
        read_set_release(&set);
    }
    reader_free(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(close_fd) int fd = memfd_create("image", MFD_CLOEXEC);
    if (fd < 0 || write_all(fd, data, size, "image", &err) < 0)
        return 0;
    CLEANUP(free_ptr) char *path = xasprintf("/proc/self/fd/%d", fd);
    read_as(TRANSPORT_OCI_ARCHIVE, path);
    read_as(TRANSPORT_DOCKER_ARCHIVE, path);
    return 0;
}
