/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accounts that scripts make by hand, by the tools of adduser(8), useradd(8) and their like: the
 * image's, with ids allotted as those of sysusers.d are, and kept in the lock.
 *
 *     adduser --system --group --home /var/lib/x --no-create-home x     a user, and its group
 *     adduser --system --home /var/lib/x x                              in nogroup; its home is
 * made addgroup --system x; groupadd -r x                                a group adduser x group;
 * usermod -aG group x; gpasswd -a x group          a member useradd --system --home-dir / --shell
 * /bin/false x                a user, and its group usermod --home /nonexistent x of a user that
 * scripts made
 *
 * What isn't said is as the tool has it: adduser's system users have the home /nonexistent and no
 * shell to log in with; useradd's have /home/NAME and /bin/sh. Of several who
 * make one account the first counts, and scripts before sysusers.d: they call it, if they have
 * both, before debhelper's lines. No account has a password.
 */
#ifndef MKIMAGE_EFFECTS_ACCOUNTS_CALLED_H
#define MKIMAGE_EFFECTS_ACCOUNTS_CALLED_H

#include "effects/call.h"
#include "rootfs/assembly.h"

bool adduser_takes(const struct script_call *c); /* addgroup too */
bool useradd_takes(const struct script_call *c); /* groupadd, usermod, gpasswd -a too */

/* One call's lines; what isn't an account's gives none. by: who asks, and outlives the lines. */
void accounts_called_add(struct sysusers *s, const struct script_call *c, const char *by);

/* The subject: fills assembly.called; comes before assemble_accounts. */
int assemble_accounts_called(struct assembly *a, struct tree *t, struct err *err) MUST_USE;

#endif
