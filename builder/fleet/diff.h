/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What differs between two images, by their records: packages, files, config, scripts, findings,
 * sizes. Architecture by architecture; all is borrowed from the two records.
 *
 * dpkg's own records (/var/lib/dpkg) are left out of the files: they say what the packages say.
 */
#ifndef MKIMAGE_FLEET_DIFF_H
#define MKIMAGE_FLEET_DIFF_H

#include "fleet/record.h"

enum package_change_kind {
    PACKAGE_ADDED,
    PACKAGE_REMOVED,
    PACKAGE_UPGRADED,
    PACKAGE_DOWNGRADED,
    PACKAGE_REBUILT, /* the same version, other bytes */
};
struct package_change {
    enum package_change_kind kind;
    const struct record_package *old, *now; /* one of them NULL when added or removed */
};

enum path_change_flag {
    PATH_ADDED = 1 << 0,
    PATH_REMOVED = 1 << 1,
    PATH_TYPE = 1 << 2,
    PATH_CONTENT = 1 << 3, /* bytes of a file, target of a link */
    PATH_MODE = 1 << 4,
    PATH_OWNER = 1 << 5,
};
struct path_change {
    unsigned flags;
    const struct record_path *old, *now; /* one of them NULL when added or removed */
};

struct script_change {
    const struct record_script *old, *now; /* one of them NULL when added or removed */
};

struct finding_change {
    bool gone; /* else new */
    const struct record_finding *finding;
};

struct config_change {
    const char *key;
    char *old, *now; /* compact JSON, owned; NULL where it isn't set */
};

struct arch_diff {
    const char *arch;
    const struct record_arch *old, *now; /* NULL: this image lacks the architecture */
    struct package_change *packages;
    size_t n_packages, cap_packages;
    struct path_change *paths;
    size_t n_paths, cap_paths;
    struct script_change *scripts;
    size_t n_scripts, cap_scripts;
    struct finding_change *findings;
    size_t n_findings, cap_findings;
    struct config_change *config;
    size_t n_config, cap_config;
};

struct image_diff {
    const struct record *old, *now;
    struct arch_diff *arches; /* of both, sorted */
    size_t n_arches;
};

/* old may be NULL: nothing was there. An architecture that only one has is compared with nothing.
 */
void diff_records(const struct record *old, const struct record *now, struct image_diff *ret);
void diff_release(struct image_diff *d);
bool diff_empty(const struct image_diff *d);

/* The package changes of all architectures that are alike, once: the i-th of an architecture is
 * new if no earlier architecture has an equal one. */
bool diff_package_is_new(const struct image_diff *d, size_t arch, size_t i);

/* Whether a package went to an older version anywhere; it is *ret then. */
bool diff_downgrade(const struct image_diff *d, const struct package_change **ret);

const char *package_change_name(enum package_change_kind k);

/* ---- as JSON; new references all. report/difference.h writes them */

/* By architecture: "architectures" of mkimage diff --format json (mkimage.1, "JSON OUTPUT"). */
json_t *diff_arches_json(const struct image_diff *d);

/* The document of a difference, as docs/report.md has it in an image's object: sizes, packages,
 * files, scripts, findings and config, what several architectures have in common once, with their
 * names. An architecture that only one of the images has stands in the sizes alone. Files whose
 * content alone differs are in it if `content`. */
json_t *diff_document(const struct image_diff *d, bool content);
/* Its "sizes". */
json_t *diff_sizes_json(const struct image_diff *d);

/* A list whose equal items stand once, with the "architectures" that have them. */
struct alike {
    json_t *list, *index;
};
struct alike alike_new(void);
/* The item becomes the list's. */
void alike_add(struct alike *a, json_t *item, const char *arch);
/* The caller owns it; a is done with. */
json_t *alike_list(struct alike *a);

#endif
