/* SPDX-License-Identifier: Apache-2.0 */
#include "rootfs/ld_cache.h"
#include "base/arch.h"
#include "base/path.h"
#include "base/text.h"
#include "rootfs/assembly.h"
#include <ctype.h>
#include <elf.h>

#define CACHE        "etc/ld.so.cache"
#define CONF         "etc/ld.so.conf"
#define CONF_DEPTH   10u
#define DIRS_MAX     1000u
#define CONFS_MAX    1000u
#define NOTES_MAX    20u
#define ELF_LIBC6    0x0003u
#define DEFAULT_CONF "include /etc/ld.so.conf.d/*.conf\n" /* libc-bin's */

struct dir {
    char *path; /* as configured, with a leading slash */
    const struct node *node;
    char *hwcaps;
};

struct search {
    struct assembly *assembly;
    struct tree *tree;
    const struct arch *arch;
    struct dir *dirs;
    size_t n_dirs, cap_dirs;
    struct ld_entry *entries;
    size_t n, cap;
    unsigned confs;    /* configuration files read */
    struct strv links; /* "PATH\0TARGET" as pairs: links that are missing */
};

static void search_release(struct search *s)
{
    for (size_t i = 0; i < s->n_dirs; i++) {
        free(s->dirs[i].path);
        free(s->dirs[i].hwcaps);
    }
    for (size_t i = 0; i < s->n; i++) {
        free(s->entries[i].soname);
        free(s->entries[i].path);
        free(s->entries[i].hwcaps);
    }
    free(s->dirs);
    free(s->entries);
    strv_release(&s->links);
}

/* ---- directories ---- */

static bool add_one(struct search *s, const char *path, const struct node *node, const char *hwcaps)
{
    for (size_t i = 0; i < s->n_dirs; i++)
        if (s->dirs[i].node == node)
            return false;
    if (s->n_dirs == DIRS_MAX)
        return false;
    GROW(s->dirs, s->n_dirs, s->cap_dirs);
    s->dirs[s->n_dirs++] = (struct dir){xstrdup(path), node, hwcaps ? xstrdup(hwcaps) : NULL};
    return true;
}

/* The first child of a directory among all nodes, and how many nodes lie below it. */
static struct node *const *below(struct tree *t, const struct node *dir, size_t *ret_n)
{
    size_t n, first = 0;
    struct node *const *nodes = tree_nodes(t, &n);
    while (first < n && nodes[first] != dir)
        first++;
    size_t end = ++first;
    while (end < n && path_below(nodes[end]->path, dir->path))
        end++;
    *ret_n = end > first ? end - first : 0;
    return nodes + (first < n ? first : n);
}

static bool is_child(const struct node *n, const struct node *dir)
{
    struct slice above = path_dir(n->path);
    return above.n == strlen(dir->path) && memcmp(above.p, dir->path, above.n) == 0;
}

static void add_hwcaps(struct search *s, const char *path, const struct node *dir)
{
    CLEANUP(free_ptr) char *name = xasprintf("%s/glibc-hwcaps", dir->path);
    const struct node *top = tree_resolve(s->tree, name);
    if (!top || top->type != ENTRY_DIRECTORY)
        return;
    size_t n;
    struct node *const *nodes = below(s->tree, top, &n);
    for (size_t i = 0; i < n; i++) {
        const char *base = path_base(nodes[i]->path);
        if (!is_child(nodes[i], top) || base[0] == '.' || strchr(base, ':'))
            continue;
        const struct node *sub = tree_resolve(s->tree, nodes[i]->path);
        if (!sub || sub->type != ENTRY_DIRECTORY)
            continue;
        CLEANUP(free_ptr) char *shown = xasprintf("%s/glibc-hwcaps/%s", path, base);
        (void)add_one(s, shown, sub, base);
    }
}

static void add_dir(struct search *s, struct slice line)
{
    line = slice_trim(line);
    while (line.n && line.p[line.n - 1] == '/')
        line.n--;
    if (line.n == 0 || line.p[0] != '/' || line.n > PATH_BYTES_MAX)
        return;
    CLEANUP(free_ptr) char *path = xstrndup(line.p, line.n);
    CLEANUP(buf_release) struct buf clean = BUF_INIT(PATH_BYTES_MAX);
    path_link_target("", path, &clean);
    const struct node *node = tree_resolve(s->tree, buf_str(&clean));
    if (node && node->type == ENTRY_DIRECTORY && add_one(s, path, node, NULL))
        add_hwcaps(s, path, node);
}

/* ---- configuration ---- */

static void read_conf(struct search *s, const char *path, unsigned depth);

static void include(struct search *s, const char *from, struct slice pattern, unsigned depth)
{
    struct slice dir = path_dir(from);
    CLEANUP(free_ptr)
    char *full = pattern.p[0] == '/'
                     ? xstrndup(pattern.p + 1, pattern.n - 1)
                     : xasprintf("%.*s/%.*s", (int)dir.n, dir.p, (int)pattern.n, pattern.p);
    size_t n;
    CLEANUP(strv_release) struct strv found = STRV_INIT;
    struct node *const *nodes = tree_nodes(s->tree, &n);
    for (size_t i = 0; i < n; i++)
        if (glob_match(full, nodes[i]->path) && path_base(nodes[i]->path)[0] != '.')
            strv_add(&found, nodes[i]->path);
    strv_sort(&found);
    strv_each (path, &found)
        read_conf(s, *path, depth + 1);
}

static void read_line(struct search *s, const char *from, struct slice line, unsigned depth)
{
    const char *comment = memchr(line.p, '#', line.n);
    if (comment)
        line.n = (size_t)(comment - line.p);
    line = slice_trim(line);
    if (line.n < 8 || memcmp(line.p, "include", 7) != 0 || !isblank((unsigned char)line.p[7])) {
        add_dir(s, line);
        return;
    }
    CLEANUP(strv_release) struct strv patterns = STRV_INIT;
    strv_split(&patterns, (struct slice){line.p + 8, line.n - 8}, " \t");
    strv_each (pattern, &patterns)
        include(s, from, slice_of(*pattern), depth);
}

static void read_text(struct search *s, const char *from, struct slice text, unsigned depth)
{
    while (text.n) {
        const char *newline = memchr(text.p, '\n', text.n);
        struct slice line = {text.p, newline ? (size_t)(newline - text.p) : text.n};
        read_line(s, from, line, depth);
        size_t n = line.n + (newline != NULL);
        text = (struct slice){text.p + n, text.n - n};
    }
}

static void read_conf(struct search *s, const char *path, unsigned depth)
{
    struct slice text;
    const struct node *n = tree_resolve(s->tree, path);
    if (n && depth <= CONF_DEPTH && s->confs++ < CONFS_MAX && tree_text(n, &text))
        read_text(s, path, text, depth);
}

static void find_dirs(struct search *s)
{
    if (tree_resolve(s->tree, CONF))
        read_conf(s, CONF, 0);
    else
        read_text(s, CONF, slice_of(DEFAULT_CONF), 0);
    static const char *const trusted[] = {"/lib", "/usr/lib"};
    for (size_t i = 0; i < ARRAY_SIZE(trusted); i++) {
        CLEANUP(free_ptr) char *dir = xasprintf("%s/%s", trusted[i], s->arch->triplet);
        add_dir(s, slice_of(dir));
    }
    add_dir(s, slice_of("/lib"));
    add_dir(s, slice_of("/usr/lib"));
}

/* ---- libraries ---- */

static bool looks_like_library(const char *name)
{
    if (strchr(name, ';') || ends_with(name, ".dpkg-new") || ends_with(name, ".dpkg-tmp"))
        return false;
    return ((starts_with(name, "lib") || starts_with(name, "ld-")) && strstr(name, ".so")) ||
           starts_with(name, "ld.so.") || starts_with(name, "ld64.so.");
}

/* The flags of a library's ABI, or 0 if it is none of the image's. */
static uint32_t flags_of(const struct elf_facts *e, const struct arch *arch)
{
    bool wide = e->flags & ELF_IS_64;
    if (e->type != ET_DYN || !(e->flags & ELF_DYNAMIC) || (e->flags & ELF_DAMAGED) ||
        e->machine == EM_NONE || (e->machine != arch->cached[0] && e->machine != arch->cached[1]))
        return 0;
    switch (e->machine) {
    case EM_X86_64:
        return ELF_LIBC6 | (wide ? 0x0300 : 0x0800);
    case EM_386:
        return wide ? 0 : ELF_LIBC6;
    case EM_AARCH64:
        return wide ? ELF_LIBC6 | 0x0a00 : 0;
    case EM_ARM:
        if (wide)
            return 0;
        return ELF_LIBC6 | (e->e_flags & EF_ARM_ABI_FLOAT_HARD   ? 0x0900
                            : e->e_flags & EF_ARM_ABI_FLOAT_SOFT ? 0x0b00
                                                                 : 0);
    case EM_PPC64:
        return wide ? ELF_LIBC6 | 0x0500 : 0;
    case EM_S390:
        return ELF_LIBC6 | (wide ? 0x0400 : 0);
    case EM_RISCV:
        return wide ? ELF_LIBC6 | ((e->e_flags & 6) == 4 ? 0x1000 : 0x0f00) : 0;
    default: /* LoongArch */
        return wide ? ELF_LIBC6 | ((e->e_flags & 7) == 3 ? 0x1200 : 0x1100) : 0;
    }
}

struct library {
    const char *name, *soname;
    uint32_t flags;
    bool is_link;
};

/* The file behind a node, through links of both kinds. */
static const struct elf_facts *elf_of(const struct search *s, const struct node *n)
{
    if (n->type == ENTRY_SYMLINK)
        n = tree_resolve(s->tree, n->path);
    if (n && n->type == ENTRY_HARDLINK && (!n->facts || !n->facts->elf))
        n = tree_find(s->tree, n->target);
    return n && n->facts ? n->facts->elf : NULL;
}

static bool library_of(const struct search *s, const struct node *n, struct library *ret)
{
    const char *name = path_base(n->path);
    if (n->type == ENTRY_DIRECTORY || !looks_like_library(name))
        return false;
    const struct elf_facts *e = elf_of(s, n);
    uint32_t flags = e ? flags_of(e, s->arch) : 0;
    if (!flags)
        return false;
    *ret = (struct library){name, e->soname ? e->soname : name, flags, n->type == ENTRY_SYMLINK};
    if (ret->soname[0] == '\0' || ret->soname[0] == '.' || strchr(ret->soname, '/'))
        return false;
    if (!ret->is_link)
        return true;
    /* A link named by the soname, or the one that ld(1) looks for, stands for itself. */
    size_t len = strlen(name);
    if (strcmp(name, ret->soname) != 0 &&
        (!ends_with(name, ".so") || strncmp(name, ret->soname, len) != 0))
        ret->is_link = false;
    if (ret->is_link)
        ret->soname = name;
    return true;
}

/* Of two files with one soname the newer one, and a file rather than a link. */
static bool better(const struct library *now, const struct library *before)
{
    if (now->is_link != before->is_link)
        return before->is_link;
    return ld_compare(before->name, now->name) < 0;
}

static void add_entry(struct search *s, const struct dir *dir, const struct library *l)
{
    const char *name = dir->hwcaps ? l->name : l->soname;
    GROW(s->entries, s->n, s->cap);
    s->entries[s->n] = (struct ld_entry){
        .soname = xstrdup(l->soname),
        .path = xasprintf("%s/%s", dir->path, name),
        .hwcaps = dir->hwcaps ? xstrdup(dir->hwcaps) : NULL,
        .flags = l->flags,
        .order = s->n,
    };
    s->n++;
    CLEANUP(free_ptr) char *link = xasprintf("%s/%s", dir->node->path, l->soname);
    if (!dir->hwcaps && !l->is_link && !tree_find(s->tree, link)) {
        strv_add(&s->links, link);
        strv_add(&s->links, l->name);
    }
}

static int by_soname(const void *x, const void *y)
{
    const struct library *a = x, *b = y;
    int r = strcmp(a->soname, b->soname);
    return r ? r : strcmp(a->name, b->name);
}

static void search_dir(struct search *s, const struct dir *dir)
{
    size_t n, found = 0;
    struct node *const *nodes = below(s->tree, dir->node, &n);
    CLEANUP(free_ptr) struct library *libraries = xcalloc(n + 1, sizeof(*libraries));
    for (size_t i = 0; i < n; i++)
        if (is_child(nodes[i], dir->node))
            found += library_of(s, nodes[i], &libraries[found]);
    qsort(libraries, found, sizeof(*libraries), by_soname);
    for (size_t i = 0; i < found;) {
        struct library best = libraries[i++];
        for (; i < found && strcmp(libraries[i].soname, best.soname) == 0; i++)
            if (better(&libraries[i], &best))
                best = libraries[i];
        add_entry(s, dir, &best);
    }
}

/* The links from soname to file that ldconfig would make. */
static int make_links(struct search *s, struct err *err)
{
    for (size_t i = 0; i + 1 < s->links.n; i += 2) {
        if (tree_put_link(s->tree, s->links.v[i], s->links.v[i + 1], "ld.so.cache", err) < 0)
            return err_ret(err);
        if (s->assembly->notes.n < NOTES_MAX)
            strv_addf(&s->assembly->notes, "/%s: link made, no package brings it", s->links.v[i]);
    }
    return 0;
}

int assemble_ld_cache(struct assembly *a, struct tree *t, struct err *err)
{
    CLEANUP(search_release) struct search s = {.assembly = a, .tree = t};
    s.arch = arch_find(a->arch);
    if (!s.arch || s.arch->cached[0] == EM_NONE) {
        strv_addf(&a->notes, "no ld.so.cache is written for %s", a->arch);
        return 0;
    }
    find_dirs(&s);
    for (size_t i = 0; i < s.n_dirs; i++)
        search_dir(&s, &s.dirs[i]);
    if (s.n == 0)
        return 0;
    CLEANUP(buf_release) struct buf bytes = BUF_INIT(0);
    ld_cache_format(s.entries, s.n, s.arch->big_endian, &bytes);
    if (make_links(&s, err) < 0)
        return err_ret(err);
    return tree_put_made(t, CACHE, 0644, bytes.data, bytes.len, "ld.so.cache", err);
}
