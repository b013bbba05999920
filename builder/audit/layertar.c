/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/layertar.h"
#include "base/path.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <inttypes.h>
#include <locale.h>

#define READ_BYTES (256u << 10)

struct layer_tar {
    struct source *source;
    const char *name;
    struct strv *faults;
    struct archive *archive;
    struct archive_entry *entry;
    struct err err; /* of the source, which libarchive doesn't pass on */
    char *chunk;
    size_t n_chunk;
    uint64_t bytes; /* handed to libarchive */
    size_t items;
    bool sparse_told;
    uint64_t data_at, size;
    const char *block; /* what libarchive gave, and where in the file it belongs */
    size_t n_block;
    uint64_t block_at;
    bool data_ended;
    struct xattr xattrs[LAYER_XATTRS_MAX];
    size_t n_xattrs;
    locale_t c_locale; /* in which libarchive takes names as they are */
};

void layer_fault(struct strv *faults, const char *fmt, ...)
{
    va_list ap;

    if (faults->n >= LAYER_FAULTS_MAX)
        return;
    if (faults->n == LAYER_FAULTS_MAX - 1) {
        strv_add(faults, "there is more of this kind");
        return;
    }
    va_start(ap, fmt);
    strv_take(faults, xvasprintf(fmt, ap));
    va_end(ap);
}

static la_ssize_t read_chunk(struct archive *a, void *context, const void **ret)
{
    struct layer_tar *r = context;
    ssize_t got = 1;

    r->n_chunk = 0;
    while (r->n_chunk < READ_BYTES && got > 0) {
        got = source_read(r->source, r->chunk + r->n_chunk, READ_BYTES - r->n_chunk, &r->err);
        r->n_chunk += got > 0 ? (size_t)got : 0;
    }
    if (got < 0) {
        archive_set_error(a, EIO, "read error");
        return -1;
    }
    r->bytes += r->n_chunk;
    *ret = r->chunk;
    return (la_ssize_t)r->n_chunk;
}

static int reader_failed(struct layer_tar *r, struct err *err)
{
    if (r->err.code)
        return err_move(err, &r->err);
    if (archive_format(r->archive) == 0)
        return err_set(err, "%s: isn't a tar, nor one in gzip, zstd or xz", r->name);
    const char *said = archive_error_string(r->archive);
    return err_set(err, "%s: tar entry %zu: %s", r->name, r->items + 1,
                   said ? said : "can't be read");
}

int layer_tar_open(struct source *source, const char *name, struct strv *faults,
                   struct layer_tar **ret, struct err *err)
{
    struct layer_tar *r = xcalloc(1, sizeof(*r));

    r->source = source;
    r->name = name;
    r->faults = faults;
    r->chunk = xmalloc(READ_BYTES);
    r->c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    r->archive = archive_read_new();
    /* A layer without a byte is read as an empty tar. */
    if (!r->archive || archive_read_support_format_tar(r->archive) != ARCHIVE_OK ||
        archive_read_support_format_empty(r->archive) != ARCHIVE_OK ||
        archive_read_open(r->archive, r, NULL, read_chunk, NULL) != ARCHIVE_OK) {
        int result = r->archive ? reader_failed(r, err) : err_set(err, "%s: no memory", name);
        layer_tar_free(r);
        return result;
    }
    *ret = r;
    return 0;
}

static void drop_xattrs(struct layer_tar *r)
{
    for (size_t i = 0; i < r->n_xattrs; i++) {
        free(r->xattrs[i].name);
        free(r->xattrs[i].value);
    }
    r->n_xattrs = 0;
}

void layer_tar_free(struct layer_tar *r)
{
    if (!r)
        return;
    drop_xattrs(r);
    archive_read_free(r->archive);
    source_free(r->source);
    err_release(&r->err);
    freelocale(r->c_locale);
    free(r->chunk);
    free(r);
}

uint64_t layer_tar_bytes(const struct layer_tar *r)
{
    return r->bytes;
}

/* ---- the end --------------------------------------------------------------------------------- */

static bool all_zero(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i])
            return false;
    return true;
}

/* libarchive stops behind two blocks of zeros; the rest should be zeros too. */
static int read_to_end(struct layer_tar *r, struct err *err)
{
    int64_t used = archive_filter_bytes(r->archive, 0);
    uint64_t behind = used >= 0 && (uint64_t)used < r->bytes ? r->bytes - (uint64_t)used : 0;
    bool zero = behind > r->n_chunk || all_zero(r->chunk + r->n_chunk - behind, (size_t)behind);
    ssize_t got;

    while ((got = source_read(r->source, r->chunk, READ_BYTES, err)) > 0) {
        zero = zero && all_zero(r->chunk, (size_t)got);
        r->bytes += (uint64_t)got;
    }
    if (got < 0)
        return (int)got;
    if (!zero)
        layer_fault(r->faults, "there are bytes behind the end of the archive");
    return 0;
}

/* ---- an item --------------------------------------------------------------------------------- */

static void add_xattr(struct layer_tar *r, const char *name, const void *value, size_t n)
{
    if (r->n_xattrs == LAYER_XATTRS_MAX || !name || strlen(name) > 255)
        return;
    n = n > LAYER_XATTR_BYTES ? LAYER_XATTR_BYTES : n;
    struct xattr *x = &r->xattrs[r->n_xattrs++];
    *x = (struct xattr){.name = xstrdup(name), .value = xcalloc(1, n + 1), .size = n};
    if (n)
        memcpy(x->value, value, n);
}

static void add_acl(struct layer_tar *r, int type, const char *name)
{
    if (!(archive_entry_acl_types(r->entry) & type))
        return;
    la_ssize_t n = 0;
    int style = ARCHIVE_ENTRY_ACL_STYLE_EXTRA_ID | ARCHIVE_ENTRY_ACL_STYLE_SEPARATOR_COMMA;
    char *text = archive_entry_acl_to_text(r->entry, &n, type | style);
    if (text && n > 0)
        add_xattr(r, name, text, (size_t)n);
    free(text);
}

static void read_xattrs(struct layer_tar *r)
{
    const char *name;
    const void *value;
    size_t size;

    drop_xattrs(r);
    (void)archive_entry_xattr_reset(r->entry);
    while (archive_entry_xattr_next(r->entry, &name, &value, &size) == ARCHIVE_OK)
        add_xattr(r, name, value, size);
    add_acl(r, ARCHIVE_ENTRY_ACL_TYPE_ACCESS, "SCHILY.acl.access");
    add_acl(r, ARCHIVE_ENTRY_ACL_TYPE_DEFAULT, "SCHILY.acl.default");
}

static uint32_t id_of(int64_t id)
{
    return id < 0 || id >= UINT32_MAX ? UINT32_MAX : (uint32_t)id;
}

static bool item_type(struct layer_tar *r, struct layer_item *item)
{
    item->target = archive_entry_hardlink(r->entry);
    if (item->target) {
        item->type = ENTRY_HARDLINK;
        return true;
    }
    switch (archive_entry_filetype(r->entry)) {
    case AE_IFREG:
        item->type = ENTRY_FILE;
        return true;
    case AE_IFDIR:
        item->type = ENTRY_DIRECTORY;
        return true;
    case AE_IFLNK:
        item->type = ENTRY_SYMLINK;
        item->target = archive_entry_symlink(r->entry);
        return item->target != NULL;
    case AE_IFCHR:
        item->type = ENTRY_CHAR;
        break;
    case AE_IFBLK:
        item->type = ENTRY_BLOCK;
        break;
    case AE_IFIFO:
        item->type = ENTRY_FIFO;
        return true;
    default:
        return false;
    }
    item->device = (uint64_t)archive_entry_rdevmajor(r->entry) << 32 |
                   (uint32_t)archive_entry_rdevminor(r->entry);
    return true;
}

/* Whether it is one that an engine makes something of. */
static bool fill_item(struct layer_tar *r, struct layer_item *item)
{
    *item = (struct layer_item){.name = archive_entry_pathname(r->entry)};
    if (!item->name || !item_type(r, item)) {
        layer_fault(r->faults, "entry %zu has %s", r->items,
                    item->name ? "an unknown type" : "no name");
        return false;
    }
    item->uid = id_of(archive_entry_uid(r->entry));
    item->gid = id_of(archive_entry_gid(r->entry));
    item->mode = archive_entry_perm(r->entry) & 07777;
    item->mtime = archive_entry_mtime(r->entry);
    int64_t size = item->type == ENTRY_FILE ? archive_entry_size(r->entry) : 0;
    item->size = size > 0 ? (uint64_t)size : 0;
    read_xattrs(r);
    item->xattrs = r->xattrs;
    item->n_xattrs = r->n_xattrs;
    if (archive_entry_sparse_count(r->entry) > 0 && !r->sparse_told) {
        r->sparse_told = true;
        layer_fault(r->faults, "it holds sparse files, which engines read differently");
    }
    r->size = item->size;
    r->data_at = r->block_at = 0;
    r->n_block = 0;
    r->data_ended = false;
    return true;
}

int layer_tar_next(struct layer_tar *r, struct layer_item *ret, struct err *err)
{
    for (;;) {
        locale_t before = uselocale(r->c_locale);
        int got = archive_read_next_header(r->archive, &r->entry);
        uselocale(before);
        if (got == ARCHIVE_EOF)
            return read_to_end(r, err);
        /* A name that isn't UTF-8 in a pax header is a warning; the name is there all the same. */
        if (got != ARCHIVE_OK && got != ARCHIVE_WARN)
            return reader_failed(r, err);
        if (r->items++ == LAYER_ENTRIES_MAX)
            return err_set(err, "%s: holds more than %u entries", r->name, LAYER_ENTRIES_MAX);
        if (fill_item(r, ret))
            return 1;
    }
}

/* ---- its data -------------------------------------------------------------------------------- */

/* What isn't in the archive up to `until` is zeros. */
static ssize_t give_hole(struct layer_tar *r, uint64_t until, const void **ret, struct err *err)
{
    static const char zeros[4096];
    uint64_t n = until - r->data_at;

    if (n > LAYER_HOLES_MAX)
        return err_set(err, "%s: tar entry %zu: is a file with a hole of %" PRIu64 " bytes",
                       r->name, r->items, n);
    n = n > sizeof(zeros) ? sizeof(zeros) : n;
    r->data_at += n;
    *ret = zeros;
    return (ssize_t)n;
}

ssize_t layer_tar_data(struct layer_tar *r, const void **ret, struct err *err)
{
    while (!r->n_block && !r->data_ended) {
        const void *p = NULL;
        la_int64_t offset = 0;
        int got = archive_read_data_block(r->archive, &p, &r->n_block, &offset);
        if (got != ARCHIVE_OK && got != ARCHIVE_EOF && got != ARCHIVE_WARN)
            return reader_failed(r, err);
        r->data_ended = got == ARCHIVE_EOF;
        r->n_block = r->data_ended ? 0 : r->n_block;
        r->block = p;
        r->block_at = (uint64_t)offset;
        if (r->n_block && (offset < 0 || r->block_at < r->data_at || r->block_at > r->size ||
                           r->n_block > r->size - r->block_at))
            return err_set(err, "%s: tar entry %zu: has data where none belongs", r->name,
                           r->items);
    }
    uint64_t until = r->data_ended ? r->size : r->block_at;
    if (r->data_at < until)
        return give_hole(r, until, ret, err);
    if (r->data_ended)
        return 0;
    ssize_t n = (ssize_t)r->n_block;
    *ret = r->block;
    r->data_at += r->n_block;
    r->n_block = 0;
    return n;
}
