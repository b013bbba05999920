/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"

static int bad_path(struct err *err, const char *name, size_t n, const char *why)
{
    bool cut = n > 200;
    CLEANUP(free_ptr) char *shown = text_escape(name, cut ? 200 : n);
    return err_set(err, "path \"%s%s\" %s", shown, cut ? "..." : "", why);
}

static const char *check_part(struct slice part)
{
    if (part.n == 0)
        return "has an empty part";
    if (part.n == 1 && part.p[0] == '.')
        return "has a \".\" part";
    if (part.n == 2 && part.p[0] == '.' && part.p[1] == '.')
        return "has a \"..\" part";
    if (part.n > PATH_PART_MAX)
        return "has a part of more than 255 bytes";
    if (part.n >= 4 && memcmp(part.p, ".wh.", 4) == 0)
        return "has a part that begins with .wh., which in a layer says that a file is gone";
    return NULL;
}

/* The next part of rest, which then starts behind its slash; rest->p is NULL after the last. */
static struct slice next_part(struct slice *rest)
{
    const char *slash = rest->n ? memchr(rest->p, '/', rest->n) : NULL;
    struct slice part = *rest;
    if (slash) {
        part.n = (size_t)(slash - rest->p);
        *rest = (struct slice){slash + 1, rest->n - part.n - 1};
    } else {
        *rest = (struct slice){NULL, 0};
    }
    return part;
}

static const char *check_relative(struct slice s)
{
    if (s.n > PATH_BYTES_MAX)
        return "is longer than 4096 bytes";
    if (memchr(s.p, '\0', s.n))
        return "has a NUL byte";
    while (s.p) {
        const char *why = check_part(next_part(&s));
        if (why)
            return why;
    }
    return NULL;
}

int path_from_member(const char *name, size_t n, struct buf *ret, struct err *err)
{
    buf_reset(ret);
    if (n == 0)
        return err_set(err, "a path is empty");
    if (name[0] == '/')
        return bad_path(err, name, n, "is absolute");

    struct slice s = {name, n};
    if (n >= 2 && name[0] == '.' && name[1] == '/')
        s = (struct slice){name + 2, n - 2};
    if (s.n == 0)
        return 0;
    if (s.p[0] == '/')
        return bad_path(err, name, n, "has an empty part");
    while (s.n && s.p[s.n - 1] == '/')
        s.n--;

    const char *why = check_relative(s);
    if (why)
        return bad_path(err, name, n, why);
    buf_addslice(ret, s);
    return ret->overflow ? bad_path(err, name, n, "is too long") : 0;
}

int path_from_recipe(const char *path, struct buf *ret, struct err *err)
{
    buf_reset(ret);
    size_t n = strlen(path);
    if (path[0] != '/')
        return bad_path(err, path, n, "is not absolute");
    if (n == 1)
        return 0;
    const char *why = check_relative((struct slice){path + 1, n - 1});
    if (why)
        return bad_path(err, path, n, path[n - 1] == '/' ? "ends in a slash" : why);
    buf_addstr(ret, path + 1);
    return ret->overflow ? bad_path(err, path, n, "is too long") : 0;
}

static void drop_last_part(struct buf *b)
{
    while (b->len && b->data[b->len - 1] != '/')
        b->len--;
    if (b->len)
        b->len--;
    if (b->data)
        b->data[b->len] = '\0';
}

void path_link_target(const char *path, const char *target, struct buf *ret)
{
    buf_reset(ret);
    if (target[0] != '/')
        buf_addslice(ret, path_dir(path));
    struct slice rest = slice_of(target);
    while (rest.p) {
        struct slice part = next_part(&rest);
        if (part.n == 0 || slice_eq(part, "."))
            continue;
        if (slice_eq(part, "..")) {
            drop_last_part(ret);
            continue;
        }
        if (ret->len)
            buf_addch(ret, '/');
        buf_addslice(ret, part);
    }
}

struct slice path_dir(const char *path)
{
    const char *slash = strrchr(path, '/');
    return (struct slice){path, slash ? (size_t)(slash - path) : 0};
}

const char *path_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

bool path_below(const char *path, const char *dir)
{
    size_t n = strlen(dir);
    if (n == 0)
        return true;
    return strncmp(path, dir, n) == 0 && (path[n] == '\0' || path[n] == '/');
}
