/* SPDX-License-Identifier: Apache-2.0 */
#include "scratch.h"
#include "base/file.h"
#include "unit.h"
#include <sys/wait.h>

char *scratch_new(void)
{
    const char *top = getenv("TMPDIR");
    char *dir = xasprintf("%s/unit.XXXXXX", top && *top ? top : "/tmp");
    assert_non_null(mkdtemp(dir));
    return dir;
}

void scratch_remove(char *scratch)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    if (scratch)
        assert_ok(dir_remove(scratch, &err), &err);
    free(scratch);
}

void scratch_cleanup(char **scratch)
{
    scratch_remove(*scratch);
}

int scratch_run(const char *scratch, struct buf *ret, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    CLEANUP(free_ptr) char *text = xvasprintf(fmt, ap);
    va_end(ap);
    CLEANUP(free_ptr) char *command = xasprintf("cd '%s' && export LC_ALL=C && %s", scratch, text);
    FILE *out = popen(command, "r");
    assert_non_null(out);
    CLEANUP(buf_release) struct buf ignored = BUF_INIT(0);
    ret = ret ? ret : &ignored;
    buf_reset(ret);
    size_t n;
    do {
        n = fread(buf_reserve(ret, 4096), 1, 4096, out);
        buf_filled(ret, n);
    } while (n);
    int status = pclose(out);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

bool have_command(const char *name)
{
    return scratch_run("/", NULL, "command -v %s", name) == 0;
}

void scratch_write(const char *scratch, const char *name, const void *p, size_t n)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(free_ptr) char *path = path_join(scratch, name);
    assert_ok(file_write(path, p, n, 0644, &err), &err);
}

void scratch_read(const char *scratch, const char *name, struct buf *ret)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    CLEANUP(free_ptr) char *path = path_join(scratch, name);
    assert_ok(file_read(path, SIZE_MAX / 2, ret, &err), &err);
}
