/* SPDX-License-Identifier: Apache-2.0 */
/* What a package must look like to stand in a lock, whether it comes from an index or from a lock
 * that somebody edited; private to lock/. */
#ifndef MKIMAGE_LOCK_CHECK_H
#define MKIMAGE_LOCK_CHECK_H

#include "lock/lock.h"

#define LOCK_PACKAGE_MAX (UINT64_C(1) << 40) /* bytes of one deb */

/* Why one of the package's values can't be used, or NULL. */
const char *lock_package_bad(const struct lock_package *p);

/* [a-z_][a-z0-9_-]*, at most 32 bytes, as useradd takes them. */
bool lock_account_name_valid(const char *name);

void lock_package_release(struct lock_package *p);
void lock_arch_release(struct lock_arch *a);

#endif
