/* SPDX-License-Identifier: Apache-2.0 */
#include "effects/php.h"
#include "base/path.h"
#include "effects/effect.h"
#include <ctype.h>

#define SHARE   "usr/share/php"
#define ETC     "etc/php/"
#define LIB     "usr/lib/php/"
#define ORIGIN  "PHP"
#define DEFAULT "20"

struct module {
    struct slice version;    /* of the path: "8.4" */
    char *name;              /* "opcache" */
    char *ini;               /* the image path in mods-available */
    const struct node *from; /* the .ini that a package brings */
    struct slice text;       /* the tree's */
};
struct sapi {
    struct slice version;
    const char *name; /* the tree's */
};
struct php {
    struct module *modules;
    size_t n_modules, cap_modules;
    struct sapi *sapis;
    size_t n_sapis, cap_sapis;
};

static void php_release(struct php *p)
{
    for (size_t i = 0; i < p->n_modules; i++) {
        free(p->modules[i].name);
        free(p->modules[i].ini);
    }
    free(p->modules);
    free(p->sapis);
}

/* ---- priorities ---- */

static struct slice digits_of(struct slice s)
{
    size_t n = 0;
    while (n < s.n && isdigit((unsigned char)s.p[n]))
        n++;
    return (struct slice){s.p, n};
}

static struct slice after_blanks(struct slice s)
{
    while (s.n && isspace((unsigned char)*s.p))
        s = (struct slice){s.p + 1, s.n - 1};
    return s;
}

/* ";[[:space:]]*priority[[:space:]]*=[[:space:]]*([0-9]+)[[:space:]]*", the whole line. */
static bool read_priority(struct slice line, struct slice *ret)
{
    static const char word[] = "priority";
    if (!line.n || *line.p != ';')
        return false;
    line = after_blanks((struct slice){line.p + 1, line.n - 1});
    if (!slice_starts_with(line, word))
        return false;
    line = after_blanks((struct slice){line.p + strlen(word), line.n - strlen(word)});
    if (!line.n || *line.p != '=')
        return false;
    line = after_blanks((struct slice){line.p + 1, line.n - 1});
    *ret = digits_of(line);
    return ret->n && after_blanks((struct slice){line.p + ret->n, line.n - ret->n}).n == 0;
}

struct slice php_priority(struct slice ini)
{
    struct slice priority;
    while (ini.n) {
        const char *newline = memchr(ini.p, '\n', ini.n);
        struct slice line = {ini.p, newline ? (size_t)(newline - ini.p) : ini.n};
        if (read_priority(line, &priority))
            return priority;
        if (line.n && digits_of(line).n == line.n)
            break; /* phpenmod's sed takes it for the number it has just found, and ends */
        size_t n = line.n + (newline != NULL);
        ini = (struct slice){ini.p + n, ini.n - n};
    }
    return slice_of(DEFAULT);
}

/* ---- what is there ---- */

/* "8.4" at the start of s, if `next` follows it. */
static bool read_version(const char *s, char next, struct slice *ret)
{
    struct slice major = digits_of(slice_of(s));
    if (!major.n || s[major.n] != '.')
        return false;
    struct slice minor = digits_of(slice_of(s + major.n + 1));
    *ret = (struct slice){s, major.n + 1 + minor.n};
    return minor.n && s[ret->n] == next;
}

static bool is_module_name(struct slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!isalnum((unsigned char)s.p[i]) && !strchr("_.+-", s.p[i]))
            return false;
    return s.n && s.p[0] != '.' && s.p[0] != '-';
}

/* "package php8.4-xml: /usr/share/php8.4-xml/xml/dom.ini" */
static int refuse(struct err *err, const struct node *n, const char *what)
{
    return err_set(err, "package %s: /%s %s", n->package->name, n->path, what);
}

static int add_module(struct php *p, const struct node *n, struct slice version, struct err *err)
{
    const char *base = path_base(n->path);
    struct slice name = {base, strlen(base) - strlen(".ini")};
    struct slice text;
    if (!is_module_name(name))
        return refuse(err, n, "has no PHP module's name");
    if (!tree_text(n, &text))
        return refuse(err, n, "is too large for a PHP module's configuration");
    char *ini = xasprintf(ETC "%.*s/mods-available/%s", (int)version.n, version.p, base);
    for (size_t i = 0; i < p->n_modules; i++) {
        if (strcmp(p->modules[i].ini, ini) != 0)
            continue;
        const struct node *other = p->modules[i].from;
        free(ini);
        (void)err_set(err, "package %s: /%s and /%s of package %s configure the same PHP module",
                      n->package->name, n->path, other->path, other->package->name);
        return err_hint(err, "omit one of the packages, or exclude its file");
    }
    GROW(p->modules, p->n_modules, p->cap_modules);
    p->modules[p->n_modules++] = (struct module){version, xstrndup(name.p, name.n), ini, n, text};
    return 0;
}

static int look_at(struct php *p, const struct node *n, struct err *err)
{
    struct slice version;
    if (n->type != ENTRY_FILE || !n->package)
        return 0;
    if (glob_match("usr/share/php*/*/*.ini", n->path) &&
        read_version(n->path + strlen(SHARE), '-', &version))
        return add_module(p, n, version, err);
    if (glob_match("etc/php/*/mods-available/*.ini", n->path) &&
        read_version(n->path + strlen(ETC), '/', &version))
        return add_module(p, n, version, err);
    if (glob_match("usr/lib/php/*/sapi/*", n->path) &&
        read_version(n->path + strlen(LIB), '/', &version)) {
        GROW(p->sapis, p->n_sapis, p->cap_sapis);
        p->sapis[p->n_sapis++] = (struct sapi){version, path_base(n->path)};
    }
    return 0;
}

/* ---- what is made ---- */

static int put_php_ini(const struct assembly *a, struct tree *t, const struct sapi *s,
                       const char *directory, struct err *err)
{
    CLEANUP(free_ptr)
    char *from = xasprintf(LIB "%.*s/php.ini-production%s", (int)s->version.n, s->version.p,
                           strcmp(s->name, "cli") == 0 ? ".cli" : "");
    CLEANUP(free_ptr) char *to = xasprintf("%s/php.ini", directory);
    const struct node *n = tree_find(t, from);
    struct slice text;
    if (!n || !n->package || !tree_text(n, &text) || effect_left_out(a, n->package, to, ENTRY_FILE))
        return 0; /* PHP's own defaults */
    return tree_offer_text(t, to, 0644, text.p, text.n, ORIGIN, err);
}

static int configure(const struct assembly *a, struct tree *t, const struct php *p,
                     const struct sapi *s, struct err *err)
{
    CLEANUP(free_ptr)
    char *directory = xasprintf(ETC "%.*s/%s", (int)s->version.n, s->version.p, s->name);
    CLEANUP(free_ptr) char *links = xasprintf("%s/conf.d", directory);
    const struct node *there = tree_find(t, links);
    if (put_php_ini(a, t, s, directory, err) < 0)
        return err_ret(err);
    if (!there || there->type != ENTRY_DIRECTORY)
        return 0; /* as phpenmod: no directory, no modules */
    for (size_t i = 0; i < p->n_modules; i++) {
        const struct module *m = &p->modules[i];
        struct slice priority = php_priority(m->text);
        if (m->version.n != s->version.n || memcmp(m->version.p, s->version.p, s->version.n) != 0)
            continue;
        CLEANUP(free_ptr)
        char *path = xasprintf("%s/%.*s-%s.ini", links, (int)priority.n, priority.p, m->name);
        CLEANUP(free_ptr) char *target = xasprintf("/%s", m->ini);
        if (!effect_left_out(a, m->from->package, path, ENTRY_SYMLINK) &&
            tree_offer_link(t, path, target, ORIGIN, err) < 0)
            return err_ret(err);
    }
    return 0;
}

int assemble_php(struct assembly *a, struct tree *t, struct err *err)
{
    CLEANUP(php_release) struct php p = {0};
    size_t n;
    struct node *const *nodes = tree_nodes(t, &n);
    for (size_t i = 0; i < n; i++)
        if (look_at(&p, nodes[i], err) < 0)
            return err_ret(err);
    for (size_t i = 0; i < p.n_modules; i++) {
        const struct module *m = &p.modules[i];
        if (!effect_left_out(a, m->from->package, m->ini, ENTRY_FILE) &&
            tree_offer_text(t, m->ini, 0644, m->text.p, m->text.n, ORIGIN, err) < 0)
            return err_ret(err);
    }
    for (size_t i = 0; i < p.n_sapis; i++)
        if (configure(a, t, &p, &p.sapis[i], err) < 0)
            return err_ret(err);
    return 0;
}
