/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"
#include "rootfs/assemble.h"

/* What a merged /usr needs (trixie's base-files brings most), and what base-files' postinst makes
 * of the directories it ships. */
static const struct {
    const char *path, *target;
    const char *directory; /* what it leads to */
    uint16_t mode;
    bool only_if_there; /* the link is of use only when the directory is there */
} links[] = {
    {"bin", "usr/bin", "usr/bin", 0755, false},
    {"sbin", "usr/sbin", "usr/sbin", 0755, false},
    {"lib", "usr/lib", "usr/lib", 0755, false},
    {"lib32", "usr/lib32", "usr/lib32", 0755, true},
    {"lib64", "usr/lib64", "usr/lib64", 0755, true},
    {"libo32", "usr/libo32", "usr/libo32", 0755, true},
    {"libx32", "usr/libx32", "usr/libx32", 0755, true},
    {"var/run", "/run", "run", 0755, false},
    {"var/lock", "/run/lock", "run/lock", 0755, false},
};

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

int assemble_links(struct assembly *a, struct tree *t, struct err *err)
{
    (void)a;
    for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
        const char *path = links[i].path;
        if (links[i].only_if_there && !tree_find(t, links[i].directory) && !tree_find(t, path))
            continue;
        if (put(t, links[i].directory, ENTRY_DIRECTORY, links[i].mode, NULL, err) < 0 ||
            put(t, path, ENTRY_SYMLINK, 0777, links[i].target, err) < 0)
            return -(int)err->code;

        const struct node *n = tree_find(t, path);
        CLEANUP(buf_release) struct buf leads = BUF_INIT(PATH_BYTES_MAX);
        if (n && n->type == ENTRY_SYMLINK)
            path_link_target(path, n->target, &leads);
        if (!n || strcmp(buf_str(&leads), links[i].directory) != 0)
            return err_set(err, "/%s is no link to /%s (%s%s)", path, links[i].directory,
                           n && n->package ? "package " : "",
                           n && n->package ? n->package->name : "the image itself");
    }
    return put_localtime(t, err);
}
