/* SPDX-License-Identifier: Apache-2.0 */
#include "rootfs/tarread.h"
#include "rootfs/tarcheck.h"
#include "rootfs/tarcore.h"

#include <inttypes.h>

struct tar_reader {
    struct tar_core core;
    int64_t data_at;
};

int tar_reader_open(struct source *source, const char *name, size_t entries,
                    struct tar_reader **ret, struct err *err)
{
    struct tar_reader *r = xcalloc(1, sizeof(*r));
    if (tar_core_open(&r->core, source_tarcheck(source, name, entries), name, NULL, err) < 0) {
        free(r);
        return err_ret(err);
    }
    *ret = r;
    return 0;
}

void tar_reader_free(struct tar_reader *r)
{
    if (!r)
        return;
    tar_core_release(&r->core);
    free(r);
}

/* libarchive stops at the end of the archive; what is behind it is the check's to see. */
static int read_to_end(struct tar_reader *r, struct err *err)
{
    ssize_t got;
    while ((got = source_read(r->core.source, r->core.chunk, TAR_CHUNK, err)) > 0)
        ;
    if (got < 0)
        return (int)got;
    if (tarcheck_entries(r->core.source) != r->core.items)
        return err_set(err, "%s: %zu tar entries were read and %zu are there", r->core.name,
                       r->core.items, tarcheck_entries(r->core.source));
    return 0;
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
    int64_t uid = archive_entry_uid(r->core.entry), gid = archive_entry_gid(r->core.entry);
    item->name = archive_entry_pathname(r->core.entry);
    if (!item->name)
        return err_set(err, "%s: tar entry %zu: has no name", r->core.name, r->core.items);
    if (uid < 0 || uid >= UINT32_MAX || gid < 0 || gid >= UINT32_MAX)
        return err_set(err, "%s: tar entry %zu: has no owner", r->core.name, r->core.items);
    item->uid = (uint32_t)uid;
    item->gid = (uint32_t)gid;
    item->mode = archive_entry_perm(r->core.entry) & 07777;
    item->mtime = archive_entry_mtime(r->core.entry);
    item->size = (uint64_t)archive_entry_size(r->core.entry);
    item->capability = has_capability(r->core.entry);
    if (tar_core_type(&r->core, &item->type, &item->target))
        return 0;
    return err_set(err, "%s: tar entry %zu: %s", r->core.name, r->core.items,
                   item->type == ENTRY_SYMLINK ? "a link without a target"
                                               : "is of an unknown type");
}

int tar_reader_next(struct tar_reader *r, struct tar_item *ret, struct err *err)
{
    *ret = (struct tar_item){0};
    int got = tar_core_next(&r->core, err);
    if (got <= 0)
        return got < 0 ? got : read_to_end(r, err);
    r->data_at = 0;
    int filled = fill_item(r, ret, err);
    return filled < 0 ? filled : 1;
}

ssize_t tar_reader_data(struct tar_reader *r, const void **ret, struct err *err)
{
    size_t n = 0;
    la_int64_t offset = 0;
    int got = archive_read_data_block(r->core.archive, ret, &n, &offset);
    if (got == ARCHIVE_EOF) {
        if (r->data_at == archive_entry_size(r->core.entry))
            return 0;
        return err_set(err, "%s: tar entry %zu: is %" PRId64 " bytes long and says %" PRId64,
                       r->core.name, r->core.items, r->data_at,
                       (int64_t)archive_entry_size(r->core.entry));
    }
    if (got != ARCHIVE_OK)
        return tar_core_failed(&r->core, err);
    if (offset != r->data_at || n == 0)
        return err_set(err, "%s: tar entry %zu: has a gap in its data", r->core.name,
                       r->core.items);
    r->data_at += (int64_t)n;
    return (ssize_t)n;
}
