/* SPDX-License-Identifier: Apache-2.0 */
#include "rootfs/assembly.h"

static const char *origin_of(const struct assembly *a, const struct package *p)
{
    const struct lock_package *l = a->lock ? lock_find(a->lock, p->name) : NULL;
    return l ? l->origin : NULL;
}

bool assembly_is_guest(const struct assembly *a, const struct package *p)
{
    const char *origin = origin_of(a, p);
    return origin && !recipe_is_debian(origin);
}

bool assembly_same_origin(const struct assembly *a, const struct package *p,
                          const struct package *other)
{
    const char *x = origin_of(a, p), *y = origin_of(a, other);
    if (p == other || !x || !y)
        return p == other || x == y;
    return strcmp(x, y) == 0 || (recipe_is_debian(x) && recipe_is_debian(y));
}
