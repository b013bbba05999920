/* SPDX-License-Identifier: Apache-2.0 */
/* The accounts of a view, for view.c: passwd(5), group(5), shadow(5), gshadow(5), and whom the
 * config's `User` means by them. */
#ifndef MKIMAGE_HARDEN_LOGIN_H
#define MKIMAGE_HARDEN_LOGIN_H

#include "harden/view.h"

/* Adds the lines of one file's text to f->v, which the caller frees. */
void login_lines(struct login_file *f, struct slice text);

void logins_read(struct view *v);
void logins_release(struct view *v);

#endif
