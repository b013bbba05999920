/* SPDX-License-Identifier: Apache-2.0 */
#include "rootfs/tarcore.h"
#include "base/path.h"

#include <errno.h>

/* A full chunk wherever there is one, so that an entry's first bytes come together. */
static la_ssize_t read_chunk(struct archive *a, void *context, const void **ret)
{
    struct tar_core *c = context;
    ssize_t got = 1;

    c->n_chunk = 0;
    while (c->n_chunk < TAR_CHUNK && got > 0) {
        got = source_read(c->source, c->chunk + c->n_chunk, TAR_CHUNK - c->n_chunk, &c->err);
        c->n_chunk += got > 0 ? (size_t)got : 0;
    }
    if (got < 0) {
        archive_set_error(a, EIO, "read error");
        return -1;
    }
    c->bytes += c->n_chunk;
    *ret = c->chunk;
    return (la_ssize_t)c->n_chunk;
}

int tar_core_failed(struct tar_core *c, struct err *err)
{
    if (c->err.code)
        return err_move(err, &c->err);
    if (c->other_format && archive_format(c->archive) == 0)
        return err_set(err, "%s: %s", c->name, c->other_format);
    const char *said = archive_error_string(c->archive);
    return err_set(err, "%s: tar entry %zu: %s", c->name, c->items + 1,
                   said ? said : "can't be read");
}

static int open_tar(struct tar_core *c, struct err *err)
{
    if (!c->archive)
        return err_set(err, "%s: no memory", c->name);
    if (archive_read_support_format_tar(c->archive) != ARCHIVE_OK ||
        (c->other_format && archive_read_support_format_empty(c->archive) != ARCHIVE_OK) ||
        archive_read_open(c->archive, c, NULL, read_chunk, NULL) != ARCHIVE_OK)
        return tar_core_failed(c, err);
    return 0;
}

int tar_core_open(struct tar_core *c, struct source *source, const char *name,
                  const char *other_format, struct err *err)
{
    *c = (struct tar_core){
        .source = source,
        .name = name,
        .other_format = other_format,
        .chunk = xmalloc(TAR_CHUNK),
        .c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0),
        .archive = archive_read_new(),
    };
    int r = open_tar(c, err);
    if (r < 0)
        tar_core_release(c);
    return r;
}

void tar_core_release(struct tar_core *c)
{
    archive_read_free(c->archive);
    source_free(c->source);
    err_release(&c->err);
    if (c->c_locale)
        freelocale(c->c_locale);
    free(c->chunk);
    *c = (struct tar_core){0};
}

int tar_core_next(struct tar_core *c, struct err *err)
{
    locale_t before = uselocale(c->c_locale);
    int got = archive_read_next_header(c->archive, &c->entry);
    uselocale(before);
    if (got == ARCHIVE_EOF)
        return 0;
    /* A name that isn't UTF-8 in a pax header is a warning; the name is there all the same. */
    if (got != ARCHIVE_OK && got != ARCHIVE_WARN)
        return tar_core_failed(c, err);
    c->items++;
    return 1;
}

bool tar_core_type(const struct tar_core *c, enum entry_type *ret, const char **ret_target)
{
    *ret_target = archive_entry_hardlink(c->entry);
    if (*ret_target) {
        *ret = ENTRY_HARDLINK;
        return true;
    }
    switch (archive_entry_filetype(c->entry)) {
    case AE_IFREG:
        *ret = ENTRY_FILE;
        return true;
    case AE_IFDIR:
        *ret = ENTRY_DIRECTORY;
        return true;
    case AE_IFLNK:
        *ret = ENTRY_SYMLINK;
        *ret_target = archive_entry_symlink(c->entry);
        return *ret_target != NULL;
    case AE_IFCHR:
        *ret = ENTRY_CHAR;
        return true;
    case AE_IFBLK:
        *ret = ENTRY_BLOCK;
        return true;
    case AE_IFIFO:
        *ret = ENTRY_FIFO;
        return true;
    default:
        return false;
    }
}
