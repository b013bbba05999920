/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as two layers, one on the other: the first byte tells how many blocks of 512 bytes (or
 * all, 255) are the lower one. What comes out is a tree: clean paths, each in a directory, none a
 * whiteout, each of a layer; and of what is hidden, directories are known apart. */
#include "audit/flatten.h"
#include "base/path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int add(struct flat *f, const char *name, const uint8_t *p, size_t n)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    const struct flat_origin origin = {.name = name, .packed = n};
    return flat_layer(f, source_mem(p, n), &origin, &err);
}

static void check_path(const char *path)
{
    if (*path == '\0' || *path == '/' || strlen(path) > PATH_BYTES_MAX)
        abort();
    for (const char *part = path; part; part = strchr(part, '/')) {
        part += *part == '/';
        size_t n = strcspn(part, "/");
        if (n == 0 || (n == 1 && part[0] == '.') || (n == 2 && memcmp(part, "..", 2) == 0))
            abort();
    }
    if (strncmp(path_base(path), ".wh.", 4) == 0)
        abort();
}

static void check_node(const struct flat *f, const struct node *n)
{
    check_path(n->path);
    CLEANUP(free_ptr) char *above = xstrdup(n->path);
    above[path_dir(n->path).n] = '\0';
    const struct node *dir = tree_find(f->tree, above);
    if (!dir || dir->type != ENTRY_DIRECTORY || flat_layer_of(f, n->origin) == f->n_layers)
        abort();
    if (n->type == ENTRY_HARDLINK && !tree_find(f->tree, n->target))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct session session = {0};
    struct flat f;
    size_t n;

    if (size == 0)
        return 0;
    size_t lower = data[0] == 255 || data[0] * 512u > size - 1 ? size - 1 : data[0] * 512u;
    flat_start(&f, &session);
    bool read = add(&f, "lower", data + 1, lower) == 0 &&
                add(&f, "upper", data + 1 + lower, size - 1 - lower) == 0;
    if (read) {
        flat_finish(&f);
        struct node *const *nodes = tree_nodes(f.tree, &n);
        for (size_t i = 0; i < n; i++)
            check_node(&f, nodes[i]);
    }
    for (size_t l = 0; l < f.n_layers; l++) {
        size_t files = 0;
        for (size_t i = 0; i < f.layers[l].n_hidden; i++)
            files += f.layers[l].hidden[i].type != ENTRY_DIRECTORY;
        if (files != f.layers[l].hidden_files)
            abort();
    }
    flat_release(&f);
    return 0;
}
