/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From packages to an image's tree: subject after subject, each a function of rootfs/ (what no
 * package brings) or of effects/ (what a maintainer script would have made), in one order:
 *
 *     packages ─► diversions ─► links of base-files, usrmerge and tzdata ─► template
 *              ─► accounts
 *              ─► files, modes and owners of scripts ─► passwd and its like, homes ─► os-release
 *              ─► CA bundle ─► own directories, files, trees, links ─► alternatives
 *              ─► ld.so.cache ─► dpkg records
 *
 * What comes later may stand on what came before.
 */
#ifndef MKIMAGE_ASSEMBLE_H
#define MKIMAGE_ASSEMBLE_H

#include "rootfs/assembly.h"

int assemble(struct assembly *a, struct tree *t, struct err *err) MUST_USE;

#endif
