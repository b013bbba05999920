/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/flatten.h"
#include "audit/flat.h"

/* Its path is to be freed. */
static struct node node_of(const struct overlay_place *p, const char *origin)
{
    const struct inode *i = p->inode;
    struct buf path = BUF_INIT(0);

    overlay_path(p, &path);
    return (struct node){
        .path = buf_detach(&path),
        .type = i->type,
        .mode = i->mode,
        .uid = i->uid,
        .gid = i->gid,
        .mtime = i->mtime,
        .size = i->size,
        .target = i->target,
        .sha256 = i->sha256,
        .facts = i->facts,
        .content.fd = -1,
        .origin = origin,
    };
}

static void add_hidden(void *context, const struct overlay_place *p)
{
    struct flat *f = context;
    struct flat_layer *l = &f->layers[p->layer - 1];
    const struct inode *i = p->inode;

    GROW(l->hidden, l->n_hidden, l->cap_hidden);
    l->hidden[l->n_hidden++] = node_of(p, l->name);
    l->hidden_files += i->type != ENTRY_DIRECTORY;
    l->hidden_bytes += i->type == ENTRY_FILE ? i->size : 0;
}

void flat_start(struct flat *f, const struct session *s)
{
    *f = (struct flat){.session = s};
    overlay_start(&f->overlay);
    f->overlay.hidden = add_hidden;
    f->overlay.context = f;
}

void flat_release(struct flat *f)
{
    for (size_t i = 0; i < f->n_layers; i++) {
        struct flat_layer *l = &f->layers[i];
        for (size_t k = 0; k < l->n_hidden; k++)
            free(l->hidden[k].path);
        free(l->hidden);
        free(l->name);
        free(l->created_by);
        free(l->media_type);
        strv_release(&l->faults);
    }
    free(f->layers);
    tree_free(f->tree);
    overlay_release(&f->overlay);
    content_release(&f->scan);
    *f = (struct flat){0};
}

struct flat_layer *flat_begin(struct flat *f, const struct flat_origin *origin)
{
    GROW(f->layers, f->n_layers, f->cap_layers);
    struct flat_layer *l = &f->layers[f->n_layers++];
    *l = (struct flat_layer){
        .name = xstrdup(origin->name),
        .created_by = origin->created_by ? xstrdup(origin->created_by) : NULL,
        .media_type = origin->media_type ? xstrdup(origin->media_type) : NULL,
        .packed = origin->packed,
    };
    return l;
}

/* ---- a blob ---------------------------------------------------------------------------------- */

/* The blob again from its first byte, after its head was looked at. */
struct peeked {
    struct source base;
    struct source *inner;
    uint8_t head[8];
    size_t n, at;
};

static ssize_t peeked_read(struct source *s, void *p, size_t n, struct err *err)
{
    struct peeked *k = (struct peeked *)s;

    if (k->at == k->n)
        return source_read(k->inner, p, n, err);
    n = n < k->n - k->at ? n : k->n - k->at;
    memcpy(p, k->head + k->at, n);
    k->at += n;
    return (ssize_t)n;
}

static void peeked_free(struct source *s)
{
    source_free(((struct peeked *)s)->inner);
    free(s);
}

static int peek(struct source *blob, struct source **ret, enum encoding *ret_encoding,
                struct err *err)
{
    struct peeked *k = xcalloc(1, sizeof(*k));
    ssize_t got = 1;

    k->base = (struct source){peeked_read, peeked_free, false};
    k->inner = blob;
    while (k->n < sizeof(k->head) && got > 0) {
        got = source_read(blob, k->head + k->n, sizeof(k->head) - k->n, err);
        k->n += got > 0 ? (size_t)got : 0;
    }
    *ret_encoding = encoding_of(k->head, k->n);
    *ret = &k->base;
    return got < 0 ? (int)got : 0;
}

/* What its media type says that it is: "+gzip", ".gzip". */
static void check_media_type(struct flat_layer *l, enum encoding encoding)
{
    static const char *const names[] = {[ENCODING_NONE] = "a plain tar",
                                        [ENCODING_GZIP] = "gzip",
                                        [ENCODING_XZ] = "xz",
                                        [ENCODING_ZSTD] = "zstd"};
    const char *type = l->media_type ? l->media_type : "", *tar = strstr(type, ".tar");
    const char *packing = tar ? tar + strlen(".tar") : "";
    if (!l->media_type)
        return;
    if (!tar || (*packing && *packing != '+' && *packing != '.'))
        layer_fault(&l->faults, "its media type (%.200s) is none of a layer", type);
    else if (strcmp(*packing ? packing + 1 : names[ENCODING_NONE], names[encoding]) != 0 ||
             encoding == ENCODING_XZ)
        layer_fault(&l->faults, "it is %s, and its media type is %.200s", names[encoding], type);
}

/* Hashes what goes through, and stops when the user does. */
struct hashed {
    struct source base;
    struct source *inner;
    struct hasher hasher;
    const struct session *session;
    struct sha256 sum;
};

static ssize_t hashed_read(struct source *s, void *p, size_t n, struct err *err)
{
    struct hashed *h = (struct hashed *)s;
    ssize_t got = session_check(h->session, err);

    if (got == 0)
        got = source_read(h->inner, p, n, err);
    if (got > 0)
        hasher_add(&h->hasher, p, (size_t)got);
    return got;
}

/* The owner is flat_layer, which wants the sum: the reader's source_free leaves it alone. */
static void hashed_keep(struct source *s)
{
    (void)s;
}

static void hashed_release(struct hashed *h)
{
    source_free(h->inner);
    hasher_release(&h->hasher);
}

static void tar_cleanup(struct layer_tar **r)
{
    layer_tar_free(*r);
}

static ssize_t tar_data(void *context, const void **ret, struct err *err)
{
    return layer_tar_data(context, ret, err);
}

static int read_entries(struct flat *f, struct source *tar, const char *name, struct err *err)
{
    struct flat_layer *l = &f->layers[f->n_layers - 1];
    CLEANUP(tar_cleanup) struct layer_tar *reader = NULL;
    struct layer_item item;
    int got = layer_tar_open(tar, name, &l->faults, &reader, err);

    if (got < 0)
        return got;
    struct flat_data data = {tar_data, reader};
    while ((got = layer_tar_next(reader, &item, err)) > 0) {
        int r = session_check(f->session, err);
        if (r == 0)
            r = flat_entry(f, &item, &data, err);
        if (r < 0)
            return r;
    }
    l->unpacked = layer_tar_bytes(reader);
    return got;
}

/* Of all layers so far. */
static uint64_t decoded_cap(uint64_t packed)
{
    uint64_t cap = packed > FLAT_BYTES_MAX / FLAT_RATIO_MAX ? FLAT_BYTES_MAX
                                                            : packed * FLAT_RATIO_MAX;
    return cap < FLAT_BYTES_FREE ? FLAT_BYTES_FREE : cap;
}

static int read_blob(struct flat *f, struct source *blob, const struct flat_origin *origin,
                     const char *name, struct err *err)
{
    enum encoding encoding;
    CLEANUP(hashed_release)
    struct hashed h = {
        .base = {hashed_read, hashed_keep, false},
        .session = f->session,
    };
    int r = peek(blob, &h.inner, &encoding, err);
    if (r < 0)
        return r;
    f->packed += origin->packed;
    uint64_t cap = decoded_cap(f->packed);
    cap -= f->unpacked < cap ? f->unpacked : cap;
    check_media_type(&f->layers[f->n_layers - 1], encoding);
    h.inner = source_decode(h.inner, encoding, name, cap, 1);
    hasher_start(&h.hasher);
    r = read_entries(f, &h.base, name, err);
    f->unpacked += f->layers[f->n_layers - 1].unpacked;
    if (r < 0)
        return r;
    struct sha256 sum = hasher_end(&h.hasher);
    struct flat_layer *l = &f->layers[f->n_layers - 1];
    l->other = !sha256_is_zero(&origin->diff_id) && !sha256_eq(&sum, &origin->diff_id);
    if (l->other)
        layer_fault(&l->faults, "it isn't the layer that the config names (%s)",
                    sha256_digest(&origin->diff_id).s);
    return 0;
}

int flat_layer(struct flat *f, struct source *blob, const struct flat_origin *origin,
               struct err *err)
{
    if (f->n_layers == FLAT_LAYERS_MAX) {
        source_free(blob);
        return err_set(err, "there are more than %u layers", FLAT_LAYERS_MAX);
    }
    struct flat_layer *l = flat_begin(f, origin);
    if (!blob) {
        l->absent = true;
        f->incomplete = true;
    }
    if (origin->foreign)
        layer_fault(&l->faults, blob ? "it names other places that it could be fetched from"
                                     : "it isn't here, but somewhere else: it was not fetched and "
                                       "not looked at");
    if (!blob)
        return 0;
    CLEANUP(free_ptr) char *name = xasprintf("layer %s", origin->name);
    return read_blob(f, blob, origin, name, err);
}

/* ---- the tree -------------------------------------------------------------------------------- */

static void add_node(void *context, struct overlay_place *p)
{
    struct flat *f = context;
    struct inode *i = p->inode;
    struct node n = node_of(p, f->layers[p->layer - 1].name);
    CLEANUP(free_ptr) char *path = n.path;
    (void)path;

    if (i->first && i->type != ENTRY_DIRECTORY && i->type != ENTRY_SYMLINK) {
        n.type = ENTRY_HARDLINK;
        n.target = (char *)(uintptr_t)i->first;
        n.facts = NULL;
    }
    const struct node *added = tree_put_foreign(f->tree, &n);
    if (!i->first)
        i->first = added->path;
}

void flat_finish(struct flat *f)
{
    const struct inode *top = f->overlay.top.inode;
    struct node root = {.path = (char *)(uintptr_t) "",
                        .type = ENTRY_DIRECTORY,
                        .mode = top->mode,
                        .uid = top->uid,
                        .gid = top->gid,
                        .mtime = top->mtime,
                        .facts = top->facts,
                        .content.fd = -1};

    f->tree = tree_new();
    tree_bound(f->tree, FLAT_WAYS_MAX);
    tree_put_foreign(f->tree, &root);
    overlay_take_down(&f->overlay, add_node, f);
}

size_t flat_layer_of(const struct flat *f, const char *origin)
{
    for (size_t i = 0; i < f->n_layers; i++)
        if (f->layers[i].name == origin)
            return i;
    return f->n_layers;
}
