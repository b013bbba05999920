/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/layertar.h"
#include "rootfs/tarcore.h"

#include <inttypes.h>

struct layer_tar {
    struct tar_core core;
    struct strv *faults;
    bool sparse_told;
    uint64_t data_at, size;
    const char *block; /* what libarchive gave, and where in the file it belongs */
    size_t n_block;
    uint64_t block_at;
    bool data_ended;
    struct xattr xattrs[LAYER_XATTRS_MAX];
    size_t n_xattrs;
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

int layer_tar_open(struct source *source, const char *name, struct strv *faults,
                   struct layer_tar **ret, struct err *err)
{
    struct layer_tar *r = xcalloc(1, sizeof(*r));

    r->faults = faults;
    if (tar_core_open(&r->core, source, name, "isn't a tar, nor one in gzip, zstd or xz", err) <
        0) {
        free(r);
        return err_ret(err);
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
    tar_core_release(&r->core);
    free(r);
}

uint64_t layer_tar_bytes(const struct layer_tar *r)
{
    return r->core.bytes;
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
    int64_t used = archive_filter_bytes(r->core.archive, 0);
    uint64_t behind = used >= 0 && (uint64_t)used < r->core.bytes ? r->core.bytes - (uint64_t)used
                                                                  : 0;
    bool zero = behind > r->core.n_chunk ||
                all_zero(r->core.chunk + r->core.n_chunk - behind, (size_t)behind);
    ssize_t got;

    while ((got = source_read(r->core.source, r->core.chunk, TAR_CHUNK, err)) > 0) {
        zero = zero && all_zero(r->core.chunk, (size_t)got);
        r->core.bytes += (uint64_t)got;
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
    if (!(archive_entry_acl_types(r->core.entry) & type))
        return;
    la_ssize_t n = 0;
    int style = ARCHIVE_ENTRY_ACL_STYLE_EXTRA_ID | ARCHIVE_ENTRY_ACL_STYLE_SEPARATOR_COMMA;
    char *text = archive_entry_acl_to_text(r->core.entry, &n, type | style);
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
    (void)archive_entry_xattr_reset(r->core.entry);
    while (archive_entry_xattr_next(r->core.entry, &name, &value, &size) == ARCHIVE_OK)
        add_xattr(r, name, value, size);
    add_acl(r, ARCHIVE_ENTRY_ACL_TYPE_ACCESS, "SCHILY.acl.access");
    add_acl(r, ARCHIVE_ENTRY_ACL_TYPE_DEFAULT, "SCHILY.acl.default");
}

static uint32_t id_of(int64_t id)
{
    return id < 0 || id >= UINT32_MAX ? UINT32_MAX : (uint32_t)id;
}

/* Whether it is one that an engine makes something of. */
static bool fill_item(struct layer_tar *r, struct layer_item *item)
{
    *item = (struct layer_item){.name = archive_entry_pathname(r->core.entry)};
    if (!item->name || !tar_core_type(&r->core, &item->type, &item->target)) {
        layer_fault(r->faults, "entry %zu has %s", r->core.items,
                    item->name ? "an unknown type" : "no name");
        return false;
    }
    item->uid = id_of(archive_entry_uid(r->core.entry));
    item->gid = id_of(archive_entry_gid(r->core.entry));
    item->mode = archive_entry_perm(r->core.entry) & 07777;
    item->mtime = archive_entry_mtime(r->core.entry);
    if (item->type == ENTRY_CHAR || item->type == ENTRY_BLOCK)
        item->device = (uint64_t)archive_entry_rdevmajor(r->core.entry) << 32 |
                       (uint32_t)archive_entry_rdevminor(r->core.entry);
    int64_t size = item->type == ENTRY_FILE ? archive_entry_size(r->core.entry) : 0;
    item->size = size > 0 ? (uint64_t)size : 0;
    read_xattrs(r);
    item->xattrs = r->xattrs;
    item->n_xattrs = r->n_xattrs;
    if (archive_entry_sparse_count(r->core.entry) > 0 && !r->sparse_told) {
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
        int got = tar_core_next(&r->core, err);
        if (got <= 0)
            return got < 0 ? got : read_to_end(r, err);
        if (r->core.items > LAYER_ENTRIES_MAX)
            return err_set(err, "%s: holds more than %u entries", r->core.name, LAYER_ENTRIES_MAX);
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
                       r->core.name, r->core.items, n);
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
        int got = archive_read_data_block(r->core.archive, &p, &r->n_block, &offset);
        if (got != ARCHIVE_OK && got != ARCHIVE_EOF && got != ARCHIVE_WARN)
            return tar_core_failed(&r->core, err);
        r->data_ended = got == ARCHIVE_EOF;
        r->n_block = r->data_ended ? 0 : r->n_block;
        r->block = p;
        r->block_at = (uint64_t)offset;
        if (r->n_block && (offset < 0 || r->block_at < r->data_at || r->block_at > r->size ||
                           r->n_block > r->size - r->block_at))
            return err_set(err, "%s: tar entry %zu: has data where none belongs", r->core.name,
                           r->core.items);
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
