/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "harden/rule.h"
#include "rootfs/depends.h"

/* What binfmt_script.c reads of a file; a #! line that goes on starts nothing. */
#define LINE_MAX_KERNEL 253

static bool is_file(const struct node *n)
{
    return n->type == ENTRY_FILE || n->type == ENTRY_HARDLINK;
}

static struct slice path_last(struct slice path)
{
    const char *slash = memrchr(path.p, '/', path.n);

    return slash ? (struct slice){slash + 1, path.n - (size_t)(slash + 1 - path.p)} : path;
}

/* Where it is to be started from, rather than shown or read. */
static bool is_command(const char *path)
{
    struct slice last = path_last(path_dir(path));

    return slice_eq(last, "bin") || slice_eq(last, "sbin");
}

static bool is_shown(const char *path)
{
    return path_below(path, "usr/share/doc") || strstr(path, "/examples/") ||
           strstr(path, "/tests/");
}

/* Whether a program can be started: by anybody, or, of what the image starts, by its user. */
static bool can_start(const struct view *v, const char *path, bool by_user)
{
    CLEANUP(buf_release) struct buf clean = BUF_INIT(PATH_BYTES_MAX);
    const struct node *n, *blocked = NULL;

    path_link_target("", path, &clean);
    if (view_is_data(v, buf_str(&clean)))
        return true; /* put there while it runs */
    n = by_user ? view_walk(v, buf_str(&clean), &blocked) : tree_resolve(v->tree, buf_str(&clean));
    if (!n || !is_file(n))
        return false;
    return by_user ? view_may(v, n, MAY_EXECUTE) : (n->mode & 0111) != 0;
}

static bool in_search_path(const struct view *v, const char *name, bool by_user)
{
    CLEANUP(strv_release) struct strv dirs = STRV_INIT;

    view_search_path(v, &dirs);
    strv_each (dir, &dirs) {
        CLEANUP(free_ptr) char *path = xasprintf("%s/%s", *dir, name);
        if (**dir == '/' && can_start(v, path, by_user))
            return true;
    }
    return false;
}

/* The program among env's words: behind options and NAME=VALUE. NULL if there is none. */
static const char *program_of_env(const struct strv *words)
{
    for (size_t i = 1; i < words->n; i++) {
        const char *word = words->v[i];
        if (strcmp(word, "-u") == 0 || strcmp(word, "-C") == 0)
            i++;
        else if (word[0] != '-' && !strchr(word, '='))
            return word;
        else if (starts_with(word, "-S") && word[2])
            return word + 2;
    }
    return NULL;
}

/* A script that can't be started. */
struct broken {
    const struct node *file;
    char *what;  /* in words */
    char *wants; /* the program that isn't there; or NULL */
    bool told;
};

/* A name in a directory of PATH, of a file there or by a link to one elsewhere. */
struct name_of_program {
    const struct node *node;
    const struct broken *broken; /* NULL: it can be started */
    const struct node *twin;     /* a program of that name elsewhere, which can be */
};

/* Of a package: how many of its names in PATH can be started, and can't be; of what is in a
 * directory called sbin, scripts are for who administers a machine, and don't count. */
struct tally {
    const struct package *package;
    size_t fine, broken;
};

struct scripts {
    const struct rule *rule;
    const struct view *view;
    struct broken *broken; /* in the tree's order, as nodes are */
    size_t n_broken, cap_broken;
    struct name_of_program *names;
    size_t n_names, cap_names;
    struct tally *tallies;
    size_t n_tallies, cap_tallies;
    struct findings *ret;
};

/* What is missing; false if nothing is. */
static bool is_broken(const struct view *v, const char *line, bool by_user, struct broken *ret)
{
    CLEANUP(strv_release) struct strv words = STRV_INIT;

    strv_split(&words, slice_of(line), " \t");
    const char *first = words.n ? words.v[0] : "";
    const char *program = strcmp(path_base(first), "env") == 0 ? program_of_env(&words) : NULL;
    if (!*first)
        ret->what = xstrdup("nothing is named behind its #!");
    else if (strlen(first) >= LINE_MAX_KERNEL)
        ret->what = xstrdup("its #! line is longer than the kernel reads");
    else if (first[0] != '/')
        ret->what = xasprintf("it is run by %s, looked for below where it is started", first);
    else if (first[strlen(first) - 1] == '\r')
        ret->what = xasprintf("it is run by %s: its lines end as on Windows", first);
    else if (!can_start(v, first, by_user)) {
        ret->what = xasprintf("it is run by %s, which isn't there", first);
        ret->wants = xstrdup(first);
    } else if (program && !(program[0] == '/' ? can_start(v, program, by_user)
                                              : in_search_path(v, program, by_user))) {
        ret->what = xasprintf("it is run by %s, which is in no directory of PATH", program);
        ret->wants = xstrdup(program);
    }
    return ret->what != NULL;
}

static void find_broken(struct scripts *s)
{
    const struct view *v = s->view;
    size_t n_nodes;
    struct node *const *nodes = tree_nodes(v->tree, &n_nodes);

    for (size_t i = 0; i < n_nodes; i++) {
        const struct node *n = nodes[i];
        bool started = v->start.node == n;
        struct broken b = {.file = n};
        if (n->type != ENTRY_FILE || !n->facts || !(n->facts->marks & MARK_SCRIPT) ||
            (!started && (!(n->mode & 0111) || is_shown(n->path))) ||
            !is_broken(v, n->facts->interpreter, started, &b))
            continue;
        GROW(s->broken, s->n_broken, s->cap_broken);
        s->broken[s->n_broken++] = b;
    }
}

static const struct broken *broken_at(const struct scripts *s, const struct node *file)
{
    for (size_t i = 0; i < s->n_broken; i++)
        if (s->broken[i].file == file)
            return &s->broken[i];
    return NULL;
}

/* ---- what PATH leads to --------------------------------------------------------------------- */

static const struct node *file_of(const struct view *v, const struct node *n)
{
    if (n->type == ENTRY_SYMLINK)
        n = tree_resolve(v->tree, n->path);
    if (n && n->type == ENTRY_HARDLINK && n->target)
        n = tree_find(v->tree, n->target);
    return n && n->type == ENTRY_FILE ? n : NULL;
}

static bool is_program(const struct node *file)
{
    return file->mode & 0111 && file->facts && file->facts->marks & (MARK_ELF | MARK_SCRIPT);
}

static void count_name(struct scripts *s, const struct node *n, bool fine)
{
    size_t i = 0;

    while (i < s->n_tallies && s->tallies[i].package != node_by(n))
        i++;
    if (i == s->n_tallies) {
        GROW(s->tallies, s->n_tallies, s->cap_tallies);
        s->tallies[s->n_tallies++] = (struct tally){.package = node_by(n)};
    }
    s->tallies[i].fine += fine;
    s->tallies[i].broken += !fine && slice_eq(path_last(path_dir(n->path)), "bin");
}

/* The directories of PATH as the tree has them. */
static void search_dirs(const struct view *v, struct strv *ret)
{
    CLEANUP(strv_release) struct strv dirs = STRV_INIT;

    view_search_path(v, &dirs);
    strv_each (dir, &dirs) {
        CLEANUP(buf_release) struct buf clean = BUF_INIT(PATH_BYTES_MAX);
        if (**dir != '/')
            continue;
        path_link_target("", *dir, &clean);
        const struct node *n = tree_resolve(v->tree, buf_str(&clean));
        if (n && n->type == ENTRY_DIRECTORY)
            strv_add(ret, n->path);
    }
}

static bool is_in(const struct strv *dirs, const char *path)
{
    struct slice dir = path_dir(path);

    strv_each (one, dirs) {
        if (slice_eq(dir, *one))
            return true;
    }
    return false;
}

static void find_names(struct scripts *s)
{
    CLEANUP(strv_release) struct strv dirs = STRV_INIT;
    size_t n_nodes;
    struct node *const *nodes = tree_nodes(s->view->tree, &n_nodes);

    search_dirs(s->view, &dirs);
    for (size_t i = 0; i < n_nodes; i++) {
        const struct node *file = is_in(&dirs, nodes[i]->path) ? file_of(s->view, nodes[i]) : NULL;
        if (!file || !is_program(file))
            continue;
        const struct broken *b = broken_at(s, file);
        count_name(s, nodes[i], !b);
        if (!b)
            continue;
        GROW(s->names, s->n_names, s->cap_names);
        s->names[s->n_names++] = (struct name_of_program){.node = nodes[i], .broken = b};
    }
}

/* Whether one stands before the other: made together, or one package asks for the other. */
static bool are_related(const struct package *p, const struct package *q)
{
    return p == q ||
           (p && q &&
            (strcmp(p->source, q->source) == 0 || package_depends(p, q) || package_depends(q, p)));
}

/* What wrappers stand before: programs of their names elsewhere. */
static void find_twins(struct scripts *s)
{
    size_t n_nodes;
    struct node *const *nodes = tree_nodes(s->view->tree, &n_nodes);

    for (size_t i = 0; i < n_nodes && s->n_names; i++) {
        const struct node *n = nodes[i];
        if (n->type != ENTRY_FILE || !is_program(n) || !(n->facts->marks & MARK_ELF) ||
            is_shown(n->path))
            continue;
        for (size_t k = 0; k < s->n_names; k++)
            if (!s->names[k].twin &&
                strcmp(path_base(n->path), path_base(s->names[k].node->path)) == 0 &&
                are_related(node_by(n), node_by(s->names[k].node)))
                s->names[k].twin = n;
    }
}

/* ---- what is told --------------------------------------------------------------------------- */

/* What the recipe asks for and can't have: an own file; a package that it names, none of whose
 * programs can be started, or not the one that it is called by. Who names a -dev package wants its
 * headers (Debian policy 8.4). */
static bool is_wanted(const struct scripts *s, const struct node *n)
{
    const struct package *p = node_by(n);

    if (!p)
        return n->origin != NULL;
    if (!s->view->declared || !strv_has(s->view->declared, p->name) || ends_with(p->name, "-dev"))
        return false;
    for (size_t i = 0; i < s->n_tallies; i++)
        if (s->tallies[i].package == p && s->tallies[i].broken && !s->tallies[i].fine)
            return true;
    return strcmp(path_base(n->path), p->name) == 0;
}

static struct finding *tell(struct scripts *s, const struct node *at, const struct broken *b,
                            const struct node *twin)
{
    struct finding *f;

    if (twin) {
        f = finding_at(s->ret, s->rule, at, "%s; what it is for is /%s", b->what, twin->path);
        CLEANUP(free_ptr) char *common = xasprintf("%s; what they are for is %%s", b->what);
        finding_varies(f, common, "/%s", twin->path);
        f->advice = xasprintf("start /%s itself, as by link \"/%s\" { target = \"/%s\" "
                              "replace = true }, or add the package of the interpreter",
                              twin->path, at->path, twin->path);
    } else {
        f = finding_at(s->ret, s->rule, at, "%s", b->what);
    }
    f->wants = b->wants ? xstrdup(b->wants) : NULL;
    return f;
}

static void tell_names(struct scripts *s)
{
    for (size_t i = 0; i < s->n_names; i++) {
        const struct name_of_program *name = &s->names[i];
        struct broken *b = &s->broken[name->broken - s->broken];
        b->told = true;
        if (s->view->start.node == b->file)
            continue;
        struct finding *f = tell(s, name->node, b, name->twin);
        if (name->twin || is_wanted(s, name->node))
            f->action = RULE_DENY;
    }
}

/* What the image starts, by the name that it is started by. */
static void tell_started(struct scripts *s, const struct broken *b)
{
    const char *path = s->view->start.path;
    const struct node *at = path ? tree_find(s->view->tree, path) : NULL, *twin = NULL;

    for (size_t i = 0; i < s->n_names; i++)
        twin = s->names[i].node == at ? s->names[i].twin : twin;
    struct finding *f = tell(s, at ? at : b->file, b, twin);
    f->severity = SEVERITY_HIGH;
    f->action = RULE_DENY;
}

static void tell_others(struct scripts *s)
{
    for (size_t i = 0; i < s->n_broken; i++) {
        const struct broken *b = &s->broken[i];
        if (s->view->start.node == b->file) {
            tell_started(s, b);
        } else if (!b->told) {
            struct finding *f = tell(s, b->file, b, NULL);
            f->severity = is_command(b->file->path) ? f->severity : SEVERITY_LOW;
        }
    }
}

static void scr_bang(const struct rule *r, const struct view *v, struct findings *ret)
{
    struct scripts s = {.rule = r, .view = v, .ret = ret};

    find_broken(&s);
    if (s.n_broken) {
        find_names(&s);
        find_twins(&s);
        tell_names(&s);
        tell_others(&s);
    }
    for (size_t i = 0; i < s.n_broken; i++) {
        free(s.broken[i].what);
        free(s.broken[i].wants);
    }
    free(s.broken);
    free(s.names);
    free(s.tallies);
}

const struct rule script_rules[] = {
    {
        .id = "SCR-BANG",
        .title = "Each script's interpreter is there",
        .severity = SEVERITY_MEDIUM,
        .action = RULE_NOTE,
        .advice = "exclude the script, or add the package of its interpreter",
        .elsewhere = "remove the script, or add its interpreter",
        .source = "lintian: missing-dep-for-interpreter, melange's linter",
        .why = "Looks at the #! line of files that may be executed: the program that it names, or "
               "that env is asked for in the config's PATH, has to be there and be executable. A "
               "script that can't run is a promise broken, and dead weight.\n"
               "Of high severity, asked as the image's user, and refused is the one that the image "
               "starts. What PATH leads to, links followed, is refused where the image has the "
               "program that the script stands before (psql is a link to a wrapper in Perl), and "
               "where the recipe names the package and none of its programs can be started, or not "
               "the one that bears its name. Other helpers in PATH are noted, since most packages "
               "bring some; modules outside of directories called bin and sbin, which bear such a "
               "line for tests, are of low severity; documentation and examples are passed over.",
        .image = scr_bang,
    },
    {0},
};
