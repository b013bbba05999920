/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Contents: which package has which path, for all of a component and architecture (DebianRepository
 * Format, "Contents indices"): lines of a path, blanks, and SECTION/PACKAGE[,...]. Half a gigabyte
 * of text, of which what can be started or loaded by name is kept: a line each,
 *
 *     NAME TAB PACKAGE
 *
 * of programs in directories of PATH, and of libraries where the loader looks unasked.
 *
 *     contents_start(&c, "x86_64-linux-gnu")
 *     contents_add(&c, p, n) ...
 *     contents_end(&c)
 *     c.kept
 *     contents_release(&c)
 */
#ifndef MKIMAGE_DEB_CONTENTS_H
#define MKIMAGE_DEB_CONTENTS_H

#include "base/buf.h"

#define CONTENTS_LINE_MAX 65536u      /* longer lines are passed over */
#define CONTENTS_KEPT_MAX (16u << 20) /* bytes; what is behind them isn't kept */

struct contents_scan {
    const char *triplet; /* borrowed */
    struct buf kept, line;
    bool too_long; /* the line under way */
};

void contents_start(struct contents_scan *c, const char *triplet);
void contents_add(struct contents_scan *c, const char *p, size_t n);
void contents_end(struct contents_scan *c);
void contents_release(struct contents_scan *c);

/* The package of the first line for this name; empty if there is none. */
struct slice contents_package(struct slice kept, const char *name);

#endif
