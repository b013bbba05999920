/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/members.h"
#include "base/file.h"
#include "base/number.h"
#include "base/path.h"
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK    65536
#define HOPS_MAX 8

#define TAR_HEAD  512 /* bytes; the checksum's field in it */
#define SUM_AT    148
#define SUM_BYTES 8

struct member {
    char *name;
    char *link; /* where a link leads, or NULL for a file */
    uint64_t offset, size;
};

struct members {
    char *path;
    int fd;
    struct member *items; /* sorted by name */
    size_t n, cap;
};

static int compare(const void *a, const void *b)
{
    const struct member *x = a, *y = b;
    return strcmp(x->name, y->name);
}

static const char *either(const char *text, const char *utf8)
{
    return text ? text : utf8;
}

static int add_member(struct members *m, struct archive *a, struct archive_entry *e,
                      struct err *err)
{
    const char *name = either(archive_entry_pathname(e), archive_entry_pathname_utf8(e));
    const char *symlink = either(archive_entry_symlink(e), archive_entry_symlink_utf8(e));
    const char *hardlink = either(archive_entry_hardlink(e), archive_entry_hardlink_utf8(e));
    CLEANUP(buf_release) struct buf path = BUF_INIT(0), target = BUF_INIT(0);
    if (!name)
        return err_set(err, "%s: a member has no name", m->path);
    if (path_from_member(name, strlen(name), &path, err) < 0)
        return err_wrap(err, "%s", m->path);
    bool file = archive_entry_filetype(e) == AE_IFREG;
    if (!file && !symlink && !hardlink)
        return 0;
    if (symlink)
        path_link_target(buf_str(&path), symlink, &target);
    else if (hardlink && path_from_member(hardlink, strlen(hardlink), &target, err) < 0)
        return err_wrap(err, "%s", m->path);
    if (archive_entry_sparse_count(e) > 0)
        return err_set(err, "%s: %s: is a sparse file", m->path, buf_str(&path));
    int64_t offset = archive_filter_bytes(a, 0), size = archive_entry_size(e);
    if (m->n == MEMBERS_MAX || offset < 0 || size < 0)
        return err_set(err, "%s: has more than %d members", m->path, MEMBERS_MAX);
    GROW(m->items, m->n, m->cap);
    m->items[m->n++] = (struct member){
        .name = buf_detach(&path),
        .link = target.len ? buf_detach(&target) : NULL,
        .offset = (uint64_t)offset,
        .size = (uint64_t)size,
    };
    return 0;
}

static int read_members(struct members *m, struct archive *a, struct err *err)
{
    struct archive_entry *e;
    int r;
    while ((r = archive_read_next_header(a, &e)) == ARCHIVE_OK || r == ARCHIVE_WARN)
        if (add_member(m, a, e, err) < 0)
            return err_ret(err);
    if (r != ARCHIVE_EOF) {
        const char *why = archive_error_string(a);
        return err_set(err, "%s: %s", m->path, why ? why : "isn't a tar archive");
    }
    if (m->n)
        qsort(m->items, m->n, sizeof(*m->items), compare);
    for (size_t i = 1; i < m->n; i++)
        if (strcmp(m->items[i - 1].name, m->items[i].name) == 0) {
            return err_set(err, "%s: %s: stands twice in it", m->path, m->items[i].name);
        }
    return 0;
}

static int list_members(struct members *m, struct err *err)
{
    struct archive *a = archive_read_new();
    int r;
    if (!a || archive_read_support_format_tar(a) != ARCHIVE_OK ||
        archive_read_open_fd(a, m->fd, BLOCK) != ARCHIVE_OK)
        r = err_set(err, "%s: %s", m->path,
                    a && archive_error_string(a) ? archive_error_string(a) : "can't be read");
    else
        r = read_members(m, a, err);
    archive_read_free(a);
    return r;
}

static int decode(const struct session *session, struct source *s, int fd, const char *name,
                  struct err *err)
{
    CLEANUP(free_ptr) char *chunk = xmalloc(BLOCK);
    for (;;) {
        ssize_t got = session_check(session, err);
        if (got == 0)
            got = source_read(s, chunk, BLOCK, err);
        if (got <= 0)
            return (int)got;
        if (write_all(fd, chunk, (size_t)got, name, err) < 0)
            return err_ret(err);
    }
}

static uint64_t decoded_cap(uint64_t packed)
{
    uint64_t cap = packed > ARCHIVE_BYTES_MAX / ARCHIVE_RATIO ? ARCHIVE_BYTES_MAX
                                                              : packed * ARCHIVE_RATIO;
    return cap < ARCHIVE_FREE ? ARCHIVE_FREE : cap;
}

/* Replaces m->fd by one of the decoded bytes, unless they are plain and can be read by range. */
static int make_plain(struct members *m, const struct session *session, struct err *err)
{
    uint8_t head[8];
    struct stat st;
    if (fstat(m->fd, &st) < 0)
        return err_errno(err, errno, "%s", m->path);
    if (!S_ISREG(st.st_mode))
        return err_set(err, "%s: isn't a regular file", m->path);
    ssize_t n = pread(m->fd, head, sizeof(head), 0);
    if (n < 0)
        return err_errno(err, errno, "%s: read", m->path);
    enum encoding encoding = encoding_of(head, (size_t)n);
    if (encoding == ENCODING_NONE)
        return 0;
    CLEANUP(source_cleanup)
    struct source *s = source_decode(source_fd(m->fd, m->path), encoding, m->path,
                                     decoded_cap((uint64_t)st.st_size), 1);
    CLEANUP(close_fd) int spool = spool_open(err);
    if (spool < 0 || decode(session, s, spool, m->path, err) < 0)
        return err_ret(err);
    if (lseek(spool, 0, SEEK_SET) < 0)
        return err_errno(err, errno, "%s: seek", m->path);
    int plain = spool;
    spool = m->fd;
    m->fd = plain;
    return 0;
}

/* By the checksum of its header. */
static bool begins_tar(const uint8_t head[TAR_HEAD])
{
    uint64_t sum = 0, want;
    for (size_t i = 0; i < TAR_HEAD; i++)
        sum += i >= SUM_AT && i < SUM_AT + SUM_BYTES ? ' ' : head[i];
    const char *field = (const char *)head + SUM_AT;
    struct slice text = slice_trim((struct slice){field, strnlen(field, SUM_BYTES)});
    return number_parse_octal(text, UINT32_MAX, &want) && want == sum;
}

/* What comes first tells whether the rest is worth its room. */
static int spool_head(struct source *s, int spool, struct err *err)
{
    uint8_t head[TAR_HEAD];
    size_t n = 0;
    while (n < sizeof(head)) {
        ssize_t got = source_read(s, head + n, sizeof(head) - n, err);
        if (got < 0)
            return (int)got;
        if (got == 0)
            break;
        n += (size_t)got;
    }
    if (encoding_of(head, n) == ENCODING_NONE && (n < sizeof(head) || !begins_tar(head)))
        return err_set(err, n ? "stdin: isn't a tar archive" : "stdin: is empty");
    return write_all(spool, head, n, "stdin", err);
}

/* A stream can't be read by range: all of it goes to an unlinked file. */
static int spool_stdin(const struct session *session, struct err *err)
{
    CLEANUP(source_cleanup)
    struct source *s = source_decode(source_fd(STDIN_FILENO, "stdin"), ENCODING_NONE, "stdin",
                                     ARCHIVE_BYTES_MAX, 1);
    CLEANUP(close_fd) int spool = spool_open(err);
    if (spool < 0 || spool_head(s, spool, err) < 0 || decode(session, s, spool, "stdin", err) < 0)
        return err_ret(err);
    if (lseek(spool, 0, SEEK_SET) < 0)
        return err_errno(err, errno, "stdin: seek");
    int kept = spool;
    spool = -1;
    return kept;
}

int members_open(const struct session *s, const char *path, struct members **ret, struct err *err)
{
    struct members *m = xcalloc(1, sizeof(*m));
    bool stream = strcmp(path, "-") == 0;
    m->path = xstrdup(stream ? "stdin" : path);
    int r = 0;
    m->fd = stream ? spool_stdin(s, err) : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (m->fd < 0)
        r = stream ? err_ret(err) : err_errno(err, errno, "%s", path);
    else
        r = make_plain(m, s, err);
    if (r == 0)
        r = list_members(m, err);
    if (r < 0) {
        members_free(m);
        return r;
    }
    *ret = m;
    return 0;
}

void members_free(struct members *m)
{
    if (!m)
        return;
    for (size_t i = 0; i < m->n; i++) {
        free(m->items[i].name);
        free(m->items[i].link);
    }
    free(m->items);
    close_fd(&m->fd);
    free(m->path);
    free(m);
}

int members_find(const struct members *m, const char *name, int *ret_fd, uint64_t *ret_offset,
                 uint64_t *ret_size, struct err *err)
{
    const char *at = name;
    for (unsigned hops = 0; m->n && hops <= HOPS_MAX; hops++) {
        const struct member key = {.name = (char *)(uintptr_t)at};
        const struct member *found = bsearch(&key, m->items, m->n, sizeof(*m->items), compare);
        if (!found)
            break;
        if (!found->link) {
            *ret_fd = m->fd;
            *ret_offset = found->offset;
            *ret_size = found->size;
            return 0;
        }
        at = found->link;
    }
    return err_code(err, ERR_NOT_FOUND, "%s: holds no file %s", m->path, name);
}
