/* SPDX-License-Identifier: Apache-2.0 */
/* apk's database, lib/apk/db/installed (apk-installed(5)): a letter, a colon and a value a line; an
 * empty line ends a package. P name, V version, A architecture, o origin, F a directory, R a file
 * in it. */
#include "audit/records.h"

struct apk_package {
    struct slice name, version, arch, origin, dir;
    struct package *made;
};

static struct package *made_of(struct apk_package *a, struct software *s)
{
    if (a->made || a->name.n == 0)
        return a->made;
    a->made = software_add(s, a->name, a->version, a->arch);
    if (a->made) {
        a->made->source = a->origin.n ? xstrndup(a->origin.p, a->origin.n) : xstrdup(a->made->name);
        a->made->source_version = xstrdup(a->made->version);
    }
    return a->made;
}

static void own_file(struct owner *o, const struct apk_package *a, struct slice name)
{
    CLEANUP(buf_release) struct buf path = BUF_INIT(PATH_BYTES_MAX);

    buf_addslice(&path, a->dir);
    buf_addf(&path, "%s%.*s", a->dir.n ? "/" : "", (int)name.n, name.p);
    (void)software_own(o, (struct slice){buf_str(&path), path.len}, a->made);
}

static void read_line(struct owner *o, struct apk_package *a, struct slice line, struct software *s)
{
    struct slice value = {line.p + 2, line.n - 2};

    switch (line.p[0]) {
    case 'P':
        a->name = value;
        break;
    case 'V':
        a->version = value;
        break;
    case 'A':
        a->arch = value;
        break;
    case 'o':
        a->origin = value;
        break;
    case 'F':
        a->dir = value;
        if (made_of(a, s) && value.n)
            (void)software_own(o, value, a->made);
        break;
    case 'R':
        if (made_of(a, s) && value.n && value.n < PATH_BYTES_MAX)
            own_file(o, a, value);
        break;
    default:
        break;
    }
}

void apk_read(struct tree *t, struct software *s)
{
    CLEANUP(owner_release) struct owner o = {.tree = t};
    struct apk_package now = {0};
    struct slice text;
    const struct node *n = tree_resolve(t, "lib/apk/db/installed");

    n = n ? n : tree_resolve(t, "usr/lib/apk/db/installed");
    if (!n || !tree_text(n, &text))
        return;
    s->records = RECORDS_APK;
    while (text.n) {
        const char *newline = memchr(text.p, '\n', text.n);
        struct slice line = {text.p, newline ? (size_t)(newline - text.p) : text.n};
        size_t used = line.n + (newline != NULL);
        text = (struct slice){text.p + used, text.n - used};
        if (line.n >= 2 && line.p[1] == ':') {
            read_line(&o, &now, line, s);
        } else if (line.n == 0) {
            (void)made_of(&now, s);
            now = (struct apk_package){0};
        }
    }
    (void)made_of(&now, s);
}
