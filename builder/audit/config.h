/* SPDX-License-Identifier: Apache-2.0 */
/* The config of anybody's image (OCI image spec config.md; Docker's is the same) as rules see it.
 * What isn't of its type is as good as not there. */
#ifndef MKIMAGE_AUDIT_CONFIG_H
#define MKIMAGE_AUDIT_CONFIG_H

#include "oci/reader.h"

/* arch points to a static name, Debian's, or to what the config says where Debian has none. */
void config_image(const struct read_image *from, struct image *ret, struct strv *ret_history);

/* The words of Healthcheck and the lines of OnBuild. */
void config_commands(const struct read_image *from, struct strv *ret_health,
                     struct strv *ret_onbuild);

#endif
