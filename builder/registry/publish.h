/* SPDX-License-Identifier: Apache-2.0 */
/* What a build is published as: the name that --push gives, and the recipe's tags. */
#ifndef MKIMAGE_REGISTRY_PUBLISH_H
#define MKIMAGE_REGISTRY_PUBLISH_H

#include "base/session.h"
#include "lock/lock.h"
#include "recipe/recipe.h"
#include "registry/reference.h"

#define FIXED_MAX 1000 /* of what a tag that never moves may get behind it: ".1000" */

/* The name of one recipe's image: `push` as it is; with a slash at its end, or `prefix` set, the
 * recipe's name behind it. A prefix can't have a tag; none can have a digest. */
int publish_name(const char *push, bool prefix, const char *recipe_name, struct reference *ret,
                 struct err *err) MUST_USE;

/* The recipe's tags for an image of these architectures (sorted names). Those with a date or a
 * digest go to ret_fixed: they never move. What is left out is said to the log. Both stay empty
 * if the recipe has none; if all are left out, that is an error. A package that no architecture has
 * is an error with the tag's place. */
int publish_tags(const struct session *s, const struct recipe *r, const struct lock *l,
                 const struct strv *arches, const struct sha256 *digest, struct strv *ret_moving,
                 struct strv *ret_fixed, struct err *err) MUST_USE;

#endif
