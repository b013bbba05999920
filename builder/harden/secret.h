/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Secrets in short texts: environment, labels, command lines, build history. By the name of what
 * is set (its last word says so: DB_PASSWORD, not MONKEY or PASSWORD_FILE) and by the form of the
 * value (keys and tokens of well-known services). What is found is named, never shown.
 */
#ifndef MKIMAGE_HARDEN_SECRET_H
#define MKIMAGE_HARDEN_SECRET_H

#include "base/mem.h"

/* Whether NAME=value sets a secret by its name: the value is neither empty, nor a reference to
 * where the secret is ($X, a path, a word like "true"). */
bool secret_by_name(struct slice name, struct slice value);

/* Whether a command line gives one away, by CFG-SECRET's rules: such a line isn't shown. */
bool line_has_secret(const char *line);

/* What a word of the text is by its form ("an AWS access key"), static; NULL for nothing. */
const char *secret_by_form(struct slice text);

#endif
