/* SPDX-License-Identifier: Apache-2.0 */
/* The layers of an image that a reader has. */
#include "audit/flatten.h"

static bool is_foreign(const struct read_image *image, size_t i)
{
    const json_t *layer = json_array_get(json_object_get(image->manifest_json, "layers"), i);
    const char *type = image->layers[i].media_type;

    return json_array_size(json_object_get(layer, "urls")) || strstr(type, ".nondistributable.") ||
           strstr(type, ".foreign.");
}

static int read_layer(struct flat *f, struct reader *reader, const struct read_layer *l,
                      bool foreign, struct err *err)
{
    struct sha256_text digest = sha256_digest(&l->digest);
    struct flat_origin origin = {
        .name = digest.s,
        .created_by = l->created_by,
        .media_type = l->media_type,
        .diff_id = l->diff_id,
        .packed = l->size,
        .foreign = foreign,
    };
    struct source *blob = NULL;
    int r = reader_blob(reader, &l->digest, l->size, &blob, err);

    if (r == -ERR_NOT_FOUND && foreign) {
        err_clear(err);
        r = 0;
    }
    return r < 0 ? r : flat_layer(f, blob, &origin, err);
}

static int check_newest(const struct flat *f, const struct read_layer *l, struct err *err)
{
    if (!f->layers[f->n_layers - 1].other)
        return 0;
    const struct sha256_text digest = sha256_digest(&l->digest), want = sha256_digest(&l->diff_id);
    return err_set(err, "layer %s: isn't the one that the config names (%s)", digest.s, want.s);
}

int flat_image(struct flat *f, struct reader *reader, const struct read_image *image, bool strict,
               struct err *err)
{
    uint64_t total = 0;
    int r = 0;

    for (size_t i = 0; i < image->n_layers; i++)
        total += image->layers[i].size;
    struct progress *p = progress_start(f->session->log, "reading layers", total, true);
    for (size_t i = 0; r == 0 && i < image->n_layers; i++) {
        const struct read_layer *l = &image->layers[i];
        r = read_layer(f, reader, l, !strict && is_foreign(image, i), err);
        if (r == 0 && strict)
            r = check_newest(f, l, err);
        progress_add(p, l->size);
    }
    progress_end(p);
    return r;
}
