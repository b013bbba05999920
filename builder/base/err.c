/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"
#include "base/text.h"

#include <assert.h>
#include <errno.h>

static int set(struct err *err, enum err_code code, char *message)
{
    assert(err->code == ERR_NONE);
    assert(code != ERR_NONE);
    err->code = code;
    err->message = text_shown(message);
    return -(int)code;
}

int err_set(struct err *err, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *message = xvasprintf(fmt, ap);
    va_end(ap);
    return set(err, ERR_FAIL, message);
}

int err_code(struct err *err, enum err_code code, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *message = xvasprintf(fmt, ap);
    va_end(ap);
    return set(err, code, message);
}

int err_errno(struct err *err, int errnum, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    CLEANUP(free_ptr) char *what = xvasprintf(fmt, ap);
    va_end(ap);

    char space[128];
    const char *text = strerror_r(errnum, space, sizeof(space));
    return set(err, errnum == ENOENT ? ERR_NOT_FOUND : ERR_FAIL, xasprintf("%s: %s", what, text));
}

int err_wrap(struct err *err, const char *fmt, ...)
{
    assert(err->code != ERR_NONE);
    va_list ap;
    va_start(ap, fmt);
    CLEANUP(free_ptr) char *context = xvasprintf(fmt, ap);
    va_end(ap);

    char *message = xasprintf("%s: %s", context, err->message);
    free(err->message);
    err->message = text_shown(message);
    return err_ret(err);
}

int err_hint(struct err *err, const char *fmt, ...)
{
    assert(err->code != ERR_NONE);
    va_list ap;
    va_start(ap, fmt);
    char *line = text_shown(xvasprintf(fmt, ap));
    va_end(ap);

    if (err->hint) {
        char *both = xasprintf("%s\n%s", err->hint, line);
        free(err->hint);
        free(line);
        line = both;
    }
    err->hint = line;
    return err_ret(err);
}

int err_move(struct err *dst, struct err *src)
{
    assert(dst->code == ERR_NONE);
    assert(src->code != ERR_NONE);
    *dst = *src;
    *src = (struct err)ERR_INIT;
    return err_ret(dst);
}

void err_clear(struct err *err)
{
    free(err->message);
    free(err->hint);
    *err = (struct err)ERR_INIT;
}

void err_release(struct err *err)
{
    err_clear(err);
}
