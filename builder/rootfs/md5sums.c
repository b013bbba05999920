/* SPDX-License-Identifier: Apache-2.0 */
#include "base/path.h"
#include "rootfs/unpacking.h"

#define MD5_DIGITS 32

/* dpkg keeps a conffile's digest elsewhere. Lines are paths, maybe behind a flag. */
static bool is_conffile(const struct package *p, const char *path)
{
    for (size_t i = 0; i < p->n_scripts; i++) {
        if (strcmp(p->scripts[i].name, "conffiles") != 0)
            continue;
        CLEANUP(strv_release) struct strv lines = STRV_INIT;
        strv_split(&lines, (struct slice){p->scripts[i].text, p->scripts[i].size}, "\n");
        strv_each (line, &lines) {
            const char *slash = strchr(*line, '/');
            CLEANUP(buf_release) struct buf name = BUF_INIT(PATH_BYTES_MAX);
            buf_addstr(&name, slash ? slash + 1 : "");
            path_merge_plain(&name);
            if (strcmp(buf_str(&name), path) == 0)
                return true;
        }
    }
    return false;
}

static const struct entry *shipped_file(const struct unpacking *u, const char *path)
{
    size_t index;
    if (!path_set_find(&u->decisions.paths, path, &index) || index == PATH_IMPLIED)
        return NULL;
    const struct entry *e = &u->package->entries[index];
    return !e->dropped && (e->type == ENTRY_FILE || e->type == ENTRY_HARDLINK) ? e : NULL;
}

static bool is_digest(struct slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!strchr("0123456789abcdef", s.p[i]) || !s.p[i])
            return false;
    }
    return s.n == MD5_DIGITS;
}

/* A line of the deb's own, if it is one and its file is shipped. */
static void take_line(const struct unpacking *u, struct slice line, struct buf *ret)
{
    if (line.n < MD5_DIGITS + 3 || memcmp(line.p + MD5_DIGITS, "  ", 2) != 0 ||
        !is_digest((struct slice){line.p, MD5_DIGITS}))
        return;
    struct slice name = {line.p + MD5_DIGITS + 2, line.n - MD5_DIGITS - 2};
    if (name.n > 2 && name.p[0] == '.' && name.p[1] == '/')
        name = (struct slice){name.p + 2, name.n - 2};
    CLEANUP(buf_release) struct buf path = BUF_INIT(PATH_BYTES_MAX);
    buf_addslice(&path, name);
    path_merge_plain(&path);
    if (!path.overflow && shipped_file(u, buf_str(&path)))
        buf_addf(ret, "%.*s  %s\n", MD5_DIGITS, line.p, path.data);
}

static void own_lines(const struct unpacking *u, struct buf *ret)
{
    struct slice rest = slice_of(u->md5sums);
    while (rest.n) {
        const char *newline = memchr(rest.p, '\n', rest.n);
        size_t n = newline ? (size_t)(newline - rest.p) : rest.n;
        take_line(u, (struct slice){rest.p, n}, ret);
        n += newline != NULL;
        rest = (struct slice){rest.p + n, rest.n - n};
    }
}

static void made_lines(const struct unpacking *u, struct buf *ret)
{
    const struct package *p = u->package;
    for (size_t i = 0; i < u->decisions.n_files; i++) {
        if (!shipped_file(u, p->entries[i].path) || is_conffile(p, p->entries[i].path))
            continue;
        size_t owner = u->decisions.files[u->decisions.files[i].root].owner;
        if (owner < u->n_md5)
            buf_addf(ret, "%s  %s\n", u->md5[owner].s, p->entries[i].path);
    }
}

void md5sums_make(struct unpacking *u)
{
    CLEANUP(buf_release) struct buf text = BUF_INIT(0);
    if (u->md5sums)
        own_lines(u, &text);
    else
        made_lines(u, &text);
    u->package->md5sums = xstrdup(buf_str(&text));
}
