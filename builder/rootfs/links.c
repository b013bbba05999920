/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"
#include "rootfs/assembly.h"
#include "rootfs/usrmerge.h"

#define ORIGIN "links"

/* tzdata's postinst, where nobody asks for another zone. */
static int put_localtime(struct tree *t, struct err *err)
{
    static const char zone[] = "/usr/share/zoneinfo/Etc/UTC";
    return tree_resolve(t, zone + 1) ? tree_offer_link(t, "etc/localtime", zone, ORIGIN, err) : 0;
}

/* What a merged /usr needs (trixie's base-files brings most), and what base-files' postinst makes
 * of the directories it ships. */
int assemble_links(struct assembly *a, struct tree *t, struct err *err)
{
    (void)a;
    size_t n_dirs;
    const struct merged_dir *dirs = merged_dirs(&n_dirs);
    for (size_t i = 0; i < n_dirs; i++) {
        const struct merged_dir *d = &dirs[i];
        if (!d->everywhere && !tree_find(t, d->leads_to) && !tree_find(t, d->path))
            continue;
        if (tree_offer_directory(t, d->leads_to, 0755, 0, 0, ORIGIN, err) < 0 ||
            tree_offer_link(t, d->path, d->targets[0], ORIGIN, err) < 0)
            return err_ret(err);

        const struct node *n = tree_find(t, d->path);
        CLEANUP(buf_release) struct buf leads = BUF_INIT(PATH_BYTES_MAX);
        if (n && n->type == ENTRY_SYMLINK)
            path_link_target(d->path, n->target, &leads);
        if (!n || strcmp(buf_str(&leads), d->leads_to) != 0)
            return err_set(err, "/%s is no link to /%s (%s%s)", d->path, d->leads_to,
                           n && n->package ? "package " : "",
                           n && n->package ? n->package->name : "the image itself");
    }
    return put_localtime(t, err);
}
