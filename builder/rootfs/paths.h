/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The paths of one deb: usrmerge, and what may stand beside what.
 *
 *     path_merge(&path, …)          "bin/x" becomes "usr/bin/x"
 *     path_set_add(&set, …)         refuses what stands twice or lies below something that is no
 *                                   directory
 *
 * The links that are crossed are those of rootfs/usrmerge.h. A directory of such a name is the
 * directory that the link leads to; a link of such a name must be that very link; anything else of
 * such a name is refused.
 */
#ifndef MKIMAGE_ROOTFS_PATHS_H
#define MKIMAGE_ROOTFS_PATHS_H

#include "base/buf.h"
#include "base/err.h"

/* Puts an entry's path where it belongs. link: the target of a symlink, NULL for all else.
 * ret_moved tells whether it was changed. */
int path_merge(struct buf *path, bool directory, const char *link, bool *ret_moved,
               struct err *err) MUST_USE;

/* The same for the target of a hard link, and for the paths in md5sums. */
void path_merge_plain(struct buf *path);

#define PATH_IMPLIED   SIZE_MAX
#define PATH_DEPTH_MAX 128          /* parts of one path */
#define PATH_NAMES_MAX (256u << 20) /* bytes of all paths of a package, with those above them */

/* Every path of the deb and every directory above one, by name. */
struct path_set {
    void *root;   /* tsearch */
    size_t bytes; /* of all names */
};

void path_set_release(struct path_set *s);

/* Adds entry number `index`; its path is borrowed. Gives 1 when it is a directory that is there
 * already by its other name, so that the entry is to be left out. Parents are added as
 * PATH_IMPLIED. */
int path_set_add(struct path_set *s, const char *path, bool directory, bool moved, size_t index,
                 struct err *err) MUST_USE;

/* The number of the entry at this path: PATH_IMPLIED for a directory that only lies above others;
 * false if there is nothing. */
bool path_set_find(const struct path_set *s, const char *path, size_t *ret);

/* Gives an implied directory a number of its own. */
void path_set_claim(struct path_set *s, const char *path, size_t index);

#endif
