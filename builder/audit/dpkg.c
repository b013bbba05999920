/* SPDX-License-Identifier: Apache-2.0 */
/* dpkg's records: /var/lib/dpkg/status with info/NAME.list, and distroless's status.d/NAME with
 * NAME.md5sums (a list of paths too). */
#include "audit/records.h"
#include "base/path.h"
#include "deb/deb822.h"

#define STATUS   "var/lib/dpkg/status"
#define STATUS_D "var/lib/dpkg/status.d"
#define INFO     "var/lib/dpkg/info"

static char *copy(struct slice s)
{
    return xstrndup(s.p, s.n);
}

static void read_source(struct package *p, const struct deb822 *d)
{
    struct slice name, version;

    deb822_source(d, &name, &version);
    p->source = name.n ? copy(name) : xstrdup(p->name);
    p->source_version = version.n ? copy(version) : xstrdup(p->version);
}

/* Whether a text's lines are in the tree. md5sums have a sum before each path. What images leave
 * out on purpose isn't missed. */
static bool left_out(struct slice path)
{
    static const char *const places[] = {"usr/share/doc",   "usr/share/man",     "usr/share/locale",
                                         "usr/share/info",  "usr/share/lintian", "usr/share/linda",
                                         "usr/share/groff", "usr/share/bug"};
    path = record_path(path);
    for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
        size_t n = strlen(places[i]);
        if (path.n >= n && memcmp(path.p, places[i], n) == 0)
            return true;
    }
    return false;
}

static void own_lines(struct owner *o, struct slice text, bool sums, const struct package *p,
                      struct software *s)
{
    size_t all = 0, missing = 0;

    while (text.n) {
        const char *newline = memchr(text.p, '\n', text.n);
        struct slice line = {text.p, newline ? (size_t)(newline - text.p) : text.n};
        size_t used = line.n + (newline != NULL);
        text = (struct slice){text.p + used, text.n - used};
        const char *blank = sums && line.n ? memchr(line.p, ' ', line.n) : NULL;
        if (sums && !blank)
            continue;
        if (blank) {
            size_t skip = (size_t)(blank - line.p) + strspn(blank, " ");
            line = (struct slice){line.p + skip, line.n > skip ? line.n - skip : 0};
        }
        if (line.n == 0)
            continue;
        bool there = software_own(o, line, p);
        if (left_out(line))
            continue;
        all++;
        missing += !there;
    }
    if (missing > 2 && missing > all / 2)
        software_fault(s, "%s is recorded, but %zu of its %zu paths are missing", p->name, missing,
                       all);
}

static bool find_text(const struct tree *t, const char *path, struct slice *ret)
{
    const struct node *n = tree_resolve(t, path);
    return n && tree_text(n, ret);
}

/* info/NAME.list, or info/NAME:ARCH.list of what is Multi-Arch: same. */
static void own_listed(struct owner *o, const struct package *p, struct software *s)
{
    CLEANUP(free_ptr) char *plain = xasprintf(INFO "/%s.list", p->name);
    CLEANUP(free_ptr) char *with_arch = xasprintf(INFO "/%s:%s.list", p->name, p->arch);
    struct slice text;

    if (find_text(o->tree, plain, &text) || find_text(o->tree, with_arch, &text))
        own_lines(o, text, false, p, s);
}

static struct package *read_stanza(const struct deb822 *d, struct software *s)
{
    struct slice name = deb822_get(d, "Package"), status = deb822_get(d, "Status");

    if (name.n == 0 || memchr(name.p, '/', name.n) || memchr(name.p, '\n', name.n))
        return NULL;
    if (status.n && !slice_eq(status, "install ok installed") &&
        !slice_eq(status, "hold ok installed"))
        return NULL;
    struct package *p = software_add(s, name, deb822_get(d, "Version"),
                                     deb822_get(d, "Architecture"));
    if (p)
        read_source(p, d);
    return p;
}

static void read_status(struct owner *o, const char *path, bool lists, struct software *s)
{
    CLEANUP(err_release) struct err err = ERR_INIT;
    struct slice text;
    struct deb822 d;
    int r;

    if (!find_text(o->tree, path, &text))
        return;
    deb822_init(&d, text.p, text.n, "a record");
    while ((r = deb822_next(&d, &err)) > 0) {
        struct package *p = read_stanza(&d, s);
        if (!p)
            continue;
        if (lists) {
            own_listed(o, p, s);
            continue;
        }
        CLEANUP(free_ptr) char *sums = xasprintf("%s.md5sums", path);
        if (find_text(o->tree, sums, &text))
            own_lines(o, text, true, p, s);
    }
    deb822_release(&d);
    if (r < 0)
        software_fault(s, "/%s: %s", path, err.message);
}

void dpkg_read(struct tree *t, struct software *s)
{
    CLEANUP(owner_release) struct owner o = {.tree = t};
    struct slice text;
    size_t n, before = s->n;
    struct node *const *nodes = tree_nodes(t, &n);

    if (find_text(t, STATUS, &text))
        read_status(&o, STATUS, true, s);
    for (size_t i = 0; i < n; i++) {
        const char *path = nodes[i]->path;
        size_t length = strlen(path);
        if (!path_below(path, STATUS_D) || nodes[i]->type != ENTRY_FILE ||
            (length > 8 && strcmp(path + length - 8, ".md5sums") == 0))
            continue;
        read_status(&o, path, false, s);
    }
    if (s->n > before)
        s->records = RECORDS_DPKG;
}
