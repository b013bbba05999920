/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A command of the user's between an image and its tags (--before-tags): it signs, scans, asks
 * somebody. It runs when image and record are there under their digests, and before a tag moves;
 * where it fails, nothing moves.
 *
 * A single word is run as it is, for images without a shell; anything else by /bin/sh -c. Beside
 * the environment that mkimage has it gets
 *
 *     MKIMAGE_NAME     host/repository
 *     MKIMAGE_DIGEST   sha256:… of the manifest or index
 *     MKIMAGE_REPORT   a file: the report so far, as JSON (docs/report.md), with this image
 *
 * Its stderr is mkimage's; what it writes to stdout is logged, as standard output is for results.
 */
#ifndef MKIMAGE_FLEET_HOOK_H
#define MKIMAGE_FLEET_HOOK_H

#include "base/session.h"
#include "oci/layer.h"

struct hook {
    const char *command;
    const char *name;
    const struct sha256 *digest;
    const struct buf *report;
};

/* A command that fails, is killed or isn't there: ERR_POLICY, with what became of it. */
int hook_run(const struct session *s, const struct hook *h, struct err *err) MUST_USE;

#endif
