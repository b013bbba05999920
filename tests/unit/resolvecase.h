/* SPDX-License-Identifier: Apache-2.0 */
/* A case of tests/resolve (see its README): a request and the packages that there are, read into
 * a universe of their own. */
#ifndef MKIMAGE_TESTS_RESOLVECASE_H
#define MKIMAGE_TESTS_RESOLVECASE_H

#include "lock/solve.h"

struct resolvecase {
    struct universe *universe;
    char *arch;
    struct recipe_package *packages;
    size_t n_packages;
    struct recipe_list omit, forbid;
    struct strv sources; /* "vendor nginx,libpq5 npm": packages and provides of a source */
    struct lock_arch stay;
    struct solve_request request; /* over what stands above */
    struct strv result, omitted;  /* what is expected: "name=version", sorted */
    struct strv errors;           /* parts of the message and its hints; none: it succeeds */
};

int resolvecase_parse(const char *text, size_t n, const char *name, struct resolvecase *ret,
                      struct err *err) MUST_USE;
int resolvecase_read(const char *path, struct resolvecase *ret, struct err *err) MUST_USE;
void resolvecase_release(struct resolvecase *c);

#endif
