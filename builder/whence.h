/* SPDX-License-Identifier: Apache-2.0 */
/* What a refused image lacks, and where it is: harden/absent.h with the archive behind it. */
#ifndef MKIMAGE_WHENCE_H
#define MKIMAGE_WHENCE_H

#include "pipeline.h"

/* Adds to the findings that end the build what is known of it. */
void whence_explain(const struct context *ctx, const struct build_options *o,
                    const struct recipe *recipe, struct arch_build *a);

#endif
