/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"
#include "rootfs/assembly.h"
#include "rootfs/usrmerge.h"

static int put(struct tree *t, const char *path, enum entry_type type, uint16_t mode,
               const char *target, struct err *err)
{
    struct node_spec spec = {
        .path = path,
        .type = type,
        .mode = mode,
        .mtime = tree_epoch(t),
        .target = target,
        .content.fd = -1,
        .weak = true,
        .origin = "links",
    };
    return tree_put(t, &spec, err);
}

/* tzdata's postinst, where nobody asks for another zone. */
static int put_localtime(struct tree *t, struct err *err)
{
    static const char zone[] = "/usr/share/zoneinfo/Etc/UTC";
    return tree_resolve(t, zone + 1) ? put(t, "etc/localtime", ENTRY_SYMLINK, 0777, zone, err) : 0;
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
        if (put(t, d->leads_to, ENTRY_DIRECTORY, 0755, NULL, err) < 0 ||
            put(t, d->path, ENTRY_SYMLINK, 0777, d->targets[0], err) < 0)
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
