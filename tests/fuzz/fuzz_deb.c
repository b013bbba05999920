/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a deb, through all of its parsing, with the layer's bytes going nowhere. Right
 * checksums are put into tar headers, so that what is behind them is reached. Of what comes out,
 * every path is clean, stands once and lies below directories only.
 */
#include "base/path.h"
#include "rootfs/content.h"
#include "rootfs/unpacking.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void mend_checksums(char *p, size_t n)
{
    for (size_t at = 0; at + 512 <= n;) {
        const char *magic = memmem(p + at, n - at, "ustar", 5);
        if (!magic)
            return;
        at = (size_t)(magic - p) + 5;
        if (magic - p < 257 || (size_t)(magic - p) - 257 + 512 > n)
            continue;
        char *h = p + (magic - p) - 257;
        unsigned sum = 0;
        memset(h + 148, ' ', 8);
        for (size_t i = 0; i < 512; i++)
            sum += (unsigned char)h[i];
        char text[8];
        snprintf(text, sizeof(text), "%06o", sum & 0777777);
        memcpy(h + 148, text, 7);
    }
}

static struct edit decide(const void *context, const char *package, const struct entry *e)
{
    (void)context;
    (void)package;
    /* By a letter of the path, so that all actions are met. */
    size_t n = strlen(e->path);
    if (e->path[n - 1] == 'd')
        return (struct edit){.action = EDIT_DROP, .rule = "exclude"};
    if (e->mode & 06000)
        return (struct edit){.action = EDIT_MODE, .mode = e->mode & 01777, .rule = "FS-SUID"};
    return (struct edit){.action = EDIT_KEEP};
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void check(const struct package *p)
{
    CLEANUP(strv_release) struct strv paths = STRV_INIT;
    for (size_t i = 0; i < p->n_entries; i++) {
        if (p->entries[i].dropped)
            continue;
        strv_add(&paths, p->entries[i].path);
        CLEANUP(free_ptr) char *path = xstrdup(p->entries[i].path);
        CLEANUP(buf_release) struct buf clean = BUF_INIT(0);
        CLEANUP(err_release) struct err err = ERR_INIT;
        if (path_from_member(path, strlen(path), &clean, &err) < 0 || strcmp(path, clean.data) != 0)
            abort();
        for (struct slice dir = path_dir(path); dir.n; dir = path_dir(path)) {
            path[dir.n] = '\0';
            const struct entry *e = p->n_entries < 200 ? package_find(p, path) : NULL;
            if (p->n_entries < 200 && (!e || e->type != ENTRY_DIRECTORY))
                abort();
        }
    }
    if (paths.n)
        qsort(paths.v, paths.n, sizeof(*paths.v), compare);
    for (size_t i = 1; i < paths.n; i++) {
        if (strcmp(paths.v[i], paths.v[i - 1]) == 0)
            abort();
    }
}

static int parse(struct unpacking *u, int fd, size_t size, struct err *err)
{
    int r = deb_open(&u->deb, fd, size, "fuzz.deb", err);
    if (r == 0)
        r = control_read(u, err);
    if (r < 0)
        return r;
    decisions_start(&u->decisions, &u->request->policy, u->package);
    fragment_start(&u->fragment, u->ctx->session, &u->request->compressor);
    r = data_read(u, err);
    if (r == 0)
        md5sums_make(u);
    return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(free_ptr) char *copy = xmalloc(size + 1);
    memcpy(copy, data, size);
    mend_checksums(copy, size);
    CLEANUP(close_fd) int fd = memfd_create("fuzz", MFD_CLOEXEC);
    if (fd < 0 || write(fd, copy, size) != (ssize_t)size)
        return 0;

    static atomic_int stop;
    struct session session = {.pool = pool_new(0), .stop = &stop};
    const struct context ctx = {.session = &session};
    char name[] = "x", version[] = "1.0", arch[] = "all";
    struct lock_package want = {.name = name, .version = version, .arch = arch, .size = size};
    struct unpack_request request = {
        &want, {decide, NULL, {{0}}}, {CODEC_ZSTD, 1}, content_tables_digest()};
    struct unpacking u = {.ctx = &ctx,
                          .request = &request,
                          .package = xcalloc(1, sizeof(*u.package)),
                          .fragment = {.dropped_fd = -1}};
    CLEANUP(err_release) struct err err = ERR_INIT;
    if (parse(&u, fd, size, &err) == 0)
        check(u.package);
    unpacking_release(&u);
    pool_end(session.pool);
    return 0;
}
