/* SPDX-License-Identifier: Apache-2.0 */
#include "recipe/recipe.h"

#include "base/file.h"
#include "base/path.h"
#include "recipe/parse.h"

/* Opens path, by its real place, below one of the allowed directories; -1 if it is in none. */
static int open_allowed(const struct strv *allowed, const char *path, int flags, struct err *err)
{
    CLEANUP(free_ptr) char *real = realpath(path, NULL);

    if (!real)
        return -1;
    strv_each (directory, allowed) {
        CLEANUP(free_ptr) char *dir = realpath(*directory, NULL);
        size_t n = dir ? strlen(dir) : 0;

        if (n == 1)
            n = 0;
        if (!dir || strncmp(real, dir, n) != 0 || (real[n] != '/' && real[n] != '\0'))
            continue;
        return open_beneath(dir, real[n] ? real + n + 1 : ".", flags, err);
    }
    return -1;
}

int recipe_open(const struct recipe *r, const char *root, const char *source, int flags,
                const struct origin *at, struct err *err)
{
    CLEANUP(free_ptr) char *directory = root ? xstrdup(root) : directory_of(at->file);
    CLEANUP(free_ptr) char *path = path_join(directory, source);
    CLEANUP(err_release) struct err other = ERR_INIT;
    int fd = open_beneath(directory, source, flags, err);

    if (fd >= 0)
        return fd;
    fd = open_allowed(&r->allow_source, path, flags, &other);
    if (fd >= 0) {
        err_clear(err);
        return fd;
    }
    err_wrap(err, "%s:%u", at->file, at->line);
    if (err->code != ERR_NOT_FOUND)
        err_hint(err, "local files stay below the directory of the recipe that names them, or "
                      "below one that --allow-source names");
    return err_ret(err);
}
