/* SPDX-License-Identifier: Apache-2.0 */
/* From a recipe to the OCI image config: what a container runtime will read. */
#ifndef MKIMAGE_CONFIG_H
#define MKIMAGE_CONFIG_H

#include "oci/image.h"
#include "recipe/recipe.h"

/* Fills all of an image but its layers. arch is borrowed. created: seconds. */
void image_from_recipe(const struct recipe *r, const char *arch, int64_t created,
                       struct image *ret);

#endif
