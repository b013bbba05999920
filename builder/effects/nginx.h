/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nginx's modules, which dh_nginx enables by a loop over FROM:TO in a module's postinst: links of
 * /etc/nginx/modules-enabled to /usr/share/nginx/modules-available.
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
