/* SPDX-License-Identifier: Apache-2.0 */
#include "rootfs/tarread.h"
#include "base/path.h"
#include "rootfs/tarcheck.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <inttypes.h>
#include <locale.h>

#define READ_BYTES (256u << 10)

struct tar_reader {
    struct source *source;
    const char *name;
    struct archive *archive;
    struct archive_entry *entry;
    struct err err; /* of the source, which libarchive doesn't pass on */
    char *chunk;
    size_t items;
    int64_t data_at;
    locale_t c_locale; /* in which libarchive takes names as they are */
};

/* A full chunk wherever there is one, so that an entry's first bytes come together. */
static la_ssize_t read_chunk(struct archive *a, void *context, const void **ret)
{
    struct tar_reader *r = context;
    size_t n = 0;
    ssize_t got = 1;
    while (n < READ_BYTES && got > 0) {
        got = source_read(r->source, r->chunk + n, READ_BYTES - n, &r->err);
        n += got > 0 ? (size_t)got : 0;
    }
    if (got < 0) {
        archive_set_error(a, EIO, "read error");
        return -1;
    }
    *ret = r->chunk;
    return (la_ssize_t)n;
}

static int reader_failed(struct tar_reader *r, struct err *err)
{
    if (r->err.code)
        return err_move(err, &r->err);
    const char *said = archive_error_string(r->archive);
    CLEANUP(free_ptr) char *shown = said ? text_escape(said, strlen(said)) : NULL;
    return err_set(err, "%s: tar entry %zu: %s", r->name, r->items + 1,
                   shown ? shown : "can't be read");
}

int tar_reader_open(struct source *source, const char *name, size_t entries,
                    struct tar_reader **ret, struct err *err)
{
    struct tar_reader *r = xcalloc(1, sizeof(*r));
    r->source = source_tarcheck(source, name, entries);
    r->name = name;
    r->chunk = xmalloc(READ_BYTES);
    r->c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    r->archive = archive_read_new();
    if (!r->archive || archive_read_support_format_tar(r->archive) != ARCHIVE_OK ||
        archive_read_open(r->archive, r, NULL, read_chunk, NULL) != ARCHIVE_OK) {
        int result = r->archive ? reader_failed(r, err) : err_set(err, "%s: no memory", name);
        tar_reader_free(r);
        return result;
    }
    *ret = r;
    return 0;
}

void tar_reader_free(struct tar_reader *r)
{
    if (!r)
        return;
    archive_read_free(r->archive);
    source_free(r->source);
    err_release(&r->err);
    freelocale(r->c_locale);
    free(r->chunk);
    free(r);
}

/* libarchive stops at the end of the archive; what is behind it is the check's to see. */
static int read_to_end(struct tar_reader *r, struct err *err)
{
    ssize_t got;
    while ((got = source_read(r->source, r->chunk, READ_BYTES, err)) > 0)
        ;
    if (got < 0)
        return (int)got;
    if (tarcheck_entries(r->source) != r->items)
        return err_set(err, "%s: %zu tar entries were read and %zu are there", r->name, r->items,
                       tarcheck_entries(r->source));
    return 0;
}

static int item_type(struct tar_reader *r, struct tar_item *item, struct err *err)
{
    item->target = archive_entry_hardlink(r->entry);
    if (item->target) {
        item->type = ENTRY_HARDLINK;
        return 0;
    }
    switch (archive_entry_filetype(r->entry)) {
    case AE_IFREG:
        item->type = ENTRY_FILE;
        return 0;
    case AE_IFDIR:
        item->type = ENTRY_DIRECTORY;
        return 0;
    case AE_IFLNK:
        item->type = ENTRY_SYMLINK;
        item->target = archive_entry_symlink(r->entry);
        return item->target
                   ? 0
                   : err_set(err, "%s: tar entry %zu: a link without a target", r->name, r->items);
    case AE_IFCHR:
        item->type = ENTRY_CHAR;
        return 0;
    case AE_IFBLK:
        item->type = ENTRY_BLOCK;
        return 0;
    case AE_IFIFO:
        item->type = ENTRY_FIFO;
        return 0;
    default:
        return err_set(err, "%s: tar entry %zu: is of an unknown type", r->name, r->items);
    }
}

static bool has_capability(struct archive_entry *entry)
{
    const char *name;
    const void *value;
    size_t size;
    if (archive_entry_xattr_reset(entry) == 0)
        return false;
    while (archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK) {
        if (name && strcmp(name, "security.capability") == 0)
            return true;
    }
    return false;
}

static int fill_item(struct tar_reader *r, struct tar_item *item, struct err *err)
{
    int64_t uid = archive_entry_uid(r->entry), gid = archive_entry_gid(r->entry);
    item->name = archive_entry_pathname(r->entry);
    if (!item->name)
        return err_set(err, "%s: tar entry %zu: has no name", r->name, r->items);
    if (uid < 0 || uid >= UINT32_MAX || gid < 0 || gid >= UINT32_MAX)
        return err_set(err, "%s: tar entry %zu: has no owner", r->name, r->items);
    item->uid = (uint32_t)uid;
    item->gid = (uint32_t)gid;
    item->mode = archive_entry_perm(r->entry) & 07777;
    item->mtime = archive_entry_mtime(r->entry);
    item->size = (uint64_t)archive_entry_size(r->entry);
    item->capability = has_capability(r->entry);
    return item_type(r, item, err);
}

int tar_reader_next(struct tar_reader *r, struct tar_item *ret, struct err *err)
{
    *ret = (struct tar_item){0};
    locale_t before = uselocale(r->c_locale);
    int got = archive_read_next_header(r->archive, &r->entry);
    uselocale(before);
    if (got == ARCHIVE_EOF)
        return read_to_end(r, err);
    /* A name that isn't UTF-8 in a pax header is a warning; the name is there all the same. */
    if (got != ARCHIVE_OK && got != ARCHIVE_WARN)
        return reader_failed(r, err);
    r->items++;
    r->data_at = 0;
    int filled = fill_item(r, ret, err);
    return filled < 0 ? filled : 1;
}

ssize_t tar_reader_data(struct tar_reader *r, const void **ret, struct err *err)
{
    size_t n = 0;
    la_int64_t offset = 0;
    int got = archive_read_data_block(r->archive, ret, &n, &offset);
    if (got == ARCHIVE_EOF) {
        if (r->data_at == archive_entry_size(r->entry))
            return 0;
        return err_set(err, "%s: tar entry %zu: is %" PRId64 " bytes long and says %" PRId64,
                       r->name, r->items, r->data_at, (int64_t)archive_entry_size(r->entry));
    }
    if (got != ARCHIVE_OK)
        return reader_failed(r, err);
    if (offset != r->data_at || n == 0)
        return err_set(err, "%s: tar entry %zu: has a gap in its data", r->name, r->items);
    r->data_at += (int64_t)n;
    return (ssize_t)n;
}
