/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"
#include "rootfs/assembly.h"
#include "rootfs/dpkg.h"

static int by_name(const void *a, const void *b)
{
    const struct package *x = *(struct package *const *)a, *y = *(struct package *const *)b;
    int c = strcmp(x->name, y->name);
    return c ? c : strcmp(x->arch, y->arch);
}

static int put_text(struct tree *t, const char *path, const char *text, struct err *err)
{
    return tree_put_made(t, path, 0644, text, strlen(text), "dpkg records", err);
}

/* The layers' info files are in no package's list of paths, and so not in the tree: only the
 * directory is. */
int assemble_dpkg(struct assembly *a, struct tree *t, struct err *err)
{
    CLEANUP(buf_release) struct buf status = BUF_INIT(0);
    CLEANUP(free_ptr)
    struct package **sorted = xcalloc(a->n_packages + 1, sizeof(*sorted));
    for (size_t i = 0; i < a->n_packages; i++)
        sorted[i] = a->packages[i];
    qsort(sorted, a->n_packages, sizeof(struct package *), by_name);
    for (size_t i = 0; i < a->n_packages; i++)
        dpkg_stanza(sorted[i], &status);

    if (tree_put_directory(t, DPKG_INFO, 0755, 0, 0, "dpkg records", err) < 0)
        return err_ret(err);
    struct node *info = tree_find(t, DPKG_INFO);
    if (info)
        info->own_layer = true;
    if (put_text(t, DPKG_STATUS, buf_str(&status), err) < 0)
        return err_ret(err);
    return put_text(t, DPKG_INFO_FORMAT, "1\n", err);
}
