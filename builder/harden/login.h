/* SPDX-License-Identifier: Apache-2.0 */
/* The accounts of a view, for view.c: passwd(5), group(5), shadow(5), gshadow(5), and whom the
 * config's `User` means by them. */
#ifndef MKIMAGE_HARDEN_LOGIN_H
#define MKIMAGE_HARDEN_LOGIN_H

#include "harden/view.h"

void logins_read(struct view *v);
void logins_release(struct view *v);

#endif
