/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What third parties' packages bring, for the person who reads a lock before it is committed: a
 * package manager's user sees a list before the Y, a nightly build has nobody at the keyboard.
 *
 *     amd64: source vendor: new package vendor-agent 1.2
 *     amd64: vendor-agent provides httpd
 *     amd64: vendor-agent brings /usr/bin/agent and 3 more paths outside /opt and /usr/share
 *     amd64: vendor-agent makes the accounts agent, agent-log
 *     amd64: vendor-agent brings 2 files among the CA certificates
 */
#ifndef MKIMAGE_VENDORS_H
#define MKIMAGE_VENDORS_H

#include "pipeline.h"

/* Unpacks those packages of third parties that the old lock doesn't hold with the same bytes; they
 * are in b->preparation then. Nothing is fetched where there is none. */
int vendors_look(const struct session *s, struct http *h, struct cache *c,
                 const struct build_options *o, struct build *b, struct err *err) MUST_USE;

/* Adds a line each of what is new of them, by b->preparation, whoever made it. Not escaped. */
void vendors_lines(const struct build *b, struct strv *ret);

#endif
