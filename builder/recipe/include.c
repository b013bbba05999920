/* SPDX-License-Identifier: Apache-2.0 */
#include "recipe/include.h"

#include "base/file.h"
#include "base/path.h"
#include "recipe/parse.h"
#include <errno.h>
#include <fcntl.h>

char *directory_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    if (!slash)
        return xstrdup(".");
    return slash == path ? xstrdup("/") : xstrndup(path, (size_t)(slash - path));
}

int include_open(const char *path, struct buf *ret, struct stat *ret_st, struct err *err)
{
    CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0 || fstat(fd, ret_st) < 0)
        return err_errno(err, errno, "%s", path);
    if (!S_ISREG(ret_st->st_mode))
        return err_set(err, "%s: is not a regular file", path);
    return file_read_fd(fd, path, RECIPE_FILE_MAX, ret, err);
}

int include_read(const char *from, const char *name, const char *data_dir, char **ret_path,
                 struct buf *ret, struct stat *ret_st, struct err *err)
{
    CLEANUP(strv_release) struct strv places = STRV_INIT;
    CLEANUP(free_ptr) char *looked = NULL;

    if (!*name)
        return err_set(err, "include(\"\") names no file");
    if (name[0] == '/') {
        strv_add(&places, name);
    } else {
        char *directory = directory_of(from);

        strv_take(&places, strchr(from, '/') ? path_join(directory, name) : xstrdup(name));
        free(directory);
        if (data_dir) {
            strv_addf(&places, "%s/recipes/include/%s", data_dir, name);
            strv_addf(&places, "%s/recipes/%s", data_dir, name);
        }
    }
    strv_each (place, &places) {
        int r = include_open(*place, ret, ret_st, err);

        if (r == 0)
            *ret_path = xstrdup(*place);
        if (r != -ERR_NOT_FOUND)
            return r;
        err_clear(err);
    }
    looked = strv_join(&places, ", ");
    err_set(err, "include(\"%s\"): no such file", name);
    return err_hint(err, "looked for %s", looked);
}
