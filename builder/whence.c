/* SPDX-License-Identifier: Apache-2.0 */
#include "whence.h"

#include "harden/absent.h"
#include "lock/whose.h"

/* For absent.h. */
struct asked {
    const struct context *ctx;
    const struct build_options *options;
    const struct recipe *recipe;
    const char *arch;
};

static char **packages_of(void *user, const struct strv *wants)
{
    const struct asked *a = user;

    return whose(a->ctx, a->recipe, a->arch, &a->options->archive, wants);
}

void whence_explain(const struct context *ctx, const struct build_options *o,
                    const struct recipe *recipe, struct arch_build *a)
{
    struct asked asked = {ctx, o, recipe, a->lock->arch};
    const struct absent_archive archive = {packages_of, &asked};
    const struct absent absent = {.recipe = recipe,
                                  .lock = a->lock,
                                  .tree = a->tree,
                                  .packages = a->packages,
                                  .n_packages = a->n_packages,
                                  .archive = &archive};

    absent_explain(&absent, &a->findings);
}
