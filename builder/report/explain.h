/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of the hardening policy, for people. */
#ifndef MKIMAGE_REPORT_EXPLAIN_H
#define MKIMAGE_REPORT_EXPLAIN_H

#include "base/log.h"
#include "harden/rule.h"

/* One rule: what it looks at, why, what a build does about it, what to do, how to allow it. Lines
 * of at most 78 columns. log: for colours. */
void explain_rule(const struct rule *r, const struct log *log, struct buf *ret);

/* All of them, a line each: id, severity, what a build does, title. */
void explain_list(const struct log *log, struct buf *ret);

#endif
