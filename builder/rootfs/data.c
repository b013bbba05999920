/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"
#include "rootfs/tarread.h"
#include "rootfs/unpacking.h"
#include "rootfs/usrmerge.h"

#define PARALLEL_MIN (8u << 20) /* packed bytes, from where blocks are decoded in parallel */
#define RATIO_FREE   (64ull << 20)

static int refuse_device(const struct tar_item *item, struct err *err)
{
    static const char *const what[] = {[ENTRY_CHAR] = "a character device",
                                       [ENTRY_BLOCK] = "a block device",
                                       [ENTRY_FIFO] = "a named pipe"};
    if (item->type != ENTRY_CHAR && item->type != ENTRY_BLOCK && item->type != ENTRY_FIFO)
        return 0;
    err_code(err, ERR_POLICY, "rule FS-DEV: it is %s", what[item->type]);
    return err_hint(err, "no image can hold it; leave the package out");
}

/* base-files brings two directories of which its postinst makes links. */
static bool base_files_link(const struct package *p, const char *path, struct entry *e)
{
    const struct merged_dir *d = merged_above(path);
    if (strcmp(p->name, "base-files") != 0 || e->type != ENTRY_DIRECTORY || !d || d->of_usr ||
        strcmp(path, d->path) != 0)
        return false;
    e->type = ENTRY_SYMLINK;
    e->target = xstrdup(d->targets[0]);
    e->mode_deb = 0777;
    return true;
}

static int link_target(const struct tar_item *item, char **ret, struct err *err)
{
    if (item->type == ENTRY_SYMLINK) {
        size_t n = strlen(item->target);
        if (n == 0 || n >= PATH_BYTES_MAX)
            return err_set(err, "its target has %zu bytes", n);
        *ret = xstrdup(item->target);
        return 0;
    }
    CLEANUP(buf_release) struct buf target = BUF_INIT(PATH_BYTES_MAX);
    int r = path_from_member(item->target, strlen(item->target), &target, err);
    if (r < 0)
        return err_wrap(err, "target of a hard link");
    path_merge_plain(&target);
    *ret = xstrdup(buf_str(&target));
    return 0;
}

static int64_t clamp_time(int64_t time, int64_t newest)
{
    return time < 0 ? 0 : time > newest ? newest : time;
}

/* Everything about an entry that its header says; gives 1 for the root, which is no entry. */
static int fill_entry(const struct unpacking *u, const struct tar_item *item, struct entry *e,
                      bool *ret_moved, struct err *err)
{
    CLEANUP(buf_release) struct buf path = BUF_INIT(PATH_BYTES_MAX);
    int r = path_from_member(item->name, strlen(item->name), &path, err);
    if (r < 0)
        return r;
    if (path.len == 0)
        return item->type == ENTRY_DIRECTORY ? 1 : err_set(err, "the root must be a directory");
    if (strchr(path.data, '\n'))
        return err_set(err, "its name has a newline, which dpkg's records can't hold");
    if ((r = refuse_device(item, err)) < 0)
        return r;
    *e = (struct entry){
        .size = item->type == ENTRY_FILE ? item->size : 0,
        .uid = item->uid,
        .gid = item->gid,
        .mode_deb = item->mode,
        .type = item->type,
        .mtime = item->type == ENTRY_DIRECTORY ? u->package->time
                                               : clamp_time(item->mtime, u->package->time),
    };
    if (item->target && (r = link_target(item, &e->target, err)) < 0)
        return r;
    *ret_moved = false;
    if (!base_files_link(u->package, path.data, e))
        r = path_merge(&path, e->type == ENTRY_DIRECTORY,
                       e->type == ENTRY_SYMLINK ? e->target : NULL, ret_moved, err);
    if (r < 0) {
        free_ptr(&e->target);
        return r;
    }
    if (item->capability) {
        e->facts = xcalloc(1, sizeof(*e->facts));
        e->facts->marks = MARK_CAPABILITY;
    }
    e->path = buf_detach(&path);
    return 0;
}

static int add_entry(struct unpacking *u, const struct tar_item *item, struct err *err)
{
    struct package *p = u->package;
    struct entry e;
    bool moved;
    int r = fill_entry(u, item, &e, &moved, err);
    if (r != 0)
        return r;
    GROW(p->entries, p->n_entries, p->cap_entries);
    p->entries[p->n_entries++] = e;
    return decide_entry(&u->decisions, moved, err);
}

static struct md5_text *md5_slot(struct unpacking *u, size_t index)
{
    if (u->md5sums)
        return NULL;
    if (index >= u->n_md5) {
        size_t n = index * 2 + 64;
        u->md5 = xrealloc(u->md5, n, sizeof(*u->md5));
        memset(u->md5 + u->n_md5, 0, (n - u->n_md5) * sizeof(*u->md5));
        u->n_md5 = n;
    }
    return &u->md5[index];
}

/* One run of a file's bytes: into the scan, and into the layer or the spool. */
static int pass_on(struct unpacking *u, bool dropped, const void *p, size_t n, struct err *err)
{
    int r = session_check(u->ctx->session, err);
    doc_add(&u->doc, p, n);
    if (r == 0)
        r = content_add(&u->scan, p, n, err);
    if (r == 0)
        r = dropped ? fragment_drop_data(&u->fragment, p, n, err)
                    : fragment_data(&u->fragment, p, n, err);
    return r;
}

static int file_start(struct unpacking *u, size_t index, struct err *err)
{
    const struct entry *e = &u->package->entries[index];
    unsigned want = e->dropped ? 0 : CONTENT_FACTS | (u->md5sums ? 0 : CONTENT_MD5);
    content_start(&u->scan, e->path, e->size, want);
    doc_file(&u->doc, u->package->name, e->path);
    return e->dropped ? fragment_drop(&u->fragment, index, err)
                      : fragment_header(&u->fragment, e, err);
}

static int file_end(struct unpacking *u, size_t index, struct err *err)
{
    struct entry *e = &u->package->entries[index];
    int r = content_end(&u->scan, e, e->dropped ? NULL : md5_slot(u, index), err);
    return r == 0 && !e->dropped ? fragment_padding(&u->fragment, e->size, err) : r;
}

static int read_file(struct unpacking *u, struct tar_reader *reader, size_t index, struct err *err)
{
    bool dropped = u->package->entries[index].dropped;
    int r = file_start(u, index, err);
    ssize_t n;
    const void *p;
    while (r == 0 && (n = tar_reader_data(reader, &p, err)) != 0)
        r = n < 0 ? (int)n : pass_on(u, dropped, p, (size_t)n, err);
    return r == 0 ? file_end(u, index, err) : r;
}

/* A link whose file was dropped becomes the file. */
static int revive_file(struct unpacking *u, size_t index, struct err *err)
{
    struct entry *e = &u->package->entries[index];
    size_t root = u->decisions.files[index].root;
    e->type = ENTRY_FILE;
    e->size = u->package->entries[root].size;
    int r = file_start(u, index, err);
    if (r < 0)
        return r;
    CLEANUP(source_cleanup)
    struct source *s = fragment_dropped(&u->fragment, root, e->size);
    CLEANUP(free_ptr) char *chunk = xmalloc(65536);
    ssize_t n;
    while (r == 0 && (n = source_read(s, chunk, 65536, err)) != 0)
        r = n < 0 ? (int)n : pass_on(u, false, chunk, (size_t)n, err);
    return r == 0 ? file_end(u, index, err) : r;
}

static int write_entry(struct unpacking *u, struct tar_reader *reader, struct err *err)
{
    size_t index = u->package->n_entries - 1;
    const struct entry *e = &u->package->entries[index];
    if (e->type == ENTRY_FILE)
        return read_file(u, reader, index, err);
    if (e->dropped || e->type == ENTRY_DIRECTORY)
        return 0;
    if (e->type == ENTRY_HARDLINK && decisions_owns(&u->decisions, index))
        return revive_file(u, index, err);
    return fragment_header(&u->fragment, e, err);
}

static int read_items(struct unpacking *u, struct tar_reader *reader, struct err *err)
{
    struct tar_item item;
    int got;
    while ((got = tar_reader_next(reader, &item, err)) > 0) {
        int r = session_check(u->ctx->session, err);
        if (r < 0)
            return r;
        r = add_entry(u, &item, err);
        if (r == 0)
            r = write_entry(u, reader, err);
        if (r < 0) {
            err_wrap(err, "%s", item.name);
            return r;
        }
    }
    return got;
}

static void reader_cleanup(struct tar_reader **r)
{
    tar_reader_free(*r);
}

int data_read(struct unpacking *u, struct err *err)
{
    const struct deb_member *m = &u->deb.data;
    uint64_t cap = m->size > UINT64_MAX / UNPACK_RATIO_MAX ? UNPACK_BYTES_MAX
                                                           : m->size * UNPACK_RATIO_MAX;
    cap = cap < RATIO_FREE ? RATIO_FREE : cap > UNPACK_BYTES_MAX ? UNPACK_BYTES_MAX : cap;
    unsigned threads = m->size >= PARALLEL_MIN ? pool_threads(u->ctx->session->pool) : 1;
    CLEANUP(reader_cleanup) struct tar_reader *reader = NULL;
    struct deb deb = u->deb;
    deb.name = "data.tar"; /* the errors of what is inside */
    int r = tar_reader_open(deb_tar(&deb, &deb.data, cap, threads), deb.name, UNPACK_ENTRIES_MAX,
                            &reader, err);
    if (r == 0)
        r = read_items(u, reader, err);
    if (r == 0)
        r = fragment_end(&u->fragment, err);
    if (r == 0)
        decide_directories(&u->decisions);
    return r;
}
