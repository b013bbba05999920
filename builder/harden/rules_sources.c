/* SPDX-License-Identifier: Apache-2.0 */
/* What third parties' packages put before Debian's, where no path collides. */
#include "harden/rule.h"

#include "base/arch.h"
#include "base/text.h"
#include "harden/loader.h"

enum whose { OF_IMAGE, OF_DEBIAN, OF_THIRD };

static enum whose whose(const struct view *v, const struct node *n)
{
    const struct package *by = node_by(n);
    const struct lock_package *p = by ? lock_find(v->lock, by->name) : NULL;

    if (!by)
        return OF_IMAGE;
    return p && recipe_is_debian(p->origin) ? OF_DEBIAN : OF_THIRD;
}

static bool has_third_party(const struct view *v)
{
    for (size_t i = 0; v->lock && i < v->lock->n_packages; i++)
        if (!recipe_is_debian(v->lock->packages[i].origin))
            return true;
    return false;
}

/* A name that is Debian's, by which a program is found: a library's, a module's. */
struct taken {
    char *name;
    const char *package; /* borrowed */
    size_t root;         /* modules: how many bytes of its path are the directory's */
    const char *path;
};

struct shadows {
    const struct rule *rule;
    const struct view *view;
    struct findings *ret;
    struct loader loader;
    struct taken *libraries, *modules; /* sorted by name */
    size_t n_libraries, cap_libraries, n_modules, cap_modules;
    struct strv dirs;      /* sorted: image paths of directories where a loader looks */
    struct strv programs;  /* the same of programs, in the order of PATH */
    struct strv fallback;  /* and of the order without the config's PATH */
    const char *last_conf; /* the last of Debian's files in ld.so.conf.d by name; or NULL */
};

static int by_name(const void *x, const void *y)
{
    const struct taken *a = x, *b = y;
    return strcmp(a->name, b->name);
}

static const struct taken *find_taken(const struct taken *v, size_t n, const char *name)
{
    struct taken key = {.name = (char *)(uintptr_t)name};
    return n ? bsearch(&key, v, n, sizeof(*v), by_name) : NULL;
}

static void taken_free(struct taken *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(v[i].name);
    free(v);
}

static struct slice dir_of(const struct node *n)
{
    return path_dir(n->path);
}

static bool lies_in(const struct node *n, const char *dir)
{
    struct slice above = dir_of(n);
    return above.n == strlen(dir) && memcmp(above.p, dir, above.n) == 0;
}

/* ---- where is looked ------------------------------------------------------------------------ */

/* The directory behind a path, links followed; path may have a leading slash. */
static void add_dir(const struct view *v, const char *path, struct strv *ret)
{
    CLEANUP(buf_release) struct buf clean = BUF_INIT(PATH_BYTES_MAX);

    path_link_target("", path, &clean);
    const struct node *n = clean.overflow ? NULL : tree_resolve(v->tree, buf_str(&clean));
    if (n && n->type == ENTRY_DIRECTORY && !strv_has(ret, n->path))
        strv_add(ret, n->path);
}

static void add_default_dirs(struct shadows *s)
{
    static const char *const tops[] = {
        "/usr/lib", "/usr/lib64", "/usr/lib32",     "/usr/libx32",
        "/lib",     "/lib64",     "/usr/local/lib", "/usr/local/lib64"};
    const struct arch *arch = s->view->arch ? arch_find(s->view->arch) : NULL;

    for (size_t i = 0; i < ARRAY_SIZE(tops); i++) {
        CLEANUP(free_ptr) char *multi = xasprintf("%s/%s", tops[i], arch ? arch->triplet : "");
        add_dir(s->view, tops[i], &s->dirs);
        add_dir(s->view, multi, &s->dirs);
    }
}

/* The system's directories, those of the configuration (the cache has them), the config's
 * LD_LIBRARY_PATH, and what Debian's own files say of where their libraries are. */
static void find_dirs(struct shadows *s)
{
    struct loader *l = &s->loader;

    add_default_dirs(s);
    for (size_t i = 0; i < l->n_cache; i++) {
        struct slice dir = path_dir(l->cache[i].path);
        CLEANUP(free_ptr) char *path = xstrndup(dir.p, dir.n);
        add_dir(s->view, path, &s->dirs);
    }
    strv_each (dir, &l->env)
        add_dir(s->view, *dir, &s->dirs);
    for (size_t i = 0; i < l->n; i++) {
        if (whose(s->view, l->objects[i].node) != OF_DEBIAN)
            continue;
        const struct strv *own = loader_own_dirs(l, &l->objects[i]);
        strv_each (dir, own)
            add_dir(s->view, *dir, &s->dirs);
    }
    strv_sort(&s->dirs);
}

static void find_programs(struct shadows *s)
{
    static const char fallback[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin";
    CLEANUP(strv_release) struct strv dirs = STRV_INIT, others = STRV_INIT;

    view_search_path(s->view, &dirs);
    strv_each (dir, &dirs)
        add_dir(s->view, *dir, &s->programs);
    strv_split(&others, slice_of(fallback), ":");
    strv_each (dir, &others)
        add_dir(s->view, *dir, &s->fallback);
}

/* ---- libraries ------------------------------------------------------------------------------ */

static void add_library(struct shadows *s, const char *name, const struct node *n)
{
    GROW(s->libraries, s->n_libraries, s->cap_libraries);
    s->libraries[s->n_libraries++] = (struct taken){xstrdup(name), node_by(n)->name, 0, n->path};
}

static const char *soname_of(const struct view *v, const struct node *n)
{
    const struct file_facts *f = n->type == ENTRY_SYMLINK ? NULL : view_facts(v, n);
    return f && f->elf ? f->elf->soname : NULL;
}

/* All names by which Debian's libraries are found: sonames, and what stands in their directories.
 */
static void find_libraries(struct shadows *s, struct node *const *nodes, size_t n_nodes)
{
    for (size_t i = 0; i < n_nodes; i++) {
        const struct node *n = nodes[i];
        const char *base = path_base(n->path), *soname = soname_of(s->view, n);

        if (n->type == ENTRY_DIRECTORY || whose(s->view, n) != OF_DEBIAN)
            continue;
        if (soname)
            add_library(s, soname, n);
        if (strstr(base, ".so") && path_below(n->path, "usr"))
            add_library(s, base, n);
    }
    if (s->n_libraries)
        qsort(s->libraries, s->n_libraries, sizeof(*s->libraries), by_name);
}

static bool is_looked_at(const struct shadows *s, const struct node *n)
{
    struct slice above = dir_of(n);
    CLEANUP(free_ptr) char *dir = xstrndup(above.p, above.n);

    /* Which of these a loader takes depends on the machine. */
    return strstr(n->path, "/glibc-hwcaps/") || strv_has_sorted(&s->dirs, dir);
}

static bool look_at_library(struct shadows *s, const struct node *n)
{
    const char *names[] = {path_base(n->path), soname_of(s->view, n)};

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        const struct taken *t = names[i] ? find_taken(s->libraries, s->n_libraries, names[i])
                                         : NULL;
        if (!t || !is_looked_at(s, n))
            continue;
        finding_at(s->ret, s->rule, n,
                   "lies where the loader looks for %s, a library of package %s", t->name,
                   t->package);
        return true;
    }
    return false;
}

/* What ld.so.cache leads to under Debian's names, whatever the files are called. */
static void look_at_cache(struct shadows *s)
{
    for (size_t i = 0; i < s->loader.n_cache; i++) {
        const struct ld_found *f = &s->loader.cache[i];
        const struct taken *t = find_taken(s->libraries, s->n_libraries, f->name);
        CLEANUP(buf_release) struct buf path = BUF_INIT(PATH_BYTES_MAX);
        bool told = false;

        if (!t)
            continue;
        path_link_target("", f->path, &path);
        const struct node *n = tree_resolve(s->view->tree, buf_str(&path));
        if (!n || whose(s->view, n) != OF_THIRD)
            continue;
        for (size_t k = 0; k < s->ret->n; k++)
            told = told ||
                   (s->ret->v[k].rule == s->rule && strcmp(s->ret->v[k].path, n->path) == 0);
        if (!told)
            finding_at(s->ret, s->rule, n,
                       "is what ld.so.cache gives for %s, a library of package %s", t->name,
                       t->package);
    }
}

/* ---- modules of interpreters ---------------------------------------------------------------- */

/* Directories where an interpreter looks for modules of all programs, as globs that match them. */
static const struct {
    const char *glob, *language;
    bool first; /* a module is its first part, up to a dot; else the whole path behind */
} module_dirs[] = {
    {"usr/lib/python3/dist-packages", "Python", true},
    {"usr/local/lib/python3*/dist-packages", "Python", true},
    {"usr/local/lib/python3*/site-packages", "Python", true},
    {"etc/perl", "Perl", false},
    {"usr/local/lib/*/perl/*", "Perl", false},
    {"usr/local/share/perl/*", "Perl", false},
    {"usr/lib/*/perl5/*", "Perl", false},
    {"usr/share/perl5", "Perl", false},
    {"usr/lib/*/perl-base", "Perl", false},
    {"usr/lib/*/perl/*", "Perl", false},
    {"usr/share/perl/*", "Perl", false},
    {"usr/local/lib/site_ruby", "Ruby", false},
    {"usr/local/lib/site_ruby/*", "Ruby", false},
    {"usr/lib/ruby/vendor_ruby", "Ruby", false},
    {"usr/lib/ruby/[0-9]*", "Ruby", false},
    {"usr/local/lib/node_modules", "Node", true},
    {"usr/lib/nodejs", "Node", true},
    {"usr/share/nodejs", "Node", true},
};

/* The module that a path is or belongs to, "Python yaml"; NULL if it is none. */
static char *module_of(const struct node *n, size_t *ret_root)
{
    for (size_t end = 0; n->path[end]; end++) {
        if (n->path[end] != '/')
            continue;
        CLEANUP(free_ptr) char *dir = xstrndup(n->path, end);
        const char *rest = n->path + end + 1;
        for (size_t i = 0; i < ARRAY_SIZE(module_dirs); i++) {
            if (!glob_match(module_dirs[i].glob, dir))
                continue;
            *ret_root = end;
            if (!module_dirs[i].first)
                return xasprintf("%s %s", module_dirs[i].language, rest);
            if (starts_with(rest, "__pycache__/"))
                return NULL;
            return xasprintf("%s %.*s", module_dirs[i].language, (int)strcspn(rest, "./"), rest);
        }
    }
    return NULL;
}

static void find_modules(struct shadows *s, struct node *const *nodes, size_t n_nodes)
{
    for (size_t i = 0; i < n_nodes; i++) {
        size_t root = 0;
        if (nodes[i]->type == ENTRY_DIRECTORY || whose(s->view, nodes[i]) != OF_DEBIAN)
            continue;
        char *name = module_of(nodes[i], &root);
        if (!name)
            continue;
        GROW(s->modules, s->n_modules, s->cap_modules);
        s->modules[s->n_modules++] = (struct taken){name, node_by(nodes[i])->name, root,
                                                    nodes[i]->path};
    }
    if (s->n_modules)
        qsort(s->modules, s->n_modules, sizeof(*s->modules), by_name);
}

/* Modules of one name in two directories: which is taken is the interpreter's business. */
static bool look_at_module(struct shadows *s, const struct node *n)
{
    size_t root = 0;
    CLEANUP(free_ptr) char *name = module_of(n, &root);
    const struct taken *t = name ? find_taken(s->modules, s->n_modules, name) : NULL;

    for (; t && t > s->modules && strcmp(t[-1].name, name) == 0; t--)
        ;
    for (; t && t < s->modules + s->n_modules && strcmp(t->name, name) == 0; t++) {
        if (t->root == root && strncmp(t->path, n->path, root) == 0)
            continue;
        finding_at(s->ret, s->rule, n, "is the module %s, as package %s brings it in another place",
                   name, t->package);
        return true;
    }
    return false;
}

/* ---- programs ------------------------------------------------------------------------------- */

static bool is_before(struct shadows *s, const struct node *n, const struct strv *dirs)
{
    bool behind = false;

    strv_each (dir, dirs) {
        if (!behind) {
            behind = lies_in(n, *dir);
            continue;
        }
        CLEANUP(free_ptr) char *path = xasprintf("%s/%s", *dir, path_base(n->path));
        const struct node *other = tree_find(s->view->tree, path);
        if (!other || other->type == ENTRY_DIRECTORY || whose(s->view, other) != OF_DEBIAN)
            continue;
        finding_at(s->ret, s->rule, n, "stands before /%s of package %s in PATH", other->path,
                   node_by(other)->name);
        return true;
    }
    return false;
}

/* ---- places --------------------------------------------------------------------------------- */

static const struct {
    const char *glob, *what;
} places[] = {
    {"etc/ld.so.preload", "makes every program load what it names"},
    {"etc/ld.so.cache", "tells the loader where all libraries are"},
    {"etc/ld.so.conf", "tells where libraries are looked for"},
    {"etc/ld-musl-*.path", "tells where libraries are looked for"},
    {"usr/share/ca-certificates/**", "is among the certificates that programs trust"},
    {"usr/local/share/ca-certificates/**", "is among the certificates that programs trust"},
    {"etc/ca-certificates/**", "is among the certificates that programs trust"},
    {"etc/ca-certificates.conf", "tells which certificates programs trust"},
    {"etc/ssl/certs/**", "is among the certificates that programs trust"},
    {"etc/ssl/cert.pem", "is among the certificates that programs trust"},
    {"etc/pki/**", "is among the certificates that programs trust"},
    {"usr/lib/ssl/cert*", "is among the certificates that programs trust"},
    {"usr/lib/ssl/certs/**", "is among the certificates that programs trust"},
    {"usr/lib/python3*/**/certifi/*.pem", "is among the certificates that programs trust"},
    {"etc/nsswitch.conf", "tells which libraries look up accounts and hosts"},
    {"etc/ssl/openssl.cnf", "tells OpenSSL what to load"},
    {"usr/lib/ssl/openssl.cnf", "tells OpenSSL what to load"},
    {"usr/lib*/**/gconv/**", "is loaded by whoever converts text (gconv)"},
    {"usr/lib/python3*/**/*.pth", "is run by every start of Python"},
    {"usr/local/lib/python3*/**/*.pth", "is run by every start of Python"},
    {"usr/lib/python3*/**/sitecustomize*", "is run by every start of Python"},
    {"usr/local/lib/python3*/**/sitecustomize*", "is run by every start of Python"},
    {"usr/lib/python3*/**/sitecustomize*/**", "is run by every start of Python"},
    {"usr/local/lib/python3*/**/sitecustomize*/**", "is run by every start of Python"},
    {"usr/lib/python3*/**/usercustomize*", "is run by every start of Python"},
    {"usr/local/lib/python3*/**/usercustomize*", "is run by every start of Python"},
    {"etc/python3*/**", "is run by every start of Python"},
    {"usr/lib/jvm/**/security/cacerts", "is among the certificates that programs trust"},
    {"etc/perl/sitecustomize.pl", "is run by every start of Perl"},
};

static bool look_at_place(struct shadows *s, const struct node *n)
{
    for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
        if (!glob_match(places[i].glob, n->path))
            continue;
        finding_at(s->ret, s->rule, n, "%s", places[i].what);
        return true;
    }
    return false;
}

static bool look_at_conf(struct shadows *s, const struct node *n)
{
    if (!lies_in(n, "etc/ld.so.conf.d") ||
        (s->last_conf && strcmp(path_base(n->path), path_base(s->last_conf)) > 0))
        return false;
    if (s->last_conf)
        finding_at(s->ret, s->rule, n, "is read before /%s, so its directories come first",
                   s->last_conf);
    else
        finding_at(s->ret, s->rule, n, "tells where libraries are looked for");
    return true;
}

static void find_last_conf(struct shadows *s, struct node *const *nodes, size_t n_nodes)
{
    for (size_t i = 0; i < n_nodes; i++)
        if (lies_in(nodes[i], "etc/ld.so.conf.d") && whose(s->view, nodes[i]) == OF_DEBIAN &&
            (!s->last_conf || strcmp(nodes[i]->path, s->last_conf) > 0))
            s->last_conf = nodes[i]->path;
}

/* ---- the rule ------------------------------------------------------------------------------- */

static void look_at_all(struct shadows *s, struct node *const *nodes, size_t n_nodes)
{
    for (size_t i = 0; i < n_nodes; i++) {
        const struct node *n = nodes[i];
        if (n->type == ENTRY_DIRECTORY || whose(s->view, n) != OF_THIRD)
            continue;
        if (look_at_place(s, n) || look_at_conf(s, n) || look_at_library(s, n) ||
            is_before(s, n, &s->programs) || is_before(s, n, &s->fallback))
            continue;
        (void)look_at_module(s, n);
    }
    look_at_cache(s);
}

static void src_shadow(const struct rule *r, const struct view *v, struct findings *ret)
{
    struct shadows s = {.rule = r, .view = v, .ret = ret};
    size_t n_nodes;
    struct node *const *nodes;

    if (!has_third_party(v))
        return;
    nodes = tree_nodes(v->tree, &n_nodes);
    loader_start(&s.loader, v);
    find_dirs(&s);
    find_programs(&s);
    find_libraries(&s, nodes, n_nodes);
    find_modules(&s, nodes, n_nodes);
    find_last_conf(&s, nodes, n_nodes);
    look_at_all(&s, nodes, n_nodes);
    loader_release(&s.loader);
    taken_free(s.libraries, s.n_libraries);
    taken_free(s.modules, s.n_modules);
    strv_release(&s.dirs);
    strv_release(&s.programs);
    strv_release(&s.fallback);
}

const struct rule source_rules[] = {
    {
        .id = "SRC-SHADOW",
        .title = "No third party's package puts itself before Debian's",
        .severity = SEVERITY_HIGH,
        .action = RULE_DENY,
        .advice =
            "leave the file out: package \"name\" { exclude = {\"/path\"} }; or ask the vendor "
            "why it has to be there",
        .source = "MITRE ATT&CK T1574 (Hijack Execution Flow)",
        .why =
            "Looks at what packages of a third party's source bring. Where a path is Debian's, the "
            "build ends anyway; but a library that lies in a directory where the loader looks "
            "first, "
            "or a program earlier in PATH, is taken in place of Debian's without any path in "
            "common.\n"
            "Found are: a file by the name or soname of a library of Debian's in any directory "
            "where the loader looks (of the system, its glibc-hwcaps, ld.so.conf, "
            "LD_LIBRARY_PATH, RUNPATH of Debian's files); files in ld.so.conf.d that are read "
            "before Debian's; ld.so.preload, ld.so.conf and ld.so.cache; a program whose name "
            "Debian's has later in PATH; roots in the places of CA certificates; nsswitch.conf; "
            "gconv modules; "
            "of Python .pth files, sitecustomize and usercustomize; modules of Python, Perl, Ruby "
            "and "
            "Node in another directory than Debian's of the same name.\n"
            "debian and debian-security are one origin. What lies below /opt or in a directory of "
            "its own isn't found, nor is what the recipe's own files bring.",
        .image = src_shadow,
    },
    {0},
};
