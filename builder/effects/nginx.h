/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the scripts of nginx's packages make: the links of /etc/nginx/modules-enabled, which
 * dh_nginx writes into a module's postinst as a loop over FROM:TO, the link of the default site,
 * and the page that it shows.
 *
 *     for confpair in mod-stream.conf:50-mod-stream.conf  ; do
 *
 * A link whose target the recipe has excluded isn't made: nginx would end over it.
 */
#ifndef MKIMAGE_EFFECTS_NGINX_H
#define MKIMAGE_EFFECTS_NGINX_H

#include "rootfs/assembly.h"

/* Before the recipe's own files. */
int assemble_nginx(struct assembly *a, struct tree *t, struct err *err) MUST_USE;

#endif
