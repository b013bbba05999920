/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/layers.h"

#include "audit/config.h"
#include "audit/flatten.h"
#include "audit/software.h"
#include "base/path.h"

static char *escaped(const char *s)
{
    return s ? text_escape(s, strlen(s)) : xstrdup("");
}

/* ---- what they hold -------------------------------------------------------------------------- */

static char *package_name(const struct package *p, const char *arch)
{
    CLEANUP(free_ptr) char *name = escaped(p->name);
    CLEANUP(free_ptr) char *of = escaped(p->arch);
    bool foreign = *of && strcmp(of, "all") != 0 && strcmp(of, arch) != 0;

    return foreign ? xasprintf("%s:%s", name, of) : xstrdup(name);
}

static void take_packages(const struct software *software, struct record_arch *ret)
{
    bool dpkg = software->records == RECORDS_DPKG; /* apk's names of architectures are its own */

    for (size_t i = 0; i < software->n; i++) {
        const struct package *p = software->packages[i];
        GROW(ret->packages, ret->n_packages, ret->cap_packages);
        ret->packages[ret->n_packages++] = (struct record_package){
            .name = dpkg ? package_name(p, ret->arch) : escaped(p->name),
            .version = escaped(p->version),
            .arch = escaped(p->arch),
            .source = escaped(p->source ? p->source : p->name),
            .source_version = escaped(p->source_version ? p->source_version : p->version),
        };
    }
}

static void take_sizes(const struct read_image *image, struct tree *t, struct record_arch *ret)
{
    size_t n;
    struct node *const *nodes = tree_nodes(t, &n);

    for (size_t i = 0; i < image->n_layers; i++)
        ret->packed += image->layers[i].size;
    for (size_t i = 0; i < n; i++)
        ret->unpacked += nodes[i]->type == ENTRY_FILE ? nodes[i]->size : 0;
}

static void drop_root(struct record_arch *a)
{
    if (a->n_paths == 0 || *a->paths[0].path)
        return;
    free(a->paths[0].path);
    a->n_paths--;
    memmove(a->paths, a->paths + 1, a->n_paths * sizeof(*a->paths));
}

static void take_image(const struct read_image *image, struct flat *f, struct record_arch *ret)
{
    CLEANUP(software_release) struct software software = {0};
    json_t *config = json_object_get(image->config_json, "config");

    flat_finish(f);
    software_read(f->tree, &software);
    ret->manifest = image->manifest;
    ret->config = json_is_object(config) ? json_incref(config) : json_object();
    take_packages(&software, ret);
    record_paths_of(f->tree, ret);
    record_arch_sort(ret);
    drop_root(ret);
    take_sizes(image, f->tree, ret);
}

/* ---- images ---------------------------------------------------------------------------------- */

static char *arch_of(const struct read_image *image)
{
    CLEANUP(strv_release) struct strv history = STRV_INIT;
    struct image config;

    config_image(image, &config, &history);
    char *arch = escaped(config.arch);
    image_release(&config);
    return arch;
}

static int add_image(const struct session *s, struct reader *reader, const struct read_image *image,
                     const char *arch, struct record *ret, struct err *err)
{
    CLEANUP(flat_release) struct flat f;
    struct record_arch *a = &ret->arches[ret->n_arches++];

    *a = (struct record_arch){.arch = xstrdup(arch)};
    flat_start(&f, s);
    if (flat_image(&f, reader, image, true, err) < 0)
        return err_ret(err);
    take_image(image, &f, a);
    return 0;
}

static int by_arch(const void *a, const void *b)
{
    return strcmp(((const struct record_arch *)a)->arch, ((const struct record_arch *)b)->arch);
}

static int add_images(const struct session *s, struct reader *reader,
                      const struct read_image *images, size_t n, struct record *ret,
                      struct err *err)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(images[i].os, "linux") != 0)
            continue;
        CLEANUP(free_ptr) char *arch = arch_of(&images[i]);
        if (record_find_arch(ret, arch))
            return err_set(err, "holds more than one image for %s: name one by its digest", arch);
        if (add_image(s, reader, &images[i], arch, ret, err) < 0)
            return err_ret(err);
    }
    if (ret->n_arches)
        qsort(ret->arches, ret->n_arches, sizeof(*ret->arches), by_arch);
    return 0;
}

int record_of_image(const struct session *s, struct reader *r, const struct strv *arches,
                    struct record *ret, struct err *err)
{
    CLEANUP(read_set_release) struct read_set set = {0};

    *ret = (struct record){.name = xstrdup(""), .mkimage = xstrdup("")};
    int result = reader_images(r, arches, &set, err);
    if (result == 0 && set.absent.n) {
        err_set(err, "names an image that isn't there: %s", set.absent.v[0]);
        result = err_hint(err, "choose one that is there with --arch");
    }
    if (result == 0) {
        ret->image = set.digest;
        ret->arches = xcalloc(set.n + 1, sizeof(*ret->arches));
        result = add_images(s, r, set.images, set.n, ret, err);
    }
    if (result == 0)
        result = record_keep_arches(ret, arches, err);
    if (result == 0 && ret->n_arches == 0)
        result = err_code(err, ERR_NOT_FOUND, "holds no image for Linux");
    if (result < 0)
        record_release(ret);
    return result;
}
