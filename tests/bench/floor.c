/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The least that turning debs into layers can take: decode each data member, SHA-256, zstd -3,
 * SHA-256, write. Plain library calls and nothing else, so that mkimage's time can be told as a
 * ratio to it (docs/performance.md).
 *
 *     floor THREADS DIRECTORY DEB…     writes DIRECTORY/0, DIRECTORY/1, … and syncs them
 *
 * THREADS debs at a time, the largest first; within a large one liblzma and libzstd use THREADS
 * threads each.
 */
#include "base/mem.h"
#include <fcntl.h>
#include <lzma.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#define CHUNK (1u << 20)
#define LARGE (8u << 20)
#define LEVEL 3

struct deb {
    const char *path;
    const uint8_t *bytes;
    size_t size;
};

static struct deb *debs;
static int n_debs, next_deb, n_threads;
static const char *directory;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void need(bool ok, const char *path, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "floor: %s: %s\n", path, what);
    exit(1);
}

static void map(struct deb *d)
{
    struct stat st;
    int fd = open(d->path, O_RDONLY | O_CLOEXEC);
    need(fd >= 0 && fstat(fd, &st) == 0, d->path, "can't be opened");
    void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    need(p != MAP_FAILED, d->path, "can't be mapped");
    d->bytes = p;
    d->size = (size_t)st.st_size;
    close(fd);
}

/* The data member, which is the last one. */
static struct slice data_member(const struct deb *d, bool *ret_zstd)
{
    size_t at = 8;
    while (at + 60 < d->size) {
        const char *header = (const char *)d->bytes + at;
        size_t size = strtoull(header + 48, NULL, 10);
        if (strncmp(header, "data.tar", 8) == 0) {
            *ret_zstd = strncmp(header, "data.tar.zst", 12) == 0;
            need(size <= d->size - at - 60, d->path, "ends early");
            return (struct slice){header + 60, size};
        }
        at += 60 + size + size % 2;
    }
    need(false, d->path, "has no data member");
    return (struct slice){NULL, 0};
}

struct output {
    const char *path;
    ZSTD_CCtx *zstd;
    EVP_MD_CTX *raw, *packed;
    int fd;
    char *out;
};

static void put(struct output *o, const void *p, size_t n, bool last)
{
    ZSTD_inBuffer in = {p, n, 0};
    size_t left;
    EVP_DigestUpdate(o->raw, p, n);
    do {
        ZSTD_outBuffer out = {o->out, CHUNK, 0};
        left = ZSTD_compressStream2(o->zstd, &out, &in, last ? ZSTD_e_end : ZSTD_e_continue);
        need(!ZSTD_isError(left), o->path, "zstd");
        EVP_DigestUpdate(o->packed, o->out, out.pos);
        need(write(o->fd, o->out, out.pos) == (ssize_t)out.pos, o->path, "write");
    } while (in.pos < in.size || (last && left > 0));
}

static void decode_xz(struct slice from, struct output *o, bool large, char *chunk)
{
    lzma_stream z = LZMA_STREAM_INIT;
    lzma_mt mt = {.threads = (uint32_t)n_threads,
                  .memlimit_threading = UINT64_MAX,
                  .memlimit_stop = UINT64_MAX};
    lzma_ret r = large ? lzma_stream_decoder_mt(&z, &mt) : lzma_stream_decoder(&z, UINT64_MAX, 0);
    z.next_in = (const uint8_t *)from.p;
    z.avail_in = from.n;
    while (r == LZMA_OK) {
        z.next_out = (uint8_t *)chunk;
        z.avail_out = CHUNK;
        r = lzma_code(&z, LZMA_FINISH);
        put(o, chunk, CHUNK - z.avail_out, false);
    }
    need(r == LZMA_STREAM_END, o->path, "xz");
    lzma_end(&z);
}

static void decode_zstd(struct slice from, struct output *o, char *chunk)
{
    ZSTD_DCtx *d = ZSTD_createDCtx();
    ZSTD_inBuffer in = {from.p, from.n, 0};
    while (in.pos < in.size) {
        ZSTD_outBuffer out = {chunk, CHUNK, 0};
        need(!ZSTD_isError(ZSTD_decompressStream(d, &out, &in)), o->path, "zstd");
        put(o, chunk, out.pos, false);
    }
    ZSTD_freeDCtx(d);
}

static void convert(int i, char *chunk, char *out)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    struct deb *d = &debs[i];
    bool zstd, large = d->size > LARGE;
    struct slice data = data_member(d, &zstd);
    char name[4096];
    snprintf(name, sizeof(name), "%s/%d", directory, i);
    struct output o = {name,
                       ZSTD_createCCtx(),
                       EVP_MD_CTX_new(),
                       EVP_MD_CTX_new(),
                       open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644),
                       out};
    need(o.fd >= 0, name, "can't be created");
    EVP_Digest(d->bytes, d->size, digest, NULL, EVP_sha256(), NULL);
    EVP_DigestInit_ex(o.raw, EVP_sha256(), NULL);
    EVP_DigestInit_ex(o.packed, EVP_sha256(), NULL);
    ZSTD_CCtx_setParameter(o.zstd, ZSTD_c_compressionLevel, LEVEL);
    ZSTD_CCtx_setParameter(o.zstd, ZSTD_c_checksumFlag, 1);
    if (large)
        ZSTD_CCtx_setParameter(o.zstd, ZSTD_c_nbWorkers, n_threads);
    if (zstd)
        decode_zstd(data, &o, chunk);
    else
        decode_xz(data, &o, large, chunk);
    put(&o, chunk, 0, true);
    EVP_DigestFinal_ex(o.raw, digest, NULL);
    EVP_DigestFinal_ex(o.packed, digest, NULL);
    need(fsync(o.fd) == 0 && close(o.fd) == 0, name, "sync");
    EVP_MD_CTX_free(o.raw);
    EVP_MD_CTX_free(o.packed);
    ZSTD_freeCCtx(o.zstd);
}

static void *work(void *arg)
{
    char *chunk = xmalloc(CHUNK), *out = xmalloc(CHUNK);
    (void)arg;
    for (;;) {
        pthread_mutex_lock(&lock);
        int i = next_deb++;
        pthread_mutex_unlock(&lock);
        if (i >= n_debs)
            break;
        convert(i, chunk, out);
    }
    free(chunk);
    free(out);
    return NULL;
}

static int larger(const void *a, const void *b)
{
    const struct deb *x = a, *y = b;
    return (x->size < y->size) - (x->size > y->size);
}

int main(int argc, char **argv)
{
    need(argc > 3, "usage", "floor THREADS DIRECTORY DEB…");
    n_threads = (int)strtol(argv[1], NULL, 10);
    need(n_threads > 0 && n_threads <= 256, argv[1], "a number from 1 to 256 is wanted");
    directory = argv[2];
    n_debs = argc - 3;
    debs = xcalloc((size_t)n_debs, sizeof(*debs));
    for (int i = 0; i < n_debs; i++) {
        debs[i].path = argv[i + 3];
        map(&debs[i]);
    }
    qsort(debs, (size_t)n_debs, sizeof(*debs), larger);
    pthread_t *threads = xcalloc((size_t)n_threads, sizeof(*threads));
    for (int i = 0; i < n_threads; i++)
        need(pthread_create(&threads[i], NULL, work, NULL) == 0, "thread", "can't be started");
    for (int i = 0; i < n_threads; i++)
        pthread_join(threads[i], NULL);
    free(threads);
    for (int i = 0; i < n_debs; i++)
        munmap((void *)(uintptr_t)debs[i].bytes, debs[i].size);
    free(debs);
    return 0;
}
