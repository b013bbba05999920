/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file of the recipe's, looked at as a packaged one is while it streams by: its digest, ELF
 * headers, #! line and marks, so that the hardening rules see it.
 */
#ifndef MKIMAGE_ROOTFS_FILES_H
#define MKIMAGE_ROOTFS_FILES_H

#include "rootfs/assembly.h"

/* Reads from to its end; size bytes or an error. Fills spec's size, sha256 and facts. */
int files_look_at(const struct session *s, struct source *from, uint64_t size,
                  struct node_spec *spec, struct err *err) MUST_USE;

/* Copies a directory of the host, open as fd (which is taken over), into the tree. Only
 * directories, files and links; links are copied as they are. host_path names it for errors and for
 * reading the files again. */
int files_put_tree(struct assembly *a, struct tree *t, const struct recipe_file *f, int fd,
                   const char *host_path, const char *origin, struct err *err) MUST_USE;

#endif
