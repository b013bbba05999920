/* SPDX-License-Identifier: Apache-2.0 */
/* What publishing a build needs beside the registry, for `build --push` and update alike. */
#ifndef MKIMAGE_FLEET_BUILD_RECORD_H
#define MKIMAGE_FLEET_BUILD_RECORD_H

#include "fleet/attach.h"

/* The record of a build that was made; facts' input and cves are found out here. */
int build_record(const struct context *ctx, const struct build_options *o, const struct build *b,
                 struct record_facts *facts, struct record *ret, struct err *err) MUST_USE;

/* What it is attached to. */
struct subject build_subject(const struct build *b, const char *repository);

#endif
