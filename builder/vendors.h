/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What third parties' packages bring, for the person who reads a lock before it is committed: a
 * package manager's user sees a list before the Y, a nightly build has nobody at the keyboard.
 *
 *     amd64: source vendor: new package vendor-agent 1.2
 *     amd64: vendor-agent brings /usr/bin/agent and 3 more paths outside its /opt and /usr/share
 *     amd64: vendor-agent makes the accounts agent, agent-log
 *     amd64: vendor-agent brings 2 files among the CA certificates
 *     amd64: vendor-agent 1.2 of source vendor provides what app 1 depends on: httpd
 */
#ifndef MKIMAGE_VENDORS_H
#define MKIMAGE_VENDORS_H

#include "pipeline.h"

/* Adds a line each of those packages that the old lock doesn't hold with the same bytes; they are
 * unpacked for it, so a build finds them in the cache. Nothing is fetched where there is none. Of
 * what they provide that is told which something depends on and nothing else meets. The
 * lines aren't escaped. */
int vendors_tell(const struct context *ctx, const struct build_options *o, const struct build *b,
                 struct strv *ret, struct err *err) MUST_USE;

#endif
