/* SPDX-License-Identifier: Apache-2.0 */
/* Where the mirrors of a source were found; private to lock/. */
#ifndef MKIMAGE_LOCK_MIRRORS_H
#define MKIMAGE_LOCK_MIRRORS_H

#include "lock/archive.h"

/* As mirrors_of. *ret_guessed: all of them are guesses, a debian-security beside a known debian,
 * so that a 404 means that the user has to name one. */
int mirrors_find(const struct session *s, const struct recipe *recipe,
                 const struct recipe_source *source, const struct mirror_options *options,
                 struct strv *ret, bool *ret_guessed, struct err *err) MUST_USE;

/* The very lines to write where a mirror of the source has to be named. */
int mirrors_hint(const struct recipe_source *source, struct err *err) MUST_USE;

#endif
