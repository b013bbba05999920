/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The input key: one digest over all that determines an image, so that what is published can be
 * told from what would be built without building it.
 *
 * In it: the recipe's words (recipe_canonical) and the content of the local files and templates
 * that it names; the lock's packages, layers and allotted ids; the architectures; the compressor
 * with the version of its library; this program's version and formats; SOURCE_DATE_EPOCH where it
 * is set. Not in it: where the archive stood and when it was signed, where the checkout lies, who
 * built it and when. So a newly signed archive with the same packages has the same key.
 */
#ifndef MKIMAGE_FLEET_INPUT_H
#define MKIMAGE_FLEET_INPUT_H

#include "pipeline.h"

/* arches: those to build, sorted, all of them in the lock. A file that can't be read is an
 * error, as it is when the image is built. */
int input_key(const struct session *s, const struct recipe *recipe, const struct lock *lock,
              const struct strv *arches, const struct build_options *o, struct sha256 *ret,
              struct err *err) MUST_USE;

#endif
