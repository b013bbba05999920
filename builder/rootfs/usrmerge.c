/* SPDX-License-Identifier: Apache-2.0 */
#include "rootfs/usrmerge.h"
#include "base/path.h"

static const struct merged_dir dirs[] = {
    {"bin", "usr/bin", {"usr/bin"}, true, true},
    {"sbin", "usr/sbin", {"usr/sbin"}, true, true},
    {"lib", "usr/lib", {"usr/lib"}, true, true},
    {"lib32", "usr/lib32", {"usr/lib32"}, true, false},
    {"lib64", "usr/lib64", {"usr/lib64"}, true, false},
    {"libo32", "usr/libo32", {"usr/libo32"}, true, false},
    {"libx32", "usr/libx32", {"usr/libx32"}, true, false},
    {"var/run", "run", {"/run", "../run"}, false, true},
    {"var/lock", "run/lock", {"/run/lock", "../run/lock"}, false, true},
};

const struct merged_dir *merged_dirs(size_t *ret_n)
{
    *ret_n = ARRAY_SIZE(dirs);
    return dirs;
}

const struct merged_dir *merged_above(const char *path)
{
    for (size_t i = 0; i < ARRAY_SIZE(dirs); i++)
        if (path_below(path, dirs[i].path))
            return &dirs[i];
    return NULL;
}
