/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Edits: what a package's layer leaves out or changes, decided from an entry's header while it
 * streams by. The decisions come from a policy (recipe globs and the hardening table's fixes),
 * which is a pure function of the package's name and the entry.
 *
 * Only edits that take effect are part of a package's key, so an `allow` or `exclude` that touches
 * no path of a package leaves its layer alone.
 */
#ifndef MKIMAGE_ROOTFS_EDITS_H
#define MKIMAGE_ROOTFS_EDITS_H

#include "rootfs/package.h"

enum edit_action {
    EDIT_KEEP,
    EDIT_DROP,   /* leave the path out */
    EDIT_MODE,   /* ship it with another mode */
    EDIT_REFUSE, /* the build ends: policy (exit code 3) */
};

struct edit {
    enum edit_action action;
    uint16_t mode;
    bool always;        /* EDIT_DROP: no allowance lifts it */
    const char *rule;   /* static text: rule id, "exclude", "only", "replaced" */
    const char *reason; /* static text for EDIT_REFUSE: what is wrong, what to do */
};

struct edit_policy {
    struct edit (*decide)(const void *context, const char *package, const struct entry *e);
    const void *context;
    struct sha256 digest; /* of all that decide() depends on for this package: two policies of one
                             digest decide alike. A short cut to the key, not part of it. */
};

#endif
