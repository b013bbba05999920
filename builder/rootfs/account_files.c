/* SPDX-License-Identifier: Apache-2.0 */
#include "rootfs/account_files.h"

static const struct account_file files[] = {
    {"etc/passwd", "etc/passwd-", 0644, true},
    {"etc/group", "etc/group-", 0644, true},
    {"etc/shadow", "etc/shadow-", 0640, true},
    {"etc/gshadow", "etc/gshadow-", 0640, false},
};

const struct account_file *account_files(size_t *ret_n)
{
    *ret_n = ARRAY_SIZE(files);
    return files;
}

const struct account_file *account_file_at(const char *path)
{
    for (size_t i = 0; i < ARRAY_SIZE(files); i++)
        if (strcmp(path, files[i].path) == 0)
            return &files[i];
    return NULL;
}

const struct account_file *account_copy_at(const char *path)
{
    for (size_t i = 0; i < ARRAY_SIZE(files); i++)
        if (strcmp(path, files[i].copy) == 0)
            return &files[i];
    return NULL;
}
