/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A policy's decisions applied to a package's entries, and the key that follows from them.
 *
 * Entries are decided one by one in the deb's order, as they stream by, and once more from the
 * facts of any earlier unpacking when a policy has changed: both ways ask the same questions, so
 * they give the same key. A hard link is asked about as the file that it is a name of.
 *
 *     decisions_start(&d, policy, package)
 *     package->n_entries++ … decide_entry(&d, &moved, err)      for each
 *     decide_directories(&d, err)
 *     package_key(package, tables, compressor)
 *     decisions_release(&d)
 */
#ifndef MKIMAGE_ROOTFS_DECIDE_H
#define MKIMAGE_ROOTFS_DECIDE_H

#include "rootfs/edits.h"
#include "rootfs/paths.h"

#define RULE_PARENT     "parent"
#define RULE_CAPABILITY "FS-CAP"

#define NO_ENTRY SIZE_MAX

/* One per entry: of which file it is a name, and which kept name has that file's data now. */
struct entry_file {
    size_t root;  /* the entry that has the data in the deb; itself for all but links */
    size_t owner; /* of a root: the entry that has the data in the layer, or NO_ENTRY */
};

struct decisions {
    const struct edit_policy *policy;
    struct package *package;
    struct path_set paths;
    struct entry_file *files; /* parallel to the package's entries */
    size_t n_files, cap_files;
};

void decisions_start(struct decisions *d, const struct edit_policy *policy, struct package *p);
void decisions_release(struct decisions *d);

/* Takes up the package's last entry, of which path, type, target, owner, size and mode_deb are
 * set: refuses it, or sets dropped, mode and rule, and of links the target. moved: whether its
 * path was changed by usrmerge. Gives 1 if it is a directory that is there already by its other
 * name; the entry is gone then. */
int decide_entry(struct decisions *d, bool moved, struct err *err) MUST_USE;

/* Whether this kept link has become the file itself, its root having been dropped. */
bool decisions_owns(const struct decisions *d, size_t index);

/* After the last entry: dropped directories that something kept lies in come back, and those that
 * the deb doesn't have are added. */
void decide_directories(struct decisions *d);

/* Decides all entries of a package from facts anew. Only good for package_key. */
int decide_again(struct package *p, const struct edit_policy *policy, struct err *err) MUST_USE;

/* What the facts and the layer are kept under. tables: content_tables_digest(). */
struct sha256 package_key(const struct package *p, const struct sha256 *tables,
                          const struct compressor *compressor);

#endif
