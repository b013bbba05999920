/* SPDX-License-Identifier: Apache-2.0 */
#include "layers.h"
#include <libdeflate.h>
#include <zstd.h>

void stack_start(struct stack *s)
{
    *s = (struct stack){0};
    s->session.stop = &s->stop;
    flat_start(&s->flat, &s->session);
}

void stack_end(struct stack *s)
{
    flat_release(&s->flat);
    err_release(&s->err);
}

static void pack(const struct buf *tar, enum packing packing, struct buf *ret)
{
    if (packing == PACK_NOT) {
        buf_add(ret, tar->data, tar->len);
    } else if (packing == PACK_ZSTD) {
        size_t room = ZSTD_compressBound(tar->len);
        size_t n = ZSTD_compress(buf_reserve(ret, room), room, tar->data, tar->len, 3);
        assert_false(ZSTD_isError(n));
        buf_filled(ret, n);
    } else {
        struct libdeflate_compressor *c = libdeflate_alloc_compressor(6);
        size_t room = libdeflate_gzip_compress_bound(c, tar->len);
        size_t n = libdeflate_gzip_compress(c, tar->data, tar->len, buf_reserve(ret, room), room);
        assert_true(n > 0);
        buf_filled(ret, n);
        libdeflate_free_compressor(c);
    }
}

static int add(struct stack *s, const struct buf *tar, enum packing packing)
{
    CLEANUP(buf_release) struct buf blob = BUF_INIT(0);
    CLEANUP(free_ptr) char *name = xasprintf("layer-%u", s->n++);

    pack(tar, packing, &blob);
    struct flat_origin origin = {
        .name = name,
        .packed = blob.len,
        .diff_id = tar->len ? sha256_of(tar->data, tar->len) : (struct sha256){{0}},
    };
    return flat_layer(&s->flat, source_mem(buf_str(&blob), blob.len), &origin, &s->err);
}

void stack_layer(struct stack *s, struct buf *tar, enum packing packing)
{
    maker_end(tar);
    assert_ok(add(s, tar, packing), &s->err);
    buf_reset(tar);
}

int stack_try(struct stack *s, struct buf *tar)
{
    int r = add(s, tar, PACK_NOT);

    buf_reset(tar);
    return r;
}

const struct node *stack_node(const struct stack *s, const char *path)
{
    const struct node *n = tree_find(s->flat.tree, path);

    if (!n)
        fail_msg("there is no /%s", path);
    return n;
}

void stack_nothing(const struct stack *s, const char *path)
{
    if (tree_find(s->flat.tree, path))
        fail_msg("there is /%s", path);
}

const struct node *stack_hidden(const struct stack *s, size_t layer, const char *path)
{
    const struct flat_layer *l = &s->flat.layers[layer];

    for (size_t i = 0; i < l->n_hidden; i++)
        if (strcmp(l->hidden[i].path, path) == 0)
            return &l->hidden[i];
    return NULL;
}

bool stack_fault(const struct stack *s, size_t layer, const char *text)
{
    strv_each (fault, &s->flat.layers[layer].faults) {
        if (strstr(*fault, text))
            return true;
    }
    return false;
}
