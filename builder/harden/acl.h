/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POSIX ACLs as tars keep them: the extended attribute system.posix_acl_access (little-endian
 * version 2, then entries of tag, rights and id; linux/posix_acl_xattr.h), or pax's text
 * SCHILY.acl.access ("user::rw-,user:app:rwx:1000,group::r--,mask::rwx,other::---"; star(1)).
 */
#ifndef MKIMAGE_HARDEN_ACL_H
#define MKIMAGE_HARDEN_ACL_H

#include "harden/view.h"

/* The rights that a node's ACL gives a user who isn't its owner; `mode` (those by its mode) where
 * it has none. What can't be read counts as all rights. */
unsigned acl_rights(const struct node *n, const struct identity *user, unsigned mode);

/* Whether an extended attribute's name is an ACL's. */
bool acl_is_name(const char *name);

#endif
