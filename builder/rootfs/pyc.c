/* SPDX-License-Identifier: Apache-2.0 */
#include "rootfs/pyc.h"
#include "base/path.h"
#include "base/text.h"
#include <endian.h>
#include <string.h>
#include <unistd.h>

/* What each file begins with: the version's number and "\r\n", flags, then time and size of the
 * source, or its digest where a flag says so. Numbers are little-endian. */
#define HEADER_BYTES 16u
#define CACHE        "__pycache__"

/* The path of the source of x/__pycache__/NAME.TAG.pyc, which is x/NAME.py; NULL if it isn't one of
 * these. The caller frees. */
static char *source_path(const char *path)
{
    const char *base = path_base(path);
    struct slice dir = path_dir(path);
    size_t name = strcspn(base, ".");

    if (!pyc_is_cache(dir) || !ends_with(base + name, ".pyc") || !base[name + strlen(".pyc")])
        return NULL;
    return xasprintf("%.*s%.*s.py", (int)(dir.n - strlen(CACHE)), dir.p, (int)name, base);
}

bool pyc_is_cache(struct slice dir)
{
    size_t n = strlen(CACHE);

    return dir.n >= n && memcmp(dir.p + dir.n - n, CACHE, n) == 0 &&
           (dir.n == n || dir.p[dir.n - n - 1] == '/');
}

bool pyc_is_stale(const struct tree *t, const char *path, int fd)
{
    CLEANUP(free_ptr) char *source = source_path(path);
    unsigned char header[HEADER_BYTES];
    uint32_t flags, mtime;

    if (!source || pread(fd, header, sizeof(header), 0) != (ssize_t)sizeof(header) ||
        memcmp(header + 2, "\r\n", 2) != 0)
        return false;
    memcpy(&flags, header + 4, sizeof(flags));
    memcpy(&mtime, header + 8, sizeof(mtime));
    const struct node *n = tree_resolve(t, source);
    int64_t now = n && n->package ? n->mtime : tree_epoch(t);
    return flags == 0 && le32toh(mtime) != (uint32_t)now;
}
