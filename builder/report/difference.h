/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How two images differ, for people and for programs: of `mkimage diff` and of each image in the
 * report of an update. Both are written from one document (fleet/diff.h diff_document).
 */
#ifndef MKIMAGE_REPORT_DIFFERENCE_H
#define MKIMAGE_REPORT_DIFFERENCE_H

#include "fleet/diff.h"
#include "report/prose.h"

/* Lists of packages, files, findings, maintainer scripts and config, of those that there are. Many
 * files of a directory that came, went or have other content share a line, unless w->all; those
 * that are setuid or setgid have their own, and those that can be executed aren't hidden in the
 * lines of others. */
void difference_prose(struct prose *w, const json_t *document);
/* Its files alone. */
void difference_files(struct prose *w, const json_t *document);
/* An architecture's size; false, and nothing is written, if that is as before. */
void difference_size(struct prose *w, const json_t *size);
/* " (arm64)" where a change isn't that of all architectures that both images have. */
void difference_arches(struct prose *w, const json_t *document, const json_t *change);

/* Packages of one source that moved alike share a line. A list of objects: packages, names of
 * them; package, one of them; images, names of those that have any of them. */
struct package_groups {
    json_t *list, *index;
};
void package_groups_init(struct package_groups *g);
void package_groups_release(struct package_groups *g);
/* image may be NULL. Without `arches` it makes no difference which architectures it is of; with
 * `all` nothing shares a line. */
void package_groups_add(struct package_groups *g, const json_t *package, const char *image,
                        bool arches, bool all);
/* The one that a package is in, added without `arches`; or NULL. */
const json_t *package_groups_find(const struct package_groups *g, const json_t *package);
/* "~ `openssl`, `libssl3t64` `3.5` -> `3.6`", the begin of a line; false as prose_change. */
bool package_group_line(struct prose_list *l, const json_t *group);

/* mkimage diff: `all` puts nothing together; log has the colours. */
void difference_text(const struct image_diff *d, const char *old, const char *now, bool all,
                     const struct log *log, struct buf *ret);
/* As one JSON object on one line (mkimage.1, "JSON OUTPUT"). */
void difference_json(const struct image_diff *d, const char *old, const char *now, struct buf *ret);

#endif
