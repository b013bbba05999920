/* SPDX-License-Identifier: Apache-2.0 */
#include "images.h"

void bench_start(struct bench *t, unsigned threads)
{
    *t = (struct bench){.scratch = scratch_new()};
    t->session = (struct session){.pool = pool_new(threads), .stop = &t->stop};
    CLEANUP(free_ptr) char *dir = path_join(t->scratch, "cache");
    assert_ok(cache_open(dir, &t->cache, &t->err), &t->err);
}

void bench_end(struct bench *t)
{
    cache_free(t->cache);
    pool_end(t->session.pool);
    err_release(&t->err);
    scratch_remove(t->scratch);
}

char *bench_path(const struct bench *t, const char *name)
{
    return path_join(t->scratch, name);
}

struct layer bench_layer(struct bench *t, enum codec codec, const char *name, const char *content)
{
    CLEANUP(buf_release) struct buf tar = BUF_INIT(0);
    CLEANUP(free_ptr) char *path = xasprintf("usr/%s", name);
    tar_header(&tar, &(struct tar_entry){.path = "usr", .type = TAR_DIRECTORY, .mode = 0755});
    struct tar_entry e = {.path = path, .type = TAR_FILE, .mode = 0644, .size = strlen(content)};
    tar_header(&tar, &e);
    buf_addstr(&tar, content);
    tar_padding(&tar, e.size);

    const struct compressor c = {codec, 3};
    struct layer_builder *b;
    struct layer layer;
    assert_ok(layer_start(CTX(&t->session, NULL, t->cache), &c, &b, &t->err), &t->err);
    assert_ok(layer_tar(b, tar.data, tar.len, &t->err), &t->err);
    assert_ok(layer_finish(b, &layer, &t->err), &t->err);
    layer_builder_free(b);
    return layer;
}

void test_image_make(struct bench *t, const char *arch, enum codec codec, const char *name,
                     size_t n, struct test_image *ret)
{
    *ret = (struct test_image){.image = {.arch = arch, .created = 1700000000}};
    struct image *i = &ret->image;
    i->user = xstrdup("5000:5000");
    for (size_t k = 0; k < n; k++) {
        CLEANUP(free_ptr) char *file = xasprintf("%s-%zu", name, k);
        GROW(i->layers, i->n_layers, i->cap_layers);
        i->layers[i->n_layers++] = (struct image_layer){
            .layer = bench_layer(t, codec, file, file),
            .created_by = xasprintf("mkimage %s=1.%zu", name, k),
        };
    }
    test_image_seal(ret);
}

void test_image_seal(struct test_image *i)
{
    struct built_image *b = &i->built;
    buf_release(&b->config);
    buf_release(&b->manifest);
    *b = (struct built_image){
        .arch = i->image.arch, .created = i->image.created, .image = &i->image};
    image_config_json(&i->image, &b->config);
    b->config_digest = sha256_of(b->config.data, b->config.len);
    image_manifest_json(&i->image, &b->config_digest, b->config.len, &b->manifest);
    b->manifest_digest = sha256_of(b->manifest.data, b->manifest.len);
}

void test_image_release(struct test_image *i)
{
    buf_release(&i->built.config);
    buf_release(&i->built.manifest);
    image_release(&i->image);
}

int bench_write(struct bench *t, const char *location, const struct test_image *images, size_t n,
                bool *ret_unchanged)
{
    CLEANUP(location_release) struct location to;
    assert_ok(location_parse(location, &to, &t->err), &t->err);
    struct built_image built[4];
    struct index_entry entries[4];
    assert_true(n <= 4);
    for (size_t i = 0; i < n; i++) {
        built[i] = images[i].built;
        built[i].image = &images[i].image;
        entries[i] = (struct index_entry){built[i].arch, built[i].manifest_digest,
                                          built[i].manifest.len};
    }
    CLEANUP(buf_release) struct buf index = BUF_INIT(0);
    struct output o = {.images = built, .n_images = n};
    if (n > 1) {
        image_index_json(entries, n, NULL, &index);
        o.index = &index;
        o.index_digest = sha256_of(index.data, index.len);
    }
    return output_write(CTX(&t->session, NULL, t->cache), &to, &o, ret_unchanged, &t->err);
}

int read_place(struct bench *t, const char *place, struct read_set *ret)
{
    CLEANUP(location_release) struct location from;
    assert_ok(location_parse(place, &from, &t->err), &t->err);
    struct reader *r = NULL;
    *ret = (struct read_set){0};
    if (reader_open(&t->session, &from, &r, &t->err) < 0)
        return -(int)t->err.code;
    int result = reader_images(r, NULL, ret, &t->err);
    reader_free(r);
    return result;
}

int read_at(struct bench *t, const char *transport, const char *rest, struct read_set *ret)
{
    CLEANUP(free_ptr) char *place = xasprintf("%s:%s/%s", transport, t->scratch, rest);
    return read_place(t, place, ret);
}

void write_at(struct bench *t, const char *transport, const char *rest,
              const struct test_image *images, size_t n)
{
    CLEANUP(free_ptr) char *place = xasprintf("%s:%s/%s", transport, t->scratch, rest);
    assert_ok(bench_write(t, place, images, n, NULL), &t->err);
}
