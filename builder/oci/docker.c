/* SPDX-License-Identifier: Apache-2.0 */
/* What docker save writes and docker load reads (moby image/tarexport): manifest.json, the
 * config as it is, and each layer as a plain tar. */
#include "base/json.h"
#include "oci/write.h"

struct member {
    char *path;
    struct blob blob; /* of the layer */
};

struct listed_layers {
    struct member *items; /* sorted by path, each once */
    size_t n, cap;
};

static void listed_release(struct listed_layers *m)
{
    for (size_t i = 0; i < m->n; i++)
        free(m->items[i].path);
    free(m->items);
}

static int compare(const void *a, const void *b)
{
    const struct member *x = a, *y = b;
    return strcmp(x->path, y->path);
}

/* Layers of equal content are one file, whatever their blobs are. */
static void list_layers(const struct image *image, struct listed_layers *ret)
{
    for (size_t i = 0; i < image->n_layers; i++) {
        const struct layer *l = &image->layers[i].layer;
        GROW(ret->items, ret->n, ret->cap);
        ret->items[ret->n++] = (struct member){xstrdup(sha256_hex(&l->diff_id).s),
                                               {l->digest, l->size, NULL, l}};
    }
    if (ret->n)
        qsort(ret->items, ret->n, sizeof(*ret->items), compare);
    size_t kept = 0;
    for (size_t i = 0; i < ret->n; i++) {
        if (kept && strcmp(ret->items[kept - 1].path, ret->items[i].path) == 0)
            free(ret->items[i].path);
        else
            ret->items[kept++] = ret->items[i];
    }
    ret->n = kept;
}

static void manifest_json(const struct built_image *image, const char *tag, struct buf *ret)
{
    json_t *layers = json_array();
    for (size_t i = 0; i < image->image->n_layers; i++) {
        const struct sha256 *d = &image->image->layers[i].layer.diff_id;
        CLEANUP(free_ptr) char *path = xasprintf("%s/layer.tar", sha256_hex(d).s);
        json_add(layers, text_json(path));
    }
    json_t *tags = json_array();
    if (tag)
        json_add(tags, text_json(tag));
    CLEANUP(free_ptr) char *config = xasprintf("%s.json", sha256_hex(&image->config_digest).s);
    json_t *document = array_json(
        object_json("Config", text_json(config), "RepoTags", tags, "Layers", layers, NULL), NULL);
    json_bytes(document, ret);
    json_decref(document);
}

static int put_layer(struct tar_output *t, const struct member *m, struct err *err)
{
    CLEANUP(free_ptr) char *path = xasprintf("%s/layer.tar", m->path);
    if (tar_output_directory(t, m->path, err) < 0)
        return err_ret(err);
    return tar_output_blob(t, path, &m->blob, true, err);
}

/* Sorted: the config's name stands among the layers' directories. */
static int fill_docker(struct tar_output *t, struct err *err)
{
    const struct built_image *image = &t->w->output->images[0];
    CLEANUP(listed_release) struct listed_layers layers = {0};
    list_layers(image->image, &layers);
    CLEANUP(free_ptr) char *config = xasprintf("%s.json", sha256_hex(&image->config_digest).s);
    bool config_done = false;
    for (size_t i = 0; i <= layers.n; i++) {
        if (!config_done && (i == layers.n || strcmp(config, layers.items[i].path) < 0)) {
            if (tar_output_file(t, config, image->config.data, image->config.len, err) < 0)
                return err_ret(err);
            config_done = true;
        }
        if (i < layers.n && put_layer(t, &layers.items[i], err) < 0)
            return err_ret(err);
    }
    CLEANUP(buf_release) struct buf manifest = BUF_INIT(0);
    manifest_json(image, t->w->to->ref, &manifest);
    return tar_output_file(t, "manifest.json", manifest.data, manifest.len, err);
}

int docker_archive_write(const struct writing *w, struct err *err)
{
    if (w->output->n_images != 1 || w->output->index) {
        err_code(err, ERR_USAGE, "docker-archive:%s: can hold one architecture only", w->to->path);
        return err_hint(err, "choose one by --arch, or write oci-archive:FILE");
    }
    return archive_write(w, fill_docker, err);
}
